//! A YAML document from its text: what sort of document it is, and what is wrong where it is no YAML.

use super::expand::Env;
use super::fault::{Error, Place};
use super::model::Source;
use super::reading::Reading;
use super::{shown, tree};

/// What sort of document is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paper {
    /// What errors call it.
    pub noun: &'static str,
    /// Whether errors may show of a line only what cannot be a secret.
    pub holds_secrets: bool,
}

impl Paper {
    /// Who is tested, with what proves who the clients and users are.
    pub const PROVIDER_FILE: Self = Self { noun: "a provider file", holds_secrets: true };
}

/// Reads the text of a document.
pub(crate) fn of_yaml<T>(
    text: &str,
    source: Source,
    paper: Paper,
    env: Option<&Env<'_>>,
    read: impl FnOnce(&Reading<'_>) -> Result<T, Error>,
) -> Result<T, Error> {
    let root = tree::of_yaml(text).map_err(|error| syntax(text, source.clone(), paper, &error))?;
    read(&Reading { source, paper, text, root: &root, env })
}

/// The library's words for a fault without what they quote: that may be a piece of a secret.
fn syntax(text: &str, source: Source, paper: Paper, error: &serde_yaml::Error) -> Error {
    let error = error.without_snippet();
    let (problem, way_out) = match error {
        serde_yaml::Error::DuplicateMappingKey { .. } => {
            ("this key stands twice in its mapping".to_owned(), "keep one of the two")
        }
        serde_yaml::Error::MultipleDocuments { .. } => {
            ("a second document starts here".to_owned(), "a file is one document: leave out `---` and what follows it")
        }
        serde_yaml::Error::NonFiniteFloat { .. } => {
            ("this number is not finite".to_owned(), "put it in quotes if it is a string")
        }
        other => (
            unquoted(&other.render_with_formatter(&serde_yaml::UserMessageFormatter)),
            "a value with `:`, `#`, `@`, brackets or quotes in it belongs in quotes",
        ),
    };
    let position = error.location().map(|at| (at.line(), at.column())).filter(|(line, _)| *line > 0).map(|(line, column)| {
        let number = |value: u64| usize::try_from(value).unwrap_or(usize::MAX);
        (number(line), number(column))
    });
    let line = position.and_then(|(line, column)| match paper.holds_secrets {
        true => shown::in_text(text, line, column),
        false => shown::openly(text, line, column),
    });
    Error::Syntax { place: Box::new(Place { source, position, line }), problem, way_out }
}

fn unquoted(message: &str) -> String {
    let message = message.split(" at line ").next().unwrap_or_default();
    let mut out = String::new();
    let mut rest = message;
    while let Some(open) = rest.find(['`', '"', '\'']) {
        let quoted = rest[open + 1..].find(['`', '"', '\'']).map_or(rest.len(), |end| open + end + 2);
        let structure = rest[open..quoted].chars().all(|c| "`\"'[]{},:-?".contains(c));
        out.push_str(if structure { &rest[..quoted] } else { rest[..open].trim_end_matches([':', ' ']) });
        rest = &rest[quoted..];
    }
    out.push_str(rest);
    out
}
