//! Sets of scopes, in the grammar of RFC 6749 section 3.3.

use std::fmt;
use std::sync::Arc;

/// A set of scopes in the order in which they were named. To copy it costs nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scopes(Arc<str>);

/// Not in the grammar of RFC 6749 section 3.3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MalformedScope;

impl Default for Scopes {
    fn default() -> Self {
        Self("".into())
    }
}

impl Scopes {
    /// Reads a `scope` parameter.
    ///
    /// # Errors
    /// [`MalformedScope`] for a character outside the grammar, or for an empty token between two spaces.
    pub fn parse(text: &str) -> Result<Self, MalformedScope> {
        let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
        if text.split(' ').all(|token| !token.is_empty() && token.bytes().all(allowed)) {
            Ok(Self::from_iter(text.split(' ')))
        } else {
            Err(MalformedScope)
        }
    }

    /// The set of these.
    pub fn of<Name: AsRef<str>>(names: &[Name]) -> Self {
        Self::from_iter(names.iter().map(AsRef::as_ref))
    }

    /// Whether this scope is in it; scopes are case-sensitive.
    pub fn contains(&self, name: &str) -> bool {
        self.iter().any(|scope| scope == name)
    }

    /// Whether every scope of it is in the other.
    pub fn is_within(&self, other: &Self) -> bool {
        self.iter().all(|scope| other.contains(scope))
    }

    /// One by one.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|scope| !scope.is_empty())
    }

    /// As a `scope` parameter.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'name> FromIterator<&'name str> for Scopes {
    fn from_iter<Names: IntoIterator<Item = &'name str>>(names: Names) -> Self {
        let mut joined = String::new();
        for name in names {
            if !joined.split(' ').any(|known| known == name) {
                if !joined.is_empty() {
                    joined.push(' ');
                }
                joined.push_str(name);
            }
        }
        Self(joined.into())
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
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
