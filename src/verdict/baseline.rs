//! Known violations: what a baseline says of a run, and which of its entries have had their day.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{Finding, Kind, Outcome, Policy, Run};

/// A calendar day, `YYYY-MM-DD`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Day(String);

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A text that is no day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoDay;

impl FromStr for Day {
    type Err = NoDay;

    fn from_str(text: &str) -> Result<Self, NoDay> {
        let part = |from: usize, to: usize| -> Result<u32, NoDay> {
            let digits = text.get(from..to).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())).ok_or(NoDay)?;
            digits.parse().map_err(|_| NoDay)
        };
        let (year, month, day) = (part(0, 4)?, part(5, 7)?, part(8, 10)?);
        let hyphens = text.len() == 10 && text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
        let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let longest = match month {
            2 if is_leap => 29,
            2 => 28,
            4 | 6 | 9 | 11 => 30,
            1..=12 => 31,
            _ => 0,
        };
        if hyphens && (1..=longest).contains(&day) { Ok(Self(text.to_owned())) } else { Err(NoDay) }
    }
}

/// A violation that is known, and why it is put up with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// The check's id.
    pub check: String,
    /// Why it is known.
    pub reason: String,
    /// The kind that is known; any where nothing is said.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub kind: Option<Kind>,
    /// Where it is reported.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub link: Option<String>,
    /// Who sees to it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub owner: Option<String>,
    /// The last day on which it counts as known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub expires: Option<Day>,
    /// Whether it is a race, which is lost in some runs and not in others: then the entry is not stale where the check passes.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub sometimes: bool,
}

/// A list of known violations.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Baseline {
    /// The file it was read from, as the user named it.
    pub path: String,
    /// Its entries, one for a check at most.
    pub known: Vec<Known>,
}

/// Why an entry has had its day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "why")]
pub enum Staleness {
    /// Its check was judged, and does not fail the run any more.
    FailsNoMore {
        /// What became of it.
        outcome: Outcome,
    },
    /// Its check fails in another way than the one that is known.
    FailsOtherwise {
        /// The kind that was known.
        known: Kind,
        /// The kind that was found.
        found: Kind,
    },
    /// Its last day is over.
    Expired {
        /// That day.
        on: Day,
    },
    /// No check has its id.
    NoSuchCheck,
}

impl fmt::Display for Staleness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FailsNoMore { outcome } => write!(f, "fails no more: {}", outcome.name()),
            Self::FailsOtherwise { known, found } => write!(f, "known as {}, found {}", known.name(), found.name()),
            Self::Expired { on } => write!(f, "expired after {on}"),
            Self::NoSuchCheck => f.write_str("no check has this id"),
        }
    }
}

/// An entry that has had its day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stale {
    /// The check that it names.
    pub check: String,
    /// The reason that it gives.
    pub reason: String,
    /// Why it is stale.
    #[serde(flatten)]
    pub staleness: Staleness,
}

/// What a baseline came to in a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// The file.
    pub path: String,
    /// How many entries it has.
    pub entries: usize,
    /// Those that have had their day, in the order of the file.
    pub stale: Vec<Stale>,
}

impl Run {
    /// Takes known violations out of the verdict, and finds the entries that are stale. `exists` tells the ids of checks from other names.
    pub fn compare(&mut self, baseline: &Baseline, today: &Day, exists: &dyn Fn(&str) -> bool) {
        let mut stale = Vec::new();
        for entry in &baseline.known {
            let found = self.findings.iter_mut().find(|finding| finding.id == entry.check);
            let staleness = match found {
                None if exists(&entry.check) => None,
                None => Some(Staleness::NoSuchCheck),
                Some(finding) => entry.judge(finding, &self.policy, today),
            };
            stale.extend(staleness.map(|staleness| Stale {
                check: entry.check.clone(),
                reason: entry.reason.clone(),
                staleness,
            }));
        }
        self.causes = Self::group_causes(&mut self.findings);
        self.verdict = Self::judge(&self.findings, &self.policy);
        self.baseline = Some(Comparison { path: baseline.path.clone(), entries: baseline.known.len(), stale });
    }

    /// Whether an entry of the baseline has had its day.
    pub fn has_stale(&self) -> bool {
        self.baseline.as_ref().is_some_and(|baseline| !baseline.stale.is_empty())
    }
}

impl Known {
    /// What stands for a reason that somebody has yet to give.
    pub const NO_REASON: &'static str = "explain";

    /// Makes a finding known that is, and says whether the entry has had its day.
    fn judge(&self, finding: &mut Finding, policy: &Policy, today: &Day) -> Option<Staleness> {
        if let Some(on) = self.expires.as_ref().filter(|expires| *expires < today) {
            return Some(Staleness::Expired { on: on.clone() });
        }
        let found = finding.violation.as_ref().map(|violation| violation.kind);
        match (finding.outcome, self.kind, found) {
            (Outcome::Violated | Outcome::Warned, Some(known), Some(found)) if policy.fails(finding) && known != found => {
                Some(Staleness::FailsOtherwise { known, found })
            }
            (Outcome::Violated | Outcome::Warned, _, _) if policy.fails(finding) => {
                finding.outcome = Outcome::Known;
                finding.known = Some(self.clone());
                None
            }
            (Outcome::Passed | Outcome::Noted | Outcome::Violated | Outcome::Warned, _, _) if self.sometimes => None,
            (outcome @ (Outcome::Passed | Outcome::Noted | Outcome::Violated | Outcome::Warned), _, _) => {
                Some(Staleness::FailsNoMore { outcome })
            }
            // Nobody knows whether it would fail.
            (Outcome::NotApplicable | Outcome::Inconclusive | Outcome::Known, _, _) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_one_of_the_calendar() {
        let parse = str::parse::<Day>;
        for day in ["2026-01-31", "2024-02-29", "2000-02-29", "2026-12-31"] {
            assert_eq!(parse(day).map(|day| day.to_string()), Ok(day.to_owned()));
        }
        for text in
            ["", "2026-13-01", "2026-00-10", "2025-02-29", "1900-02-29", "2026-04-31", "2026-4-1", "2026/04/01", "2026-01-01x"]
        {
            assert_eq!(parse(text), Err(NoDay), "{text}");
        }
        assert!(parse("2026-01-31").ok() < parse("2026-02-01").ok());
    }
}
