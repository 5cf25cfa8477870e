//! What is wrong with a provider file, said so that its author can put it right, and never with a secret in it.

use std::fmt;
use std::path::PathBuf;

use super::model::Source;
use super::shown::Line;
use super::spelling::nearest;

/// Where in a provider file something is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file.
    pub source: Source,
    /// Line and column, counted from 1; a document that was made has none.
    pub position: Option<(usize, usize)>,
    /// The line as it may be shown: what may be a secret is hidden.
    pub line: Option<Line>,
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
        /// What usually helps.
        way_out: &'static str,
    },
    /// A key that means nothing.
    UnknownKey {
        /// Where.
        place: Box<Place>,
        /// The keys round it, such as `clients.web`, or the document.
        within: String,
        /// The key; none where it may hold a secret, for want of a colon or a space.
        key: Option<String>,
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
        /// The key with the keys round it, or `the file`.
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

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.position {
            Some((line, column)) => write!(f, "{}:{line}:{column}", self.source),
            None => write!(f, "{}", self.source),
        }
    }
}

impl Place {
    /// The line with a caret under the fault.
    fn excerpt(&self) -> String {
        let (Some((number, _)), Some(line)) = (self.position, &self.line) else { return String::new() };
        let number = number.to_string();
        let (gutter, caret) = (" ".repeat(number.len()), " ".repeat(line.caret));
        format!("\n  {number} | {}\n  {gutter} | {caret}^", line.text)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { path } => {
                writeln!(f, "{}: there is no such provider file", path.display())?;
                write!(f, "  name one that is there: --provider providers/NAME/provider.yaml")
            }
            Self::Unreadable { path, cause } => write!(f, "{}: the provider file cannot be read: {cause}", path.display()),
            Self::Empty { source } => {
                writeln!(f, "{source}: the provider file is empty")?;
                write!(f, "  expected at least `issuer: https://…`")
            }
            Self::Syntax { place, problem, way_out } => {
                write!(f, "{place}: not YAML: {problem}{}\n  {way_out}", place.excerpt())
            }
            Self::UnknownKey { place, within, key, known } => {
                let stranger = key.as_ref().map_or("what stands here".to_owned(), |key| format!("`{key}`"));
                write!(f, "{place}: {stranger} is not a key of {within}{}", place.excerpt())?;
                write!(f, "\n  expected one of: {}", known.join(", "))?;
                match key.as_ref().map(|key| nearest(key, known.iter().map(String::as_str))) {
                    Some(Some(meant)) => write!(f, "\n  did you mean `{meant}`?"),
                    Some(None) => Ok(()),
                    None => write!(f, "\n  a key is followed by a colon and a space"),
                }
            }
            Self::MissingKey { place, key, purpose } => {
                write!(f, "{place}: `{key}` is missing: {purpose}{}", place.excerpt())
            }
            Self::WrongType { place, key, expected, found } => {
                let key = if key.contains(' ') { key.clone() } else { format!("`{key}`") };
                write!(f, "{place}: {key} is {found}{}\n  expected {expected}", place.excerpt())
            }
            Self::UnsetVariable { place, key, variable } => {
                write!(f, "{place}: `{key}` names the environment variable {variable}, which is not set{}", place.excerpt())?;
                write!(f, "\n  set {variable}, or write $${{ for a `${{` that stands for itself")
            }
            Self::BadUrl { place, key, problem } => {
                write!(f, "{place}: `{key}` is not a URL that can be used: {problem}{}", place.excerpt())
            }
            Self::BadValue { place, key, expected } => {
                write!(f, "{place}: `{key}` has a value that means nothing here{}\n  expected {expected}", place.excerpt())
            }
        }
    }
}
