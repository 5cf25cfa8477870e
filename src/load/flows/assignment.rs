//! What all users of one flow share: clients and users in turn, endpoints, and what was prepared for them.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use url::Url;

use super::super::connection::Origin;
use super::super::pace::{Course, Lane};
use super::super::plan::{Connecting, Flow, FlowPlan};
use super::super::post::Post;
use super::super::sample::Samples;
use super::super::sign_in::Entrance;
use super::super::specimen::Specimens;
use crate::protocol::Failure;
use crate::provider::{Client, User};
use crate::verdict::FlowRun;
use crate::wire::Connect;

/// One flow of the plan with all that its users need; they share it.
pub struct Assignment {
    /// The flow.
    pub flow: Flow,
    /// Its name in reports.
    pub label: String,
    /// What the plan says of it.
    pub plan: FlowPlan,
    /// The issuer that is loaded.
    pub issuer: String,
    /// The clients, in turn; none where the flow has no client.
    pub clients: Vec<Client>,
    /// The users that log in, in turn; none where nobody does.
    pub users: Vec<User>,
    /// How long a rotated refresh token goes on working, where the provider file says that it does.
    pub reuse_grace: Option<Duration>,
    /// Where tokens come from.
    pub token: Door,
    /// Where users are asked.
    pub authorization: Option<Url>,
    /// The endpoint beside the token endpoint that the flow is about.
    pub place: Option<Door>,
    /// Of all users of the plan, the share that are this flow's.
    pub crew_share: f64,
    /// Its arrivals, where the plan has an arrival rate.
    pub lane: Option<Arc<Lane>>,
    /// How often it was run, and how its arrivals kept to their times.
    pub post: Post,
    /// Passes that began so far, for whose turn it is.
    pub turns: AtomicUsize,
    /// Where tokens are revoked, where that is known.
    pub revocation: Option<Door>,
    /// Who gets the tokens that this flow's clients ask about.
    pub holder: Option<Box<Assignment>>,
    /// Tokens that are asked about, made before the clock started.
    pub specimens: OnceLock<Specimens>,
    /// What is looked at once more after the clock.
    pub samples: Samples,
    /// Users that logged in before the clock started.
    pub entrances: Mutex<Vec<Entrance>>,
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

/// Who is granted something: a client and, where somebody logs in, a user, by their places in the assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Party {
    /// The client.
    pub client: usize,
    /// The user.
    pub user: Option<usize>,
}

impl Assignment {
    /// The number of the pass that begins now, from 0.
    pub fn turn(&self) -> usize {
        self.turns.fetch_add(1, Ordering::Relaxed)
    }

    /// Whose turn it is in the pass of this number. With several clients and users all pairs meet only where their numbers have no common divisor:
    /// what counts is that each has its turn.
    pub fn party(&self, turn: usize) -> Party {
        let user = (!self.users.is_empty()).then(|| turn % self.users.len());
        Party { client: turn % self.clients.len().max(1), user }
    }

    /// What its users did so far.
    pub fn report(&self, course: &Course) -> FlowRun {
        self.post.report(&self.label, course, self.lane.as_deref())
    }

    /// The client of a party.
    pub fn client(&self, party: Party) -> &Client {
        &self.clients[party.client]
    }

    /// The user of a party.
    pub fn user(&self, party: Party) -> &User {
        &self.users[party.user.expect("a flow with a login has users")]
    }

    /// The endpoint that the flow is about.
    pub fn place(&self) -> &Door {
        self.place.as_ref().expect("a flow that needs an endpoint is not assigned without it")
    }

    /// Who gets the tokens that the flow is about: others, or its own clients.
    pub fn holder(&self) -> &Self {
        self.holder.as_deref().unwrap_or(self)
    }

    /// The tokens that are asked about.
    pub fn specimens(&self) -> &Specimens {
        self.specimens.get().expect("they were made before the clock started")
    }

    /// Takes a user that logged in before the clock started.
    pub fn entrance(&self) -> Option<Entrance> {
        self.entrances.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}
