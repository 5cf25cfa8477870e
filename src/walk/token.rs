//! A token, read as far as it can be: a JWT with its header, its claims and its signature, or a string that only the provider can read.

use serde_json::Value;

pub use crate::protocol::jwt::{Jwt, Signature};

/// A token as it is told, masked already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSeen {
    /// The member that carried it.
    pub name: &'static str,
    /// The token itself, where secrets are told as they are.
    pub bare: Option<String>,
    /// What can be read in it.
    pub reading: Reading,
}

/// What can be read in a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A signed JWT (RFC 7519, RFC 7515).
    Jwt {
        /// The header's members.
        header: Vec<(String, String)>,
        /// The claims.
        claims: Vec<(String, String)>,
        /// What became of its signature.
        signature: Signature,
    },
    /// An encrypted JWT (RFC 7516): five parts, for its audience alone.
    Encrypted,
    /// A string that means nothing to a client, of so many characters (RFC 6749 section 1.4).
    Opaque(usize),
}

/// A JSON value as a reader sees it: text without quotes, anything else as it is written.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}
