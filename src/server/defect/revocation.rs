//! Bugs of the revocation endpoint: whom it obeys, and whether anything happens.

table! { Revocation;
    /// Answers 200 to the revocation of a confidential client's refresh token without a hint, and does nothing to it.
    PretendsToRevokeRefreshTokens violates ["revoke-refresh-token"];
    /// Answers 200 to the revocation of an access token without a hint, and does nothing.
    PretendsToRevokeAccessTokens violates ["revoke-access-token"];
    /// Answers 400 to the revocation of a token it does not know.
    RefusesUnknownToken violates ["revoke-unknown-token-200"];
    /// Answers 400 to the revocation of a token that is revoked already.
    RefusesSecondRevocation violates ["revoke-idempotent"];
    /// Answers 200 to a revocation that names no token.
    AcceptsRevocationOfNothing violates ["revoke-missing-token-param"];
    /// Revokes a live token for anyone who holds it.
    RevokesWithoutClientAuth violates ["revoke-requires-client-auth"];
    /// Answers 200 for a token that is unknown or dead before it looks at the client.
    AuthenticatesOnlyForKnownTokens violates ["revoke-auth-checked-even-for-unknown-token"];
    /// Does not let public clients revoke.
    RefusesPublicClientsAtRevocation violates ["revoke-public-client"];
    /// Revokes a token for a client that it was not issued to.
    RevokesTokensOfOtherClients violates ["revoke-foreign-token-no-effect"];
    /// Looks for a token only where a known hint says.
    LimitsRevocationToHint violates ["revoke-wrong-hint"];
    /// Answers `unsupported_token_type` to a hint it does not know.
    RefusesUnknownHint violates ["revoke-unknown-hint-ignored"];
    /// Leaves the access tokens of a revoked refresh token alive.
    KeepsAccessTokensAfterRevocation violates ["revoke-refresh-cascades-to-access"];
}
