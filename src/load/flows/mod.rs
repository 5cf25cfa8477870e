//! The flows that users run, one file each, and what they have in common: send, time, judge, count.

pub mod authorization_code;
mod client_credentials;
pub mod device;
pub mod refresh;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use url::Url;

use super::connection::{Connection, Origin, Outgoing};
use super::fault::Fault;
use super::measure::{Step, Times};
use super::pace::Lane;
use super::plan::{Connecting, Flow};
use super::post::Post;
use super::rig::Rig;
use super::sign_in::Astray;
use crate::protocol::{Exchange, Failure, Request, Response, Secret};
use crate::provider::{Client, User};
use crate::wire::{Connect, Tape};

/// One flow of the plan with all that its users need; they share it.
pub struct Assignment {
    /// The flow.
    pub flow: Flow,
    /// Its name in reports.
    pub label: String,
    /// The client.
    pub client: Client,
    /// The users that log in, in turn.
    pub users: Vec<User>,
    /// Whether a refresh must bring a new refresh token.
    pub rotates: bool,
    /// Where tokens come from.
    pub token: Door,
    /// Where users are asked.
    pub authorization: Option<Url>,
    /// Where devices begin.
    pub device_authorization: Option<Door>,
    /// Of all users of the plan, the share that are this flow's.
    pub crew_share: f64,
    /// Its arrivals, where the plan has an arrival rate.
    pub lane: Option<Arc<Lane>>,
    /// How often it was run, and how its arrivals kept to their times.
    pub post: Post,
    /// Refresh tokens that begin a chain each, made before the clock started.
    pub chains: Mutex<Vec<Secret>>,
}

/// An endpoint that is sent to over a user's own connection.
#[derive(Clone)]
pub struct Door {
    /// The endpoint.
    pub url: Url,
    /// Where its connections lead.
    pub origin: Arc<Origin>,
}

impl Door {
    /// The door at a URL.
    ///
    /// # Errors
    /// See [`Origin::of`].
    pub fn at(url: &Url, connecting: Connecting, connect: &Connect) -> Result<Self, Failure> {
        Ok(Self { url: url.clone(), origin: Arc::new(Origin::of(url, connecting, connect)?) })
    }
}

impl Assignment {
    /// The user whose turn it is.
    fn user(&self, turn: usize) -> &User {
        &self.users[turn % self.users.len()]
    }
}

/// What a user of a run does over and over.
pub enum Worker {
    /// See [`client_credentials`].
    ClientCredentials(Box<client_credentials::Worker>),
    /// See [`refresh`].
    Refresh(refresh::Worker),
    /// See [`authorization_code`].
    AuthorizationCode(authorization_code::Worker),
    /// See [`device`].
    Device(device::Worker),
}

impl Worker {
    /// A user of the flow; `number` counts users from 0.
    pub fn new(assignment: &Arc<Assignment>, number: usize, timeout: Duration) -> Self {
        let line = Connection::new(assignment.token.origin.clone(), timeout);
        let shared = Arc::clone(assignment);
        match assignment.flow {
            Flow::ClientCredentials => Self::ClientCredentials(Box::new(client_credentials::Worker::new(shared, line))),
            Flow::Refresh => Self::Refresh(refresh::Worker::new(shared, line, number)),
            Flow::AuthorizationCode => Self::AuthorizationCode(authorization_code::Worker::new(shared, line, number)),
            Flow::Device => Self::Device(device::Worker::new(shared, line, number, timeout)),
        }
    }

    /// Runs the flow once, or as far as it gets.
    pub async fn once(&mut self, shift: &mut Shift<'_>) {
        // How it ended is counted where it ended.
        let _ended: Result<(), Missed> = match self {
            Self::ClientCredentials(worker) => worker.once(shift).await,
            Self::Refresh(worker) => worker.once(shift).await,
            Self::AuthorizationCode(worker) => worker.once(shift).await,
            Self::Device(worker) => worker.once(shift).await,
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
}

impl<'a> Shift<'a> {
    /// A pass through the flow of this name, which should have begun at `intended`.
    pub fn new(rig: &'a Rig, label: &'a str, intended: Option<Instant>) -> Self {
        Self { rig, label, pass: intended.unwrap_or_else(Instant::now), intended, samples: Vec::with_capacity(2) }
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
        let started = Instant::now();
        let answered = tokio::select! {
            biased;
            () = self.rig.cut.cancelled() => {
                self.rig.recorder.requests_sent(1);
                return self.cut(step);
            }
            answered = line.send(outgoing) => answered,
        };
        match answered {
            // Judging is our own time, not the provider's.
            Ok(response) => {
                self.rig.recorder.requests_sent(1);
                let times = self.times(started, response.elapsed);
                self.count(step, &times, judge(&response), || shown(request, Ok(&response)))
            }
            Err(failure) => {
                // What could not be connected never left.
                self.rig.recorder.requests_sent(u64::from(!matches!(failure, Failure::Connect(_))));
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
        let started = Instant::now();
        let walked = tokio::select! {
            biased;
            () = self.rig.cut.cancelled() => return self.cut(step),
            walked = walk => walked,
        };
        let times = self.times(started, started.elapsed());
        match walked {
            Ok(value) => self.count(step, &times, Ok(value), || None),
            Err(Astray { fault, tape, .. }) => self.count(step, &times, Err(fault), || tape.exchanges().pop()),
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
        example: impl FnOnce() -> Option<Exchange>,
    ) -> Result<T, Missed> {
        let recorder = &self.rig.recorder;
        let meter = recorder.meter(self.label, step);
        recorder.record(meter, times, outcome.as_ref().err());
        if let Err(fault) = &outcome {
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

/// An exchange as it may be shown.
fn shown(request: &Request, outcome: Result<&Response, &Failure>) -> Option<Exchange> {
    let tape = Tape::default();
    tape.record(request, outcome);
    tape.exchanges().pop()
}
