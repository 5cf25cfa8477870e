//! `known-issues.yaml`, the baseline as a file: read with each fault at its place, and written ready to edit.
//!
//! ```yaml
//! known:
//!   - check: pkce/mismatch-another
//!     reason: "fixed in 2.4, which we do not run yet"
//!     kind: accepted                        # a violation of another kind is none that is known
//!     link: https://issues.example/1234
//!     owner: identity team
//!     expires: 2027-01-31                   # the last day on which it counts
//!     sometimes: true                       # a race: not stale in a run in which it does not fail
//! ```

use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::provider::{Paper, Reading, Source, Spot, of_yaml};
use crate::verdict::{Baseline, Day, Finding, Kind, Known, Outcome, Run};

/// The file's name beside a provider file, where it is found without being asked for.
pub const FILE_NAME: &str = "known-issues.yaml";

const PAPER: Paper = Paper { noun: "a list of known issues", holds_secrets: false };

/// Why a baseline cannot be used. Its `Display` is the whole message.
#[derive(Debug)]
pub enum Error {
    /// It is not there.
    NotFound {
        /// The path.
        path: PathBuf,
    },
    /// It cannot be read.
    Unreadable {
        /// The path.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// It says something that cannot be meant.
    Fault(crate::provider::Error),
}

impl std::error::Error for Error {}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotFound { path } => {
                let path = path.display();
                write!(f, "{path}: there is no such baseline\n  `check --write-baseline {path}` makes one of what is violated")
            }
            Self::Unreadable { path, source } => write!(f, "{}: the baseline cannot be read: {source}", path.display()),
            Self::Fault(error) => error.fmt(f),
        }
    }
}

/// The place where the baseline of a provider file is looked for.
pub fn beside(provider_file: &Path) -> PathBuf {
    provider_file.with_file_name(FILE_NAME)
}

/// Reads a baseline.
///
/// # Errors
/// It is not there, cannot be read, or says something that cannot be meant.
pub fn load(path: &Path) -> Result<Baseline, Error> {
    let text = std::fs::read_to_string(path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => Error::NotFound { path: path.to_owned() },
        _ => Error::Unreadable { path: path.to_owned(), source },
    })?;
    parse(&text, path)
}

/// Reads the text of a baseline.
///
/// # Errors
/// It says something that cannot be meant.
pub fn parse(text: &str, path: &Path) -> Result<Baseline, Error> {
    let known = of_yaml(text, Source::File(path.to_owned()), PAPER, None, entries).map_err(Error::Fault)?;
    Ok(Baseline { path: path.display().to_string(), known })
}

fn entries(reading: &Reading<'_>) -> Result<Vec<Known>, crate::provider::Error> {
    let root = reading.root();
    if root.is_null() {
        return Ok(Vec::new());
    }
    let mut known: Vec<Known> = Vec::new();
    for spot in root.fields(&["known"])?.items("known")? {
        let fields = spot.fields(&["check", "reason", "kind", "link", "owner", "expires", "sometimes"])?;
        let check = fields.need("check", "the id of the check that fails; `check --list` shows every id")?;
        let entry = Known {
            check: check.text()?,
            reason: fields.need("reason", "why this violation is put up with")?.text()?,
            kind: fields.get("kind").map(|spot| spot.one_of(&Kind::ALL, Kind::name)).transpose()?,
            link: fields.url("link")?.map(String::from),
            owner: fields.text("owner")?,
            expires: fields.get("expires").map(day).transpose()?,
            sometimes: fields.get("sometimes").map(|spot| spot.flag()).transpose()?.unwrap_or(false),
        };
        if known.iter().any(|other| other.check == entry.check) {
            return Err(check.bad_value("each check once: another entry names this one already"));
        }
        known.push(entry);
    }
    Ok(known)
}

fn day(spot: &Spot<'_>) -> Result<Day, crate::provider::Error> {
    spot.text()?.parse().map_err(|_| spot.bad_value("a day such as 2027-01-31"))
}

/// The baseline after a run: an entry for each check that fails it. What `old` says of one stays; of its entries those go whose check fails no
/// more or does not exist, and those stay whose check was not judged, or fails only sometimes.
pub fn after(run: &Run, old: &[Known], exists: &dyn Fn(&str) -> bool) -> Vec<Known> {
    let fails = |finding: &Finding| finding.outcome == Outcome::Known || run.policy.fails(finding);
    let mut known: Vec<Known> = Vec::new();
    for entry in old.iter().filter(|entry| exists(&entry.check)) {
        let finding = run.findings.iter().find(|finding| finding.id == entry.check);
        let kind = finding.and_then(|finding| finding.violation.as_ref()).map(|violation| violation.kind);
        match finding {
            // It may have been widened to every kind on purpose.
            Some(finding) if fails(finding) => known.push(Known { kind: entry.kind.and(kind), ..entry.clone() }),
            Some(Finding { outcome: Outcome::NotApplicable | Outcome::Inconclusive, .. }) | None => known.push(entry.clone()),
            Some(_) if entry.sometimes => known.push(entry.clone()),
            Some(_) => {}
        }
    }
    for finding in run.findings.iter().filter(|finding| fails(finding)) {
        if !known.iter().any(|entry| entry.check == finding.id) {
            known.push(finding.known.clone().unwrap_or_else(|| Known {
                check: finding.id.clone(),
                reason: Known::NO_REASON.to_owned(),
                kind: finding.violation.as_ref().map(|violation| violation.kind),
                link: None,
                owner: None,
                expires: None,
                sometimes: false,
            }));
        }
    }
    known.sort_by(|a, b| a.check.cmp(&b.check));
    known
}

/// Writes a baseline, each entry below what the run found of it.
///
/// # Errors
/// `out` cannot be written.
pub fn render(known: &[Known], run: &Run, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# Violations that are known: they stay in every report, and do not fail the run.")?;
    writeln!(
        out,
        "# Give each its reason; `link`, `owner` and `expires` (YYYY-MM-DD, the last day on which it counts) if you like."
    )?;
    if known.is_empty() {
        return writeln!(out, "known: []");
    }
    writeln!(out, "known:")?;
    for entry in known {
        if let Some(finding) = run.findings.iter().find(|finding| finding.id == entry.check) {
            let sections: Vec<String> = finding.sections.iter().map(ToString::to_string).collect();
            writeln!(out, "  # {}: {}", comment(&sections.join(", ")), comment(&finding.rule))?;
            if let Some(violation) = &finding.violation {
                writeln!(out, "  # expected {}; got {}", comment(&violation.expected), comment(&violation.got))?;
            }
        }
        writeln!(out, "  - check: {}", scalar(&entry.check))?;
        writeln!(out, "    reason: {}", quoted(&entry.reason))?;
        if let Some(kind) = entry.kind {
            writeln!(out, "    kind: {}", kind.name())?;
        }
        for (key, value) in [("link", &entry.link), ("owner", &entry.owner)] {
            if let Some(value) = value {
                writeln!(out, "    {key}: {}", quoted(value))?;
            }
        }
        if let Some(expires) = &entry.expires {
            writeln!(out, "    expires: {expires}")?;
        }
        if entry.sometimes {
            writeln!(out, "    sometimes: true")?;
        }
    }
    Ok(())
}

/// One line of a comment, whatever a provider put into it.
fn comment(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn scalar(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    let starts = text.starts_with(|c: char| c.is_ascii_alphabetic());
    if starts && text.chars().all(is_plain) && text.contains('/') { text.to_owned() } else { quoted(text) }
}

/// A string in double quotes: what JSON writes, YAML reads.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
