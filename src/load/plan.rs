//! A load plan: which flows, how many users, how long, and what must hold; read from YAML, shipped or the user's own.

use std::path::{Path, PathBuf};
use std::time::Duration;

use include_dir::{Dir, include_dir};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};

use super::pace::{Shard, Stretch, Timetable};

mod connecting;
mod data;
mod flow;
mod share;
pub mod span;
mod stage;
mod threshold;

pub use connecting::{Connecting, HttpVersion};
pub use data::DataPlan;
#[cfg(test)]
pub use flow::OWN_KEYS;
pub use flow::{Flow, FlowPlan, Session};
pub use share::{TokenKind, TokenMix};
pub use stage::{Rate, Stage, Warmup};
pub use threshold::{Evidence, Threshold};

/// The plans in `scenarios/`, so that the program runs from an empty directory.
static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/scenarios");

/// The most users of one generator.
const MOST_USERS: usize = 10_000;
/// The longest ramp, warm-up, hold, stage and pause: a run always ends.
const LONGEST: Duration = Duration::from_secs(12 * 3600);
/// The longest that an answer is waited for.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(120);

/// What a run does.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The shipped plan's name, or the path as it was given.
    #[serde(skip)]
    pub name: String,
    /// Whether the arrival rate is searched for.
    #[serde(skip)]
    is_search: bool,
    /// What the plan is for, in a sentence.
    #[serde(default)]
    pub about: String,
    /// Users at once; each runs one of the flows over and over, or takes the arrivals that are due.
    #[serde(deserialize_with = "users")]
    pub users: usize,
    /// Passes through a flow that begin per second, whether or not earlier ones were answered (the open model); by default each user begins
    /// anew as soon as it is answered (the closed model).
    #[serde(default)]
    pub arrivals: Option<Rate>,
    /// In which time the users start, evenly, or the rate rises; answers within it are looked at and not measured.
    #[serde(default, deserialize_with = "bounded")]
    pub ramp: Duration,
    /// What is run after the ramp at full load, looked at and not measured: a time, or `until-steady`.
    #[serde(default)]
    pub warmup: Warmup,
    /// For how long all of them run, and are measured.
    #[serde(default, deserialize_with = "bounded_and_some")]
    pub hold: Duration,
    /// In place of `hold`: how the load changes while it is measured.
    #[serde(default)]
    pub stages: Vec<Stage>,
    /// Passes after which the hold ends before its time.
    #[serde(default, deserialize_with = "some_count")]
    pub count: Option<u64>,
    /// How long a user rests after each flow.
    #[serde(default, deserialize_with = "bounded")]
    pub pause: Duration,
    /// After which time an answer counts as not come.
    #[serde(default = "default_timeout", deserialize_with = "timeout")]
    pub timeout: Duration,
    /// How users connect.
    #[serde(default)]
    pub connections: Connecting,
    /// Whether a provider that answers 429 or 503 is waited for, as long as it asks.
    #[serde(default = "yes")]
    pub obey: bool,
    /// Whose clients and users there are, where they are too many for the provider file.
    #[serde(default)]
    pub data: DataPlan,
    /// Which part of the plan this generator runs, such as `1/4`: its share of the users, of the arrivals, of the passes and of the rows of data
    /// sets.
    #[serde(default)]
    pub shard: Shard,
    /// The flows, each with its share of the users.
    #[serde(deserialize_with = "some_flows")]
    pub flows: Vec<FlowPlan>,
    /// What must hold over the whole run.
    #[serde(default)]
    pub thresholds: Vec<Threshold>,
}

/// Why there is no plan to run.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Neither a shipped plan nor a file.
    #[error("no plan {name:?}: the shipped plans are {shipped}; a file of your own is named by its path")]
    Unknown {
        /// What was asked for.
        name: String,
        /// The shipped plans.
        shipped: String,
    },
    /// The file is there and cannot be read.
    #[error("cannot read plan {}: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The text is no plan.
    #[error("{name}{}: {what}{shown}", if *line == 0 { String::new() } else { format!(":{line}:{column}") })]
    Invalid {
        /// The plan.
        name: String,
        /// Its line, from 1; 0 where it is not known.
        line: u64,
        /// Its column, from 1.
        column: u64,
        /// What is wrong and what was expected.
        what: String,
        /// The offending line, to be shown below; that line only.
        shown: String,
    },
    /// The plan, with what the command line overrides, cannot be run.
    #[error("plan {name}: {what}")]
    Impossible {
        /// The plan.
        name: String,
        /// What is wrong and how to mend it.
        what: String,
    },
}

impl Plan {
    /// The names of the shipped plans, sorted.
    pub fn shipped() -> Vec<String> {
        let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let plans = SHIPPED.files().filter(|file| file.path().extension().is_some_and(|extension| extension == "yaml"));
        let mut names: Vec<String> = plans.filter_map(|file| stem(file.path())).collect();
        names.sort();
        names
    }

    /// Finds a plan: a file where `wanted` is the path of one, else the shipped plan of that name (`token`, `scenarios/token.yaml`).
    ///
    /// # Errors
    /// There is neither, the file cannot be read, or its text is no plan.
    pub fn find(wanted: &str) -> Result<Self, PlanError> {
        let path = Path::new(wanted);
        let is_path = path.extension().is_some() || path.components().count() > 1;
        if is_path && path.exists() {
            return Self::read(path);
        }
        let bare = wanted.strip_prefix("scenarios/").unwrap_or(wanted);
        let file = SHIPPED.get_file(format!("{}.yaml", bare.strip_suffix(".yaml").unwrap_or(bare)));
        match file.and_then(|file| file.contents_utf8()) {
            Some(text) => Self::parse(text, bare.strip_suffix(".yaml").unwrap_or(bare)),
            None if path.exists() => Self::read(path),
            None => Err(PlanError::Unknown { name: wanted.to_owned(), shipped: Self::shipped().join(", ") }),
        }
    }

    fn read(path: &Path) -> Result<Self, PlanError> {
        let unreadable = |error: std::io::Error| PlanError::Unreadable { path: path.to_owned(), why: error.to_string() };
        let mut plan = Self::parse(&std::fs::read_to_string(path).map_err(unreadable)?, &path.display().to_string())?;
        plan.data.stand_beside(path);
        Ok(plan)
    }

    /// Reads a plan's text; `name` is what errors and reports call it.
    ///
    /// # Errors
    /// [`PlanError::Invalid`] with line and column.
    pub fn parse(text: &str, name: &str) -> Result<Self, PlanError> {
        let options = serde_yaml::options! { with_snippet: false };
        let mut plan: Self = serde_yaml::from_str_with_options(text, options).map_err(|error| invalid(&error, text, name))?;
        plan.name = name.to_owned();
        if plan.hold.is_zero() && plan.stages.is_empty() {
            let what = "it needs a `hold`, such as `hold: 30s`, or `stages`".to_owned();
            return Err(PlanError::Impossible { name: plan.name, what });
        }
        Ok(plan)
    }

    /// The plan with what the command line overrides, and whether it can be run so.
    ///
    /// # Errors
    /// [`PlanError::Impossible`] where users or hold are out of bounds, or a flow would be left without a user.
    pub fn with(mut self, users: Option<usize>, hold: Option<Duration>) -> Result<Self, PlanError> {
        let impossible = |name: &str, what: String| Err(PlanError::Impossible { name: name.to_owned(), what });
        self.users = users.unwrap_or(self.users);
        self.hold = hold.unwrap_or(self.hold);
        if self.users == 0 || self.users > MOST_USERS {
            return impossible(&self.name, format!("{} users: expected 1 to {MOST_USERS}", self.users));
        }
        if hold.is_some() {
            self.stages.clear();
        }
        let measured: Duration =
            if self.stages.is_empty() { self.hold } else { self.stages.iter().map(|stage| stage.span).sum() };
        if measured.is_zero() || measured > LONGEST {
            return impossible(&self.name, "the `hold`, or all `stages`, must be longer than nothing and at most 12h".to_owned());
        }
        if !self.stages.is_empty() && !self.hold.is_zero() {
            return impossible(&self.name, "`hold` and `stages` exclude each other: the stages are the hold".to_owned());
        }
        if self.arrivals.is_some() && self.stages.iter().any(|stage| stage.users.is_some()) {
            let what = "with `arrivals`, a stage changes `arrivals`; its `users` are always all there".to_owned();
            return impossible(&self.name, what);
        }
        if self.arrivals.is_none() && self.stages.iter().any(|stage| stage.arrivals.is_some()) {
            return impossible(
                &self.name,
                "a stage changes `arrivals`, and the plan begins with none: say `arrivals: 0/s`".to_owned(),
            );
        }
        let own = self.own(self.users);
        if own < self.flows.len() {
            let part = if self.shard.is_whole() { String::new() } else { format!(" in shard {}", self.shard) };
            let what = format!("{} flows need at least as many users, and there are {own}{part}", self.flows.len());
            return impossible(&self.name, what);
        }
        if self.own_count() == Some(0) {
            return impossible(
                &self.name,
                format!("a `count` that leaves shard {} no pass: fewer shards, or more passes", self.shard),
            );
        }
        Ok(self)
    }

    /// The part of the plan that this generator is to run.
    #[must_use]
    pub fn in_part(mut self, shard: Option<Shard>) -> Self {
        self.shard = shard.unwrap_or(self.shard);
        self
    }

    /// Of so many users of the plan, those of this generator.
    fn own(&self, users: usize) -> usize {
        usize::try_from(self.shard.share(users as u64)).expect("a share of a usize is one")
    }

    /// Of the passes of the plan, where they are counted, those of this generator.
    pub fn own_count(&self) -> Option<u64> {
        self.count.map(|count| self.shard.share(count))
    }

    /// What tells this plan from others, whichever part of it a generator runs and wherever its files are.
    pub fn digest(&self) -> String {
        let mut plain = self.clone();
        (plain.name, plain.about, plain.shard) = (String::new(), String::new(), Shard::whole());
        for path in [&mut plain.data.clients, &mut plain.data.users].into_iter().flatten() {
            *path = path.file_name().unwrap_or_default().into();
        }
        // Its debug form has all of it; runs of different versions are not compared by it.
        let digest = Sha256::digest(format!("{plain:?}").as_bytes());
        digest[..8].iter().map(|octet| format!("{octet:02x}")).collect()
    }

    /// Makes it a plan for a search: the arrival rate is what is searched for, so it bounds nothing but the time.
    pub fn search(&mut self) {
        self.is_search = true;
        if self.arrivals.is_none() {
            self.arrivals = Some(Rate::first_of_a_search());
        }
        if self.hold.is_zero() {
            self.hold = self.stages.iter().map(|stage| stage.span).sum();
        }
        self.stages.clear();
        self.count = None;
        self.thresholds.clear();
        for flow in &mut self.flows {
            flow.thresholds.clear();
        }
    }

    /// Whether the arrival rate is searched for.
    pub fn is_search(&self) -> bool {
        self.is_search
    }

    /// The most users of this generator at once.
    pub fn most_users(&self) -> usize {
        self.own(self.stages.iter().filter_map(|stage| stage.users).max().unwrap_or_default().max(self.users))
    }

    /// The level over time: arrivals per second of the whole plan, where it has an arrival rate, else users of this generator at work.
    pub fn timetable(&self) -> Timetable {
        let users = |users: usize| self.own(users) as f64;
        let first = self.arrivals.as_ref().map_or_else(|| users(self.users), Rate::per_second);
        let mut level = first;
        let mut stretches = vec![Stretch { span: self.hold, from: first, to: first }];
        for stage in &self.stages {
            let to = stage.arrivals.as_ref().map(Rate::per_second).or(stage.users.map(users)).unwrap_or(level);
            stretches.push(Stretch { span: stage.span, from: level, to });
            level = to;
        }
        Timetable::new(self.ramp, self.warmup.longest(), stretches)
    }

    /// How many users of this generator each flow gets: by weight, at least one, all of them in all.
    pub fn allotment(&self) -> Vec<usize> {
        let weights: usize = self.flows.iter().map(|flow| flow.weight).sum();
        let mut allotted = vec![1; self.flows.len()];
        // One user at a time to the flow that lacks most: the largest-remainder share, with at least one for each.
        for _ in self.flows.len()..self.most_users() {
            let lacking = |at: usize| (self.flows[at].weight * self.most_users()) as f64 / weights as f64 - allotted[at] as f64;
            let most = (0..self.flows.len()).max_by(|a, b| lacking(*a).total_cmp(&lacking(*b)).then(b.cmp(a)));
            allotted[most.expect("a plan has at least one flow")] += 1;
        }
        allotted
    }
}

fn invalid(error: &serde_yaml::Error, text: &str, name: &str) -> PlanError {
    let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
    let place = format!(" at line {line}, column {column}");
    let what = error.without_snippet().to_string().replace(&place, "");
    let what = what.lines().next().unwrap_or_default();
    let what = what.strip_prefix(&format!("error: line {line} column {column}: ")).unwrap_or(what).to_owned();
    let shown = usize::try_from(line).ok().and_then(|line| text.lines().nth(line.checked_sub(1)?));
    let shown = shown.map_or(String::new(), |shown| format!("\n  {line} | {shown}"));
    PlanError::Invalid { name: name.to_owned(), line, column, what, shown }
}

fn duration<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    span::parse(&String::deserialize(from)?).map_err(D::Error::custom)
}

fn bounded<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let span = duration(from)?;
    if span > LONGEST { Err(D::Error::custom("expected at most 12h")) } else { Ok(span) }
}

fn bounded_and_some<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let span = bounded(from)?;
    if span.is_zero() { Err(D::Error::custom("expected more than nothing, such as 10s")) } else { Ok(span) }
}

fn timeout<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let span = bounded_and_some(from)?;
    if span > LONGEST_TIMEOUT { Err(D::Error::custom("expected at most 2m")) } else { Ok(span) }
}

fn default_timeout() -> Duration {
    Duration::from_secs(10)
}

fn users<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    let users = usize::deserialize(from)?;
    let expected = format!("expected 1 to {MOST_USERS} users");
    if users == 0 || users > MOST_USERS { Err(D::Error::custom(expected)) } else { Ok(users) }
}

fn some_count<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    let count = u64::deserialize(from)?;
    if count == 0 { Err(D::Error::custom("expected at least one pass")) } else { Ok(Some(count)) }
}

fn yes() -> bool {
    true
}

fn some_flows<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<FlowPlan>, D::Error> {
    let flows = Vec::<FlowPlan>::deserialize(from)?;
    if flows.is_empty() {
        return Err(D::Error::custom("expected at least one flow"));
    }
    for (at, flow) in flows.iter().enumerate() {
        if flows[..at].iter().any(|other| other.label() == flow.label()) {
            return Err(D::Error::custom(format!("the flow {} is there twice: give one a `name` of its own", flow.label())));
        }
    }
    Ok(flows)
}

impl<'de> Deserialize<'de> for Threshold {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests;
