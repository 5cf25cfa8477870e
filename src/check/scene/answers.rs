//! What a scene heard: one answer, several side by side, and walks in a row.

use super::super::halt::{Fault, Halt};
use super::Scene;
use crate::login::Sighting;
use crate::protocol::{Failure, Request, Response};

/// One answer, with its question.
#[derive(Clone, Debug)]
pub struct Heard {
    /// What was asked.
    pub request: Request,
    /// What came.
    pub outcome: Result<Response, Failure>,
}

/// What came of one round of refreshes with one token, sent side by side.
#[derive(Clone, Debug)]
pub struct Round {
    /// How many answers carried tokens.
    pub answered: usize,
    /// How many of their refresh tokens worked afterwards; counted up to two.
    pub surviving: usize,
    /// An answer that was none.
    pub crashed: Option<Heard>,
}

/// One of several walks in a row.
#[derive(Clone, Debug)]
pub struct Walk {
    /// What was changed in its request, in words for a reader.
    pub what: String,
    /// How many exchanges were recorded when it began.
    pub began: usize,
    /// What was seen.
    pub seen: Sighting,
}

impl Scene {
    /// Sends a request, and remembers what was heard.
    pub async fn send(&mut self, request: Request) {
        self.heard = Some(self.hear(request).await);
    }

    /// Sends a request whose answer does not become the one under judgement.
    pub async fn hear(&self, request: Request) -> Heard {
        let outcome = self.wire.send(&self.tape, &request).await;
        if let Ok(response) = &outcome {
            self.keep_rotated(&request, response);
        }
        Heard { request, outcome }
    }

    /// The last answer of an endpoint. What says nothing of the request, because of a bound of our own, is none to judge by.
    pub fn heard(&self) -> Result<&Heard, Halt> {
        let heard = self.heard.as_ref().ok_or_else(|| Halt::blocked("no request was sent yet"))?;
        match &heard.outcome {
            Err(failure @ (Failure::Unsendable(_) | Failure::TooLong(_))) => Err(Halt::blocked(failure.to_string())),
            Ok(_) | Err(Failure::Connect(_) | Failure::TimedOut(_) | Failure::Broken(_) | Failure::Malformed(_)) => Ok(heard),
        }
    }

    /// The last response of an endpoint; no response is a fault.
    pub fn response(&self, expected: &str) -> Result<&Response, Halt> {
        let heard = self.heard()?;
        heard.outcome.as_ref().map_err(|failure| Fault::silence(heard.request.endpoint, failure, expected).into())
    }

    /// The last authorization response, or what came in its stead.
    pub fn sighting(&self) -> Result<&Sighting, Halt> {
        self.sighting.as_ref().ok_or_else(|| Halt::blocked("no user was sent to the authorization endpoint yet"))
    }
}
