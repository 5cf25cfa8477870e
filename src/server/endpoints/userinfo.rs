//! The userinfo endpoint, which is a protected resource like any other (OpenID Connect Core section 5.3, RFC 6750).

use serde_json::{Value, json};

use crate::server::core::form::Parameters;
use crate::server::core::grant::{AccessToken, Owner};
use crate::server::core::message::{Request, Response};
use crate::server::core::realm::Realm;
use crate::server::defect::bearer as seam;
use crate::server::grants::tokens;

/// Why a request does not get at the resource (RFC 6750 section 3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It carries no token; it is told how, and nothing else.
    NoToken,
    /// `invalid_request`: two tokens, or none where one is announced.
    Malformed,
    /// `invalid_token`: unknown, expired or revoked.
    InvalidToken,
    /// `insufficient_scope`.
    InsufficientScope,
}

/// Answers a request for the claims about a token's user.
pub fn answer(realm: &Realm, request: &Request) -> Response {
    if !matches!(request.method.as_str(), "GET" | "HEAD" | "POST") {
        return Response::method_not_allowed("GET, POST");
    }
    let presented = presented(request, realm.config.policy.query_tokens);
    let from_query = presented.as_ref().is_ok_and(|(place, _)| *place == Place::Query);
    let token = presented.map(|(_, token)| token);
    let claims = seam::tokens(realm, request, token).and_then(|tokens| claims(realm, &tokens));
    match claims {
        // Whoever caches by address must not do it for others (RFC 6750 section 2.3).
        Ok(claims) if from_query => {
            Response::json(200, claims).with("cache-control", "private, no-store").with("pragma", "no-cache")
        }
        Ok(claims) => Response::json(200, claims).not_stored(),
        Err(refused) => refusal(realm, refused),
    }
}

/// Where a request carries its token (RFC 6750 section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// In the header or in the form body.
    HeaderOrBody,
    /// In the address.
    Query,
}

/// The token of the header or of the form body, not of both, and not with another in the query; one in the query alone is none, or as good as the others
/// where the realm takes it (RFC 6750 sections 2 and 2.3).
fn presented(request: &Request, query_counts: bool) -> Result<(Place, String), Refused> {
    let mut found = Vec::new();
    for field in request.all_headers("authorization") {
        let (scheme, credentials) = field.split_once(' ').unwrap_or((field, ""));
        if scheme.eq_ignore_ascii_case("Bearer") {
            found.push(credentials.trim_matches(' ').to_owned());
        }
    }
    if request.method == "POST" && request.is_form() {
        let form = Parameters::parse(&request.body).map_err(|_| Refused::Malformed)?;
        found.extend(form.all("access_token").map(str::to_owned));
    }
    let query = Parameters::parse(request.query.as_bytes()).unwrap_or_default();
    let mut in_query = query.all("access_token").map(str::to_owned).peekable();
    let place = match (in_query.peek(), found.is_empty()) {
        (Some(_), false) => return Err(Refused::Malformed),
        (Some(_), true) if query_counts => {
            found.extend(in_query);
            Place::Query
        }
        (Some(_), true) | (None, _) => Place::HeaderOrBody,
    };
    let two_fields = request.all_headers("authorization").nth(1).is_some();
    match found.as_slice() {
        [] if two_fields => Err(Refused::Malformed),
        [] => Err(Refused::NoToken),
        [only] if !two_fields && is_b64token(only) => Ok((place, only.clone())),
        [only] if !two_fields && !only.is_empty() && !only.contains([' ', ',']) => Err(Refused::InvalidToken),
        _ => Err(Refused::Malformed),
    }
}

/// The grammar of a token in the header (RFC 6750 section 2.1).
fn is_b64token(token: &str) -> bool {
    let body = token.trim_end_matches('=');
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    !body.is_empty() && body.bytes().all(letter)
}

/// What the first good token of these tells; there is but one on a sound server.
fn claims(realm: &Realm, tokens: &[String]) -> Result<Value, Refused> {
    let now = realm.now();
    if let Some(claims) = tokens.iter().find_map(|token| seam::claims_of_refresh_token(realm, token)) {
        return Ok(claims);
    }
    if let Some(claims) = tokens.iter().find_map(|token| seam::claims_of_forgery(realm, token)) {
        return Ok(claims);
    }
    let token = tokens
        .iter()
        .filter_map(|token| realm.memory.access_tokens.get(token))
        .find(|token| seam::is_alive(&realm.defects, token, now, tokens::is_alive(realm, token, now)))
        .ok_or_else(|| seam::refusal_of(realm, tokens, Refused::InvalidToken))?;
    about(realm, &token)
}

/// The claims that the token's scope opens (OpenID Connect Core section 5.4).
fn about(realm: &Realm, token: &AccessToken) -> Result<Value, Refused> {
    let user = match &token.grant.owner {
        Owner::User(user) if seam::scope_suffices(&realm.defects, token.scopes.contains("openid")) => {
            realm.user_of_subject(&user.sub)
        }
        Owner::User(_) | Owner::Client => None,
    };
    let user = user.ok_or(Refused::InsufficientScope)?;
    let mut claims = json!({ "sub": user.subject(), "preferred_username": user.username });
    if let Some(email) = user.email.as_ref().filter(|_| token.scopes.contains("email")) {
        claims["email"] = json!(email);
    }
    realm.add_claims(&token.grant, &mut claims);
    Ok(claims)
}

fn refusal(realm: &Realm, refused: Refused) -> Response {
    let challenge = format!("Bearer realm=\"{}\"", realm.config.name);
    let (status, error, challenge) = match refused {
        Refused::NoToken => return Response::empty(401).not_stored().with("www-authenticate", challenge),
        Refused::Malformed => (400, "invalid_request", format!("{challenge}, error=\"invalid_request\"")),
        Refused::InvalidToken => (401, "invalid_token", format!("{challenge}, error=\"invalid_token\"")),
        Refused::InsufficientScope => {
            (403, "insufficient_scope", format!("{challenge}, error=\"insufficient_scope\", scope=\"openid\""))
        }
    };
    Response::json(status, json!({ "error": error })).not_stored().with("www-authenticate", challenge)
}
