//! Bugs of PKCE: who needs it, which challenges count, and whether the verifier is compared at all.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Defects;
use super::answer::{Fields as _, form_of, set_form};
use crate::server::config::ClientConfig;
use crate::server::core::authorization::AuthorizationError;
use crate::server::core::form::Parameters;
use crate::server::core::grant::{Challenge, ChallengeMethod};
use crate::server::core::message::Request;
use crate::server::core::pkce;

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
    /// Stores an empty `code_challenge`, which every `code_verifier` then fits.
    StoresEmptyChallenge violates ["authz-empty-code-challenge-as-omitted"];
    /// Takes the first of several `code_challenge` values.
    LetsFirstChallengeWin violates ["authz-duplicate-code-challenge-rejected"];
    /// Takes the last of several `code_challenge` values.
    LetsLastChallengeWin violates ["authz-duplicate-code-challenge-rejected"];
    /// Computes S256 with the standard alphabet of base64, so that a challenge with `-` or `_` in it fits no verifier.
    ComputesS256InStandardAlphabet violates ["pkce-s256-base64url-alphabet"];
    /// Lets a confidential client go without PKCE.
    WaivesPkceForConfidentialClients violates ["pkce-required-for-confidential-client"];
    /// Does without PKCE for a public client that sends no challenge, when it asks for a code and when it redeems it.
    ForgetsPkceOfPublicClients violates ["pkce-code-without-challenge-refused-at-token", "pkce-required-for-public-client"];
    /// Does not compare the `code_verifier` when the challenge came without its method.
    SkipsComparisonWithoutMethod violates ["pkce-method-default-plain"];
    /// Stores any `code_challenge`, whatever its length and characters.
    StoresMalformedChallenges violates ["pkce-challenge-syntax-checked"];
    /// Takes a verifier with any characters.
    SkipsVerifierCharacterCheck violates ["pkce-verifier-charset-checked"];
    /// Refuses a verifier with `.` or `~` in it.
    RefusesMarksInVerifiers violates ["pkce-verifier-limits-accepted"];
    /// Refuses a verifier of more than 64 characters.
    RefusesLongVerifiers violates ["pkce-verifier-limits-accepted"];
    /// Issues codes that are the encoded challenge and some random letters.
    PutsChallengeIntoCode violates ["pkce-challenge-not-in-response"];
    /// Redeems a code if any of several `code_verifier` values fits.
    AcceptsAnyOfSeveralVerifiers violates ["token-duplicate-code-verifier-rejected"];
}

/// A challenge that stands for none, and that every verifier fits.
const VACUOUS: Challenge = Challenge { value: String::new(), method: ChallengeMethod::S256 };

/// A challenge that this server does not compare with anything.
pub fn vacuous_challenge(defects: &Defects, parameters: &Parameters) -> Option<Challenge> {
    let given = parameters.all("code_challenge").next()?;
    let vacuous = match given {
        "" => defects.has(Flaw::StoresEmptyChallenge),
        _ => parameters.get("code_challenge_method").is_none() && defects.has(Flaw::SkipsComparisonWithoutMethod),
    };
    vacuous.then_some(VACUOUS)
}

/// Whether the challenge can be one.
pub fn challenge_is_fine(defects: &Defects, sound: bool) -> bool {
    sound || defects.has(Flaw::StoresMalformedChallenges)
}

/// The code for a request: nothing but chance.
pub fn code(defects: &Defects, challenge: Option<&Challenge>, sound: String) -> String {
    match challenge {
        Some(challenge) if defects.has(Flaw::PutsChallengeIntoCode) => {
            URL_SAFE_NO_PAD.encode(format!("{sound}.{}", challenge.value))
        }
        Some(_) | None => sound,
    }
}

/// Whether a code is redeemed that has no challenge.
pub fn code_without_challenge_is_fine(defects: &Defects, client: &ClientConfig, sound: bool) -> bool {
    sound
        || if client.is_public() {
            defects.has(Flaw::ForgetsPkceOfPublicClients)
        } else {
            defects.has(Flaw::WaivesPkceForConfidentialClients)
        }
}

/// Whether this client must send a challenge.
pub fn challenge_required(defects: &Defects, client: &ClientConfig, required: bool) -> bool {
    let waived = if client.is_public() {
        defects.has(Flaw::WaivesPkceForPublicClients) || defects.has(Flaw::ForgetsPkceOfPublicClients)
    } else {
        defects.has(Flaw::WaivesPkceForConfidentialClients)
    };
    required && !waived
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

/// Whether the verifier has no characters but its own.
pub fn verifier_characters_are_fine(defects: &Defects, sound: bool) -> bool {
    sound || defects.has(Flaw::SkipsVerifierCharacterCheck)
}

/// Whether a verifier that fits is refused nevertheless.
fn is_refused(defects: &Defects, challenge: &Challenge, verifier: &str) -> bool {
    defects.has(Flaw::ComputesS256InStandardAlphabet) && challenge.value.contains(['-', '_'])
        || defects.has(Flaw::RefusesMarksInVerifiers) && verifier.contains(['.', '~'])
        || defects.has(Flaw::RefusesLongVerifiers) && verifier.len() > 64
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
    sound && !is_refused(defects, challenge, verifier)
        || *challenge == VACUOUS
        || verifier.contains(BETWEEN)
            && defects.has(Flaw::AcceptsAnyOfSeveralVerifiers)
            && verifier.split(BETWEEN).any(|one| pkce::matches(challenge, one))
        || not_compared && is_plausible
        || equals_challenge && !says_plain && defects.has(Flaw::AcceptsChallengeAsVerifier)
        || equals_challenge && says_plain && defects.has(Flaw::TakesMethodFromTokenRequest)
}

/// What stands between several verifiers where they are read as one; no verifier has it in it.
const BETWEEN: char = ' ';

/// The authorization request as this server reads it.
pub(super) fn before_authorization(defects: &Defects, request: &mut Request) {
    let (first, last) = (defects.has(Flaw::LetsFirstChallengeWin), defects.has(Flaw::LetsLastChallengeWin));
    if !first && !last {
        return;
    }
    let Some(mut query) = form_of(request.query.as_bytes()) else { return };
    let given: Vec<String> = query.iter().filter(|(name, _)| name == "code_challenge").map(|(_, value)| value.clone()).collect();
    let winner = if first { given.first() } else { given.last() };
    if let (Some(winner), true) = (winner, given.len() > 1) {
        query.drop_field("code_challenge");
        query.push(("code_challenge".to_owned(), winner.clone()));
        request.query = form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    }
}

/// The token request as this server reads it.
pub(super) fn before_token(defects: &Defects, request: &mut Request) {
    if !defects.has(Flaw::AcceptsAnyOfSeveralVerifiers) || !request.is_form() {
        return;
    }
    let Some(mut form) = form_of(&request.body) else { return };
    let given: Vec<String> = form.iter().filter(|(name, _)| name == "code_verifier").map(|(_, value)| value.clone()).collect();
    if given.len() > 1 {
        form.drop_field("code_verifier");
        form.push(("code_verifier".to_owned(), given.join(&BETWEEN.to_string())));
        set_form(request, &form);
    }
}
