//! The key set that signatures are verified with (RFC 7517 section 5).

use serde_json::json;

use crate::server::core::message::{Request, Response};
use crate::server::core::realm::Realm;

use super::metadata::published;

/// Answers a request for the keys.
pub fn answer(realm: &Realm, request: &Request) -> Response {
    published(request, || json!({ "keys": [realm.keys.public_jwk(realm.config.policy.signing)] }))
}
