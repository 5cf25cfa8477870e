//! Bugs of the protected resource (userinfo): where it takes a token from, and which it takes.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::Defects;
use super::answer::{Fields as _, form_of};
use super::lookup;
use crate::server::core::endpoint::Endpoint;
use crate::server::core::grant::{AccessToken, Owner};
use crate::server::core::message::{Content, Request, Response};
use crate::server::core::realm::Realm;
use crate::server::endpoints::hint::kind_of;
use crate::server::endpoints::userinfo::Refused;

table! { Bearer;
    /// Takes a token from the form body only, never from the header.
    IgnoresBearerHeader violates ["bearer-header-accepted"];
    /// Knows the scheme `Bearer` in this spelling only.
    ComparesBearerSchemeLiterally violates ["bearer-scheme-case-insensitive"];
    /// Answers a request without a token with 403 and no challenge.
    AnswersMissingTokenWith403 violates ["bearer-missing-credentials-401"];
    /// Says `error="invalid_token"` to a request that carries no token.
    SendsErrorForMissingToken violates ["bearer-missing-credentials-no-error-code"];
    /// Answers a token it has never issued with 400 and no challenge.
    AnswersUnknownTokenWith400 violates ["bearer-invalid-token-401"];
    /// Accepts expired access tokens.
    IgnoresExpiryAtUserinfo violates ["bearer-expired-token-401"];
    /// Accepts revoked access tokens.
    IgnoresRevocationAtUserinfo violates ["bearer-revoked-token-401"];
    /// Accepts an access token from the query.
    AcceptsTokenInQuery violates ["bearer-query-token-refused"];
    /// Tries the token of the form body or of the query when the one in the header is bad.
    FallsBackToSecondToken violates ["bearer-two-methods-rejected"];
    /// Uses the first of two tokens in the header or in the body.
    UsesFirstOfTwoTokens violates ["bearer-malformed-request-400"];
    /// Takes a JWT of its own making for a token without a look at its signature.
    IgnoresSignatureAtUserinfo violates ["bearer-tampered-token-rejected"];
    /// Opens the resource to any string in the shape of a token.
    OpensToAnyToken violates ["bearer-tampered-token-rejected", "bearer-invalid-token-401"];
    /// Takes a JWT whose header says that it needs no signature.
    AcceptsUnsignedTokens violates ["bearer-tampered-token-rejected"];
    /// Takes an access token from a body of any kind, with any method.
    ReadsTokenFromAnyBody violates ["bearer-body-token-get-refused"];
    /// Opens the resource to a token of any scope.
    IgnoresScopeAtUserinfo violates ["bearer-insufficient-scope-403"];
    /// Writes every attribute of its challenge twice.
    RepeatsChallengeAttributes violates ["bearer-challenge-attributes-once"];
    /// Repeats a bad token in `error_description`, as it came.
    EchoesTokenInChallenge violates ["bearer-challenge-charset"];
    /// Issues access tokens that live for a month.
    IssuesMonthLongTokens violates ["bearer-token-short-lived"];
    /// Sets the access token as a cookie without `Secure` beside the token answer.
    SetsTokenAsCookie violates ["bearer-token-not-in-cookie"];
    /// Hands the latest access token on in the address of the page after the login.
    PutsTokenIntoPageAddress violates ["bearer-token-not-in-urls"];
}

/// The tokens that the resource tries, in order: the one that was presented.
pub fn tokens(realm: &Realm, request: &Request, sound: Result<String, Refused>) -> Result<Vec<String>, Refused> {
    let defects = &realm.defects;
    if defects.is_empty() {
        return sound.map(|token| vec![token]);
    }
    let in_header: Vec<&str> = request.all_headers("authorization").filter_map(bearer_credentials).collect();
    let in_body = fields_of(request, &request.body);
    let in_query = form_of(request.query.as_bytes()).unwrap_or_default();
    let in_query = in_query.field("access_token").map(str::to_owned);
    if defects.has(Flaw::IgnoresBearerHeader) && !in_header.is_empty() && in_body.is_empty() {
        return Err(Refused::NoToken);
    }
    if defects.has(Flaw::ComparesBearerSchemeLiterally)
        && request
            .header("authorization")
            .is_some_and(|field| !field.starts_with("Bearer") && bearer_credentials(field).is_some())
    {
        return Err(Refused::NoToken);
    }
    if defects.has(super::token::Flaw::IssuesTokensOutsideTheGrammar)
        && let [only] = in_header.as_slice()
        && only.ends_with(",0")
        && !only.contains(' ')
        && in_body.is_empty()
        && in_query.is_none()
    {
        return Ok(vec![(*only).to_owned()]);
    }
    if defects.has(Flaw::ReadsTokenFromAnyBody)
        && in_header.is_empty()
        && in_body.is_empty()
        && let Some(token) = in_any_body(request)
    {
        return Ok(vec![token]);
    }
    match sound {
        Err(Refused::NoToken) if defects.has(Flaw::AcceptsTokenInQuery) && in_header.is_empty() => {
            in_query.map(|token| vec![token]).ok_or(Refused::NoToken)
        }
        Err(Refused::Malformed) if defects.has(Flaw::FallsBackToSecondToken) && in_header.len() == 1 && in_body.len() < 2 => {
            let second = in_body.first().cloned().or(in_query).ok_or(Refused::Malformed)?;
            Ok(vec![in_header[0].to_owned(), second])
        }
        Err(Refused::InvalidToken) if defects.has(Flaw::AnswersUnknownTokenWith400) => Err(Refused::Malformed),
        Err(Refused::Malformed) if defects.has(Flaw::UsesFirstOfTwoTokens) && in_query.is_none() => {
            let one_place = in_header.is_empty() != in_body.is_empty();
            let first = in_header.first().and_then(|field| field.split([' ', ',']).next()).map(str::to_owned);
            first.or_else(|| in_body.first().cloned()).filter(|_| one_place).map(|token| vec![token]).ok_or(Refused::Malformed)
        }
        sound => sound.map(|token| vec![token]),
    }
}

/// An access token in a form, in JSON, or in one of several parts.
fn in_any_body(request: &Request) -> Option<String> {
    let text = std::str::from_utf8(&request.body).ok()?;
    let in_json = || serde_json::from_str::<Value>(text).ok()?.get("access_token")?.as_str().map(str::to_owned);
    let in_part = || {
        let (_, rest) = text.split_once("name=\"access_token\"\r\n\r\n")?;
        rest.split_once("\r\n").map(|(token, _)| token.to_owned())
    };
    let in_form = || form_of(&request.body)?.field("access_token").map(str::to_owned);
    in_json().or_else(in_part).or_else(in_form)
}

/// What a JWT tells whose signature nobody looked at: nothing.
pub fn claims_of_forgery(realm: &Realm, token: &str) -> Option<Value> {
    let unsigned = || {
        let header = URL_SAFE_NO_PAD.decode(token.split('.').next()?).ok()?;
        Some(serde_json::from_slice::<Value>(&header).ok()?.get("alg") == Some(&json!("none")))
    };
    if realm.defects.has(Flaw::OpensToAnyToken) && kind_of(&realm.memory, token).is_none() {
        return Some(json!({ "sub": realm.config.users.values().next()?.subject() }));
    }
    let taken = realm.defects.has(Flaw::IgnoresSignatureAtUserinfo)
        || realm.defects.has(Flaw::AcceptsUnsignedTokens) && unsigned() == Some(true);
    if !taken || kind_of(&realm.memory, token).is_some() {
        return None;
    }
    let claims = lookup::unverified_claims(realm, token)?;
    Some(json!({ "sub": claims.get("sub")? }))
}

/// Whether the token's scope opens the resource.
pub fn scope_suffices(defects: &Defects, sound: bool) -> bool {
    sound || defects.has(Flaw::IgnoresScopeAtUserinfo)
}

/// How long an access token lives, in seconds.
pub fn lifetime(defects: &Defects, sound: u64) -> u64 {
    if defects.has(Flaw::IssuesMonthLongTokens) { 30 * 86_400 } else { sound }
}

/// Whether access tokens are remembered in full, to be told again.
pub fn notes_tokens(defects: &Defects) -> bool {
    defects.has(Flaw::PutsTokenIntoPageAddress)
}

/// The token answer as this server sends it.
pub(super) fn after_token(defects: &Defects, response: &mut Response) {
    if defects.has(Flaw::SetsTokenAsCookie)
        && let Content::Json(document) = &response.content
        && let Some(token) = document.get("access_token").and_then(Value::as_str)
    {
        let cookie = format!("access_token={token}; Path=/; HttpOnly");
        response.headers.push(("set-cookie", cookie));
    }
}

/// The answer to a login as this server sends it.
pub(super) fn after_login(realm: &Realm, endpoint: &Endpoint, request: &Request, response: &mut Response) {
    let logged_in = matches!(endpoint, Endpoint::Login(_)) && request.method == "POST";
    if logged_in
        && realm.defects.has(Flaw::PutsTokenIntoPageAddress)
        && let Content::Page(location) = &mut response.content
        && let Some((_, token)) = realm.memory.gossip().access_tokens.last()
    {
        location.push_str(&format!("?token={token}"));
    }
}

fn bearer_credentials(field: &str) -> Option<&str> {
    let (scheme, credentials) = field.split_once(' ')?;
    scheme.eq_ignore_ascii_case("Bearer").then(|| credentials.trim())
}

fn fields_of(request: &Request, body: &[u8]) -> Vec<String> {
    if request.method != "POST" || !request.is_form() {
        return Vec::new();
    }
    let form = form_of(body).unwrap_or_default();
    form.into_iter().filter(|(name, _)| name == "access_token").map(|(_, value)| value).collect()
}

/// Whether the access token opens the resource.
pub fn is_alive(defects: &Defects, token: &AccessToken, now: u64, sound: bool) -> bool {
    let expired = token.is_expired(now);
    // Revoked by itself; where its whole grant is gone is what the defects of reuse and replay are about.
    let alone = token.revoked && !token.grant.access_tokens_dead();
    sound
        || expired && !token.is_revoked() && defects.has(Flaw::IgnoresExpiryAtUserinfo)
        || alone && !expired && defects.has(Flaw::IgnoresRevocationAtUserinfo)
}

/// What a refresh token tells: nothing, for it is for the authorization server only.
pub fn claims_of_refresh_token(realm: &Realm, token: &str) -> Option<Value> {
    if !realm.defects.has(super::refresh::Flaw::AcceptsRefreshTokenAsBearer) {
        return None;
    }
    let grant = realm.memory.refresh_token(token).filter(|token| !token.is_rotated())?.grant()?;
    match &grant.owner {
        Owner::User(user) if !grant.refresh_tokens_dead() => Some(json!({ "sub": user.sub })),
        Owner::User(_) | Owner::Client => None,
    }
}

/// How a token that does not open the resource is refused.
pub fn refusal_of(realm: &Realm, tokens: &[String], sound: Refused) -> Refused {
    let known = |token: &String| kind_of(&realm.memory, token).is_some();
    if realm.defects.has(Flaw::AnswersUnknownTokenWith400) && !tokens.iter().any(known) {
        return Refused::Malformed;
    }
    sound
}

pub(super) fn after(defects: &Defects, request: &Request, response: &mut Response) {
    if defects.has(Flaw::RepeatsChallengeAttributes) {
        response.rewrite_header("www-authenticate", |challenge| {
            let attributes = challenge.strip_prefix("Bearer ").unwrap_or_default();
            format!("{challenge}, {attributes}")
        });
    }
    if defects.has(Flaw::EchoesTokenInChallenge)
        && response.status == 401
        && let Some(token) = request.header("authorization").and_then(bearer_credentials)
    {
        response.rewrite_header("www-authenticate", |challenge| {
            format!("{challenge}, error_description=\"nobody knows the token {token}\"")
        });
    }
    let presented = request.all_headers("authorization").any(|field| bearer_credentials(field).is_some());
    if response.status == 400 && presented && defects.has(Flaw::AnswersUnknownTokenWith400) {
        response.drop_header("www-authenticate");
    }
    if response.status != 401 || presented || !fields_of(request, &request.body).is_empty() {
        return;
    }
    if defects.has(Flaw::AnswersMissingTokenWith403) {
        response.status = 403;
        response.drop_header("www-authenticate");
    }
    if defects.has(Flaw::SendsErrorForMissingToken) {
        response.rewrite_header("www-authenticate", |challenge| format!("{challenge}, error=\"invalid_token\""));
    }
}
