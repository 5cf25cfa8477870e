//! A JWT taken apart, and its signature checked against a provider's key set (RFC 7515, RFC 7517, RFC 7519).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::{Map, Value};

/// What became of a JWT's signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signature {
    /// It is by the key of the provider's set that its header names.
    Right(String),
    /// It is not.
    Wrong(String),
    /// It could not be told, and why.
    Unchecked(String),
}

/// A JWT in its three parts (RFC 7515 section 7.1).
pub struct Jwt<'a> {
    /// The header (RFC 7515 section 4).
    pub header: Map<String, Value>,
    /// The claims (RFC 7519 section 4).
    pub claims: Map<String, Value>,
    signed: &'a str,
    signature: &'a str,
}

impl<'a> Jwt<'a> {
    /// Takes a token apart; nothing if it is no JWT whose claims can be read.
    pub fn read(token: &'a str) -> Option<Self> {
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        Some(Self { header: object(header)?, claims: object(claims)?, signed, signature })
    }

    fn algorithm(&self) -> &str {
        self.header.get("alg").and_then(Value::as_str).unwrap_or_default()
    }

    /// Whether its signature can be checked with the provider's public keys at all.
    pub fn is_signed_for_all(&self) -> bool {
        !matches!(self.algorithm(), "none" | "" | "HS256" | "HS384" | "HS512")
    }

    /// Checks the signature against a JWK set (RFC 7517 section 5).
    pub fn verify(&self, keys: &Result<Vec<Value>, String>) -> Signature {
        let named = self.algorithm();
        match named {
            "" | "none" => return Signature::Wrong("the header's `alg` is none: anybody could have made it".to_owned()),
            "HS256" | "HS384" | "HS512" => {
                return Signature::Unchecked(format!("{named} is made with a secret, and no key set holds that"));
            }
            _ => {}
        }
        let keys = match keys {
            Ok(keys) => keys,
            Err(why) => return Signature::Unchecked(why.clone()),
        };
        let Ok(algorithm) = named.parse::<Algorithm>() else {
            return Signature::Unchecked(format!("{named} is not known here"));
        };
        let kid = self.header.get("kid").and_then(Value::as_str);
        let fits = |key: &&Value| kid.is_none() || key.get("kid").and_then(Value::as_str) == kid;
        let candidates: Vec<&Value> = keys.iter().filter(fits).collect();
        let key = kid.map_or("a key of the set".to_owned(), |kid| format!("key {kid:?}"));
        if candidates.is_empty() {
            return Signature::Wrong(format!("{named}, but the provider's set holds no {key}"));
        }
        let mut readable = false;
        for candidate in candidates {
            let jwk = serde_json::from_value::<Jwk>(candidate.clone()).ok();
            let Some(decoding) = jwk.and_then(|jwk| DecodingKey::from_jwk(&jwk).ok()) else { continue };
            match crypto::verify(self.signature, self.signed.as_bytes(), &decoding, algorithm) {
                Ok(true) => return Signature::Right(format!("{named} by {key} of the provider's set")),
                Ok(false) => readable = true,
                // A key of another type than the algorithm.
                Err(_) => {}
            }
        }
        if readable {
            Signature::Wrong(format!("{named}, but not by {key} of the provider's set"))
        } else {
            Signature::Unchecked(format!("{key} of the provider's set cannot be read as one for {named}"))
        }
    }
}

fn object(part: &str) -> Option<Map<String, Value>> {
    let octets = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
    match serde_json::from_slice(&octets).ok()? {
        Value::Object(members) => Some(members),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The example of RFC 7515 appendix A.3: ES256.
    const TOKEN: &str = "eyJhbGciOiJFUzI1NiJ9.\
        eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.\
        DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

    fn key() -> Value {
        json!({ "kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
                "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" })
    }

    #[test]
    fn the_signature_of_rfc_7515_appendix_a_3_is_right_and_another_is_not() {
        let keys = Ok(vec![json!({ "kty": "new" }), key()]);
        let jwt = Jwt::read(TOKEN).expect("a JWT");
        assert_eq!(jwt.claims["iss"], "joe");
        assert!(matches!(jwt.verify(&keys), Signature::Right(_)), "{:?}", jwt.verify(&keys));
        let other = TOKEN.replace("DtEhU3", "EtEhU3");
        let jwt = Jwt::read(&other).expect("a JWT");
        assert!(matches!(jwt.verify(&keys), Signature::Wrong(_)), "{:?}", jwt.verify(&keys));
    }

    #[test]
    fn what_cannot_be_told_is_not_called_wrong() {
        let jwt = Jwt::read(TOKEN).expect("a JWT");
        assert!(matches!(jwt.verify(&Err("no set".to_owned())), Signature::Unchecked(_)));
        let alone = Ok(vec![json!({ "kty": "new" })]);
        assert!(matches!(jwt.verify(&alone), Signature::Unchecked(_)), "{:?}", jwt.verify(&alone));
        for (header, wrong) in
            [(json!({ "alg": "HS256" }), false), (json!({ "alg": "none" }), true), (json!({ "alg": "XY9" }), false)]
        {
            let part = URL_SAFE_NO_PAD.encode(header.to_string());
            let token = format!("{part}.e30.");
            let signature = Jwt::read(&token).expect("a JWT").verify(&Ok(vec![key()]));
            assert_eq!(matches!(signature, Signature::Wrong(_)), wrong, "{header}: {signature:?}");
        }
    }

    #[test]
    fn a_string_that_is_no_jwt_is_not_taken_for_one() {
        for token in ["", "abc", "a.b.c", "....", "e30.e30"] {
            assert!(Jwt::read(token).is_none(), "{token}");
        }
    }
}
