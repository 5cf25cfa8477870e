//! Bugs of the published metadata and the key set.

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
