//! Bugs of PKCE: who needs it, which challenges count, and whether the verifier is compared at all.

use super::Defects;
use crate::server::config::ClientConfig;
use crate::server::core::authorization::AuthorizationError;
use crate::server::core::form::Parameters;
use crate::server::core::grant::{Challenge, ChallengeMethod};

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
    AllowsPlain violates ["pkce-plain-should-be-off", "metadata-code-challenge-methods-truthful"];
    /// Takes `s256` for `S256`, and `PLAIN` for `plain`.
    IgnoresMethodCase violates ["pkce-method-case-sensitive"];
    /// Reads the challenge method from the token request, not from the code.
    TakesMethodFromTokenRequest violates ["pkce-method-bound-to-code"];
    /// Takes a verifier of any length.
    SkipsVerifierLengthCheck violates ["pkce-verifier-length-checked"];
}

/// Whether this client must send a challenge.
pub fn challenge_required(defects: &Defects, client: &ClientConfig, required: bool) -> bool {
    required && !(defects.has(Flaw::WaivesPkceForPublicClients) && client.is_public())
}

/// What a client is told that does not send one.
pub fn missing_challenge_error(defects: &Defects, client: &ClientConfig) -> AuthorizationError {
    if defects.has(Flaw::AnswersMissingChallengeWithAccessDenied) && !client.is_public() {
        AuthorizationError::AccessDenied
    } else {
        AuthorizationError::InvalidRequest
    }
}

/// The method of a challenge, if it is a good one.
pub fn method(defects: &Defects, given: Option<&str>, sound: Option<ChallengeMethod>) -> Option<ChallengeMethod> {
    match given {
        Some("S256") if defects.has(Flaw::RefusesS256) => None,
        Some("plain") if defects.has(Flaw::AllowsPlain) => Some(ChallengeMethod::Plain),
        Some("s256") if defects.has(Flaw::IgnoresMethodCase) => Some(ChallengeMethod::S256),
        Some("S256" | "plain" | "s256") | None => sound,
        Some(other) if other.eq_ignore_ascii_case("plain") => {
            if defects.has(Flaw::IgnoresMethodCase) {
                Some(ChallengeMethod::Plain)
            } else {
                sound
            }
        }
        Some(_) if defects.has(Flaw::TreatsUnknownMethodAsPlain) => Some(ChallengeMethod::Plain),
        Some(_) => sound,
    }
}

/// Whether a verifier passes when the code has no challenge.
pub fn verifier_alone_is_fine(defects: &Defects) -> bool {
    defects.has(Flaw::AcceptsVerifierWithoutChallenge)
}

/// Whether a code with a challenge is redeemed without a verifier.
pub fn missing_verifier_is_fine(defects: &Defects, client: &ClientConfig) -> bool {
    if client.is_public() { defects.has(Flaw::SkipsMissingVerifier) } else { defects.has(Flaw::EnforcesPkceOnlyForPublicClients) }
}

/// Whether the verifier is neither too short nor too long.
pub fn verifier_length_is_fine(defects: &Defects, sound: bool) -> bool {
    sound || defects.has(Flaw::SkipsVerifierLengthCheck)
}

/// Whether the verifier belongs to the challenge.
pub fn verifier_matches(defects: &Defects, client: &ClientConfig, challenge: &Challenge, form: &Parameters, sound: bool) -> bool {
    let verifier = form.get("code_verifier").unwrap_or_default();
    let equals_challenge = verifier == challenge.value;
    let says_plain = form.get("code_challenge_method") == Some("plain");
    let not_compared = if client.is_public() {
        defects.has(Flaw::IgnoresCodeVerifier)
    } else {
        defects.has(Flaw::EnforcesPkceOnlyForPublicClients)
    };
    // Equality with the challenge, and lengths, are other defects' holes.
    let is_plausible = !equals_challenge && (43..=128).contains(&verifier.len());
    sound
        || not_compared && is_plausible
        || equals_challenge && !says_plain && defects.has(Flaw::AcceptsChallengeAsVerifier)
        || equals_challenge && says_plain && defects.has(Flaw::TakesMethodFromTokenRequest)
}
