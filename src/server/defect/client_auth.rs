//! Bugs of client authentication: which credentials count, how they are decoded, and how a failure is told.

table! { ClientAuth;
    /// Has no HTTP Basic for the client credentials grant.
    RefusesBasic violates ["client-auth-basic-supported"];
    /// Does not know `client_secret_post`.
    RefusesPost violates ["client-auth-post-supported"];
    /// Compares user and password of the Basic header without form-decoding them.
    SkipsFormDecodingOfBasic violates ["client-auth-basic-form-decoding"];
    /// Decodes a secret of the form body a second time.
    DecodesPostSecretTwice violates ["client-auth-post-form-decoding"];
    /// Lets the Basic header win and ignores a secret in the body.
    AcceptsTwoMethods violates ["client-auth-two-methods-rejected"];
    /// Refuses a Basic header that is accompanied by the same `client_id`.
    RefusesClientIdBesideBasic violates ["client-auth-basic-with-same-client-id"];
    /// Lets one client authenticate and another, named in the body, redeem the code.
    TrustsBodyClientId violates ["client-auth-client-id-mismatch-rejected"];
    /// Accepts a secret that is cut short, has something appended, or differs in case.
    ComparesSecretsLoosely violates ["client-auth-wrong-secret-rejected"];
    /// Answers `unauthorized_client` to a client it does not know.
    AnswersUnknownClientWithUnauthorizedClient violates ["client-auth-unknown-client-rejected"];
    /// Issues a client credentials token to a confidential client that only names itself.
    AcceptsClientIdAlone violates ["client-auth-missing-rejected", "cc-requires-client-auth"];
    /// Skips the comparison when the secret is empty.
    SkipsEmptySecret violates ["client-auth-empty-secret-rejected"];
    /// Answers failed Basic authentication at the token endpoint without `WWW-Authenticate`.
    OmitsChallengeAfterBasic violates ["client-auth-failure-401-basic"];
    /// Answers wrong body credentials at the token endpoint with a 401 that lacks `WWW-Authenticate`.
    OmitsChallengeForBodyCredentials violates ["client-auth-401-always-has-challenge"];
    /// Ignores a malformed Basic header and takes the client for a public one.
    TreatsMalformedBasicAsPublic violates ["client-auth-malformed-basic-handled"];
    /// Redeems the code of a public client for a request that names no client.
    RedeemsCodeWithoutClientId violates ["public-client-client-id-required"];
    /// Wants a `client_secret` from public clients that redeem a code.
    DemandsSecretOfPublicClients violates ["public-client-no-secret-needed"];
    /// Takes a `code_verifier` in place of the client's authentication.
    LetsVerifierReplaceSecret violates ["public-client-cannot-impersonate-confidential"];
    /// Knows the scheme `Basic` in this spelling only.
    ComparesBasicSchemeLiterally violates ["client-auth-basic-scheme-case-insensitive"];
}
