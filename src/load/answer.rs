//! Reads an answer under load as critically as a check would: status, media type, JSON, members, token type, expiry.

use std::time::Duration;

use serde_json::{Map, Value};
use url::Url;

use super::fault::Fault;
use crate::protocol::{OAuthError, Response, Secret, Tokens, answer};

/// A longer time that a provider names is taken for this one, in seconds: it is longer than a run.
const LONGEST: u64 = 86_400;

/// A token answer (RFC 6749 section 5.1) that is right in every respect, or what is wrong with it.
pub fn token(response: &Response) -> Result<Tokens, Fault> {
    successful(response)?;
    let tokens = Tokens::read(response).map_err(|_| match answer::object(response) {
        Ok(_) => Fault::NoToken,
        Err(_) => Fault::NotJson,
    })?;
    let bearer = |value: &Value| value.as_str().is_some_and(|name| name.eq_ignore_ascii_case("bearer"));
    if !tokens.members.get("token_type").is_some_and(bearer) {
        return Err(Fault::WrongTokenType);
    }
    // RECOMMENDED, so it may be left out; but what is there must be a lifetime.
    match tokens.members.get("expires_in") {
        None => Ok(tokens),
        Some(lifetime) if lifetime.as_f64().is_some_and(|seconds| seconds > 0.0) => Ok(tokens),
        Some(_) => Err(Fault::WrongExpiry),
    }
}

/// What a device waits with (RFC 8628 section 3.2).
#[derive(Clone, Debug)]
pub struct DeviceGrant {
    /// `device_code`
    pub device_code: Secret,
    /// `user_code`
    pub user_code: Secret,
    /// Where the user goes: `verification_uri_complete` where there is one, else `verification_uri`.
    pub verification: Url,
    /// How long to wait between polls; five seconds where nothing is said.
    pub interval: Duration,
    /// How long the codes live.
    pub lifetime: Duration,
}

/// A device authorization answer (RFC 8628 section 3.2), or what is wrong with it.
pub fn device(response: &Response) -> Result<DeviceGrant, Fault> {
    successful(response)?;
    let members = answer::object(response).map_err(|_| Fault::NotJson)?;
    let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let url = |name: &str| text(name).and_then(|text| Url::parse(text).ok());
    let read = || {
        let device_code = Secret::new("device_code", text("device_code")?);
        Some(DeviceGrant {
            user_code: Secret::beside("user_code", text("user_code")?, &device_code),
            device_code,
            verification: url("verification_uri_complete").or_else(|| url("verification_uri"))?,
            interval: span(members.get("interval").map_or(Some(5), Value::as_u64)?),
            lifetime: span(members.get("expires_in").and_then(Value::as_u64).unwrap_or_default()),
        })
    };
    read().ok_or(Fault::NoDeviceCode)
}

/// A time that a provider names, bounded.
pub fn span(seconds: u64) -> Duration {
    Duration::from_secs(seconds.min(LONGEST))
}

/// The refusal of a client's credentials (RFC 6749 section 5.2), or what came in place of it. A 429 to whoever guesses
/// is no such refusal: it is counted as what it is, and says nothing of the secret.
pub fn bad_credentials(response: &Response) -> Result<(), Fault> {
    refusal(response, &["invalid_client"], Fault::SecretNotChecked)
}

/// A refusal at the token endpoint with one of these errors, or what came in place of it: a token is `if_token`.
pub fn refusal(response: &Response, errors: &[&str], if_token: Fault) -> Result<(), Fault> {
    if Tokens::read(response).is_ok() {
        return Err(if_token);
    }
    match OAuthError::read(response) {
        Ok(error) if errors.contains(&error.error.as_str()) => Ok(()),
        Ok(error) => Err(Fault::oauth(&error.error)),
        Err(_) => Err(Fault::Status(response.status)),
    }
}

/// An introspection answer (RFC 7662 section 2.2) about a token that is live or not. What does not say that a dead token is active is no breach of that,
/// but still no answer if it does not say that it is not.
pub fn introspection(response: &Response, is_live: bool) -> Result<Map<String, Value>, Fault> {
    let members = object(response)?;
    match (members.get("active"), is_live) {
        (Some(Value::Bool(active)), is_live) if *active == is_live => Ok(members),
        (_, true) => Err(Fault::NotActive),
        (Some(Value::Bool(_)), false) => Err(Fault::StillActive),
        (_, false) => Err(Fault::ActiveUntold),
    }
}

/// A plain 200 (RFC 7009 section 2.2).
pub fn done(response: &Response) -> Result<(), Fault> {
    match (response.status, OAuthError::read(response)) {
        (200, _) => Ok(()),
        (_, Ok(error)) => Err(Fault::oauth(&error.error)),
        (status, Err(_)) => Err(Fault::Status(status)),
    }
}

/// A JSON object.
pub fn object(response: &Response) -> Result<Map<String, Value>, Fault> {
    successful(response)?;
    answer::object(response).map_err(|_| Fault::NotJson)
}

/// The metadata of an issuer (RFC 8414 section 3.2).
pub fn metadata(response: &Response, issuer: &str) -> Result<(), Fault> {
    match object(response)?.get("issuer").and_then(Value::as_str) {
        Some(other) if other == issuer => Ok(()),
        Some(_) | None => Err(Fault::WrongIssuer),
    }
}

/// A key set with a key in it (RFC 7517 section 5).
pub fn keys(response: &Response) -> Result<(), Fault> {
    let keys = object(response)?;
    let is_there = keys.get("keys").and_then(Value::as_array).is_some_and(|keys| keys.iter().any(Value::is_object));
    if is_there { Ok(()) } else { Err(Fault::NoKeys) }
}

/// Whether the answer is a 200 that says it is JSON.
fn successful(response: &Response) -> Result<(), Fault> {
    if response.status != 200 {
        return Err(match OAuthError::read(response) {
            Ok(error) => Fault::oauth(&error.error),
            Err(_) => Fault::Status(response.status),
        });
    }
    if response.says_json() { Ok(()) } else { Err(Fault::NotJson) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn response(status: u16, media: &str, body: &str) -> Response {
        let headers = vec![("content-type".to_owned(), media.to_owned())];
        Response { status, headers, body: body.as_bytes().to_vec(), elapsed: Duration::ZERO }
    }

    fn fault(status: u16, media: &str, body: &str) -> String {
        token(&response(status, media, body)).expect_err(body).to_string()
    }

    #[test]
    fn every_way_to_be_wrong_has_its_own_kind() {
        let json = "application/json;charset=UTF-8";
        assert_eq!(fault(200, "text/html", "<html>"), "not json");
        assert_eq!(fault(200, "text/html", r#"{"access_token":"a","token_type":"Bearer"}"#), "not json");
        assert_eq!(fault(200, json, "[]"), "not json");
        assert_eq!(fault(200, json, r#"{"token_type":"Bearer"}"#), "no token");
        assert_eq!(fault(200, json, r#"{"access_token":"a"}"#), "wrong token type");
        assert_eq!(fault(200, json, r#"{"access_token":"a","token_type":"mac"}"#), "wrong token type");
        assert_eq!(fault(200, json, r#"{"access_token":"a","token_type":"bearer","expires_in":"300"}"#), "wrong expires_in");
        assert_eq!(fault(200, json, r#"{"access_token":"a","token_type":"bearer","expires_in":0}"#), "wrong expires_in");
        assert_eq!(fault(400, json, r#"{"error":"invalid_grant"}"#), "invalid_grant");
        assert_eq!(fault(401, json, r#"{"error":"what my secret is"}"#), "unknown OAuth error");
        assert_eq!(fault(500, json, r#"{"error":"server_error"}"#), "status 500");
        assert_eq!(fault(302, "text/html", ""), "status 302");
    }

    #[test]
    fn a_right_answer_is_right_in_any_spelling_of_bearer_and_without_a_lifetime() {
        for body in [
            r#"{"access_token":"a","token_type":"bearer","expires_in":300}"#,
            r#"{"access_token":"a","token_type":"Bearer"}"#,
            r#"{"access_token":"a","token_type":"BEARER","expires_in":299.5}"#,
        ] {
            assert!(token(&response(200, "application/json", body)).is_ok(), "{body}");
        }
    }

    #[test]
    fn a_device_answer_needs_its_members_and_has_an_interval() {
        let body =
            r#"{"device_code":"d","user_code":"BCDF-GHJK","verification_uri":"https://as.example/device","expires_in":600}"#;
        let grant = device(&response(200, "application/json", body)).expect("it is whole");
        assert_eq!((grant.interval, grant.verification.as_str()), (Duration::from_secs(5), "https://as.example/device"));
        let endless = body.replace("600", "18446744073709551615,\"interval\":18446744073709551615");
        let grant = device(&response(200, "application/json", &endless)).expect("it is whole");
        assert_eq!((grant.interval, grant.lifetime), (span(u64::MAX), Duration::from_secs(LONGEST)));
        let short = body.replace("user_code", "usercode");
        assert_eq!(device(&response(200, "application/json", &short)).expect_err("no user code"), Fault::NoDeviceCode);
    }

    #[test]
    fn only_active_true_says_that_a_dead_token_is_active() {
        let read = |body: &str, is_live| introspection(&response(200, "application/json", body), is_live).map(drop);
        assert_eq!((read(r#"{"active":true}"#, true), read(r#"{"active":false}"#, false)), (Ok(()), Ok(())));
        assert_eq!(read(r#"{"active":true}"#, false), Err(Fault::StillActive));
        for body in ["{}", r#"{"active":"false"}"#, r#"{"active":"true"}"#, r#"{"active":0}"#] {
            assert_eq!((read(body, true), read(body, false)), (Err(Fault::NotActive), Err(Fault::ActiveUntold)), "{body}");
        }
    }
}
