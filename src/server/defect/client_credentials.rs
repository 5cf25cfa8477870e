//! Bugs of the client credentials grant.

table! { ClientCredentials;
    /// Answers `invalid_grant` to a client credentials request, because no user stands behind it.
    DemandsUserForClientCredentials violates ["cc-success"];
    /// Issues a client credentials token to a public client.
    ServesClientCredentialsToPublicClients violates ["cc-public-client-refused"];
    /// Issues a refresh token with a client credentials token.
    IssuesRefreshTokenToClients violates ["cc-no-refresh-token"];
    /// Grants whatever scope a client credentials request names.
    GrantsAnyScopeToClients violates ["cc-invalid-scope"];
    /// Issues a client credentials token with the client's whole scope, and does not say so.
    IgnoresRequestedScope violates ["cc-scope-subset-honoured"];
}
