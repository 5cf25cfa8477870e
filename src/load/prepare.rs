//! Makes what flows need before the clock starts: logins that begin refresh chains or sessions, at a pace that does not load the provider.

use std::sync::PoisonError;
use std::time::{Duration, Instant};

use futures::stream::{FuturesUnordered, StreamExt as _};

use super::answer;
use super::connection::{Connection, Outgoing};
use super::flows::{Assignment, authorization_code, bad_credentials, device, refresh};
use super::invariant::Invariant;
use super::plan::{Flow, Session};
use super::rig::{APART, Rig};
use super::run::LoadError;
use super::sign_in::{self, Astray, Entrance};
use super::specimen::{Specimens, revocation};
use super::tell::{News, Tell};
use crate::protocol::{Request, Response};
use crate::verdict::Preparation;

/// Logins at once.
const AT_ONCE: usize = 10;

/// Between two pieces of news.
const A_SECOND: Duration = Duration::from_secs(1);

/// Makes what a flow's users need. Where they go to pages, that is done once before there is any load, so that a login that cannot work, or leads to
/// a host that load may not go to, is told first; chains and sessions begin with logins of their own.
///
/// # Errors
/// It does not work.
pub async fn flow(rig: &Rig, assignment: &Assignment, users: usize, tell: &Tell) -> Result<Preparation, LoadError> {
    let rehearsed = match assignment.flow {
        Flow::Refresh | Flow::RefreshRace => {
            let made = logins(rig, assignment, users, Wanted::Chains, tell).await?;
            return Ok(Preparation { chains: made.logins, logins: 0, ..made });
        }
        Flow::Userinfo => return logins(rig, assignment, users, Wanted::Users, tell).await,
        Flow::AuthorizationCode => match assignment.plan.session {
            Session::Reused => return logins(rig, assignment, users, Wanted::Users, tell).await,
            Session::Fresh => authorization_code::rehearse(rig, assignment).await,
        },
        Flow::Device => device::rehearse(rig, assignment).await,
        Flow::Introspection | Flow::Revocation => return specimens(rig, assignment, users, tell).await,
        Flow::BadCredentials => bad_credentials::rehearse(rig, assignment).await,
        Flow::ClientCredentials | Flow::Metadata | Flow::Jwks => Ok(()),
    };
    rehearsed.map_err(|astray| failed(assignment, astray))?;
    Ok(Preparation::default())
}

/// Makes the tokens that are asked about, and sees that the flow's client may ask at all: one that is told of no token would have every answer wrong.
async fn specimens(rig: &Rig, assignment: &Assignment, users: usize, tell: &Tell) -> Result<Preparation, LoadError> {
    let started = Instant::now();
    let failed = |astray| failed(assignment, astray);
    let made = Specimens::make(rig, assignment.holder(), assignment.plan.tokens, users).await.map_err(failed)?;
    for (_, why) in &made.left_out {
        tell(News::LeftOut { flow: &assignment.label, what: why });
        if assignment.flow == Flow::Introspection {
            rig.ledger.open(Invariant::DeadTokenInactive, why.as_str());
        }
    }
    if made.is_empty() {
        let left: Vec<&str> = made.left_out.iter().map(|(_, why)| why.as_str()).collect();
        return Err(LoadError::Lacking { flow: assignment.label.clone(), what: left.join("; ") });
    }
    let live = made.live(0);
    let request = match assignment.flow {
        Flow::Introspection => assignment.client(assignment.party(0)).introspection(&assignment.place().url, &live.token),
        _ => revocation(assignment, &live),
    };
    let response = ask(rig, assignment, &request).await.map_err(failed)?;
    let (judged, what) = match assignment.flow {
        Flow::Introspection => {
            let what =
                "the introspection of a live token (may this client ask about tokens of others? `holder` says whose they are)";
            (answer::introspection(&response, true).map(drop), what)
        }
        _ => (answer::done(&response), "the revocation of a live token"),
    };
    if let Err(fault) = judged {
        let seen = format!("{what} was answered with: {fault}");
        return Err(failed(Astray::new(fault, seen)));
    }
    let tokens = made.made;
    drop(assignment.specimens.set(made));
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tell(News::Preparing { flow: &assignment.label, what: "tokens", made: tokens, wanted: tokens });
    Ok(Preparation { tokens, millis, ..Preparation::default() })
}

async fn ask(rig: &Rig, assignment: &Assignment, request: &Request) -> Result<Response, Astray> {
    let mut line = Connection::new(assignment.place().origin.clone(), rig.timeout);
    Ok(line.send(&Outgoing::of(request)?).await?)
}

fn failed(assignment: &Assignment, astray: Astray) -> LoadError {
    let client = assignment.clients.first().map(|client| client.role.clone()).unwrap_or_default();
    match astray.refused {
        Some(refused) => LoadError::Refused(refused),
        None => LoadError::Preparation { flow: assignment.label.clone(), client, seen: astray.seen },
    }
}

/// What logins are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wanted {
    /// Their refresh tokens.
    Chains,
    /// Users who are logged in.
    Users,
}

/// Logs in as many users as the flow has.
///
/// # Errors
/// A login did not end in what is wanted; the first that fails ends the preparation.
async fn logins(rig: &Rig, assignment: &Assignment, count: usize, wanted: Wanted, tell: &Tell) -> Result<Preparation, LoadError> {
    let started = Instant::now();
    let mut made: Vec<Entrance> = Vec::with_capacity(count);
    let mut pace = tokio::time::interval(APART);
    let mut logins = FuturesUnordered::new();
    let mut begun = 0;
    let mut told_at = started;
    while made.len() < count {
        tokio::select! {
            _ = pace.tick(), if begun < count && logins.len() < AT_ONCE => {
                let party = assignment.party(begun);
                logins.push(async move {
                    match wanted {
                        Wanted::Chains => refresh::begin(rig, assignment, party).await,
                        Wanted::Users => sign_in::enter(rig, assignment, party).await,
                    }
                });
                begun += 1;
            }
            Some(ended) = logins.next() => made.push(ended.map_err(|astray| failed(assignment, astray))?),
        }
        if told_at.elapsed() >= A_SECOND || made.len() == count {
            told_at = Instant::now();
            let what = if wanted == Wanted::Chains { "chains" } else { "logins" };
            tell(News::Preparing { flow: &assignment.label, what, made: made.len(), wanted: count });
        }
    }
    *assignment.entrances.lock().unwrap_or_else(PoisonError::into_inner) = made;
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(Preparation { logins: count, millis, ..Preparation::default() })
}
