//! What the server publishes about itself (RFC 8414, OpenID Connect Discovery); built from its configuration, never from a request.

use serde_json::{Value, json};

use crate::server::core::message::{Request, Response};
use crate::server::core::realm::Realm;

use super::token::DEVICE_CODE;

/// The two documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Document {
    /// RFC 8414.
    OAuth,
    /// OpenID Connect Discovery 1.0.
    OpenId,
}

/// Answers a request for one of the documents.
pub fn answer(realm: &Realm, request: &Request, document: Document) -> Response {
    published(request, || members(realm, document))
}

/// A public document, which scripts of every site may read.
pub fn published(request: &Request, document: impl FnOnce() -> Value) -> Response {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return Response::method_not_allowed("GET");
    }
    Response::json(200, document()).with("access-control-allow-origin", "*")
}

fn members(realm: &Realm, document: Document) -> Value {
    let endpoint = |name: &str| realm.url(&format!("/protocol/openid-connect/{name}"));
    let methods = json!(["client_secret_basic", "client_secret_post", "none"]);
    let challenge_methods = if realm.config.policy.pkce_plain { json!(["S256", "plain"]) } else { json!(["S256"]) };
    let mut members = json!({
        "issuer": realm.issuer,
        "authorization_endpoint": endpoint("auth"),
        "token_endpoint": endpoint("token"),
        "jwks_uri": endpoint("certs"),
        "userinfo_endpoint": endpoint("userinfo"),
        "revocation_endpoint": endpoint("revoke"),
        "introspection_endpoint": endpoint("token/introspect"),
        "device_authorization_endpoint": endpoint("auth/device"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "client_credentials", "refresh_token", DEVICE_CODE],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": challenge_methods,
        "authorization_response_iss_parameter_supported": true,
    });
    let scopes: Vec<String> = realm.scopes().iter().map(str::to_owned).collect();
    // A list without elements is left out (RFC 8414 section 3.2).
    if !scopes.is_empty() {
        members["scopes_supported"] = json!(scopes);
    }
    match document {
        Document::OAuth => {}
        Document::OpenId => {
            members["subject_types_supported"] = json!(["public"]);
            members["id_token_signing_alg_values_supported"] = json!([realm.config.policy.signing]);
        }
    }
    members
}
