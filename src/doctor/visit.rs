//! One visit: what is looked at, in which order, and how far.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::coverage::Coverage;
use super::diagnosis::{Diagnosis, Health, Remark, Sign, Topic};
use super::{metadata, preset, reach};
use crate::check::Check;
use crate::provider::{Client, Provider, Target, discover};
use crate::wire::{Tape, Wire};

/// What a whole examination needs to know beside the provider.
pub struct Extent<'a> {
    /// The checks that are to run.
    pub checks: &'a [Arc<Check>],
    /// The longest that a check may wait.
    pub max_wait: Duration,
    /// The clock on the wall.
    pub clock: fn() -> SystemTime,
}

/// Examines everything, and logs users in. `heard` is told of each topic's remarks as they are made, masked.
pub async fn examine(wire: &Wire, provider: Provider, extent: &Extent<'_>, heard: &mut dyn FnMut(&[Remark])) -> Diagnosis {
    let tape = Tape::new(provider.secrets());
    let (name, issuer) = (provider.name.clone(), provider.issuer.clone());
    let mut told = Told { tape: &tape, remarks: Vec::new(), heard };
    told.tell(preset::remark(&provider).into_iter().collect());
    let before = (extent.clock)();
    let found = discover(wire, &tape, provider).await;
    let after = (extent.clock)();
    let mut coverage = None;
    match found {
        Err(unreachable) => told.tell(reach::unreachable(wire, &tape, &unreachable).await),
        Ok(target) => {
            let target = &target;
            let mut remarks = reach::reached(target, wire.connect(), before, after);
            remarks.extend(reach::other_hosts(wire, &tape, target).await);
            told.tell(remarks);
            told.tell(metadata::remarks(target));
            let visit = Visit { wire, tape: &tape, target };
            told.tell(visit.credentials(None).await);
            told.tell(visit.redirect_uris(&|_, _| true, true).await);
            // One cause, one remark: what a client cannot do that is not let in is said above.
            let not_let_in = told.not_let_in();
            told.tell(visit.users(&not_let_in).await);
            told.tell(visit.devices(&not_let_in).await);
            coverage = Some(Coverage::of(extent.checks, target, extent.max_wait));
        }
    }
    let remarks = told.remarks;
    Diagnosis { flowproof: env!("CARGO_PKG_VERSION"), provider: name, issuer, health: Health::of(&remarks), remarks, coverage }
}

/// What is plainly wrong before a run, at the price of a request for each client that it needs and two for pages.
pub async fn glance(wire: &Wire, target: &Target, checks: &[Arc<Check>]) -> Vec<Remark> {
    let tape = Tape::new(target.provider.secrets());
    let roles: BTreeSet<&str> = checks.iter().flat_map(|check| check.clients()).collect();
    let visit = Visit { wire, tape: &tape, target };
    let mut remarks = visit.credentials(Some(&roles)).await;
    let asked = |client: &Client, uri: &str| {
        matches!(client.role.as_str(), "web" | "spa") && roles.contains(client.role.as_str()) && client.redirect_uri() == uri
    };
    remarks.extend(visit.redirect_uris(&asked, false).await);
    remarks.retain(|remark| match remark.sign {
        Sign::Wrong | Sign::Unreachable => true,
        Sign::Fine | Sign::Note | Sign::Doubt => false,
    });
    remarks.iter_mut().for_each(|remark| mask(&tape, remark));
    remarks
}

/// What is examined, and by which means.
#[derive(Clone, Copy)]
pub(super) struct Visit<'a> {
    pub(super) wire: &'a Wire,
    pub(super) tape: &'a Tape,
    pub(super) target: &'a Target,
}

impl Visit<'_> {
    pub(super) fn provider(&self) -> &Provider {
        &self.target.provider
    }
}

/// What was said so far.
struct Told<'a> {
    tape: &'a Tape,
    remarks: Vec<Remark>,
    heard: &'a mut dyn FnMut(&[Remark]),
}

impl Told<'_> {
    /// The roles of the clients that something is wrong with.
    fn not_let_in(&self) -> BTreeSet<String> {
        let about = |remark: &&Remark| matches!(remark.topic, Topic::Clients | Topic::RedirectUris) && remark.sign == Sign::Wrong;
        self.remarks.iter().filter(about).map(|remark| remark.subject.clone()).collect()
    }

    fn tell(&mut self, mut remarks: Vec<Remark>) {
        remarks.iter_mut().for_each(|remark| mask(self.tape, remark));
        if !remarks.is_empty() {
            (self.heard)(&remarks);
        }
        self.remarks.extend(remarks);
    }
}

/// A provider may hand back what it was sent: nothing leaves here that the tape knows for a secret.
fn mask(tape: &Tape, remark: &mut Remark) {
    remark.says = tape.mask(&remark.says);
    remark.way_out = remark.way_out.as_ref().map(|way_out| tape.mask(way_out));
}

/// A provider's own words, short enough for a line.
pub(super) fn quoted(words: &str) -> String {
    let line: String = words.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(140).collect();
    if short.len() < line.len() { format!("“{short}…”") } else { format!("“{short}”") }
}

/// A remark about whatever kept an answer away.
pub(super) fn silent(topic: Topic, subject: &str, what: &str, failure: &crate::protocol::Failure) -> Remark {
    Remark::new(topic, Sign::Doubt, subject, format!("the {what} does not answer: {failure}"))
}
