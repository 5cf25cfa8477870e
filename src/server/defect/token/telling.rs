//! The token answer as a bad server sends it.

use super::Flaw;
use crate::server::core::message::{Content, Request, Response};
use crate::server::core::refusal::{Refusal, TokenError, invalid_client};
use crate::server::defect::Defects;
use crate::server::defect::answer::{Fields as _, form_of};

/// The token answer as this server sends it.
pub(in crate::server::defect) fn after(defects: &Defects, request: &Request, response: &mut Response) {
    let form = form_of(&request.body);
    if let Some(refusal) = form.as_ref().and_then(|form| refusal_of_emptiness(defects, form)) {
        *response = refusal.response("flowproof");
    }
    if breaks_down(defects, request, form.as_deref()) {
        *response = Refusal::crash().response("flowproof");
    }
    if response.status == 200 {
        bend_success(defects, response);
    } else if response.status >= 400 {
        bend_error(defects, request, response);
    }
}

/// What is said to a parameter without a value: nothing, for it counts as omitted.
fn refusal_of_emptiness(defects: &Defects, form: &Vec<(String, String)>) -> Option<Refusal> {
    if form.field("scope") == Some("") && defects.has(Flaw::RefusesEmptyScopeAtToken) {
        return Some(Refusal::new(TokenError::InvalidScope, "the scope is empty"));
    }
    let of_public_client = form.field("grant_type") == Some("authorization_code");
    if form.field("client_secret") == Some("") && of_public_client && defects.has(Flaw::RefusesEmptySecretOfPublicClients) {
        return Some(invalid_client("wrong secret"));
    }
    None
}

/// Whether the server breaks down over the request.
fn breaks_down(defects: &Defects, request: &Request, form: Option<&[(String, String)]>) -> bool {
    let any = |wrong: fn(&str) -> bool| form.is_some_and(|form| form.iter().any(|(_, value)| wrong(value)));
    defects.has(Flaw::CrashesOnBrokenEncodingAtToken) && request.is_form() && form.is_none()
        || defects.has(Flaw::BuildsQueriesFromInput) && any(|value| value.contains(['\'', '\0']))
        || defects.has(Flaw::CrashesOnEmptyBody) && request.is_form() && request.body.is_empty() && request.query.is_empty()
        || defects.has(Flaw::CrashesOnLongInput) && any(|value| value.len() > 10_000)
}

fn bend_success(defects: &Defects, response: &mut Response) {
    if defects.has(Flaw::OmitsNoStore) {
        response.drop_header("cache-control");
    }
    if defects.has(Flaw::OmitsPragma) {
        response.drop_header("pragma");
    }
    if defects.has(Flaw::LabelsTokenAnswerAsHtml) {
        response.headers.push(("content-type", "text/html".to_owned()));
    }
    let Content::Json(document) = &mut response.content else { return };
    let Some(members) = document.as_object_mut() else { return };
    if defects.has(Flaw::OmitsTokenType) {
        members.shift_remove("token_type");
    }
    if defects.has(Flaw::MisnamesTokenType) {
        members.insert("token_type".to_owned(), "access_token".into());
    }
    if defects.has(Flaw::OmitsExpiresIn) {
        members.shift_remove("expires_in");
    }
    if defects.has(Flaw::SendsExpiresInAsString)
        && let Some(seconds) = members.get_mut("expires_in")
    {
        *seconds = seconds.to_string().into();
    }
    if defects.has(Flaw::SendsScopeAsArray)
        && let Some(scope) = members.get_mut("scope")
    {
        *scope = scope.as_str().unwrap_or_default().split(' ').collect::<Vec<_>>().into();
    }
}

fn bend_error(defects: &Defects, request: &Request, response: &mut Response) {
    if defects.has(Flaw::SendsCacheableErrors) {
        response.drop_header("pragma");
        response.rewrite_header("cache-control", |_| "max-age=60".to_owned());
    }
    let is_client_credentials = form_of(&request.body).is_some_and(|form| form.field("grant_type") == Some("client_credentials"));
    if defects.has(Flaw::AnswersInvalidScopeWith200) && is_client_credentials && response.error() == Some("invalid_scope") {
        response.status = 200;
    }
    match response.error() {
        Some("invalid_grant") if defects.has(Flaw::AnswersInvalidGrantWith401) => response.status = 401,
        Some("unsupported_grant_type") if defects.has(Flaw::AnswersUnknownGrantWith403) => response.status = 403,
        Some(_) | None => {}
    }
    if defects.has(Flaw::EchoesInputInErrors) {
        echo(request, response);
    }
    let accepts = request.header("accept").unwrap_or_default();
    if defects.has(Flaw::SendsErrorsOnlyToWhoAcceptsJson) && !accepts.contains("json") && !accepts.contains("html") {
        response.content = Content::Empty;
    }
    let accepts_html = request.header("accept").is_some_and(|accept| accept.contains("text/html"));
    if defects.has(Flaw::RedirectsBrowsersToLogin) && accepts_html {
        response.status = 302;
        response.content = Content::Page("/login".to_owned());
    }
}

/// Says what was wrong in the words of whoever sent it.
fn echo(request: &Request, response: &mut Response) {
    let Some(form) = form_of(&request.body) else { return };
    let refused = match response.error() {
        Some("invalid_scope") => "scope",
        Some("invalid_grant") => "code",
        Some("invalid_client") if form.field("client_secret").is_none() && request.header("authorization").is_none() => {
            "client_id"
        }
        Some(_) | None => return,
    };
    if let (Some(value), Content::Json(document)) = (form.field(refused), &mut response.content) {
        document["error_description"] = format!("unknown {refused}: {value}").into();
    }
}
