//! Flows out of fashion that a bad server still offers.

table! { Legacy;
    /// Answers `response_type=token` with an access token in the fragment.
    IssuesTokensImplicitly violates ["implicit-grant-refused"];
    /// Answers the hybrid response types with an access token in the fragment.
    IssuesTokensInHybridFlow violates ["hybrid-access-token-refused"];
    /// Exchanges a user's password for a token.
    EnablesPasswordGrant violates ["ropc-grant-refused"];
    /// Lists `password` and `implicit` in its metadata.
    AdvertisesLegacyGrants violates ["legacy-grants-not-advertised"];
}
