//! A grace period that the provider file declares: how long a rotated refresh token goes on working, so that a client whose answer was lost
//! can ask again. Within it a reuse is noted, and judged by what comes after it.

use std::time::Duration;

use super::halt::{Halt, Step};
use super::phrase::Token;
use super::scene::Scene;
use crate::protocol::Tokens;

/// The grace period of the client that the scenario is about.
#[derive(Clone, Debug)]
pub struct Grace {
    lasts: Duration,
    key: String,
}

impl Grace {
    /// After how many seconds it is over for certain.
    pub fn over(&self) -> u64 {
        self.lasts.as_secs() + 1
    }

    /// A note that the token worked within it.
    pub fn note(&self, more: &str) -> Halt {
        let Self { lasts, key } = self;
        Halt::Noted(format!("the rotated refresh token works within its grace period of {} s (`{key}`): {more}", lasts.as_secs()))
    }
}

/// The grace period that runs, where the grant's refresh token was rotated and the file declares one.
pub fn of_rotated_token(scene: &Scene) -> Option<Grace> {
    let (first, newest) = (scene.token(Token::FirstRefresh).ok()?, scene.token(Token::Refresh).ok()?);
    let (lasts, key) = scene.target.provider.reuse_grace_of(scene.protagonist)?;
    (first != newest).then_some(Grace { lasts, key })
}

/// Lets this much time pass, and at least as much as the grace period lasts.
pub async fn outlast(scene: &mut Scene, grace: &Grace, time: Duration) -> Step {
    scene.pass(time.max(Duration::from_secs(grace.over()))).await?;
    scene.grace_is_over = true;
    Ok(())
}

/// Stops a scenario that wants a reuse refused, where it came within the grace period and was answered with tokens.
pub fn allows(scene: &Scene) -> Step {
    let heard = scene.heard()?;
    let answered = heard.outcome.as_ref().is_ok_and(|response| Tokens::read(response).is_ok());
    let reused = heard.request.param("refresh_token").zip(scene.token(Token::FirstRefresh).ok());
    let is_reuse = reused.is_some_and(|(sent, first)| sent.expose() == first.expose());
    match of_rotated_token(scene).filter(|_| answered && is_reuse && !scene.grace_is_over) {
        Some(grace) => Err(grace.note("a reuse that early is not judged")),
        None => Ok(()),
    }
}
