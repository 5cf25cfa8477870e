//! Drives a provider with users running OAuth flows and measures how it bears it.
//!
//! ```text
//! plan (YAML) -> run: guard, discovery, prepare -> crew (goose's users) -> flows -> connection (hyper), sign_in (login)
//!                                                                          flows -> answer, seen -> measure -> verdict
//!                                                                                                   measure -> export, while it lasts
//! ```

mod aftermath;
mod answer;
mod assign;
mod breakpoint;
mod calibrate;
mod connection;
mod crew;
mod data;
#[cfg(test)]
mod documented;
mod embedded;
mod export;
mod fault;
mod flows;
mod guard;
mod invariant;
mod judge;
mod ledger;
mod live;
mod measure;
mod obedience;
mod pace;
mod plan;
mod post;
mod prepare;
mod rig;
mod run;
mod sample;
mod seen;
mod shards;
mod sign_in;
mod specimen;
mod tell;
mod watch;

pub use breakpoint::Goal;
pub use calibrate::{Bench, Extent, calibrate};
pub use embedded::{Embedded, Leash, StartError};
pub use export::{Aggregation, Collector, Exports, Instrument, Kind};
pub use guard::Refused;
pub use invariant::Invariant;
pub use live::{Broken, Live, Moment, Rest, Search, Snapshot, StepNow};
pub use pace::Shard;
pub use plan::{Flow, FlowPlan, Plan, PlanError, Threshold, span};
pub use rig::Phase;
pub use run::{LoadError, Order, run};
pub use shards::{Difference, MergeError, Part, merge};
pub use tell::{News, Tell};
