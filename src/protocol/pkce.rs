//! Proof Key for Code Exchange (RFC 7636): a verifier and the challenge made of it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

use super::secret::Secret;

/// A code verifier with its S256 challenge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pkce {
    /// `code_verifier`: 43 to 128 unreserved characters (RFC 7636 section 4.1).
    pub verifier: Secret,
    /// `code_challenge` by S256 (RFC 7636 section 4.2).
    pub challenge: String,
}

impl Pkce {
    /// Makes the pair from 32 random octets, as RFC 7636 section 4.1 recommends.
    pub fn from_octets(octets: [u8; 32]) -> Self {
        Self::from_verifier(URL_SAFE_NO_PAD.encode(octets))
    }

    /// Makes the pair from a verifier of the caller's, well-formed or not.
    pub fn from_verifier(verifier: impl AsRef<str>) -> Self {
        let challenge = s256(verifier.as_ref());
        Self { verifier: Secret::new("code_verifier", verifier), challenge }
    }
}

/// `BASE64URL-ENCODE(SHA256(ASCII(code_verifier)))` (RFC 7636 section 4.2).
pub fn s256(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pair_of_rfc_7636_appendix_b_is_reproduced() {
        let octets = [
            116, 24, 223, 180, 151, 153, 224, 37, 79, 250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240, 91,
            88, 5, 88, 83, 132, 141, 121,
        ];
        let pair = Pkce::from_octets(octets);
        assert_eq!(pair.verifier.expose(), "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
        assert_eq!(pair.challenge, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
    }
}
