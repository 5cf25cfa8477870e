//! Bugs of the published metadata and the key set.

use serde_json::{Value, json};

use super::Defects;
use crate::server::core::endpoint::{Endpoint, Surface};
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
    OmitsChallengeMethods violates ["pkce-support-detectable", "metadata-code-challenge-methods-truthful"];
    /// Publishes the bare host as its issuer.
    PublishesBareHostAsIssuer violates ["metadata-issuer-url-form"];
    /// Lists token exchange among its grant types, which is switched off.
    ListsDisabledGrant violates ["metadata-grant-types-truthful"];
    /// Lists the response type `id_token`, which it refuses.
    ListsRefusedResponseType violates ["metadata-response-types-truthful"];
    /// Leaves `client_secret_post`, which it takes, out of its authentication methods.
    OmitsPostFromAuthMethods violates ["metadata-auth-methods-truthful"];
    /// Lists the challenge method `plain`, which it refuses.
    ListsRefusedChallengeMethod violates ["metadata-code-challenge-methods-truthful"];
    /// Lists `private_key_jwt` without a word on the algorithms.
    ListsJwtAuthWithoutAlgorithms violates ["metadata-signing-alg-values"];
    /// Publishes no metadata at all.
    PublishesNoMetadata violates ["metadata-published"];
    /// Publishes its token endpoint with `http` in the OpenID document, as it is seen behind the proxy that ends TLS.
    PublishesPlainHttp violates ["metadata-endpoints-https"];
    /// Lists a scope that it refuses to everybody.
    ListsRefusedScope violates ["metadata-scopes-supported"];
    /// Lets the scripts of every site read metadata and keys with the user's cookies.
    SharesMetadataWithCredentials violates ["metadata-cors-allowed"];
}

/// Whether a realm with the defects of these names tells nobody where its endpoints are.
pub fn publishes_nothing(names: &[String]) -> bool {
    Defects::named(names).is_ok_and(|defects| defects.has(Flaw::PublishesNoMetadata))
}

pub(super) fn after(realm: &Realm, endpoint: &Endpoint, request: &Request, response: &mut Response) {
    let defects = &realm.defects;
    if defects.has(Flaw::SharesMetadataWithCredentials)
        && matches!(endpoint.surface(), Surface::Metadata | Surface::Keys)
        && let Some(origin) = request.header("origin")
    {
        response.drop_header("access-control-allow-origin");
        response.headers.push(("access-control-allow-origin", origin.to_owned()));
        response.headers.push(("access-control-allow-credentials", "true".to_owned()));
    }
    if defects.has(Flaw::PublishesNoMetadata) && endpoint.surface() == Surface::Metadata {
        *response = not_found();
        return;
    }
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
    if defects.has(Flaw::PublishesBareHostAsIssuer) {
        document["issuer"] = json!(realm.issuer.split("://").nth(1).and_then(|rest| rest.split('/').next()));
    }
    if defects.has(Flaw::PublishesPlainHttp) && kind == Document::OpenId {
        document["token_endpoint"] = json!("http://auth.internal.example/token");
    }
    add_values(defects, document);
    drop_members(defects, document, kind);
    if defects.has(Flaw::LabelsMetadataAsText) {
        response.headers.push(("content-type", "text/plain".to_owned()));
    }
}

/// Puts values into lists that are not true.
fn add_values(defects: &Defects, document: &mut Value) {
    let added = [
        (Flaw::ListsDisabledGrant, "grant_types_supported", "urn:ietf:params:oauth:grant-type:token-exchange"),
        (Flaw::ListsRefusedResponseType, "response_types_supported", "id_token"),
        (Flaw::ListsRefusedChallengeMethod, "code_challenge_methods_supported", "plain"),
        (Flaw::ListsJwtAuthWithoutAlgorithms, "token_endpoint_auth_methods_supported", "private_key_jwt"),
        (Flaw::ListsRefusedScope, "scopes_supported", "archive:read"),
    ];
    for (flaw, member, value) in added {
        if defects.has(flaw)
            && let Some(list) = document.get_mut(member).and_then(Value::as_array_mut)
        {
            list.push(json!(value));
        }
    }
    if defects.has(Flaw::OmitsPostFromAuthMethods)
        && let Some(list) = document.get_mut("token_endpoint_auth_methods_supported").and_then(Value::as_array_mut)
    {
        list.retain(|method| method != "client_secret_post");
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
