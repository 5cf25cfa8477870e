//! Bugs of the authorization code: how often, how long, for whom and with what it can be redeemed.

table! { Code;
    /// Answers `invalid_grant` to the valid code of a confidential client.
    RefusesValidCode violates ["code-exchange-success"];
    /// Answers a redemption without `code` with status 500.
    CrashesOnMissingCode violates ["code-missing-invalid-request"];
    /// Answers `invalid_request` to a code it has never issued.
    AnswersUnknownCodeWithInvalidRequest violates ["code-unknown-invalid-grant"];
    /// Keeps a code valid until it expires, however often it is redeemed.
    AcceptsReusedCode violates ["code-single-use", "code-single-use-concurrent"];
    /// Checks a code first and deletes it a moment later, so that parallel redemptions all succeed.
    RacesCodeRedemption violates ["code-single-use-concurrent"];
    /// Refuses a replayed code but leaves the access tokens of its first use alive.
    KeepsAccessTokensAfterReplay violates ["code-replay-revokes-access-token"];
    /// Refuses a replayed code but leaves the refresh token of its first use alive.
    KeepsRefreshTokensAfterReplay violates ["code-replay-revokes-refresh-token"];
    /// Redeems a code however old it is.
    NeverExpiresCodes violates ["code-expires"];
    /// Redeems any client's code for a confidential client.
    RedeemsCodesOfOtherClients violates ["code-bound-to-confidential-client"];
    /// Redeems any client's code for a public client.
    RedeemsCodesOfOtherPublicClients violates ["code-bound-to-public-client-id"];
    /// Compares the `redirect_uri` of a redemption with the registered ones only.
    AcceptsAnyRegisteredRedirectUri violates ["code-redirect-uri-mismatch-rejected"];
    /// Skips the comparison when a redemption names no `redirect_uri`.
    AcceptsMissingRedirectUri violates ["code-redirect-uri-missing-rejected"];
    /// Lets the `scope` of a redemption replace the approved one.
    WidensScopeAtRedemption violates ["code-exchange-scope-cannot-widen"];
}
