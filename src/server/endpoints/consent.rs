//! The consent page: which client asks for what, and the way back with a code or a refusal. It is asked every time.

use std::fmt::Write as _;

use crate::server::core::authorization::{AuthorizationError, AuthorizationRequest};
use crate::server::core::form::Parameters;
use crate::server::core::grant::ApprovingUser;
use crate::server::core::message::{Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::session::Interaction;
use crate::server::defect::{authorization as seam, legacy, pages};
use crate::server::grants::authorization_code;

use super::browser::{Browser, posted_form, stale_page};
use super::page::{self, error_page};
use super::{interaction, login};

/// The question.
pub fn page(realm: &Realm, browser: &Browser, id: &str, request: &AuthorizationRequest, user: &ApprovingUser) -> Response {
    let name = realm.client(&request.client_id).and_then(|client| client.name.clone());
    let client = page::escaped(&name.unwrap_or_else(|| request.client_id.clone()));
    let user = realm.user_of_subject(&user.sub).map(|user| page::escaped(&user.username)).unwrap_or_default();
    let question =
        format!("<p><strong>{client}</strong> asks for access in the name of {user}:</p>\n{}", scope_list(request.scopes.iter()));
    page::page(
        200,
        "Allow access?",
        &format!(
            "{}{}",
            pages::question(&realm.defects, question),
            decision_form(&format!("{}/consent/{}", realm.path(), page::escaped(id)), browser)
        ),
    )
}

/// The scopes, one below the other.
pub fn scope_list<'scope>(scopes: impl Iterator<Item = &'scope str>) -> String {
    let items = scopes.fold(String::new(), |mut items, scope| {
        let _ = write!(items, "<li>{}</li>", page::escaped(scope));
        items
    });
    if items.is_empty() { String::new() } else { format!("<ul>{items}</ul>\n") }
}

/// Two buttons, and the token that ties them to this session.
pub fn decision_form(action: &str, browser: &Browser) -> String {
    format!(
        "<form method=\"post\" action=\"{action}\">\n{}\n\
         <button type=\"submit\" name=\"decision\" value=\"allow\">Allow</button>\n\
         <button type=\"submit\" name=\"decision\" value=\"deny\">Deny</button>\n</form>",
        browser.csrf_field()
    )
}

/// Asks, or takes the answer.
pub fn answer(realm: &Realm, request: &Request, id: &str) -> Response {
    match request.method.as_str() {
        "GET" | "HEAD" => asked(realm, request, id),
        "POST" => posted_form(realm, request).map_or_else(|response| *response, |form| decided(realm, request, id, &form)),
        _ => error_page(405, "This page is for GET and POST.").with("allow", "GET, POST"),
    }
}

fn asked(realm: &Realm, request: &Request, id: &str) -> Response {
    let Some(browser) = Browser::known(realm, request) else { return stale_page() };
    match (browser.interaction(realm, id), &browser.user) {
        (Some(Interaction::Authorization(request)), Some(user)) => page(realm, &browser, id, &request, user),
        (Some(Interaction::Authorization(_)), None) => login::page(realm, &browser, id, None),
        (Some(Interaction::Refused(_) | Interaction::Device(_)) | None, _) => stale_page(),
    }
}

fn decided(realm: &Realm, request: &Request, id: &str, form: &Parameters) -> Response {
    let Some(browser) = Browser::known(realm, request) else { return stale_page() };
    if !seam::consent_is_genuine(&realm.defects, form, browser.sent(form)) {
        return stale_page();
    }
    let Some(user) = &browser.user else { return stale_page() };
    let allowed = match form.one("decision") {
        Ok(Some("allow")) => true,
        Ok(Some("deny")) => false,
        Ok(_) | Err(_) => return error_page(400, "The answer is neither yes nor no."),
    };
    match browser.close(realm, id) {
        Some(Interaction::Authorization(asked)) if allowed => granted(realm, pages::approved(realm, request, form, *asked), user),
        Some(Interaction::Authorization(asked)) => denied(realm, &asked),
        Some(Interaction::Refused(_) | Interaction::Device(_)) | None => stale_page(),
    }
}

/// The way back with a code (RFC 6749 section 4.1.2).
pub fn granted(realm: &Realm, request: AuthorizationRequest, user: &ApprovingUser) -> Response {
    let target = request.target.clone();
    let user = seam::approving_user(realm, user);
    if let Some(redirect) = legacy::front_channel_tokens(realm, &request, &user) {
        return interaction::to_client(redirect);
    }
    let code = authorization_code::issue(realm, request, user);
    interaction::to_client(target.answer(vec![("code", code)], &realm.issuer))
}

fn denied(realm: &Realm, request: &AuthorizationRequest) -> Response {
    if seam::denial_stays_here(&realm.defects) {
        return page::page(200, "Access denied", "<p>You can close this window.</p>");
    }
    interaction::to_client(request.target.refusal(AuthorizationError::AccessDenied, "the user denied the request", &realm.issuer))
}
