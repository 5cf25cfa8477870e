//! Ended scenarios to findings.

use std::sync::Arc;
use std::time::Duration;

use super::catalog::Check;
use super::halt::{Fault, Halt};
use super::phrase::Part;
use super::scene::Scene;
use crate::verdict::{ClientSeen, Finding, Level, Outcome, Profile, Violation};

/// How a scenario ended.
pub(super) enum Ending {
    /// Every step was played.
    Whole,
    /// The step at this place stopped it, with the exchange that shows why.
    Stopped(Halt, usize, Option<usize>),
    /// Something that is our own bug.
    Bug(String),
}

/// The finding of a check that was played.
pub(super) fn finding(scene: &Scene, ending: Ending, profile: Profile, took: Duration) -> Finding {
    let check = &scene.check;
    let level = check.level(profile).unwrap_or(Level::May);
    let mut finding = blank(check, profile);
    finding.issuer = Some(scene.target.provider.issuer.clone());
    finding.client = client(scene);
    finding.millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    finding.steps = scene.played.clone();
    finding.exchanges = scene.tape.exchanges();
    match ending {
        // A panic's words are of any origin: they may hold what a provider said.
        Ending::Bug(what) => {
            finding.outcome = Outcome::Inconclusive;
            finding.reason = Some(scene.tape.mask(&bug(&what)));
        }
        Ending::Whole => match scene.tolerated.first() {
            None => finding.outcome = Outcome::Passed,
            Some((fault, step, shown)) => {
                finding.outcome = tolerated(level);
                finding.violation = Some(violation(scene, fault, step, *shown));
            }
        },
        Ending::Stopped(Halt::NotApplicable(reason), ..) => {
            finding.outcome = Outcome::NotApplicable;
            finding.reason = Some(scene.tape.mask(&reason));
        }
        Ending::Stopped(Halt::Noted(reason), ..) => {
            finding.outcome = Outcome::Noted;
            finding.reason = Some(scene.tape.mask(&reason));
        }
        Ending::Stopped(Halt::Blocked(reason), at, _) => blocked(&mut finding, scene, at, &reason),
        Ending::Stopped(Halt::Fault(fault), at, shown) => {
            if check.steps.get(at).is_some_and(|step| step.phrase.part == Part::Judge) {
                finding.outcome = broken(level);
                finding.violation = Some(violation(scene, &fault, &check.steps[at].to_string(), shown));
            } else {
                let reason = format!("{}: {}, where {} was expected", fault.endpoint.name(), fault.got, fault.expected);
                blocked(&mut finding, scene, at, &reason);
            }
        }
    }
    finding
}

/// The reason of a finding that is a bug of flowproof's own.
pub(super) fn bug(what: &str) -> String {
    format!("a bug of flowproof's own: {what}")
}

/// The finding of a check that was not played.
pub(super) fn unplayed(check: &Arc<Check>, profile: Profile, outcome: Outcome, reason: String) -> Finding {
    Finding { outcome, reason: Some(reason), ..blank(check, profile) }
}

fn blank(check: &Arc<Check>, profile: Profile) -> Finding {
    Finding {
        id: check.id.clone(),
        title: check.title.clone(),
        rule: check.rule.clone(),
        requirements: check.tags.requirements.clone(),
        level: check.level(profile).unwrap_or(Level::May),
        sections: check.sections().to_vec(),
        outcome: Outcome::Inconclusive,
        reason: None,
        violation: None,
        known: None,
        cause: None,
        issuer: None,
        client: None,
        place: check.place.clone(),
        steps: Vec::new(),
        exchanges: Vec::new(),
        millis: 0,
    }
}

/// The client that the check is about, where it names one.
fn client(scene: &Scene) -> Option<ClientSeen> {
    scene.check.clients().next()?;
    let client = scene.target.provider.client(scene.protagonist)?;
    Some(ClientSeen { role: client.role.clone(), auth: client.auth.name().to_owned() })
}

fn blocked(finding: &mut Finding, scene: &Scene, at: usize, reason: &str) {
    finding.outcome = Outcome::Inconclusive;
    let step = scene.check.steps.get(at).map(ToString::to_string).unwrap_or_default();
    finding.reason = Some(scene.tape.mask(&format!("blocked by \"{step}\": {reason}")));
}

fn violation(scene: &Scene, fault: &Fault, step: &str, exchange: Option<usize>) -> Violation {
    let masker = scene.tape.masker();
    Violation {
        kind: fault.kind,
        step: step.to_owned(),
        expected: masker.mask(&fault.expected),
        got: masker.mask(&fault.got),
        endpoint: fault.endpoint,
        answer: masker.mask(&fault.answer),
        spoiled: scene.check.spoiled_before(step),
        exchange,
    }
}

fn broken(level: Level) -> Outcome {
    match level {
        Level::Must => Outcome::Violated,
        Level::Should => Outcome::Warned,
        Level::May => Outcome::Noted,
    }
}

/// One weaker than the level.
fn tolerated(level: Level) -> Outcome {
    match level {
        Level::Must => Outcome::Warned,
        Level::Should | Level::May => Outcome::Noted,
    }
}
