//! Reads an answer under load as critically as a check would: status, media type, JSON, members, token type, expiry.

use std::time::Duration;

use serde_json::Value;
use url::Url;

use super::fault::Fault;
use crate::protocol::{OAuthError, Response, Secret, Tokens, answer};

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
    pub user_code: String,
    /// Where the user goes: `verification_uri_complete` where there is one, else `verification_uri`.
    pub verification: Url,
    /// How long to wait between polls; five seconds where nothing is said.
    pub interval: Duration,
}

/// A device authorization answer (RFC 8628 section 3.2), or what is wrong with it.
pub fn device(response: &Response) -> Result<DeviceGrant, Fault> {
    successful(response)?;
    let members = answer::object(response).map_err(|_| Fault::NotJson)?;
    let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let url = |name: &str| text(name).and_then(|text| Url::parse(text).ok());
    let read = || {
        Some(DeviceGrant {
            device_code: Secret::new("device_code", text("device_code")?),
            user_code: text("user_code")?.to_owned(),
            verification: url("verification_uri_complete").or_else(|| url("verification_uri"))?,
            interval: Duration::from_secs(members.get("interval").map_or(Some(5), Value::as_u64)?),
        })
    };
    read().ok_or(Fault::NoDeviceCode)
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
        let short = body.replace("user_code", "usercode");
        assert_eq!(device(&response(200, "application/json", &short)).expect_err("no user code"), Fault::NoDeviceCode);
    }
}
