//! Whether runs are all the shards of one plan, and what to do where they are not.

use super::{Part, shard_of};
use crate::verdict::PlanSummary;

/// Why runs cannot be merged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MergeError {
    /// Fewer than two.
    #[error("there is nothing to merge: name the report of each shard")]
    TooFew,
    /// A run that was no shard's.
    #[error(
        "{name} is the run of a whole plan, not of a shard: run its parts with --shard 1/2 and --shard 2/2, each on a machine of its own"
    )]
    Whole {
        /// The run.
        name: String,
    },
    /// A search, whose rates are not those of the others.
    #[error("{name} is a search (--breakpoint), which is not divided: search from one machine")]
    Search {
        /// The run.
        name: String,
    },
    /// Parts of different plans, providers or versions.
    #[error("{0}")]
    Differ(Box<Difference>),
    /// One shard's run twice.
    #[error("{name} and {other} are both shard {shard}: name the report of each shard once")]
    Twice {
        /// One run.
        name: String,
        /// Another run.
        other: String,
        /// Their shard.
        shard: String,
    },
    /// Shards that are not there.
    #[error("{}: what is there is not the whole of the plan", missing_in_words(.0))]
    Missing(Vec<String>),
    /// A threshold that this version does not know.
    #[error("{0}")]
    Threshold(String),
}

/// In what two runs differ that has to be the same.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{name} and {other} differ in their {what}: {one} and {another}; {mend}")]
pub struct Difference {
    /// One run.
    pub name: String,
    /// Another run.
    pub other: String,
    /// In what.
    pub what: &'static str,
    /// What the one has.
    pub one: String,
    /// What the other has.
    pub another: String,
    /// What to do.
    pub mend: &'static str,
}

fn missing_in_words(missing: &[String]) -> String {
    match missing {
        [one] => format!("shard {one} is missing: run it as well, and name its report"),
        several => format!("shards {} are missing: run them as well, and name their reports", several.join(", ")),
    }
}

const SAME_PLAN: &str = "merge the shards of one plan, each run with the same plan, --users and --hold";
const SAME_VERSION: &str = "run all shards with one version of flowproof";
const SAME_PROVIDER: &str = "merge shards that loaded the same provider; the embedded server is another one in each run";

/// Puts the runs in the order of their shards, if they are all those of one plan.
pub(super) fn check(parts: &mut [Part]) -> Result<(), MergeError> {
    if parts.len() < 2 {
        return Err(MergeError::TooFew);
    }
    for Part { name, run } in &*parts {
        if run.breakpoint.is_some() {
            return Err(MergeError::Search { name: name.clone() });
        }
        if shard_of(run).is_none() {
            return Err(MergeError::Whole { name: name.clone() });
        }
    }
    let first = &parts[0];
    for part in &parts[1..] {
        let differ = |what, of: &dyn Fn(&Part) -> String, mend| {
            let (one, another) = (of(first), of(part));
            let (name, other) = (first.name.clone(), part.name.clone());
            if one == another {
                return Ok(());
            }
            Err(MergeError::Differ(Box::new(Difference { name, other, what, one, another, mend })))
        };
        differ("version", &|part| part.run.flowproof.clone(), SAME_VERSION)?;
        differ("issuer", &|part| part.run.issuer.clone(), SAME_PROVIDER)?;
        differ("number of shards", &|part| shard_of(&part.run).map_or(0, |shard| shard.of()).to_string(), SAME_PLAN)?;
        differ("plan", &|part| plan(&part.run.plan), SAME_PLAN)?;
        differ("thresholds", &thresholds, SAME_PLAN)?;
        differ("steps", &steps, SAME_PLAN)?;
    }
    parts.sort_by_key(|part| shard_of(&part.run).map(|shard| shard.index()));
    for two in parts.windows(2) {
        let [one, other] = [&two[0], &two[1]].map(|part| shard_of(&part.run).map(|shard| shard.to_string()).unwrap_or_default());
        if one == other {
            return Err(MergeError::Twice { name: two[0].name.clone(), other: two[1].name.clone(), shard: one });
        }
    }
    let of = shard_of(&parts[0].run).map_or(0, |shard| shard.of());
    let is_there = |index: u32| parts.iter().any(|part| shard_of(&part.run).is_some_and(|shard| shard.index() == index));
    let missing: Vec<String> = (0..of).filter(|index| !is_there(*index)).map(|index| format!("{}/{of}", index + 1)).collect();
    if missing.is_empty() { Ok(()) } else { Err(MergeError::Missing(missing)) }
}

/// What a report says of a plan, but for the shard and the name: its file may stand elsewhere on each machine.
fn plan(plan: &PlanSummary) -> String {
    let arrivals = plan.arrivals.as_deref().unwrap_or("no arrivals");
    let (users, ramp, timeout, stages) = (plan.users, plan.ramp_millis, plan.timeout_millis, plan.stages.join(", "));
    let connections = &plan.connections;
    format!("{users} users, {arrivals}, ramp {ramp}ms, time-out {timeout}ms, [{stages}], {connections}, digest {}", plan.digest)
}

fn thresholds(part: &Part) -> String {
    let named = part.run.thresholds.iter().map(|one| format!("{} {}", one.flow.as_deref().unwrap_or_default(), one.threshold));
    named.collect::<Vec<_>>().join(", ")
}

fn steps(part: &Part) -> String {
    let named = part.run.steps.iter().map(|step| format!("{}/{}", step.flow, step.step));
    named.collect::<Vec<_>>().join(", ")
}
