//! Proof Key for Code Exchange (RFC 7636), as the server sees it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use super::grant::{Challenge, ChallengeMethod};
use crate::server::config::{ClientConfig, PkcePolicy};

/// Whether the realm obliges this client to use PKCE (RFC 9700 section 2.1.1).
pub fn is_required(policy: PkcePolicy, client: &ClientConfig) -> bool {
    match policy {
        PkcePolicy::Everyone => true,
        PkcePolicy::PublicClients => client.is_public(),
    }
}

/// The S256 transformation (RFC 7636 section 4.2).
pub fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

/// Whether the verifier belongs to the challenge (RFC 7636 section 4.6).
pub fn matches(challenge: &Challenge, verifier: &str) -> bool {
    let transformed = match challenge.method {
        ChallengeMethod::S256 => s256(verifier),
        ChallengeMethod::Plain => verifier.to_owned(),
    };
    transformed.as_bytes().ct_eq(challenge.value.as_bytes()).into()
}

/// Whether this can be an S256 challenge: 43 characters of base64url.
pub fn is_s256_challenge(text: &str) -> bool {
    text.len() == 43 && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

/// Whether this can be a verifier, but for its length (RFC 7636 section 4.1).
pub fn has_verifier_characters(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~'))
}

/// Whether it is as long as a verifier is (RFC 7636 section 4.1).
pub fn has_verifier_length(text: &str) -> bool {
    (43..=128).contains(&text.len())
}

#[cfg(test)]
mod tests {
    use super::{is_s256_challenge, matches, s256};
    use crate::server::core::grant::{Challenge, ChallengeMethod};

    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    #[test]
    fn rfc_7636_appendix_b_comes_out() {
        assert_eq!(s256(VERIFIER), CHALLENGE);
        assert!(is_s256_challenge(CHALLENGE));
        let challenge = Challenge { value: CHALLENGE.to_owned(), method: ChallengeMethod::S256 };
        assert!(matches(&challenge, VERIFIER));
        assert!(!matches(&challenge, CHALLENGE));
        assert!(!matches(&challenge, &VERIFIER.to_lowercase()));
    }

    #[test]
    fn padding_and_the_other_alphabet_make_no_challenge() {
        assert!(!is_s256_challenge(&format!("{CHALLENGE}=")));
        assert!(!is_s256_challenge(&CHALLENGE.replace('-', "+")));
        assert!(!is_s256_challenge("short"));
    }
}
