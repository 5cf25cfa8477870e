//! What a run says of itself while it is under way.

use std::fmt;
use std::sync::Arc;

use super::live::Live;
use super::measure::Recent;
use crate::verdict::{Attempt, micros_in_words};

/// Where news goes; called from several tasks, at most a few times a second.
pub type Tell = dyn Fn(News<'_>) + Send + Sync;

/// One piece of news: its text is one line.
pub enum News<'a> {
    /// The provider is found: from now on the run can be looked at by whoever wants to.
    Found(&'a Arc<Live>),
    /// What a flow needs is being made; not measured.
    Preparing {
        /// The flow it is for.
        flow: &'a str,
        /// What is made, such as `chains`.
        what: &'a str,
        /// So many are there.
        made: usize,
        /// So many are needed.
        wanted: usize,
    },
    /// Something that the plan asks for and that cannot be had.
    LeftOut {
        /// The flow it is for.
        flow: &'a str,
        /// What, and why.
        what: &'a str,
    },
    /// So many users are tried next, to see what the generator can do.
    Calibrating {
        /// The flow, or the plan.
        what: &'a str,
        /// Users at once.
        users: usize,
    },
    /// Users run: the last second.
    Running {
        /// Seconds since they began.
        second: u64,
        /// Seconds that the plan has.
        of: u64,
        /// Users that began.
        users: usize,
        /// What came since the last line.
        recent: &'a Recent,
        /// Wrong answers since the beginning.
        errors: u64,
    },
    /// A rate of a search was tried.
    Tried(&'a Attempt),
    /// The end was asked for or is reached, and answers under way are waited for.
    Ending {
        /// Whether it was asked for.
        interrupted: bool,
    },
    /// The clock stopped, and samples of what was issued are looked at once more.
    Looking,
    /// That could not be done to its end.
    NotLooked(&'a str),
    /// goose failed at its end; the measurement is whole.
    Trouble(&'a str),
    /// A collector of metrics did not take them.
    NotPushed(&'a str),
}

impl News<'_> {
    /// Whether the user should know it, progress or not.
    pub fn is_warning(&self) -> bool {
        matches!(self, Self::Trouble(_) | Self::NotPushed(_))
    }
}

impl fmt::Display for News<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Found(live) => write!(f, "plan {} at {}", live.plan(), live.issuer()),
            Self::Preparing { flow, what, made, wanted } => {
                write!(f, "preparing {flow}: {made} of {wanted} {what}, not measured")
            }
            Self::Looking => f.write_str("looking once more at tokens and codes of the run, not measured"),
            Self::NotLooked(why) => write!(f, "the provider could not be asked once more after the run: {why}"),
            Self::LeftOut { flow, what } => write!(f, "{flow}: {what}"),
            Self::Calibrating { what, users } => write!(f, "calibrating: {what} by {users} users"),
            Self::Running { second, of, users, recent, errors } => {
                let at = |share: f64| match recent.count {
                    0 => "-".to_owned(),
                    _ => micros_in_words(recent.latency.value_at_quantile(share) as f64),
                };
                let (p50, p99) = (at(0.5), at(0.99));
                write!(f, "{second:>3}s of {of}s  {users} users  {}/s  p50 {p50}  p99 {p99}  {errors} errors", recent.count)
            }
            Self::Tried(attempt) => {
                let verb = if attempt.held { "held" } else { "broke" };
                write!(f, "{:.0}/s {verb}: {}", attempt.rate, attempt.measured.join(", "))
            }
            Self::Trouble(what) => write!(f, "the load engine failed at its end, what it measured is whole: {what}"),
            Self::NotPushed(what) => write!(f, "metrics are not taken by {what}"),
            Self::Ending { interrupted: true } => f.write_str("interrupted: ending"),
            Self::Ending { interrupted: false } => f.write_str("the time is up: waiting for the last answers"),
        }
    }
}
