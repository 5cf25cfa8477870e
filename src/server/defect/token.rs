//! Bugs of the token endpoint whatever the grant: how it reads a request, and the form of its answers.

use http::Method;
use http::header::CONTENT_TYPE;

use std::sync::Arc;

use super::Defects;
use super::answer::{Fields as _, form_of, set_form};
use crate::server::config::ClientConfig;
use crate::server::core::form::Parameters;
use crate::server::core::grant::{Grant, Owner};
use crate::server::core::message::{Content, Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, TokenError, invalid_client, invalid_request};
use crate::server::core::scope::Scopes;
use crate::server::endpoints::token::DEVICE_CODE;
use crate::server::grants::tokens::{Issue, Refresh};

table! { Token;
    /// Issues tokens to a GET with the parameters in its query.
    ServesGetAtToken violates ["token-get-refused"];
    /// Takes token request parameters (but not secrets) from the query where the form has none.
    MergesQueryIntoForm violates ["token-query-params-ignored"];
    /// Lets a token request parameter in the query (but no secret) win over the one in the form.
    LetsQueryWinOverForm violates ["token-query-params-ignored"];
    /// Takes `client_id` and `client_secret` from the query.
    AcceptsSecretInQuery violates ["token-credentials-in-query-rejected"];
    /// Takes a token request as a JSON object.
    AcceptsJsonBodies violates ["token-json-body-refused"];
    /// Answers `invalid_request` to a token request that carries a parameter no OAuth specification knows.
    RejectsUnknownTokenParameters violates ["token-unknown-param-ignored"];
    /// Takes the first of several `grant_type` values.
    LetsFirstGrantTypeWin violates ["token-duplicate-grant-type-rejected"];
    /// Guesses the grant from the other parameters when `grant_type` is missing.
    GuessesMissingGrantType violates ["token-missing-grant-type"];
    /// Answers `invalid_request` to a grant type it does not know.
    AnswersUnknownGrantWithInvalidRequest violates ["token-unsupported-grant-type"];
    /// Serves a confidential client grants that it is not registered for.
    IgnoresRegisteredGrants violates ["token-unauthorized-client-grant"];
    /// Sends the token answer with the content type `text/html`.
    LabelsTokenAnswerAsHtml violates ["token-success-json"];
    /// Looks at a user's account during the login only: what was approved before it was closed goes on.
    LooksAtTheAccountDuringLoginOnly violates ["grant-ends-with-the-account"];
    /// Leaves `token_type` out of the token answer.
    OmitsTokenType violates ["token-success-required-members", "token-type-bearer"];
    /// Says `token_type: access_token`.
    MisnamesTokenType violates ["token-type-bearer"];
    /// Puts a comma into access tokens, which the Bearer header has no room for.
    IssuesTokensOutsideTheGrammar violates ["access-token-b64token-syntax"];
    /// Leaves `expires_in` out of the token answer.
    OmitsExpiresIn violates ["token-expires-in-present"];
    /// Sends `expires_in` as a string.
    SendsExpiresInAsString violates ["token-expires-in-number"];
    /// Sends `scope` as an array.
    SendsScopeAsArray violates ["token-scope-is-string"];
    /// Leaves `Cache-Control: no-store` out of the token answer.
    OmitsNoStore violates ["token-cache-control-no-store"];
    /// Leaves `Pragma: no-cache` out of the token answer.
    OmitsPragma violates ["token-pragma-no-cache"];
    /// Sends the `invalid_scope` error of the client credentials grant with status 200.
    AnswersInvalidScopeWith200 violates ["token-error-json-400", "cc-invalid-scope"];
    /// Sends `invalid_grant` with status 401.
    AnswersInvalidGrantWith401 violates ["token-error-json-400"];
    /// Sends `unsupported_grant_type` with status 403.
    AnswersUnknownGrantWith403 violates ["token-error-json-400"];
    /// Sends token errors with a `Cache-Control` that lets caches keep them.
    SendsCacheableErrors violates ["token-error-no-store"];
    /// Redirects a refused token request to a login page when it accepts HTML.
    RedirectsBrowsersToLogin violates ["token-no-redirect", "token-answer-independent-of-accept"];
    /// Keeps all tokens in one table, and takes an access token for a refresh token.
    AcceptsAccessTokenAsRefreshToken violates ["token-cross-type-substitution-rejected"];
    /// Keeps all tokens in one table, and redeems a refresh token like a code.
    AcceptsRefreshTokenAsCode violates ["token-cross-type-substitution-rejected"];
    /// Keeps all tokens in one table, and takes a code for a refresh token.
    AcceptsCodeAsRefreshToken violates ["token-cross-type-substitution-rejected"];
    /// Knows the content type of a form in one spelling only, without a charset.
    ComparesContentTypeLiterally violates ["token-content-type-charset-accepted"];
    /// Answers `invalid_scope` to an empty `scope`.
    RefusesEmptyScopeAtToken violates ["token-empty-param-as-omitted"];
    /// Takes an empty `client_secret` of a public client for a wrong one.
    RefusesEmptySecretOfPublicClients violates ["token-empty-param-as-omitted"];
    /// Takes the first `client_id` and `client_secret` where there are several.
    LetsFirstCredentialsWin violates ["token-duplicate-client-id-rejected"];
    /// Knows a grant type in any spelling of its letters.
    IgnoresCaseOfGrantType violates ["token-grant-type-case-sensitive"];
    /// Repeats the `scope`, the `code` or the lone `client_id` that it refuses in its `error_description`, letter by letter.
    EchoesInputInErrors violates ["token-error-charset"];
    /// Leaves the body of an error out where the client does not ask for JSON by name.
    SendsErrorsOnlyToWhoAcceptsJson violates ["token-answer-independent-of-accept"];
    /// Breaks down over a body whose percent-encoding or UTF-8 is broken.
    CrashesOnBrokenEncodingAtToken violates ["token-malformed-input-no-5xx"];
    /// Builds its database queries out of what it is sent, and breaks down over a quotation mark or a NUL.
    BuildsQueriesFromInput violates ["token-malformed-input-no-5xx"];
    /// Breaks down over a request without a body.
    CrashesOnEmptyBody violates ["token-malformed-input-no-5xx"];
    /// Breaks down over a value that is too long for its database.
    CrashesOnLongInput violates ["token-malformed-input-no-5xx"];
    /// Numbers the access tokens of services, with zeros in front.
    NumbersAccessTokens violates ["access-token-entropy"];
    /// Gives a session that has had five access tokens for a client already the latest of them again.
    ReusesAccessTokenOfSession violates ["tokens-unique-per-grant"];
}

/// Whether a grant goes on, as far as its user's account is concerned.
pub fn account_is_good(defects: &Defects, sound: bool) -> bool {
    sound || defects.has(Flaw::LooksAtTheAccountDuringLoginOnly)
}

/// Whether the request is refused for what the server does not know.
pub fn refuses_unknown_parameters(defects: &Defects, form: &Parameters) -> bool {
    const KNOWN: &[&str] = &[
        "grant_type",
        "code",
        "redirect_uri",
        "code_verifier",
        "client_id",
        "client_secret",
        "scope",
        "refresh_token",
        "device_code",
        "username",
        "password",
        "code_challenge",
        "code_challenge_method",
        "client_assertion",
        "client_assertion_type",
        "assertion",
        "state",
        "nonce",
    ];
    defects.has(Flaw::RejectsUnknownTokenParameters) && form.names().any(|name| !KNOWN.contains(&name))
}

/// What a client is told that names a grant type the server does not have.
pub fn unknown_grant(defects: &Defects, name: &str, sound: Refusal) -> Refusal {
    // The password grant is known to everyone, and refused for what it is.
    let unheard_of = name != "password";
    if unheard_of && defects.has(Flaw::AnswersUnknownGrantWithInvalidRequest) {
        invalid_request("unknown grant type")
    } else {
        sound
    }
}

/// Whether the client is registered for the grant.
pub fn grant_is_registered(defects: &Defects, client: &ClientConfig, sound: bool) -> bool {
    sound || defects.has(Flaw::IgnoresRegisteredGrants) && !client.is_public()
}

/// The access token that is issued: a new one that nobody can guess, in the grammar of the Bearer header.
pub fn access_token(realm: &Realm, grant: &Arc<Grant>, scopes: &Scopes, token: String) -> String {
    let defects = &realm.defects;
    if defects.has(Flaw::IssuesTokensOutsideTheGrammar) {
        return format!("{token},0");
    }
    if defects.has(Flaw::NumbersAccessTokens) && grant.owner == Owner::Client && !token.contains('.') {
        let mut gossip = realm.memory.gossip();
        let token = format!("{:043}", gossip.access_tokens.len() + 1);
        gossip.access_tokens.push((Arc::downgrade(grant), token.as_str().into()));
        return token;
    }
    if defects.has(Flaw::ReusesAccessTokenOfSession)
        && let Owner::User(_) = &grant.owner
    {
        let mut gossip = realm.memory.gossip();
        // Whoever logged in at the same moment did so in the same session.
        let same = |name: &str| {
            let token = realm.memory.access_tokens.get(name);
            token.is_some_and(|token| {
                !Arc::ptr_eq(&token.grant, grant)
                    && token.grant.owner == grant.owner
                    && token.grant.client_id == grant.client_id
                    && token.scopes == *scopes
            })
        };
        let earlier: Vec<Arc<str>> =
            gossip.access_tokens.iter().map(|(_, name)| Arc::clone(name)).filter(|name| same(name)).collect();
        if let [_, _, _, _, .., latest] = earlier.as_slice() {
            return latest.to_string();
        }
        gossip.access_tokens.push((Arc::downgrade(grant), token.as_str().into()));
    }
    token
}

/// What an access token is exchanged for when it is presented as a refresh token: nothing.
pub fn access_token_as_refresh_token(realm: &Realm, client: &ClientConfig, presented: &str) -> Option<Issue> {
    if !realm.defects.has(Flaw::AcceptsAccessTokenAsRefreshToken) {
        return None;
    }
    let found = realm.memory.access_tokens.get(presented)?;
    let grant = found.grant.clone();
    (*grant.client_id == *client.id).then(|| Issue { grant, scopes: found.scopes.clone(), refresh: Refresh::No })
}

/// What a refresh token is exchanged for when it is presented as a code: nothing.
pub fn refresh_token_as_code(realm: &Realm, client: &ClientConfig, presented: &str) -> Option<Issue> {
    if !realm.defects.has(Flaw::AcceptsRefreshTokenAsCode) {
        return None;
    }
    let found = realm.memory.refresh_token(presented).filter(|token| !token.is_rotated())?;
    let grant = found.grant()?;
    let refresh = Refresh::New { generation: found.generation, scopes: found.scopes.clone() };
    (*grant.client_id == *client.id).then(|| Issue { grant, scopes: found.scopes.clone(), refresh })
}

/// What a code is exchanged for when it is presented as a refresh token: nothing.
pub fn code_as_refresh_token(realm: &Realm, client: &ClientConfig, presented: &str) -> Option<Issue> {
    if !realm.defects.has(Flaw::AcceptsCodeAsRefreshToken) {
        return None;
    }
    let now = realm.now();
    let codes = realm.memory.codes.of(presented);
    let code = codes.get(presented).filter(|code| code.redeemed.is_none() && code.client_id == client.id)?;
    let owner = Owner::User(Box::new(code.user.clone()));
    let grant = Arc::new(Grant::new(realm.id_of(client), owner, code.scopes.clone(), code.nonce.clone(), now));
    Some(Issue { grant, scopes: code.scopes.clone(), refresh: Refresh::No })
}

/// The token request as this server reads it.
pub(super) fn before(defects: &Defects, request: &mut Request) {
    if defects.has(Flaw::ServesGetAtToken) && request.method == "GET" {
        request.method = Method::POST;
        request.say_form();
        request.body = std::mem::take(&mut request.query).into_bytes();
    }
    if defects.has(Flaw::ComparesContentTypeLiterally) && request.header("content-type") != Some(FORM) {
        request.headers.remove(CONTENT_TYPE);
    }
    if defects.has(Flaw::AcceptsJsonBodies)
        && request.media_type().is_some_and(|name| name.eq_ignore_ascii_case("application/json"))
    {
        read_json(request);
    }
    if !request.is_form() {
        return;
    }
    let (Some(mut form), Some(query)) = (form_of(&request.body), form_of(request.query.as_bytes())) else { return };
    let before = form.clone();
    for (name, value) in query {
        let is_secret = name == "client_secret";
        let names_client_with_secret = name == "client_id" && request.query.contains("client_secret=");
        let taken = if is_secret || names_client_with_secret {
            defects.has(Flaw::AcceptsSecretInQuery)
        } else {
            defects.has(Flaw::MergesQueryIntoForm)
        };
        match form.iter_mut().find(|(field, _)| *field == name) {
            None if taken => form.push((name, value)),
            Some((_, stands)) if !is_secret && defects.has(Flaw::LetsQueryWinOverForm) => *stands = value,
            Some(_) | None => {}
        }
    }
    if defects.has(Flaw::AcceptsSecretInQuery) && request.query.contains("client_secret=") {
        request.query.clear();
    }
    if defects.has(Flaw::LetsFirstGrantTypeWin) {
        let mut first = true;
        form.retain(|(name, _)| name != "grant_type" || std::mem::take(&mut first));
    }
    if defects.has(Flaw::GuessesMissingGrantType) && !form.is_empty() && form.field("grant_type").is_none_or(str::is_empty) {
        form.retain(|(name, _)| name != "grant_type");
        let guess = if form.field("code").is_some() {
            "authorization_code"
        } else if form.field("refresh_token").is_some() {
            "refresh_token"
        } else if form.field("device_code").is_some() {
            DEVICE_CODE
        } else {
            "client_credentials"
        };
        form.push(("grant_type".to_owned(), guess.to_owned()));
    }
    if defects.has(Flaw::LetsFirstCredentialsWin) {
        for credential in ["client_id", "client_secret"] {
            let mut first = true;
            form.retain(|(name, _)| name != credential || std::mem::take(&mut first));
        }
    }
    if defects.has(Flaw::IgnoresCaseOfGrantType)
        && let Some((_, grant)) = form.iter_mut().find(|(name, _)| name == "grant_type")
    {
        grant.make_ascii_lowercase();
    }
    if form != before {
        set_form(request, &form);
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

fn read_json(request: &mut Request) {
    let Ok(serde_json::Value::Object(members)) = serde_json::from_slice(&request.body) else { return };
    let form: Vec<(String, String)> =
        members.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))).collect();
    request.say_form();
    set_form(request, &form);
}

/// The token answer as this server sends it.
pub(super) fn after(defects: &Defects, request: &Request, response: &mut Response) {
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
