//! The key that signs JWT access tokens and ID tokens: ES256, parsed once, used without any lock.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// No key could be made.
#[derive(Debug, thiserror::Error)]
#[error("cannot make a P-256 key")]
pub struct KeyError;

/// A P-256 key pair and its identifier.
pub struct SigningKey {
    pair: EcdsaKeyPair,
    id: String,
}

impl SigningKey {
    /// A fresh key.
    ///
    /// # Errors
    /// [`KeyError`] when the library cannot make one.
    pub fn generate() -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|_| KeyError)?;
        let id = URL_SAFE_NO_PAD.encode(&Sha256::digest(pair.public_key().as_ref())[..12]);
        Ok(Self { pair, id })
    }

    /// A compact JWS over the claims (RFC 7515 section 7.1).
    pub fn sign(&self, kind: &str, claims: &Value) -> String {
        let header = json!({ "alg": "ES256", "typ": kind, "kid": self.id });
        let mut token = URL_SAFE_NO_PAD.encode(header.to_string());
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims.to_string(), &mut token);
        let signature =
            self.pair.sign(&SystemRandom::new(), token.as_bytes()).expect("a P-256 key signs a message of any length");
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature.as_ref(), &mut token);
        token
    }

    /// The public key as a JWK (RFC 7517 section 4).
    pub fn public_jwk(&self) -> Value {
        // An uncompressed point: one byte that says so, then x and y.
        let point = self.pair.public_key().as_ref();
        let half = (point.len() - 1) / 2;
        json!({
            "kty": "EC",
            "crv": "P-256",
            "use": "sig",
            "alg": "ES256",
            "kid": self.id,
            "x": URL_SAFE_NO_PAD.encode(&point[1..=half]),
            "y": URL_SAFE_NO_PAD.encode(&point[half + 1..]),
        })
    }
}
