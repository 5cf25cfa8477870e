//! A value that must not be seen: it prints and serialises as its name, with a digest if a machine made it, never as itself.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::request::form_encode;

/// A secret with the name it goes by, such as `client_secret` or `access_token`.
///
/// Two secrets are equal when their values are. The digest lets a reader of a report follow one token through
/// several exchanges without learning it. What can be guessed shows none of its own: it would confirm a guess.
#[derive(Clone)]
pub struct Secret {
    name: Arc<str>,
    value: Arc<str>,
    told: Told,
    within: Option<Arc<Within>>,
}

/// What is told of a secret besides its name.
#[derive(Clone)]
enum Told {
    /// The digest of its value, which nobody finds by trying.
    Digest,
    /// The digest of its value with this one before it, which nobody finds by trying.
    DigestWith(Arc<str>),
    /// Nothing: its value can be guessed.
    Nothing,
}

/// The secret that a header's value is made of.
struct Within {
    secret: Secret,
    /// The whole value, the secret's name in the place of it.
    shown: String,
}

/// The members whose value can be guessed: a human may have chosen it, or types it.
const GUESSABLE_MEMBERS: [&str; 3] = ["client_secret", "password", "user_code"];

impl Secret {
    /// Wraps a `value` that a machine made, such as a token, under the name that is shown in its place.
    pub fn new(name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        Self { name: Arc::from(name.as_ref()), value: Arc::from(value.as_ref()), told: Told::Digest, within: None }
    }

    /// Wraps a `value` that a human chose, that is made of one, or that can be guessed: it is shown by its name alone.
    pub fn chosen(name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        Self { told: Told::Nothing, ..Self::new(name, value) }
    }

    /// Wraps a `value` that is short enough to be found by trying, such as a user code, and that came together with one that is not: its digest
    /// is of both.
    pub fn beside(name: impl AsRef<str>, value: impl AsRef<str>, other: &Secret) -> Self {
        Self { told: Told::DigestWith(other.value.clone()), ..Self::new(name, value) }
    }

    /// Wraps the value of a member or parameter of this name.
    pub fn of_member(name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        if GUESSABLE_MEMBERS.contains(&name.as_ref()) { Self::chosen(name, value) } else { Self::new(name, value) }
    }

    /// Wraps a `value` that is made of another secret, such as a header of credentials. Where it is sent it is `shown`, in which that other is
    /// named; anywhere else it goes by its own name.
    pub fn around(name: impl AsRef<str>, value: impl AsRef<str>, shown: impl Into<String>, secret: &Secret) -> Self {
        let within = Within { secret: secret.clone(), shown: shown.into() };
        Self { within: Some(Arc::new(within)), ..Self::chosen(name, value) }
    }

    /// The same secret as RFC 6749 section 2.3.1 has it in a header: encoded as a form's value, and named so where that makes a difference.
    #[must_use]
    pub fn form_encoded(&self) -> Self {
        let encoded = form_encode(&self.value);
        if *encoded == *self.value {
            return self.clone();
        }
        Self { name: Arc::from(format!("form-encoded {}", self.name)), value: Arc::from(encoded), ..self.clone() }
    }

    /// How it is shown where it is sent.
    pub fn shown(&self) -> String {
        self.within.as_ref().map_or_else(|| self.to_string(), |within| within.shown.clone())
    }

    /// The secret that it is made of.
    pub fn within(&self) -> Option<&Secret> {
        self.within.as_ref().map(|within| &within.secret)
    }

    /// The name that is shown in the value's place.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value itself: for the wire, and for comparisons.
    pub fn expose(&self) -> &str {
        &self.value
    }

    /// The first eight hexadecimal digits of the value's SHA-256, or of what it came together with and the value.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        if let Told::DigestWith(other) = &self.told {
            hash.update(other.as_bytes());
            hash.update([0]);
        }
        hash.update(self.value.as_bytes());
        hash.finalize().iter().take(4).map(|byte| format!("{byte:02x}")).collect()
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for Secret {}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.told {
            _ if self.value.is_empty() => write!(f, "‹{} empty›", self.name),
            Told::Nothing => write!(f, "‹{}›", self.name),
            Told::Digest | Told::DigestWith(_) => write!(f, "‹{} {}›", self.name, self.digest()),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_its_name_and_digest_and_never_its_value() {
        let secret = Secret::new("access_token", "hunter2-hunter2");
        for shown in [secret.to_string(), format!("{secret:?}"), serde_json::to_string(&secret).expect("a string serialises")] {
            assert!(shown.contains("access_token") && shown.contains(&secret.digest()), "{shown}");
            assert!(!shown.contains("hunter2"), "{shown}");
        }
    }

    #[test]
    fn what_a_human_chose_shows_no_digest_that_would_confirm_a_guess() {
        for secret in [Secret::chosen("password of alice", "hunter2"), Secret::of_member("client_secret", "hunter2")] {
            assert_eq!(secret.to_string(), format!("‹{}›", secret.name()));
        }
        assert!(Secret::of_member("code", "hunter2").to_string().contains(&Secret::new("", "hunter2").digest()));
    }

    #[test]
    fn a_short_code_shows_a_digest_that_confirms_no_guess() {
        let codes = ["an-unguessable-device-code", "another"]
            .map(|other| Secret::beside("user_code", "1234", &Secret::new("device_code", other)));
        assert_eq!(codes[0], codes[1]);
        assert_ne!(codes[0].to_string(), codes[1].to_string());
        assert!(!codes[0].to_string().contains(&Secret::new("", "1234").digest()), "{}", codes[0]);
        assert_eq!(Secret::of_member("user_code", "1234").to_string(), "‹user_code›");
    }

    #[test]
    fn equal_values_have_equal_digests_whatever_their_names() {
        assert_eq!(Secret::new("code", "x").digest(), Secret::new("token", "x").digest());
        assert_eq!(Secret::new("code", "x"), Secret::new("token", "x"));
    }
}
