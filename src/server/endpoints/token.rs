//! The token endpoint: one request in, one of the grants, tokens or an error object out (RFC 6749 section 3.2).

use crate::server::config::GrantKind;
use crate::server::core::form::Parameters;
use crate::server::core::message::{Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, TokenError, invalid_request};
use crate::server::defect::{client_credentials as cc_seam, legacy, token as seam};
use crate::server::grants::{authorization_code, client_credentials, device_code, refresh_token};

use super::back_channel;

/// The grant type of RFC 8628 section 3.4.
pub const DEVICE_CODE: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// Answers a token request.
pub fn answer(realm: &Realm, request: &Request) -> Response {
    back_channel::answer(realm, request, |form| exchange(realm, request, form))
}

fn exchange(realm: &Realm, request: &Request, form: &Parameters) -> Result<Response, Refusal> {
    if seam::refuses_unknown_parameters(&realm.defects, form) {
        return Err(invalid_request("unknown parameter"));
    }
    let name = form.get("grant_type");
    let grant = name.and_then(kind);
    let client = back_channel::authenticated(realm, request, form, grant)?;
    let Some(grant) = grant else {
        if let Some(answer) = legacy::password_grant(realm, client, form) {
            return answer;
        }
        return Err(match name {
            None => invalid_request("grant_type is missing"),
            Some(name) => seam::unknown_grant(
                &realm.defects,
                name,
                Refusal::new(TokenError::UnsupportedGrantType, "the grant type is not supported"),
            ),
        });
    };
    let registered = seam::grant_is_registered(&realm.defects, client, client.grants.contains(&grant));
    if !registered && !cc_seam::public_client_is_served(&realm.defects, client, grant) {
        return Err(Refusal::new(TokenError::UnauthorizedClient, "the client is not registered for this grant"));
    }
    match grant {
        GrantKind::AuthorizationCode => authorization_code::redeem(realm, client, form),
        GrantKind::ClientCredentials => client_credentials::issue(realm, client, form),
        GrantKind::DeviceCode => device_code::poll(realm, client, form),
        GrantKind::RefreshToken => refresh_token::refresh(realm, client, form),
    }
}

fn kind(name: &str) -> Option<GrantKind> {
    match name {
        "authorization_code" => Some(GrantKind::AuthorizationCode),
        "client_credentials" => Some(GrantKind::ClientCredentials),
        "refresh_token" => Some(GrantKind::RefreshToken),
        DEVICE_CODE => Some(GrantKind::DeviceCode),
        _ => None,
    }
}
