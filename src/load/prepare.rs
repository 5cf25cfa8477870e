//! Makes what flows need before the clock starts: refresh chains, by a login each, at a pace that does not load the provider.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use futures::stream::{FuturesUnordered, StreamExt as _};

use super::flows::{Assignment, authorization_code, device, refresh};
use super::plan::Flow;
use super::rig::Rig;
use super::run::LoadError;
use super::sign_in::Astray;
use super::tell::{News, Tell};
use crate::protocol::Secret;
use crate::verdict::Preparation;

/// Logins at once.
const AT_ONCE: usize = 10;

/// Between the beginnings of two logins: at most fifty a second.
const APART: Duration = Duration::from_millis(20);

/// Between two pieces of news.
const A_SECOND: Duration = Duration::from_secs(1);

/// Goes once through what a user has to do at pages, so that a login that cannot work, or leads to a host that load may not go to, is
/// told before there is any load. The chains of `refresh` begin with logins of their own.
///
/// # Errors
/// It does not work.
pub async fn rehearse(rig: &Rig, assignment: &Assignment) -> Result<(), LoadError> {
    let rehearsed = match assignment.flow {
        Flow::ClientCredentials | Flow::Refresh => Ok(()),
        Flow::AuthorizationCode => authorization_code::rehearse(rig, assignment).await,
        Flow::Device => device::rehearse(rig, assignment).await,
    };
    rehearsed.map_err(|astray| failed(assignment, astray))
}

fn failed(assignment: &Assignment, astray: Astray) -> LoadError {
    match astray.refused {
        Some(refused) => LoadError::Refused(refused),
        None => {
            LoadError::Preparation { flow: assignment.label.clone(), client: assignment.client.role.clone(), seen: astray.seen }
        }
    }
}

/// Begins as many refresh chains as the flow has users.
///
/// # Errors
/// A login did not end in a refresh token; the first that fails ends the preparation.
pub async fn chains(rig: &Rig, assignment: &Assignment, wanted: usize, tell: &Tell) -> Result<Preparation, LoadError> {
    let started = Instant::now();
    let mut made: Vec<Secret> = Vec::with_capacity(wanted);
    let mut pace = tokio::time::interval(APART);
    let mut logins = FuturesUnordered::new();
    let mut begun = 0;
    let mut told_at = started;
    while made.len() < wanted {
        tokio::select! {
            _ = pace.tick(), if begun < wanted && logins.len() < AT_ONCE => {
                logins.push(refresh::begin(rig, assignment, begun));
                begun += 1;
            }
            Some(ended) = logins.next() => made.push(ended.map_err(|astray| failed(assignment, astray))?),
        }
        if told_at.elapsed() >= A_SECOND || made.len() == wanted {
            told_at = Instant::now();
            tell(News::Preparing { flow: &assignment.label, made: made.len(), wanted });
        }
    }
    *assignment.chains.lock().unwrap_or_else(PoisonError::into_inner) = made;
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Preparation { chains: wanted, millis })
}
