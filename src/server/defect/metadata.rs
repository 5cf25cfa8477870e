//! Bugs of the published metadata and the key set.

use serde_json::{Value, json};

use super::Defects;
use crate::server::core::endpoint::Endpoint;
use crate::server::core::message::{Content, Request, Response};
use crate::server::core::realm::Realm;
use crate::server::endpoints::metadata::{self, Document};
use crate::server::endpoints::not_found;

table! { Metadata;
    /// Serves `openid-configuration` only.
    HidesOAuthMetadata violates ["metadata-well-known-available", "metadata-well-known-path-insertion"];
    /// Serves its metadata only below the issuer, not where RFC 8414 puts it.
    AppendsWellKnownOnly violates ["metadata-well-known-path-insertion"];
    /// Sends its metadata as `text/plain`.
    LabelsMetadataAsText violates ["metadata-200-json"];
    /// Publishes an issuer with a trailing slash that the real one does not have.
    AddsTrailingSlashToIssuer violates ["metadata-issuer-exact-match"];
    /// Serves its metadata for every path that begins with the realm's, existing or not.
    ServesAnyIssuerPath violates ["metadata-unknown-issuer-path-not-served"];
    /// Builds issuer and endpoints from `Host`, `X-Forwarded-Host` or `Forwarded`.
    TrustsForwardedHost violates ["metadata-issuer-independent-of-host-header"];
    /// Leaves `token_endpoint` out of the RFC 8414 document.
    OmitsTokenEndpoint violates ["metadata-required-endpoints"];
    /// Leaves `response_types_supported` out of its metadata.
    OmitsResponseTypes violates ["metadata-response-types-supported"];
    /// Sends `scopes_supported` as one string.
    SendsScopesAsString violates ["metadata-arrays-and-no-empty"];
    /// Publishes an encryption key beside signing keys that do not state their use.
    MixesKeysWithoutUse violates ["metadata-jwks-uri"];
    /// Serves the private part of its signing key.
    PublishesPrivateKey violates ["jwks-no-private-material"];
    /// Leaves `code_challenge_methods_supported` out of its metadata.
    OmitsChallengeMethods violates ["pkce-support-detectable"];
}

pub(super) fn after(realm: &Realm, endpoint: &Endpoint, request: &Request, response: &mut Response) {
    let defects = &realm.defects;
    match endpoint {
        Endpoint::Metadata if defects.has(Flaw::AppendsWellKnownOnly) => *response = not_found(),
        Endpoint::Metadata | Endpoint::MetadataBelowIssuer if defects.has(Flaw::HidesOAuthMetadata) => *response = not_found(),
        Endpoint::Metadata | Endpoint::MetadataBelowIssuer => bend_document(realm, request, response, Document::OAuth),
        Endpoint::OpenIdConfiguration => bend_document(realm, request, response, Document::OpenId),
        Endpoint::MetadataOfNobody if defects.has(Flaw::ServesAnyIssuerPath) => {
            *response = metadata::answer(realm, request, Document::OAuth);
        }
        Endpoint::Jwks => bend_keys(realm, response),
        Endpoint::Authorization
        | Endpoint::Login(_)
        | Endpoint::Consent(_)
        | Endpoint::Token
        | Endpoint::Introspection
        | Endpoint::Revocation
        | Endpoint::DeviceAuthorization
        | Endpoint::Verification
        | Endpoint::DeviceConsent(_)
        | Endpoint::Userinfo
        | Endpoint::MetadataOfNobody => {}
    }
}

fn bend_document(realm: &Realm, request: &Request, response: &mut Response, kind: Document) {
    let defects = &realm.defects;
    let Content::Json(document) = &mut response.content else { return };
    if defects.has(Flaw::TrustsForwardedHost) {
        move_to_named_host(realm, request, document);
    }
    if defects.has(Flaw::AddsTrailingSlashToIssuer) {
        document["issuer"] = json!(format!("{}/", realm.issuer));
    }
    if defects.has(Flaw::SendsScopesAsString)
        && let Some(scopes) = document.get_mut("scopes_supported")
    {
        *scopes = json!(realm.scopes().to_string());
    }
    drop_members(defects, document, kind);
    if defects.has(Flaw::LabelsMetadataAsText) {
        response.headers.push(("content-type", "text/plain".to_owned()));
    }
}

fn drop_members(defects: &Defects, document: &mut Value, kind: Document) {
    let dropped = [
        (Flaw::OmitsTokenEndpoint, "token_endpoint", kind == Document::OAuth),
        (Flaw::OmitsResponseTypes, "response_types_supported", true),
        (Flaw::OmitsChallengeMethods, "code_challenge_methods_supported", true),
    ];
    let Some(members) = document.as_object_mut() else { return };
    for (flaw, member, here) in dropped {
        if here && defects.has(flaw) {
            members.shift_remove(member);
        }
    }
}

/// Puts the host that the request names in the place of the configured one.
fn move_to_named_host(realm: &Realm, request: &Request, document: &mut Value) {
    let forwarded = request.header("forwarded").and_then(|field| {
        field.split([';', ',']).find_map(|pair| pair.trim().strip_prefix("host=")).map(|host| host.trim_matches('"'))
    });
    let named = request.header("x-forwarded-host").or(forwarded).or_else(|| request.header("host"));
    let own = realm.issuer.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    if let Some(named) = named
        && let Ok(moved) = serde_json::from_str(&document.to_string().replace(own, &named.replace(['"', '\\'], "")))
    {
        *document = moved;
    }
}

fn bend_keys(realm: &Realm, response: &mut Response) {
    let Content::Json(document) = &mut response.content else { return };
    let Some(keys) = document["keys"].as_array_mut() else { return };
    if realm.defects.has(Flaw::PublishesPrivateKey) {
        for key in keys.iter_mut() {
            // Not the real one: a server that gives it away would be no use to anyone, and nobody can tell.
            key["d"] = json!(realm.secret());
        }
    }
    if realm.defects.has(Flaw::MixesKeysWithoutUse)
        && let Some(mut other) = keys.first().cloned()
    {
        for key in keys.iter_mut() {
            if let Some(members) = key.as_object_mut() {
                members.shift_remove("use");
            }
        }
        other["use"] = json!("enc");
        other["alg"] = json!("ECDH-ES");
        other["kid"] = json!("encryption");
        keys.push(other);
    }
}
