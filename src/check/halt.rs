//! Why a scenario stops, and what a judgement says: the only ways out of a step.

use crate::protocol::{Endpoint, Failure, Response, answer};
use crate::verdict::Kind;

/// What a step returns.
pub type Step = Result<(), Halt>;

/// Why a scenario stops before its end.
#[derive(Clone, Debug)]
pub enum Halt {
    /// The provider went against what was expected. Whether it is a violation depends on who expected it: only a Then judges.
    Fault(Fault),
    /// The check cannot be judged, for this reason.
    Blocked(String),
    /// The check turns out not to apply, for this reason.
    NotApplicable(String),
    /// The provider does what its file says that it does, for this reason nothing to judge: worth a note.
    Noted(String),
}

impl Halt {
    /// A check that cannot be judged.
    pub fn blocked(reason: impl Into<String>) -> Self {
        Self::Blocked(reason.into())
    }
}

impl From<Fault> for Halt {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What was expected, and what came instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What sort of fault it is.
    pub kind: Kind,
    /// What the specification allows here.
    pub expected: String,
    /// What the provider did.
    pub got: String,
    /// The endpoint whose answer it is.
    pub endpoint: Endpoint,
    /// Status, error and media type of the answer, for grouping by cause.
    pub answer: String,
}

impl Fault {
    /// A fault in a response.
    pub fn of(kind: Kind, endpoint: Endpoint, response: &Response, expected: impl Into<String>, got: impl Into<String>) -> Self {
        Self { kind, expected: expected.into(), got: got.into(), endpoint, answer: answer::describe(response) }
    }

    /// A fault in a response, described by its status, error and media type.
    pub fn plain(kind: Kind, endpoint: Endpoint, response: &Response, expected: impl Into<String>) -> Self {
        Self::of(kind, endpoint, response, expected, answer::describe(response))
    }

    /// No response at all.
    pub fn silence(endpoint: Endpoint, failure: &Failure, expected: impl Into<String>) -> Self {
        let words = failure.to_string();
        Self { kind: Kind::Crashed, expected: expected.into(), got: words.clone(), endpoint, answer: words }
    }
}

/// What a judge says.
#[derive(Clone, Debug)]
pub enum Judgement {
    /// As required.
    Holds,
    /// Right in a form that the requirement tolerates: weaker than its level.
    Tolerated(Fault),
    /// Against the requirement.
    Broken(Fault),
}
