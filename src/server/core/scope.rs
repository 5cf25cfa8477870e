//! Sets of scopes, in the grammar of RFC 6749 section 3.3.

use std::fmt;

/// A set of scopes in the order in which they were named.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Vec<String>);

/// Not in the grammar of RFC 6749 section 3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedScope;

impl Scopes {
    /// Reads a `scope` parameter.
    ///
    /// # Errors
    /// [`MalformedScope`] for a character outside the grammar, or for an empty token between two spaces.
    pub fn parse(text: &str) -> Result<Self, MalformedScope> {
        let mut scopes = Self::default();
        for token in text.split(' ') {
            let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
            if token.is_empty() || !token.bytes().all(allowed) {
                return Err(MalformedScope);
            }
            scopes.add(token);
        }
        Ok(scopes)
    }

    /// The set of these.
    pub fn of<Name: AsRef<str>>(names: &[Name]) -> Self {
        let mut scopes = Self::default();
        for name in names {
            scopes.add(name.as_ref());
        }
        scopes
    }

    fn add(&mut self, name: &str) {
        if !self.contains(name) {
            self.0.push(name.to_owned());
        }
    }

    /// Whether this scope is in it; scopes are case-sensitive.
    pub fn contains(&self, name: &str) -> bool {
        self.0.iter().any(|scope| scope == name)
    }

    /// Whether every scope of it is in the other.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.iter().all(|scope| other.contains(scope))
    }

    /// Whether there is none in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// One by one.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::{MalformedScope, Scopes};

    #[test]
    fn a_scope_is_a_set_of_tokens() {
        let scopes = Scopes::parse("openid profile openid").expect("well-formed");
        assert_eq!(scopes.to_string(), "openid profile");
        assert!(!scopes.contains("OpenID"));
        assert!(Scopes::of(&["profile"]).is_within(&scopes));
        assert!(!scopes.is_within(&Scopes::of(&["profile"])));
    }

    #[test]
    fn characters_outside_the_grammar_are_malformed() {
        for malformed in ["a  b", " a", "a ", "a\"b", "a\\b", "\u{e9}", "a\tb"] {
            assert_eq!(Scopes::parse(malformed), Err(MalformedScope), "{malformed:?}");
        }
    }
}
