//! Whether the provider is still there, after a scenario that was left without an answer or got one of 500 and above.

use std::time::{Duration, Instant};

use url::Url;

use super::scene::Scene;
use crate::protocol::{Endpoint, Failure, Request, Response};
use crate::provider::Target;
use crate::wire::{Tape, Wire};

/// How long after the one before each look is taken.
const LOOKS: [Duration; 3] = [Duration::ZERO, Duration::from_millis(300), Duration::from_millis(1200)];

/// What the scenarios of a run know together of the provider's health.
#[derive(Default)]
pub(super) struct Health {
    /// When the last look began, and how the provider was found.
    last: tokio::sync::Mutex<Option<(Instant, Found)>>,
}

impl Health {
    /// A scenario ended. The answer is why it says nothing: nobody is there any more, and the run ends for all; or the provider went away
    /// and came back, and whose doing it was cannot be told.
    pub async fn leave(&self, scene: &Scene) -> Option<String> {
        if !scene.wire.is_troubled() {
            return None;
        }
        let (before, ended) = (scene.wire.silence(), Instant::now());
        let mut last = self.last.lock().await;
        if let Some(reason) = scene.wire.shut_because() {
            return Some(reason.to_owned());
        }
        // A look that began after the trouble tells of it as well: all who wait for one share it.
        let found = match *last {
            Some((began, found)) if began >= ended => found,
            _ => {
                let began = Instant::now();
                let found = look(&scene.wire.for_one("a look at the provider's health"), &scene.target).await;
                *last = Some((began, found));
                found
            }
        };
        let silence = before.or_else(|| scene.wire.silence());
        let told = silence.as_ref().map(|silence| format!(": {silence}")).unwrap_or_default();
        match found {
            Found::Well => None,
            Found::Gone => {
                scene.wire.shut(format!("the provider is gone{told}"));
                scene.wire.shut_because().map(str::to_owned)
            }
            Found::Back => {
                let crowded = silence.is_some_and(|silence| !silence.others.is_empty());
                crowded.then(|| format!("the provider went away and came back{told}; way out: --id {} alone", scene.check.id))
            }
        }
    }
}

/// How the provider was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Found {
    /// It answers.
    Well,
    /// It answers again.
    Back,
    /// Nobody answers.
    Gone,
}

/// Looks where the provider has answered before the run, if it has.
async fn look(wire: &Wire, target: &Target) -> Found {
    let known = target.metadata.from.clone();
    let Some(place) = known.clone().or_else(|| Url::parse(&target.provider.issuer).ok()) else { return Found::Well };
    for (at, pause) in LOOKS.into_iter().enumerate() {
        tokio::time::sleep(pause).await;
        let request = Request::get(Endpoint::Page, &place);
        // Once: a provider that limits the rate is there.
        let outcome = wire.provoking().send(&Tape::default(), &request).await;
        if !is_away(&outcome, known.is_some()) {
            return if at == 0 { Found::Well } else { Found::Back };
        }
    }
    Found::Gone
}

/// A gateway's word, a reset and a time-out say that it is gone only where it once was.
fn is_away(outcome: &Result<Response, Failure>, has_answered: bool) -> bool {
    match outcome {
        Err(Failure::Connect(_)) => true,
        Err(Failure::Broken(_) | Failure::TimedOut(_)) => has_answered,
        Ok(response) => has_answered && matches!(response.status, 502..=504),
        Err(Failure::TooLong(_) | Failure::Malformed(_) | Failure::Unsendable(_)) => false,
    }
}
