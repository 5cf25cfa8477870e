//! A value that must not be seen: it prints and serialises as its name, with a digest if a machine made it, never as itself.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::request::form_encode;

/// A secret with the name it goes by, such as `client_secret` or `access_token`.
///
/// Two secrets are equal when their values are. The digest lets a reader of a report follow one token through
/// several exchanges without learning it. What a human chose shows no digest: it would confirm a guess.
#[derive(Clone)]
pub struct Secret {
    name: Arc<str>,
    value: Arc<str>,
    is_chosen: bool,
    within: Option<Arc<Within>>,
}

/// The secret that a header's value is made of.
struct Within {
    secret: Secret,
    /// The whole value, the secret's name in the place of it.
    shown: String,
}

/// The members whose value a human may have chosen.
const CHOSEN_MEMBERS: [&str; 2] = ["client_secret", "password"];

impl Secret {
    /// Wraps a `value` that a machine made, such as a token, under the name that is shown in its place.
    pub fn new(name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        Self { name: Arc::from(name.as_ref()), value: Arc::from(value.as_ref()), is_chosen: false, within: None }
    }

    /// Wraps a `value` that a human chose, or that is made of one: it is shown by its name alone.
    pub fn chosen(name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        Self { is_chosen: true, ..Self::new(name, value) }
    }

    /// Wraps the value of a member or parameter of this name.
    pub fn of_member(name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        let is_chosen = CHOSEN_MEMBERS.contains(&name.as_ref());
        Self { is_chosen, ..Self::new(name, value) }
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

    /// The first eight hexadecimal digits of the value's SHA-256.
    pub fn digest(&self) -> String {
        Sha256::digest(self.value.as_bytes()).iter().take(4).map(|byte| format!("{byte:02x}")).collect()
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
        if self.value.is_empty() {
            write!(f, "‹{} empty›", self.name)
        } else if self.is_chosen {
            write!(f, "‹{}›", self.name)
        } else {
            write!(f, "‹{} {}›", self.name, self.digest())
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
    fn equal_values_have_equal_digests_whatever_their_names() {
        assert_eq!(Secret::new("code", "x").digest(), Secret::new("token", "x").digest());
        assert_eq!(Secret::new("code", "x"), Secret::new("token", "x"));
    }
}
