//! Judges of a token answer member by member and header by header (RFC 6749 section 5.1). Whether tokens came is another check's business.

use serde_json::{Map, Value};

use super::super::halt::{Fault, Halt, Judgement, Step};
use super::super::phrase::{Phrase, Token};
use super::super::scene::Scene;
use super::effects::introspected;
use super::tokens::fault;
use crate::protocol::{Response, answer};
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::judge("the token answer is a JSON object", &[], |s, _| Box::pin(is_json(s))),
    Phrase::judge("the token answer names the access token and its type", &[], |s, _| Box::pin(names_token_and_type(s))),
    Phrase::judge("the token type is Bearer", &[], |s, _| Box::pin(is_bearer(s))),
    Phrase::judge("the access token fits into an Authorization header", &[], |s, _| Box::pin(fits_header(s))),
    Phrase::judge("the token answer says how long the token lives", &[], |s, _| Box::pin(says_lifetime(s))),
    Phrase::judge("the access token lives for an hour at most", &[], |s, _| Box::pin(is_short_lived(s))),
    Phrase::judge("the lifetime is a whole number of seconds", &[], |s, _| Box::pin(lifetime_is_number(s))),
    Phrase::judge("the scope of the token answer is one string", &[], |s, _| Box::pin(scope_is_string(s))),
    Phrase::judge("the token answer forbids caching", &[], |s, _| Box::pin(forbids_caching(s))),
    Phrase::judge("the token answer forbids caching to old caches too", &[], |s, _| Box::pin(forbids_old_caching(s))),
    Phrase::judge("the access token is a new one", &[], |s, _| Box::pin(is_new(s))),
    Phrase::judge("the refresh token is a new one", &[], |s, _| Box::pin(refresh_is_new(s))),
    Phrase::judge("no refresh token comes with it", &[], |s, _| Box::pin(no_refresh_token(s))),
];

/// The answer, if it is a success: a refusal has no form of a token answer to judge.
fn success(scene: &Scene) -> Result<&Response, Halt> {
    match &scene.heard()?.outcome {
        Ok(response) if (200..300).contains(&response.status) => Ok(response),
        Ok(response) => Err(Halt::blocked(format!("no tokens came: {}", answer::describe(response)))),
        Err(failure) => Err(Halt::blocked(format!("no tokens came: {failure}"))),
    }
}

fn members(scene: &Scene) -> Result<Map<String, Value>, Halt> {
    answer::object(success(scene)?).map_err(|misread| Halt::blocked(format!("the answer cannot be read: {misread}")))
}

fn malformed(scene: &Scene, expected: &str, got: impl AsRef<str>) -> Halt {
    fault(scene, Kind::Malformed, expected, got.as_ref()).map_or_else(|halt| halt, Halt::from)
}

/// The kind of a JSON value: what a value is may be told, what it says may be a token.
fn kind_of(value: Option<&Value>) -> &'static str {
    match value {
        None => "absent",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "a boolean",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(text)) if text.is_empty() => "an empty string",
        Some(Value::String(_)) => "a string",
        Some(Value::Array(_)) => "an array",
        Some(Value::Object(_)) => "an object",
    }
}

async fn is_json(scene: &mut Scene) -> Step {
    let expected = "status 200 and a JSON object with access_token at its top, as application/json";
    let response = success(scene)?;
    let named = answer::object(response).is_ok_and(|members| members.contains_key("access_token"));
    if response.status == 200 && response.media_type().as_deref() == Some("application/json") && named {
        return Ok(());
    }
    let mut got = answer::describe(response);
    if !named {
        got.push_str(", no access_token at the top of a JSON object");
    }
    Err(malformed(scene, expected, got))
}

async fn names_token_and_type(scene: &mut Scene) -> Step {
    let members = members(scene)?;
    for name in ["access_token", "token_type"] {
        let value = members.get(name);
        let fits = |text: &str| !text.is_empty() && text.bytes().all(|octet| (0x20..=0x7e).contains(&octet));
        match value.and_then(Value::as_str) {
            Some(text) if fits(text) => {}
            Some(text) if !text.is_empty() => {
                return Err(malformed(scene, &format!("{name} of printable ASCII"), format!("{name} with other characters")));
            }
            Some(_) | None => {
                return Err(malformed(scene, &format!("{name} as a string"), format!("{name}: {}", kind_of(value))));
            }
        }
    }
    Ok(())
}

async fn is_bearer(scene: &mut Scene) -> Step {
    let members = members(scene)?;
    match members.get("token_type") {
        Some(Value::String(name)) if name.eq_ignore_ascii_case("bearer") => Ok(()),
        Some(Value::String(name)) => Err(malformed(scene, "token_type Bearer", format!("token_type {name:?}"))),
        other => Err(malformed(scene, "token_type Bearer", format!("token_type: {}", kind_of(other)))),
    }
}

/// The b64token of RFC 6750 section 2.1.
async fn fits_header(scene: &mut Scene) -> Step {
    let members = members(scene)?;
    let Some(token) = members.get("access_token").and_then(Value::as_str) else {
        return Err(Halt::blocked("the answer has no access_token"));
    };
    let body = token.trim_end_matches('=');
    let allowed = |octet: u8| octet.is_ascii_alphanumeric() || b"-._~+/".contains(&octet);
    match body.chars().find(|c| !u8::try_from(*c).is_ok_and(allowed)) {
        None if !body.is_empty() => Ok(()),
        None => Err(malformed(scene, "an access token of the Bearer header's grammar", "one of equals signs only")),
        Some(stray) => {
            Err(malformed(scene, "letters, digits, - . _ ~ + / and then = only", format!("an access token with {stray:?}")))
        }
    }
}

async fn says_lifetime(scene: &mut Scene) -> Step {
    if members(scene)?.contains_key("expires_in") {
        return Ok(());
    }
    Err(malformed(scene, "expires_in", "no expires_in"))
}

/// What RFC 6750 section 5.3 calls short, in seconds.
const AN_HOUR: u64 = 3600;

async fn is_short_lived(scene: &mut Scene) -> Step {
    let expected = "expires_in of 3600 or less";
    let told = members(scene)?.get("expires_in").and_then(Value::as_u64);
    let lifetime = match told {
        Some(seconds) => Some(seconds),
        // Who does not say it may tell it of the token.
        None => introspected(scene, &scene.token(Token::Access)?).await.and_then(|members| {
            let time = |name: &str| members.get(name).and_then(Value::as_u64);
            time("exp")?.checked_sub(time("iat")?)
        }),
    };
    match lifetime {
        Some(seconds) if seconds <= AN_HOUR => Ok(()),
        Some(seconds) => Err(malformed(scene, expected, format!("a lifetime of {seconds} s"))),
        None => Err(Halt::NotApplicable("nobody says how long the access token lives".to_owned())),
    }
}

/// A value of this size is a moment, not a lifetime: it would be thirty years.
const A_TIMESTAMP: u64 = 1_000_000_000;

async fn lifetime_is_number(scene: &mut Scene) -> Step {
    let expected = "expires_in as a number of whole seconds above zero";
    match members(scene)?.get("expires_in") {
        None => Err(Halt::NotApplicable("the answer has no expires_in".to_owned())),
        Some(Value::Number(number)) => match number.as_u64() {
            Some(1..A_TIMESTAMP) => Ok(()),
            Some(_) | None => Err(malformed(scene, expected, format!("expires_in {number}"))),
        },
        other => Err(malformed(scene, expected, format!("expires_in: {}", kind_of(other)))),
    }
}

async fn scope_is_string(scene: &mut Scene) -> Step {
    let expected = "scope as one string of scope tokens, one space between two";
    match members(scene)?.get("scope") {
        None => Err(Halt::NotApplicable("the answer has no scope".to_owned())),
        Some(Value::String(scope)) => {
            let allowed = |octet: u8| matches!(octet, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            if scope.split(' ').all(|token| !token.is_empty() && token.bytes().all(allowed)) {
                return Ok(());
            }
            let wrong = fault(scene, Kind::Malformed, expected, &format!("scope {scope:?}"))?;
            // An empty string is outside the grammar, and no client is harmed by it.
            scene.judge(if scope.is_empty() { Judgement::Tolerated(wrong) } else { Judgement::Broken(wrong) })
        }
        other => Err(malformed(scene, expected, format!("scope: {}", kind_of(other)))),
    }
}

async fn forbids_caching(scene: &mut Scene) -> Step {
    let response = success(scene)?;
    if response.cache_control("no-store") {
        return Ok(());
    }
    let got = response.header("cache-control").map_or("no Cache-Control".to_owned(), |value| format!("Cache-Control: {value}"));
    Err(malformed(scene, "Cache-Control with no-store", got))
}

/// `Pragma` is of HTTP/1.0; OAuth 2.1 asks for it no more, so its absence is a warning.
async fn forbids_old_caching(scene: &mut Scene) -> Step {
    let response = success(scene)?;
    let says = |value: &str| value.split(',').any(|word| word.trim().eq_ignore_ascii_case("no-cache"));
    if response.header_values("pragma").any(says) {
        return Ok(());
    }
    let got = response.header("pragma").map_or("no Pragma".to_owned(), |value| format!("Pragma: {value}"));
    let judgement = Judgement::Tolerated(fault(scene, Kind::Malformed, "Pragma: no-cache", &got)?);
    scene.judge(judgement)
}

async fn is_new(scene: &mut Scene) -> Step {
    success(scene)?;
    if scene.token(Token::Access)? != scene.token(Token::FirstAccess)? {
        return Ok(());
    }
    Err(fault(scene, Kind::Ineffective, "another access token than before", "the access token that was there already")?.into())
}

/// A refresh token that stays as it is can be used by whoever stole it for as long as its owner (RFC 9700 section 2.2.2).
async fn refresh_is_new(scene: &mut Scene) -> Step {
    success(scene)?;
    let expected = "another refresh token than before";
    let told: Option<Fault> = match members(scene)?.get("refresh_token").and_then(Value::as_str) {
        None => Some(fault(scene, Kind::Ineffective, expected, "no refresh_token, so the old one stays")?),
        Some(token) if token == scene.token(Token::FirstRefresh)?.expose() => {
            Some(fault(scene, Kind::Ineffective, expected, "the refresh token that was there already")?)
        }
        Some(_) => None,
    };
    told.map_or(Ok(()), |fault| Err(fault.into()))
}

async fn no_refresh_token(scene: &mut Scene) -> Step {
    if !members(scene)?.contains_key("refresh_token") {
        return Ok(());
    }
    Err(fault(scene, Kind::Accepted, "no refresh_token", "a refresh_token")?.into())
}
