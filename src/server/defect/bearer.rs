//! Bugs of the protected resource (userinfo): where it takes a token from, and which it takes.

table! { Bearer;
    /// Takes a token from the form body only, never from the header.
    IgnoresBearerHeader violates ["bearer-header-accepted"];
    /// Knows the scheme `Bearer` in this spelling only.
    ComparesBearerSchemeLiterally violates ["bearer-scheme-case-insensitive"];
    /// Answers a request without a token with 403 and no challenge.
    AnswersMissingTokenWith403 violates ["bearer-missing-credentials-401"];
    /// Says `error="invalid_token"` to a request that carries no token.
    SendsErrorForMissingToken violates ["bearer-missing-credentials-no-error-code"];
    /// Answers a token it has never issued with 400 and no challenge.
    AnswersUnknownTokenWith400 violates ["bearer-invalid-token-401"];
    /// Accepts expired access tokens.
    IgnoresExpiryAtUserinfo violates ["bearer-expired-token-401"];
    /// Accepts revoked access tokens.
    IgnoresRevocationAtUserinfo violates ["bearer-revoked-token-401"];
    /// Accepts an access token from the query.
    AcceptsTokenInQuery violates ["bearer-query-token-refused"];
    /// Tries the token of the form body when the one in the header is bad.
    FallsBackToSecondToken violates ["bearer-two-methods-rejected"];
    /// Uses the first of two tokens in the header or in the body.
    UsesFirstOfTwoTokens violates ["bearer-malformed-request-400"];
}
