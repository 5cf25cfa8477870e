//! What is wrong with a provider file, said so that its author can put it right, and never with a secret in it.

use std::fmt;
use std::path::PathBuf;

use super::model::Source;

/// Where in a provider file something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub source: Source,
    /// Line and column, counted from 1; a document that was made has none.
    pub position: Option<(usize, usize)>,
    /// The line as it may be shown: what may be a secret is hidden.
    pub line: Option<String>,
}

/// Why a provider file cannot be used. Its `Display` is the whole message: place, line, what was expected, the way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Error {
    /// There is no such file.
    NotFound {
        /// The path that was asked for.
        path: PathBuf,
    },
    /// It is there and cannot be read, or is not UTF-8.
    Unreadable {
        /// Its path.
        path: PathBuf,
        /// What the system says.
        cause: String,
    },
    /// It holds no document, or an empty one.
    Empty {
        /// The file.
        source: Source,
    },
    /// It is not YAML.
    Syntax {
        /// Where.
        place: Box<Place>,
        /// What was expected there.
        problem: String,
    },
    /// A key that means nothing.
    UnknownKey {
        /// Where.
        place: Box<Place>,
        /// The key with the keys round it, such as `clients.web.secrt`.
        key: String,
        /// The keys that mean something there.
        known: Vec<String>,
    },
    /// A key that must be there and is not.
    MissingKey {
        /// Where it should be.
        place: Box<Place>,
        /// The key with the keys round it.
        key: String,
        /// What it is for.
        purpose: String,
    },
    /// A mapping where a string belongs, and the like.
    WrongType {
        /// Where.
        place: Box<Place>,
        /// The key with the keys round it.
        key: String,
        /// What belongs there.
        expected: String,
        /// What stands there.
        found: String,
    },
    /// `${VAR}` of a variable that is not set, or that is not a name.
    UnsetVariable {
        /// Where.
        place: Box<Place>,
        /// The key with the keys round it.
        key: String,
        /// The variable.
        variable: String,
    },
    /// Not a URL that can be asked.
    BadUrl {
        /// Where.
        place: Box<Place>,
        /// The key with the keys round it.
        key: String,
        /// What is wrong with it.
        problem: String,
    },
    /// A value of the right type that means nothing.
    BadValue {
        /// Where.
        place: Box<Place>,
        /// The key with the keys round it.
        key: String,
        /// What belongs there.
        expected: String,
    },
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
