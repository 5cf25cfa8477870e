//! Whether the provider is still there, after a connection that was refused or that broke.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::time::Duration;

use url::Url;

use super::scene::Scene;
use crate::protocol::{Endpoint, Failure, Request};
use crate::wire::Tape;

/// How long after the one before each look is taken.
const LOOKS: [Duration; 3] = [Duration::ZERO, Duration::from_millis(300), Duration::from_millis(1200)];

/// What the scenarios of a run know together of the provider's health.
#[derive(Default)]
pub(super) struct Health {
    playing: RefCell<BTreeSet<String>>,
    turn: tokio::sync::Mutex<()>,
}

impl Health {
    /// A scenario begins.
    pub fn enter(&self, id: &str) {
        self.playing.borrow_mut().insert(id.to_owned());
    }

    /// A scenario ended. If it was left without an answer and nobody is there any more, the run ends for all; the answer is why this
    /// scenario says nothing: whether the provider fell or was stopped cannot be told from here.
    pub async fn leave(&self, scene: &Scene) -> Option<String> {
        self.playing.borrow_mut().remove(&scene.check.id);
        let endpoint = scene.tape.unanswered()?;
        let _turn = self.turn.lock().await;
        if scene.wire.shut_because().is_none() && is_gone(scene).await {
            let others: Vec<String> = self.playing.borrow().iter().cloned().collect();
            let others = if others.is_empty() { String::new() } else { format!("; in flight: {}", others.join(", ")) };
            scene.wire.shut(format!(
                "the provider is gone: first noticed by {} at its {}{others}",
                scene.check.id,
                endpoint.name()
            ));
        }
        scene.wire.shut_because().map(str::to_owned)
    }
}

async fn is_gone(scene: &Scene) -> bool {
    let Ok(issuer) = Url::parse(&scene.target.provider.issuer) else { return false };
    for pause in LOOKS {
        tokio::time::sleep(pause).await;
        let outcome = scene.wire.send(&Tape::default(), &Request::get(Endpoint::Page, &issuer)).await;
        if !matches!(outcome, Err(Failure::Connect(_))) {
            return false;
        }
    }
    true
}
