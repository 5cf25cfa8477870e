//! What one check found: where the requirement stands, what went against it, and the exchanges that show it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Known, Level, Outcome, Spoiled};
use crate::protocol::{Endpoint, Exchange};

/// What sort of fault a violation is; users triage by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Took what it should have refused: the security finding.
    Accepted,
    /// Refused what should have worked.
    Refused,
    /// Said yes and nothing came of it.
    Ineffective,
    /// Decided rightly and said it wrongly: status, error code, header, member.
    Malformed,
    /// Let out what should stay in.
    Leaked,
    /// A 5xx, no answer, or an answer that is not HTTP.
    Crashed,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [Self::Accepted, Self::Refused, Self::Ineffective, Self::Malformed, Self::Leaked, Self::Crashed];

    /// What it says of the provider, in words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Accepted => "it took what it should have refused",
            Self::Refused => "it refused what should have worked",
            Self::Ineffective => "it said yes, and nothing came of it",
            Self::Malformed => "it decided rightly and said it wrongly",
            Self::Leaked => "it let out what should stay in",
            Self::Crashed => "it broke down where an answer was due",
        }
    }

    /// The kind's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::Ineffective => "ineffective",
            Self::Malformed => "malformed",
            Self::Leaked => "leaked",
            Self::Crashed => "crashed",
        }
    }
}

/// A place in a specification, such as `RFC 7636 section 4.6`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Section {
    /// The document, as its tag spells it: `RFC7636`, `draft-ietf-oauth-v2-1`.
    pub document: String,
    /// The section's number.
    pub number: String,
}

impl Section {
    /// Where it can be read.
    pub fn link(&self) -> String {
        match self.document.strip_prefix("RFC") {
            Some(number) => format!("https://www.rfc-editor.org/rfc/rfc{number}#section-{}", self.number),
            None => format!("https://datatracker.ietf.org/doc/html/{}#section-{}", self.document, self.number),
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.document.strip_prefix("RFC") {
            Some(number) => write!(f, "RFC {number} section {}", self.number),
            None => write!(f, "{} section {}", self.document, self.number),
        }
    }
}

/// What went against a requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Violation {
    /// What sort of fault it is.
    pub kind: Kind,
    /// The step that judged, as the feature spells it.
    pub step: String,
    /// What the specification allows here.
    pub expected: String,
    /// What the provider did.
    pub got: String,
    /// The endpoint whose answer it is.
    pub endpoint: Endpoint,
    /// Status, error and media type of that answer, and where it leads: equal in violations of one cause.
    pub answer: String,
    /// What of the request was wrong.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub spoiled: Option<Spoiled>,
    /// Which of the finding's exchanges shows it, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub exchange: Option<usize>,
}

/// The client that a check is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientSeen {
    /// Its role: the key under `clients:`.
    pub role: String,
    /// The authentication method that it is registered for (RFC 7591 section 2).
    pub auth: String,
}

impl fmt::Display for ClientSeen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.role, self.auth)
    }
}

/// What one check found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// `<feature file>/<slug>`; never changes.
    pub id: String,
    /// The scenario's title.
    pub title: String,
    /// The requirement in the Rule's words.
    pub rule: String,
    /// Catalogue entries that the check stands for.
    pub requirements: Vec<String>,
    /// How much the requirement obliges under the run's profile.
    pub level: Level,
    /// Where it stands.
    pub sections: Vec<Section>,
    /// What became of it.
    pub outcome: Outcome,
    /// Why it was not judged, where it was not.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reason: Option<String>,
    /// What went wrong, where it was violated, warned, noted or known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub violation: Option<Violation>,
    /// The entry of the baseline that makes it known.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub known: Option<Known>,
    /// The number of its cause in [`Run::causes`](super::Run::causes).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cause: Option<usize>,
    /// The issuer that it ran against.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub issuer: Option<String>,
    /// The client that it is about: another one of the same provider may be treated otherwise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub client: Option<ClientSeen>,
    /// The feature file and line of the scenario.
    pub place: String,
    /// The steps that were played, in order.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub steps: Vec<PlayedStep>,
    /// What was sent and received, in order, masked.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub exchanges: Vec<Exchange>,
    /// Milliseconds that it took.
    pub millis: u64,
}

/// A step that was played.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlayedStep {
    /// The step, as the feature spells it.
    pub text: String,
    /// How many exchanges there were before it.
    pub began: usize,
}

impl Finding {
    /// The feature that the check belongs to: the id up to its slash.
    pub fn feature(&self) -> &str {
        self.id.split('/').next().unwrap_or(&self.id)
    }

    /// The exchange that shows what went wrong, from 0: the one that was judged, else the last at its endpoint, else the last at all.
    pub fn judged(&self) -> Option<usize> {
        let violation = self.violation.as_ref();
        let named = violation.and_then(|violation| violation.exchange).filter(|at| *at < self.exchanges.len());
        let at_endpoint = || {
            let endpoint = violation?.endpoint;
            self.exchanges.iter().rposition(|exchange| exchange.endpoint == endpoint)
        };
        named.or_else(at_endpoint).or(self.exchanges.len().checked_sub(1))
    }

    /// What came of the check, in one line.
    pub fn message(&self) -> String {
        let said = match (&self.violation, &self.reason) {
            (Some(violation), _) => {
                let Violation { kind, expected, got, endpoint, .. } = violation;
                format!("{} at the {}: expected {expected}; got {got}", kind.name(), endpoint.name())
            }
            (None, Some(reason)) => reason.clone(),
            (None, None) => self.rule.clone(),
        };
        match &self.known {
            Some(known) => format!("{}; {said}", known.reason),
            None => said,
        }
    }
}
