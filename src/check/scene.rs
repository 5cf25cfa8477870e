//! What one scenario knows: its target, its tape, its grants, and what it last heard. Steps act on it; nothing is shared between scenes.

mod answers;
mod given;
mod grants;
mod registered;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use url::Url;

pub use self::answers::{Heard, Round, Walk};
pub use self::grants::{Deed, Grant, Witness};
use super::catalog::Check;
use super::halt::{Fault, Halt, Judgement, Step};
use super::phrase::Part;
use super::run::Options;
use crate::login::{End, Sighting};
use crate::protocol::{Endpoint, Request, Secret};
use crate::provider::Target;
use crate::verdict::PlayedStep;
use crate::wire::{Jar, Tape, Wire};

/// What the steps of a check act on.
pub struct Scene {
    /// The check that is played.
    pub check: Arc<Check>,
    /// The client that sends.
    pub wire: Wire,
    /// Who is tested.
    pub target: Arc<Target>,
    /// What was sent and received.
    pub tape: Tape,
    /// How long the user is willing to wait.
    pub max_wait: Duration,
    /// The longest that one step may take, waiting aside.
    pub step_limit: Duration,
    /// The client that the scenario is about: a key under `clients:`.
    pub protagonist: &'static str,
    /// The client that acts in this step: usually the protagonist.
    pub actor: &'static str,
    /// The user who approves and denies: a key under `users:`.
    pub user: &'static str,
    /// The browsers of the run's checks that share a session.
    sessions: Sessions,
    /// One browser for each name that a step gives it.
    pub browsers: HashMap<String, Jar>,
    /// The grants so far; the last one is the one that steps speak of.
    pub grants: Vec<Grant>,
    /// The last answer of an endpoint.
    pub heard: Option<Heard>,
    /// Answers to requests sent side by side.
    pub chorus: Vec<Heard>,
    /// What came of each round of refreshes sent side by side.
    pub rounds: Vec<Round>,
    /// The last authorization response, or what came in its stead.
    pub sighting: Option<Sighting>,
    /// Walks that one step made in a row.
    pub walks: Vec<Walk>,
    /// How many exchanges were recorded when the walk behind the sighting began.
    pub walk_began: usize,
    /// The exchange that shows what the step found wrong, where it is not the last one of its endpoint.
    pub evidence: Option<usize>,
    /// The authorization request behind the sighting.
    pub asked: Option<Request>,
    /// What was last done, so that a control can do it again, put right.
    pub deed: Option<Deed>,
    /// Who said that the access token is alive.
    pub witnesses: Vec<Witness>,
    /// Tolerated faults that a judge found on the way, each with its step and the exchange that shows it.
    pub tolerated: Vec<(Fault, String, Option<usize>)>,
    /// The part that the step being played has.
    pub part: Part,
    /// Whether the target is a realm made for this scene alone.
    pub in_own_realm: bool,
    /// Whether a grace period that the provider file declares was waited out.
    pub(super) grace_is_over: bool,
    /// Which step comes next.
    pub(super) cursor: usize,
    /// The steps so far.
    pub(super) played: Vec<PlayedStep>,
    /// Why it stopped, at which step, and the exchange that shows it.
    pub(super) halt: Option<(Halt, usize, Option<usize>)>,
    /// Values that one step keeps for another.
    pub kept: HashMap<&'static str, String>,
}

/// What the scenes of a run share.
pub type Sessions = Rc<Shared>;

/// What one scene leaves to the next.
#[derive(Debug, Default)]
pub struct Shared {
    /// One browser for each provider and user, for the checks that share a session.
    browsers: RefCell<HashMap<(String, &'static str), Jar>>,
    /// The newest of each refresh token that was given in advance, by provider and client.
    given: RefCell<HashMap<(String, &'static str), Secret>>,
}

impl Scene {
    pub(super) fn new(check: Arc<Check>, wire: Wire, target: Arc<Target>, options: &Options, sessions: Sessions) -> Self {
        Self {
            tape: Tape::new(target.provider.secrets()),
            check,
            wire,
            target,
            max_wait: options.max_wait,
            step_limit: options.step_limit,
            protagonist: "web",
            actor: "web",
            user: "alice",
            sessions,
            browsers: HashMap::new(),
            grants: Vec::new(),
            heard: None,
            chorus: Vec::new(),
            rounds: Vec::new(),
            sighting: None,
            walks: Vec::new(),
            walk_began: 0,
            evidence: None,
            asked: None,
            deed: None,
            witnesses: Vec::new(),
            tolerated: Vec::new(),
            part: Part::Given,
            in_own_realm: false,
            grace_is_over: false,
            cursor: 0,
            played: Vec::new(),
            halt: None,
            kept: HashMap::new(),
        }
    }

    /// The URL of an endpoint.
    pub fn endpoint(&self, endpoint: Endpoint) -> Result<Url, Halt> {
        let endpoints = &self.target.endpoints;
        let url = match endpoint {
            Endpoint::Authorization => &endpoints.authorization,
            Endpoint::Token => &endpoints.token,
            Endpoint::DeviceAuthorization => &endpoints.device_authorization,
            Endpoint::Revocation => &endpoints.revocation,
            Endpoint::Introspection => &endpoints.introspection,
            Endpoint::Jwks => &endpoints.jwks,
            Endpoint::Resource => &endpoints.resource,
            Endpoint::Verification | Endpoint::Metadata | Endpoint::Registration | Endpoint::Page | Endpoint::Admin => &None,
        };
        url.clone().ok_or_else(|| Halt::blocked(format!("the provider's {} is not known", endpoint.name())))
    }

    /// Takes a judgement: goes on, keeps a tolerated fault, or stops.
    pub fn judge(&mut self, judgement: Judgement) -> Step {
        match judgement {
            Judgement::Holds => Ok(()),
            Judgement::Tolerated(fault) => {
                // Only a judge's complaint counts; a control that is answered in a tolerated form is answered.
                if self.part == Part::Judge {
                    let (step, shown) = (self.step_text(), self.shown(fault.endpoint));
                    self.tolerated.push((fault, step, shown));
                }
                Ok(())
            }
            Judgement::Broken(fault) => Err(fault.into()),
        }
    }

    /// The exchange that shows a fault at this endpoint: of a walk through pages, the one where it ended.
    pub(super) fn shown(&self, endpoint: Endpoint) -> Option<usize> {
        let walked = matches!(endpoint, Endpoint::Authorization | Endpoint::Page);
        let ended = self.sighting.as_ref().filter(|_| walked).and_then(|sighting| {
            let unanswered = usize::from(matches!(sighting.end, End::Failed(_)));
            (self.walk_began + sighting.hops.len() + unanswered).checked_sub(1)
        });
        self.evidence.or(ended).or_else(|| self.tape.last_of(endpoint))
    }

    /// The step being played, as the feature spells it.
    pub(super) fn step_text(&self) -> String {
        self.check.steps.get(self.cursor.saturating_sub(1)).map(|step| step.to_string()).unwrap_or_default()
    }

    /// Whose session it is: of this user at this provider.
    fn session(&self) -> (String, &'static str) {
        (self.target.provider.issuer.clone(), self.user)
    }

    /// The browser of this name, taken out so that it can be driven; put it back with [`Self::return_browser`].
    pub fn take_browser(&mut self, name: &str) -> Jar {
        if self.check.tags.shares_session {
            return self.sessions.browsers.borrow().get(&self.session()).cloned().unwrap_or_default();
        }
        self.browsers.remove(name).unwrap_or_default()
    }

    /// Puts a browser back.
    pub fn return_browser(&mut self, name: &str, jar: Jar) {
        if self.check.tags.shares_session {
            self.sessions.browsers.borrow_mut().insert(self.session(), jar);
            return;
        }
        self.browsers.insert(name.to_owned(), jar);
    }
}
