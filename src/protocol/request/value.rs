//! What a request carries: values that may be shown or not, and a body.

use crate::protocol::secret::Secret;

/// A parameter or header value: plain, or secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// May be shown.
    Plain(String),
    /// Is shown by its name.
    Secret(Secret),
}

impl Value {
    /// The value as it goes over the wire.
    pub fn expose(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(secret) => secret.expose(),
        }
    }

    /// The value as it may be shown.
    pub fn masked(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Secret(secret) => secret.shown(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Plain(text.clone())
    }
}

impl From<Secret> for Value {
    fn from(secret: Secret) -> Self {
        Self::Secret(secret)
    }
}

impl From<&Secret> for Value {
    fn from(secret: &Secret) -> Self {
        Self::Secret(secret.clone())
    }
}

/// What stands in the request's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// No body, no `Content-Type`.
    Empty,
    /// `application/x-www-form-urlencoded` (RFC 6749 appendix B), parameters in order, repeats allowed.
    Form(Vec<(String, Value)>),
    /// Anything else, as it stands.
    Raw {
        /// The `Content-Type` header.
        content_type: String,
        /// The octets.
        octets: Vec<u8>,
        /// The octets with secrets replaced; none where that cannot be done, so that their number alone is shown.
        shown: Option<String>,
    },
}
