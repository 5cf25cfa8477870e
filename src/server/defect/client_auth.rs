//! Bugs of client authentication: which credentials count, how they are decoded, and how a failure is told.

use super::Defects;
use crate::server::config::{AuthMethod, ClientConfig, GrantKind};
use crate::server::core::form::{self, Parameters};
use crate::server::core::message::{Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::refusal::{Refusal, TokenError, invalid_client};

table! { ClientAuth;
    /// Has no HTTP Basic for the client credentials grant.
    RefusesBasic violates ["client-auth-basic-supported", "metadata-auth-methods-truthful"];
    /// Does not know `client_secret_post`.
    RefusesPost violates ["client-auth-post-supported", "metadata-auth-methods-truthful"];
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
    /// Does not look at the secrets of a token request at all, as long as there is one.
    IgnoresClientSecrets violates ["client-auth-wrong-secret-rejected", "refresh-requires-client-auth"];
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
    /// Lets one client authenticate and another, named in the body, have its own tokens or those of its refresh token.
    ServesClientNamedInBody violates ["client-auth-client-id-mismatch-any-grant"];
    /// Counts no wrong secrets.
    NeverTiresOfWrongSecrets violates ["client-auth-brute-force-limited"];
    /// Splits the Basic header at every colon, and takes the second piece for the whole secret.
    SplitsBasicAtEveryColon violates ["client-auth-basic-colon-in-secret"];
}

/// Whether the scheme of an Authorization header is Basic.
pub fn scheme_is_basic(defects: &Defects, scheme: &str, sound: bool) -> bool {
    sound && (scheme == "Basic" || !defects.has(Flaw::ComparesBasicSchemeLiterally))
}

/// The secret behind the first colon of the Basic header: all that follows.
pub fn basic_secret<'pair>(defects: &Defects, sound: &'pair [u8]) -> &'pair [u8] {
    if defects.has(Flaw::SplitsBasicAtEveryColon) { sound.split(|byte| *byte == b':').next().unwrap_or_default() } else { sound }
}

/// Whether user and password of the Basic header are compared as they stand there.
pub fn basic_stays_encoded(defects: &Defects) -> bool {
    defects.has(Flaw::SkipsFormDecodingOfBasic)
}

/// Whether a header that is not well-formed Basic counts as none.
pub fn malformed_header_is_ignored(defects: &Defects) -> bool {
    defects.has(Flaw::TreatsMalformedBasicAsPublic)
}

/// Whether a client whose header is not well-formed Basic is served like a public one.
pub fn malformed_header_makes_public(defects: &Defects, request: &Request) -> bool {
    malformed_header_is_ignored(defects) && request.header("authorization").is_some()
}

/// Whether a secret in the body counts as nothing beside a Basic header.
pub fn second_method_is_ignored(defects: &Defects) -> bool {
    defects.has(Flaw::AcceptsTwoMethods)
}

/// Whether another client than the one that authenticates may be named in the body.
pub fn body_client_is_trusted(defects: &Defects) -> bool {
    defects.has(Flaw::TrustsBodyClientId) || defects.has(Flaw::ServesClientNamedInBody)
}

/// Whether wrong secrets are counted, and too many of them stop everybody.
pub fn failures_are_counted(defects: &Defects) -> bool {
    !defects.has(Flaw::NeverTiresOfWrongSecrets)
}

/// Whether the same client must not be named in the body.
pub fn client_id_beside_basic_is_refused(defects: &Defects) -> bool {
    defects.has(Flaw::RefusesClientIdBesideBasic)
}

/// The client on whose behalf the request is served: the one that authenticated.
pub fn client_in_charge<'realm>(
    realm: &'realm Realm,
    client: &'realm ClientConfig,
    form: &Parameters,
    grant: Option<GrantKind>,
) -> &'realm ClientConfig {
    let deceived = match grant {
        Some(GrantKind::AuthorizationCode) => realm.defects.has(Flaw::TrustsBodyClientId),
        Some(GrantKind::ClientCredentials | GrantKind::RefreshToken) => realm.defects.has(Flaw::ServesClientNamedInBody),
        Some(GrantKind::DeviceCode) | None => false,
    };
    if !deceived {
        return client;
    }
    form.get("client_id").and_then(|id| realm.client(id)).unwrap_or(client)
}

/// The secret of the form body.
pub fn body_secret(realm: &Realm, secret: &str) -> String {
    if realm.defects.has(Flaw::DecodesPostSecretTwice) {
        return form::decoded(secret.as_bytes()).unwrap_or_default();
    }
    secret.to_owned()
}

/// Whether the server lacks this way of authentication.
pub fn method_is_missing(defects: &Defects, client: &ClientConfig, method: AuthMethod, grant: Option<GrantKind>) -> bool {
    let own_token = grant == Some(GrantKind::ClientCredentials) && client.grants.contains(&GrantKind::ClientCredentials);
    match method {
        AuthMethod::ClientSecretBasic => defects.has(Flaw::RefusesBasic) && own_token,
        AuthMethod::ClientSecretPost => defects.has(Flaw::RefusesPost),
        AuthMethod::None => false,
    }
}

/// Whether the secret is the registered one.
pub fn secret_matches(defects: &Defects, given: &str, expected: &str, grant: Option<GrantKind>, sound: bool) -> bool {
    // A poll's secret is the business of the device grant's own defect.
    let of_token_request = grant.is_some_and(|grant| grant != GrantKind::DeviceCode);
    let cut_short = given.len() >= 4 && expected.starts_with(given);
    let loosely = cut_short || given.starts_with(expected) || given.eq_ignore_ascii_case(expected);
    sound
        || given.is_empty() && defects.has(Flaw::SkipsEmptySecret)
        || loosely && !given.is_empty() && defects.has(Flaw::ComparesSecretsLoosely)
        || grant == Some(GrantKind::DeviceCode) && defects.has(super::device::Flaw::SkipsClientAuthAtPoll)
        || of_token_request && !given.is_empty() && defects.has(Flaw::IgnoresClientSecrets)
}

/// What is said to a client that nobody knows: the same as to a wrong secret.
pub fn unknown_client(defects: &Defects, grant: Option<GrantKind>, sound: Refusal) -> Refusal {
    if grant.is_some() && defects.has(Flaw::AnswersUnknownClientWithUnauthorizedClient) {
        Refusal::new(TokenError::UnauthorizedClient, "unknown client")
    } else {
        sound
    }
}

/// Whether it is enough that the client names itself: for a public one.
pub fn name_suffices(defects: &Defects, client: &ClientConfig, form: &Parameters, grant: Option<GrantKind>, sound: bool) -> bool {
    let sends_empty_secret = form.all("client_secret").next() == Some("");
    if sends_empty_secret && !client.is_public() {
        return defects.has(Flaw::SkipsEmptySecret);
    }
    match grant {
        Some(GrantKind::AuthorizationCode) => {
            sound || defects.has(Flaw::LetsVerifierReplaceSecret) && form.get("code_verifier").is_some()
        }
        Some(GrantKind::ClientCredentials) => sound || defects.has(Flaw::AcceptsClientIdAlone),
        Some(GrantKind::RefreshToken) => sound || defects.has(super::refresh::Flaw::RefreshesWithoutClientAuth),
        Some(GrantKind::DeviceCode) => sound || defects.has(super::device::Flaw::SkipsClientAuthAtPoll),
        None => sound,
    }
}

/// Lets a public client have the tokens of its code.
pub fn needs_no_secret(defects: &Defects, client: &ClientConfig) -> Result<(), Refusal> {
    if client.is_public() && defects.has(Flaw::DemandsSecretOfPublicClients) {
        Err(invalid_client("client_secret is missing"))
    } else {
        Ok(())
    }
}

/// The client of a request that names none: nobody.
pub fn client_of_nobody<'realm>(
    realm: &'realm Realm,
    form: &Parameters,
    grant: Option<GrantKind>,
) -> Option<&'realm ClientConfig> {
    if realm.defects.is_empty() {
        return None;
    }
    let id = match grant? {
        GrantKind::AuthorizationCode if realm.defects.has(Flaw::RedeemsCodeWithoutClientId) => {
            let code = form.get("code")?;
            realm.memory.codes.of(code).get(code)?.client_id.clone()
        }
        GrantKind::DeviceCode if realm.defects.has(super::device::Flaw::AnswersPollsOfNobody) => match form.get("device_code") {
            Some(code) => realm.memory.devices().get(code)?.client_id.clone(),
            None => return None,
        },
        GrantKind::RefreshToken if realm.defects.has(super::refresh::Flaw::RefreshesForNobody) => {
            realm.memory.refresh_token(form.get("refresh_token")?)?.grant()?.client_id.to_string()
        }
        GrantKind::AuthorizationCode | GrantKind::ClientCredentials | GrantKind::RefreshToken | GrantKind::DeviceCode => {
            return None;
        }
    };
    realm.client(&id).filter(|client| client.is_public())
}

/// How a failure is told at the token endpoint.
pub(super) fn after(defects: &Defects, request: &Request, response: &mut Response) {
    if response.error() != Some("invalid_client") {
        return;
    }
    let by_header = request.header("authorization").is_some();
    let by_body = String::from_utf8_lossy(&request.body).contains("client_secret=");
    if by_header && defects.has(Flaw::OmitsChallengeAfterBasic)
        || !by_header && by_body && defects.has(Flaw::OmitsChallengeForBodyCredentials)
    {
        response.drop_header("www-authenticate");
    }
}
