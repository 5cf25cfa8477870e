//! Changes to a token itself, wherever the request carries it: cut, spelled otherwise, or forged where it is a JWT.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use super::{Alteration, alteration};
use crate::check::halt::Halt;
use crate::protocol::{Request, Secret};
use crate::provider::Need;

pub(super) const ALTERATIONS: &[Alteration] = &[
    alteration("without its first {word} characters", &[], |_, request, args| {
        let gone = number(&args[0])?;
        altered(request, |token| Ok(token.chars().skip(gone).collect()))
    }),
    alteration("without its last {word} characters", &[], |_, request, args| {
        let gone = number(&args[0])?;
        altered(request, |token| Ok(token.chars().take(token.chars().count().saturating_sub(gone)).collect()))
    }),
    alteration("without its first half", &[], |_, request, _| {
        altered(request, |token| Ok(token.chars().skip(token.chars().count() / 2).collect()))
    }),
    alteration("without its last half", &[], |_, request, _| {
        altered(request, |token| Ok(token.chars().take(token.chars().count() / 2).collect()))
    }),
    alteration("with one character more", &[], |_, request, _| altered(request, |token| Ok(format!("{token}a")))),
    alteration("in another case", &[], |_, request, _| {
        let turned = |c: char| if c.is_ascii_uppercase() { c.to_ascii_lowercase() } else { c.to_ascii_uppercase() };
        altered(request, |token| Ok(token.chars().map(turned).collect()))
    }),
    alteration("with quotes in its middle", &[], |_, request, _| altered(request, |token| Ok(parted(token, "\"flowproof\"")))),
    alteration("with letters beyond ASCII in its middle", &[], |_, request, _| {
        altered(request, |token| Ok(parted(token, "fl\u{f6}wpr\u{f6}\u{f6}f")))
    }),
    alteration("with its claims changed", &[Need::JwtAccessToken], |_, request, _| {
        altered(request, |token| {
            let mut jwt = Jwt::read(token)?;
            prolong(&mut jwt.claims);
            Ok(jwt.with_signature(&jwt.signature))
        })
    }),
    alteration("with its signature changed", &[Need::JwtAccessToken], |_, request, _| {
        altered(request, |token| {
            let jwt = Jwt::read(token)?;
            // In its middle: the last character holds bits that count for nothing.
            let middle = jwt.signature.len() / 2;
            let other = if jwt.signature.as_bytes().get(middle) == Some(&b'A') { 'B' } else { 'A' };
            let turned = |(at, c): (usize, char)| if at == middle { other } else { c };
            let signature: String = jwt.signature.chars().enumerate().map(turned).collect();
            token.rsplit_once('.').map(|(signed, _)| format!("{signed}.{signature}")).ok_or_else(no_jwt)
        })
    }),
    alteration("without its signature", &[Need::JwtAccessToken], |_, request, _| {
        altered(request, |token| {
            Jwt::read(token)?;
            token.rsplit_once('.').map(|(signed, _)| format!("{signed}.")).ok_or_else(no_jwt)
        })
    }),
    alteration("with the algorithm none", &[Need::JwtAccessToken], |_, request, _| {
        altered(request, |token| {
            let mut jwt = Jwt::read(token)?;
            jwt.header.insert("alg".to_owned(), json!("none"));
            Ok(jwt.with_signature(""))
        })
    }),
    alteration("signed by a key that it brings along", &[Need::JwtAccessToken], |_, request, _| {
        altered(request, |token| {
            let mut jwt = Jwt::read(token)?;
            let key = Stranger::new()?;
            jwt.header.insert("alg".to_owned(), json!("ES256"));
            jwt.header.insert("jwk".to_owned(), key.jwk());
            jwt.header.remove("kid");
            let signature = key.sign(&jwt.signed())?;
            Ok(jwt.with_signature(&signature))
        })
    }),
];

/// The text with another one in its middle.
fn parted(token: &str, between: &str) -> String {
    let half = token.chars().count() / 2;
    let (head, tail): (String, String) = (token.chars().take(half).collect(), token.chars().skip(half).collect());
    format!("{head}{between}{tail}")
}

fn number(digits: &str) -> Result<usize, Halt> {
    digits.parse().map_err(|_| Halt::blocked(format!("{digits} is not a number")))
}

fn no_jwt() -> Halt {
    Halt::NotApplicable("the access token is no signed JWT: `capabilities.jwt_access_token: false`".to_owned())
}

/// The request with the token changed that it carries: in its header, or as its parameter `token`. It has to come out changed.
pub(super) fn altered(request: Request, change: impl Fn(&str) -> Result<String, Halt>) -> Result<Request, Halt> {
    let parameter = request.param("token").map(|value| value.expose().to_owned());
    let header = || request.headers.iter().find(|(name, _)| name == "authorization").map(|(_, value)| value.expose());
    let token = parameter.as_deref().or_else(|| header().and_then(|value| value.strip_prefix("Bearer ")));
    let token = token.ok_or_else(|| Halt::blocked("the request carries no token"))?;
    let changed = change(token)?;
    if changed == token {
        return Err(Halt::NotApplicable("the token stays what it is under this change".to_owned()));
    }
    let changed = Secret::new("changed access_token", changed);
    Ok(if parameter.is_some() { request.set("token", changed) } else { request.bearer(&changed) })
}

/// A key that the provider has never seen.
struct Stranger(EcdsaKeyPair);

impl Stranger {
    fn new() -> Result<Self, Halt> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING);
        pair.map(Self).map_err(|_| Halt::blocked("no key can be made on this machine"))
    }

    /// Its public half (RFC 7517 section 4): an uncompressed point is one byte that says so, then x and y.
    fn jwk(&self) -> Value {
        let point = self.0.public_key().as_ref();
        let half = (point.len() - 1) / 2;
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..=half]), URL_SAFE_NO_PAD.encode(&point[half + 1..]));
        json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y })
    }

    fn sign(&self, text: &str) -> Result<String, Halt> {
        let signature = self.0.sign(&SystemRandom::new(), text.as_bytes());
        signature
            .map(|octets| URL_SAFE_NO_PAD.encode(octets))
            .map_err(|_| Halt::blocked("no signature can be made on this machine"))
    }
}

/// A signed JWT, taken apart (RFC 7515 section 7.1).
pub(super) struct Jwt {
    /// Its header.
    pub(super) header: Map<String, Value>,
    /// Its claims.
    pub(super) claims: Map<String, Value>,
    signature: String,
}

impl Jwt {
    /// Takes a token apart.
    pub(super) fn read(token: &str) -> Result<Self, Halt> {
        let parts: Vec<&str> = token.split('.').collect();
        let [header, claims, signature] = parts.as_slice() else { return Err(no_jwt()) };
        let object = |part: &str| {
            let octets = URL_SAFE_NO_PAD.decode(part).ok()?;
            serde_json::from_slice::<Map<String, Value>>(&octets).ok()
        };
        let (header, claims) = (object(header).ok_or_else(no_jwt)?, object(claims).ok_or_else(no_jwt)?);
        Ok(Self { header, claims, signature: (*signature).to_owned() })
    }

    /// What a signature is made over (RFC 7515 section 5.1).
    pub(super) fn signed(&self) -> String {
        let part = |object: &Map<String, Value>| URL_SAFE_NO_PAD.encode(Value::Object(object.clone()).to_string());
        format!("{}.{}", part(&self.header), part(&self.claims))
    }

    /// The whole token with this signature, in base64url.
    pub(super) fn with_signature(&self, signature: &str) -> String {
        format!("{}.{signature}", self.signed())
    }
}

/// Another hour of life: the smallest lie that is worth something, and that hides the token from nobody who looks its other claims up.
fn prolong(claims: &mut Map<String, Value>) {
    let until = claims.get("exp").and_then(Value::as_u64).unwrap_or_default();
    claims.insert("exp".to_owned(), json!(until.saturating_add(3600)));
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::protocol::request;

    fn endpoint() -> Url {
        Url::parse("https://as.example/introspect").expect("a constant URL")
    }

    #[test]
    fn a_token_is_changed_where_the_request_carries_it() {
        let token = Secret::new("access_token", "abcd");
        let cut = |token: &str| Ok(token[1..].to_owned());
        let asked =
            altered(request::introspect(&endpoint(), &token).basic("Basic", "a", &Secret::chosen("client_secret", "b")), cut)
                .expect("a parameter");
        assert_eq!(asked.param("token").map(|value| value.expose()), Some("bcd"));
        let called = altered(request::resource(&endpoint()).bearer(&token), cut).expect("a header");
        assert!(called.headers.iter().any(|(_, value)| value.expose() == "Bearer bcd"));
        assert!(matches!(altered(called, |token| Ok(token.to_owned())), Err(Halt::NotApplicable(_))));
    }

    #[test]
    fn a_jwt_is_taken_apart_and_put_together_again() {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let token = format!("{}.{}.c2ln", part(r#"{"alg":"ES256"}"#), part(r#"{"iss":"https://as.example","exp":10}"#));
        let mut jwt = Jwt::read(&token).expect("a JWT");
        assert_eq!(jwt.with_signature(&jwt.signature), token);
        prolong(&mut jwt.claims);
        assert_eq!(jwt.claims["exp"], 3610);
        assert!(matches!(Jwt::read("opaque"), Err(Halt::NotApplicable(_))));
    }
}
