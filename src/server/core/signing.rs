//! The keys that sign JWT access tokens and ID tokens: parsed once, shared by all realms, used without any lock.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::server::config::SigningAlgorithm;

/// No key could be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a signing key")]
pub struct KeyError;

/// What a JWT is, as its `typ` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `at+jwt` (RFC 9068 section 2.1).
    AccessToken,
    /// `JWT`.
    IdToken,
}

/// One key for each algorithm.
pub struct Keys {
    es256: Key<EcdsaKeyPair>,
    ed25519: Key<Ed25519KeyPair>,
}

struct Key<Pair> {
    pair: Pair,
    id: String,
    /// The encoded headers, which are the same for every token of a kind.
    access_token_header: String,
    id_token_header: String,
}

impl<Pair> Key<Pair> {
    fn new(pair: Pair, public: &[u8], algorithm: &str) -> Self {
        let id = URL_SAFE_NO_PAD.encode(&Sha256::digest(public)[..12]);
        let header = |kind| URL_SAFE_NO_PAD.encode(json!({ "alg": algorithm, "typ": kind, "kid": id }).to_string());
        let (access_token_header, id_token_header) = (header("at+jwt"), header("JWT"));
        Self { pair, id, access_token_header, id_token_header }
    }

    /// Header and claims, encoded and joined: what is signed.
    fn unsigned(&self, kind: Kind, claims: &[u8]) -> String {
        let header = match kind {
            Kind::AccessToken => &self.access_token_header,
            Kind::IdToken => &self.id_token_header,
        };
        // Room for the signature, too: 64 bytes are 86 letters.
        let mut token = String::with_capacity(header.len() + claims.len() * 4 / 3 + 96);
        token.push_str(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        token
    }
}

impl Keys {
    /// Fresh keys.
    ///
    /// # Errors
    /// [`KeyError`] when the library cannot make one.
    pub fn generate() -> Result<Self, KeyError> {
        let es256 = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| KeyError)?;
        let ed25519 = Ed25519KeyPair::generate().map_err(|_| KeyError)?;
        let (of_es256, of_ed25519) = (es256.public_key().as_ref().to_vec(), ed25519.public_key().as_ref().to_vec());
        Ok(Self { es256: Key::new(es256, &of_es256, "ES256"), ed25519: Key::new(ed25519, &of_ed25519, "EdDSA") })
    }

    /// A compact JWS over the claims (RFC 7515 section 7.1).
    pub fn sign(&self, algorithm: SigningAlgorithm, kind: Kind, claims: &impl Serialize) -> String {
        let claims = serde_json::to_vec(claims).expect("claims have names that are strings");
        let close = |mut token: String, signature: &[u8]| {
            token.push('.');
            URL_SAFE_NO_PAD.encode_string(signature, &mut token);
            token
        };
        match algorithm {
            SigningAlgorithm::Es256 => {
                let token = self.es256.unsigned(kind, &claims);
                let signature = self.es256.pair.sign(&SystemRandom::new(), token.as_bytes());
                close(token, signature.expect("a P-256 key signs a message of any length").as_ref())
            }
            SigningAlgorithm::EdDsa => {
                let token = self.ed25519.unsigned(kind, &claims);
                let signature = self.ed25519.pair.sign(token.as_bytes());
                close(token, signature.as_ref())
            }
        }
    }

    /// The public key as a JWK (RFC 7517 section 4, RFC 8037 section 2).
    pub fn public_jwk(&self, algorithm: SigningAlgorithm) -> Value {
        match algorithm {
            SigningAlgorithm::Es256 => {
                // An uncompressed point: one byte that says so, then x and y.
                let point = self.es256.pair.public_key().as_ref();
                let half = (point.len() - 1) / 2;
                json!({
                    "kty": "EC",
                    "crv": "P-256",
                    "use": "sig",
                    "alg": "ES256",
                    "kid": self.es256.id,
                    "x": URL_SAFE_NO_PAD.encode(&point[1..=half]),
                    "y": URL_SAFE_NO_PAD.encode(&point[half + 1..]),
                })
            }
            SigningAlgorithm::EdDsa => json!({
                "kty": "OKP",
                "crv": "Ed25519",
                "use": "sig",
                "alg": "EdDSA",
                "kid": self.ed25519.id,
                "x": URL_SAFE_NO_PAD.encode(self.ed25519.pair.public_key().as_ref()),
            }),
        }
    }
}
