//! Bugs of PKCE: who needs it, which challenges count, and whether the verifier is compared at all.

table! { Pkce;
    /// Answers `invalid_request` to the method `S256` and knows only `plain`.
    RefusesS256 violates ["pkce-s256-supported"];
    /// Does not compare the `code_verifier` of a public client with the challenge at all.
    IgnoresCodeVerifier violates ["pkce-verifier-mismatch-rejected"];
    /// Skips the PKCE check for a public client that sends no `code_verifier`, or an empty one.
    SkipsMissingVerifier violates ["pkce-verifier-missing-rejected"];
    /// Runs the PKCE check only for clients that do not authenticate.
    EnforcesPkceOnlyForPublicClients violates ["pkce-enforced-for-confidential-client"];
    /// Ignores a `code_verifier` when the code has no challenge, so that PKCE can be stripped off.
    AcceptsVerifierWithoutChallenge violates ["pkce-downgrade-verifier-without-challenge"];
    /// Lets a public client go without a `code_challenge`.
    WaivesPkceForPublicClients violates ["pkce-required-for-public-client"];
    /// Refuses a confidential client that sends no challenge with `access_denied` in place of `invalid_request`.
    AnswersMissingChallengeWithAccessDenied violates ["pkce-missing-challenge-error-code"];
    /// Takes a `code_challenge_method` it has never heard of for `plain`.
    TreatsUnknownMethodAsPlain violates ["pkce-unsupported-method-rejected"];
    /// Accepts a verifier that equals the challenge, whatever the method.
    AcceptsChallengeAsVerifier violates ["pkce-s256-not-downgraded-to-equality"];
    /// Accepts the method `plain`.
    AllowsPlain violates ["pkce-plain-should-be-off"];
    /// Takes `s256` for `S256`, and `PLAIN` for `plain`.
    IgnoresMethodCase violates ["pkce-method-case-sensitive"];
    /// Reads the challenge method from the token request, not from the code.
    TakesMethodFromTokenRequest violates ["pkce-method-bound-to-code"];
    /// Takes a verifier of any length.
    SkipsVerifierLengthCheck violates ["pkce-verifier-length-checked"];
}
