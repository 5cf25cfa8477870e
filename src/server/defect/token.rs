//! Bugs of the token endpoint whatever the grant: how it reads a request, and the form of its answers.

table! { Token;
    /// Issues tokens to a GET with the parameters in its query.
    ServesGetAtToken violates ["token-get-refused"];
    /// Takes token request parameters (but not secrets) from the query where the form has none.
    MergesQueryIntoForm violates ["token-query-params-ignored"];
    /// Takes `client_id` and `client_secret` from the query.
    AcceptsSecretInQuery violates ["token-credentials-in-query-rejected"];
    /// Takes a token request as a JSON object.
    AcceptsJsonBodies violates ["token-json-body-refused"];
    /// Answers `invalid_request` to a token request that carries a parameter no OAuth specification knows.
    RejectsUnknownTokenParameters violates ["token-unknown-param-ignored"];
    /// Takes the first of several `grant_type` values.
    LetsFirstGrantTypeWin violates ["token-duplicate-grant-type-rejected"];
    /// Guesses the grant from the other parameters when `grant_type` is missing.
    GuessesMissingGrantType violates ["token-missing-grant-type"];
    /// Answers `invalid_request` to a grant type it does not know.
    AnswersUnknownGrantWithInvalidRequest violates ["token-unsupported-grant-type"];
    /// Serves a confidential client grants that it is not registered for.
    IgnoresRegisteredGrants violates ["token-unauthorized-client-grant"];
    /// Sends the token answer with the content type `text/html`.
    LabelsTokenAnswerAsHtml violates ["token-success-json"];
    /// Leaves `token_type` out of the token answer.
    OmitsTokenType violates ["token-success-required-members", "token-type-bearer"];
    /// Says `token_type: access_token`.
    MisnamesTokenType violates ["token-type-bearer"];
    /// Puts a comma into access tokens, which the Bearer header has no room for.
    IssuesTokensOutsideTheGrammar violates ["access-token-b64token-syntax"];
    /// Leaves `expires_in` out of the token answer.
    OmitsExpiresIn violates ["token-expires-in-present"];
    /// Sends `expires_in` as a string.
    SendsExpiresInAsString violates ["token-expires-in-number"];
    /// Sends `scope` as an array.
    SendsScopeAsArray violates ["token-scope-is-string"];
    /// Leaves `Cache-Control: no-store` out of the token answer.
    OmitsNoStore violates ["token-cache-control-no-store"];
    /// Leaves `Pragma: no-cache` out of the token answer.
    OmitsPragma violates ["token-pragma-no-cache"];
    /// Sends the `invalid_scope` error of the client credentials grant with status 200.
    AnswersInvalidScopeWith200 violates ["token-error-json-400", "cc-invalid-scope"];
    /// Sends token errors with a `Cache-Control` that lets caches keep them.
    SendsCacheableErrors violates ["token-error-no-store"];
    /// Redirects a refused token request to a login page when it accepts HTML.
    RedirectsBrowsersToLogin violates ["token-no-redirect"];
    /// Keeps all tokens in one table, and takes an access token for a refresh token.
    AcceptsAccessTokenAsRefreshToken violates ["token-cross-type-substitution-rejected"];
}
