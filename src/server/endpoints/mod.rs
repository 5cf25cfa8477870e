//! One file for each endpoint of a realm, and what browsers and clients have in common.

pub mod authorize;
mod back_channel;
mod browser;
pub mod consent;
pub mod device_authorization;
pub mod hint;
pub mod interaction;
pub mod introspect;
pub mod jwks;
pub mod login;
pub mod metadata;
pub mod page;
pub mod revoke;
pub mod token;
pub mod userinfo;
pub mod verification;

use serde_json::json;

use self::metadata::Document;
use super::core::endpoint::Endpoint;
use super::core::message::{Request, Response};
use super::core::realm::Realm;

/// Lets the endpoint answer.
pub fn answer(realm: &Realm, endpoint: &Endpoint, request: &Request) -> Response {
    match endpoint {
        Endpoint::Authorization => authorize::answer(realm, request),
        Endpoint::Login(id) => login::answer(realm, request, id),
        Endpoint::Consent(id) => consent::answer(realm, request, id),
        Endpoint::Token => token::answer(realm, request),
        Endpoint::Introspection => introspect::answer(realm, request),
        Endpoint::Revocation => revoke::answer(realm, request),
        Endpoint::DeviceAuthorization => device_authorization::answer(realm, request),
        Endpoint::Verification => verification::answer(realm, request),
        Endpoint::DeviceConsent(id) => verification::decision(realm, request, id),
        Endpoint::Userinfo => userinfo::answer(realm, request),
        Endpoint::Jwks => jwks::answer(realm, request),
        Endpoint::Metadata | Endpoint::MetadataBelowIssuer => metadata::answer(realm, request, Document::OAuth),
        Endpoint::OpenIdConfiguration => metadata::answer(realm, request, Document::OpenId),
        Endpoint::MetadataOfNobody => not_found(),
    }
}

/// There is nothing at this address.
pub fn not_found() -> Response {
    Response::json(404, json!({ "error": "not_found" }))
}
