//! Bugs of the protected resource (userinfo): where it takes a token from, and which it takes.

use serde_json::{Value, json};

use super::Defects;
use super::answer::{Fields as _, form_of};
use crate::server::core::grant::{AccessToken, Owner};
use crate::server::core::message::{Request, Response};
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
