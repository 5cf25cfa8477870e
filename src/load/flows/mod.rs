//! The flows that users run, one file each, and what they have in common: send, time, judge, count.

mod assignment;
pub mod authorization_code;
pub mod bad_credentials;
mod client_credentials;
pub mod device;
mod document;
mod introspection;
pub mod refresh;
mod refresh_race;
mod revocation;
mod userinfo;

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connection::{Connection, Outgoing};
use super::fault::Fault;
use super::invariant::Invariant;
use super::ledger::Evidence;
use super::measure::{Step, Times};
use super::plan::Flow;
use super::rig::Rig;
use super::sign_in::Astray;
use crate::protocol::{Exchange, Failure, Request, Response};
use crate::wire::Tape;

pub use assignment::{Assignment, Door, Party};

/// What a user of a run does over and over.
pub enum Worker {
    /// See [`client_credentials`].
    ClientCredentials(Box<client_credentials::Worker>),
    /// See [`bad_credentials`].
    BadCredentials(bad_credentials::Worker),
    /// See [`refresh`].
    Refresh(refresh::Worker),
    /// See [`refresh_race`].
    RefreshRace(refresh_race::Worker),
    /// See [`authorization_code`].
    AuthorizationCode(Box<authorization_code::Worker>),
    /// See [`device`].
    Device(device::Worker),
    /// See [`introspection`].
    Introspection(introspection::Worker),
    /// See [`revocation`].
    Revocation(revocation::Worker),
    /// See [`userinfo`].
    Userinfo(Box<userinfo::Worker>),
    /// See [`document`].
    Document(Box<document::Worker>),
}

impl Worker {
    /// A user of the flow; `number` counts users from 0.
    pub fn new(assignment: &Arc<Assignment>, number: usize, timeout: Duration) -> Self {
        let line = || Connection::new(assignment.token.origin.clone(), timeout);
        let shared = Arc::clone(assignment);
        match assignment.flow {
            Flow::ClientCredentials => Self::ClientCredentials(Box::new(client_credentials::Worker::new(shared, line()))),
            Flow::BadCredentials => Self::BadCredentials(bad_credentials::Worker::new(shared, line())),
            Flow::Refresh => Self::Refresh(refresh::Worker::new(shared, line())),
            Flow::RefreshRace => Self::RefreshRace(refresh_race::Worker::new(shared, [line(), line()])),
            Flow::AuthorizationCode => Self::AuthorizationCode(Box::new(authorization_code::Worker::new(shared, line(), number))),
            Flow::Device => Self::Device(device::Worker::new(shared, line(), timeout)),
            Flow::Introspection => Self::Introspection(introspection::Worker::new(shared, timeout)),
            Flow::Revocation => Self::Revocation(revocation::Worker::new(shared, line(), timeout)),
            Flow::Userinfo => Self::Userinfo(Box::new(userinfo::Worker::new(shared, line(), timeout))),
            Flow::Metadata | Flow::Jwks => Self::Document(Box::new(document::Worker::new(shared, timeout))),
        }
    }

    /// Runs the flow once, or as far as it gets.
    pub async fn once(&mut self, shift: &mut Shift<'_>) {
        // How it ended is counted where it ended.
        let _ended: Result<(), Missed> = match self {
            Self::ClientCredentials(worker) => worker.once(shift).await,
            Self::BadCredentials(worker) => worker.once(shift).await,
            Self::Refresh(worker) => worker.once(shift).await,
            // Two requests at once take the room of two: apart, for the users of the other flows have no use for it.
            Self::RefreshRace(worker) => Box::pin(worker.once(shift)).await,
            Self::AuthorizationCode(worker) => worker.once(shift).await,
            Self::Device(worker) => worker.once(shift).await,
            Self::Introspection(worker) => worker.once(shift).await,
            Self::Revocation(worker) => worker.once(shift).await,
            Self::Userinfo(worker) => worker.once(shift).await,
            Self::Document(worker) => worker.once(shift).await,
        };
    }
}

/// Why a step brought nothing to go on with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missed {
    /// The answer was wrong or did not come.
    Wrong(Fault),
    /// The run ended before the answer came.
    Cut,
}

/// A step that was measured.
pub struct Sample {
    /// Which one.
    pub step: Step,
    /// How long it took.
    pub took: Duration,
    /// What was wrong.
    pub fault: Option<Fault>,
}

/// One pass of a user through its flow.
pub struct Shift<'a> {
    /// What all users share.
    pub rig: &'a Rig,
    label: &'a str,
    /// When the pass began, or should have.
    pass: Instant,
    /// When the pass should have begun, until its first step has begun.
    intended: Option<Instant>,
    /// What was measured, in order.
    pub samples: Vec<Sample>,
    /// Whether anything was asked that is measured.
    pub has_asked: bool,
}

impl<'a> Shift<'a> {
    /// A pass through the flow of this name, which should have begun at `intended`.
    pub fn new(rig: &'a Rig, label: &'a str, intended: Option<Instant>) -> Self {
        let pass = intended.unwrap_or_else(Instant::now);
        Self { rig, label, pass, intended, samples: Vec::with_capacity(2), has_asked: false }
    }

    /// Sends a request over the user's connection and judges the answer; both are measured and counted as `step`.
    pub async fn ask<T>(
        &mut self,
        line: &mut Connection,
        request: &Request,
        step: Step,
        judge: impl FnOnce(&Response) -> Result<T, Fault>,
    ) -> Result<T, Missed> {
        match Outgoing::of(request) {
            Ok(outgoing) => self.ask_prepared(line, request, &outgoing, step, judge).await,
            Err(failure) => {
                let times = self.times(Instant::now(), Duration::ZERO);
                self.count(step, &times, Err(Fault::from(&failure)), || None)
            }
        }
    }

    /// As [`Shift::ask`], with the request prepared before.
    pub async fn ask_prepared<T>(
        &mut self,
        line: &mut Connection,
        request: &Request,
        outgoing: &Outgoing,
        step: Step,
        judge: impl FnOnce(&Response) -> Result<T, Fault>,
    ) -> Result<T, Missed> {
        self.has_asked = true;
        match send(self.rig, line, outgoing).await {
            Some(answered) => self.take(request, answered, step, judge),
            None => self.cut(step),
        }
    }

    /// Sends one request over two connections at once; both answers are judged, measured and counted as `step`.
    pub async fn ask_both<T>(
        &mut self,
        lines: &mut [Connection; 2],
        request: &Request,
        step: Step,
        judge: impl Fn(&Response) -> Result<T, Fault>,
    ) -> [Result<T, Missed>; 2] {
        let outgoing = match Outgoing::of(request) {
            Ok(outgoing) => outgoing,
            Err(failure) => {
                let times = self.times(Instant::now(), Duration::ZERO);
                let missed = || Err(Missed::Wrong(Fault::from(&failure)));
                return [self.count(step, &times, Err(Fault::from(&failure)), || None), missed()];
            }
        };
        self.has_asked = true;
        let [first, second] = lines;
        let answered = tokio::join!(send(self.rig, first, &outgoing), send(self.rig, second, &outgoing));
        [answered.0, answered.1].map(|answered| match answered {
            Some(answered) => self.take(request, answered, step, &judge),
            None => self.cut(step),
        })
    }

    /// Judges, measures and counts what came of a request.
    fn take<T>(
        &mut self,
        request: &Request,
        (started, answered): (Instant, Result<Response, Failure>),
        step: Step,
        judge: impl FnOnce(&Response) -> Result<T, Fault>,
    ) -> Result<T, Missed> {
        match answered {
            // Judging is our own time, not the provider's.
            Ok(response) => {
                self.rig.hear(&response);
                let times = self.times(started, response.elapsed);
                self.count(step, &times, judge(&response), || shown(request, Ok(&response)))
            }
            Err(failure) => {
                let times = self.times(started, started.elapsed());
                self.count(step, &times, Err(Fault::from(&failure)), || shown(request, Err(&failure)))
            }
        }
    }

    /// The times of a step; the first of a pass counts from when the pass should have begun.
    fn times(&mut self, sent: Instant, service: Duration) -> Times {
        Times { pass: self.pass, intended: self.intended.take(), sent, service }
    }

    /// Measures and counts a user's walk through pages as `step`.
    pub async fn walk<T>(&mut self, step: Step, walk: impl Future<Output = Result<T, Astray>>) -> Result<T, Missed> {
        self.has_asked = true;
        let started = Instant::now();
        let walked = tokio::select! {
            biased;
            () = self.rig.cut.cancelled() => return self.cut(step),
            walked = walk => walked,
        };
        let times = self.times(started, started.elapsed());
        match walked {
            Ok(value) => self.count(step, &times, Ok(value), || None),
            Err(Astray { fault, tape, .. }) => {
                let last = tape.exchanges().pop();
                self.count(step, &times, Err(fault), || last.clone())
            }
        }
    }

    fn cut<T>(&self, step: Step) -> Result<T, Missed> {
        self.rig.recorder.cut(self.rig.recorder.meter(self.label, step));
        Err(Missed::Cut)
    }

    /// Measures and counts one answer; `example` is the exchange that shows what is wrong with it.
    fn count<T>(
        &mut self,
        step: Step,
        times: &Times,
        outcome: Result<T, Fault>,
        example: impl Fn() -> Option<Exchange>,
    ) -> Result<T, Missed> {
        let recorder = &self.rig.recorder;
        let meter = recorder.meter(self.label, step);
        recorder.record(meter, times, outcome.as_ref().err());
        if let Err(fault) = &outcome {
            if let Some(invariant) = Invariant::broken_by(fault) {
                self.rig.ledger.breach(invariant, || Evidence::of(example()));
            }
            recorder.show(meter, fault, example);
        }
        let (outcome, fault) = match outcome {
            Ok(value) => (Ok(value), None),
            Err(fault) => (Err(Missed::Wrong(fault.clone())), Some(fault)),
        };
        self.samples.push(Sample { step, took: times.latency(), fault });
        outcome
    }
}

/// Sends a request and says when it was sent and what came; nothing where the run ended first.
async fn send(rig: &Rig, line: &mut Connection, outgoing: &Outgoing) -> Option<(Instant, Result<Response, Failure>)> {
    let started = Instant::now();
    let answered = tokio::select! {
        biased;
        () = rig.cut.cancelled() => {
            rig.recorder.requests_sent(1);
            return None;
        }
        answered = line.send(outgoing) => answered,
    };
    // What could not be connected never left.
    rig.recorder.requests_sent(u64::from(!matches!(answered, Err(Failure::Connect(_)))));
    Some((started, answered))
}

/// An exchange as it may be shown.
pub fn shown(request: &Request, outcome: Result<&Response, &Failure>) -> Option<Exchange> {
    let tape = Tape::default();
    tape.record(request, outcome);
    tape.exchanges().pop()
}
