//! A user's login on behalf of a flow: from the authorization request to a code, in a fresh browser or in one that was there before.

use url::Url;

use super::connection::{Connection, Outgoing};
use super::fault::Fault;
use super::flows::{Assignment, Party};
use super::guard::Refused;
use super::invariant::Invariant;
use super::rig::Rig;
use super::specimen::Live;
use crate::chance;
pub use crate::login::Decision;
use crate::login::{self, End, Errand, Role, Sighting, Stop};
use crate::protocol::pkce::Pkce;
use crate::protocol::request::{self, Request};
use crate::protocol::{Failure, Secret, Tokens};
use crate::provider::{Client, User};
use crate::wire::{Jar, Tape};

/// A code and what is needed to redeem it.
pub struct Granted {
    code: Secret,
    verifier: Secret,
    redirect_uri: String,
}

impl Granted {
    /// The redemption (RFC 6749 section 4.1.3).
    pub fn redeem(&self, token_endpoint: &Url, client: &Client) -> Request {
        client.redemption(token_endpoint, &self.code, Some(&self.redirect_uri), Some(&self.verifier))
    }
}

/// A user who logged in: the browser, and what the code was worth.
pub struct Entrance {
    /// Whose it is.
    pub party: Party,
    /// The browser.
    pub jar: Jar,
    /// What the code was redeemed for.
    pub tokens: Tokens,
    /// The access token among them.
    pub live: Live,
}

/// A login and the redemption of its code, neither measured.
pub async fn enter(rig: &Rig, assignment: &Assignment, party: Party) -> Result<Entrance, Astray> {
    let mut jar = Jar::default();
    let granted = authorize(rig, assignment, party, &mut jar).await?;
    let request = granted.redeem(&assignment.token.url, assignment.client(party));
    let mut line = Connection::new(assignment.token.origin.clone(), rig.timeout);
    let response = line.send(&Outgoing::of(&request)?).await?;
    rig.hear(&response);
    let tokens = rig
        .tokens(assignment, party, &request, &response)
        .map_err(|fault| Astray::new(fault.clone(), format!("the code was answered with: {fault}")))?;
    Ok(Entrance { party, jar, live: Live::of(party, &tokens), tokens })
}

/// Why a walk did not end where it should.
pub struct Astray {
    /// The kind, for counting.
    pub fault: Fault,
    /// What was seen, in words, without secrets.
    pub seen: String,
    /// The host that load may not go to, where it led there.
    pub refused: Option<Refused>,
    /// What was recorded on the way; the last exchange shows the fault.
    pub tape: Tape,
}

impl Astray {
    /// Why, and what was seen in words.
    pub fn new(fault: Fault, seen: String) -> Self {
        Self { fault, seen, refused: None, tape: Tape::default() }
    }
}

/// Has a user approve an authorization request with PKCE and `state` (RFC 6749 section 4.1.1); the code was not issued before.
pub async fn authorize(rig: &Rig, assignment: &Assignment, party: Party, jar: &mut Jar) -> Result<Granted, Astray> {
    let endpoint = assignment.authorization.as_ref().expect("a flow with a login has an authorization endpoint");
    let (client, user) = (assignment.client(party), assignment.user(party));
    let pkce = Pkce::from_octets(chance::octets());
    let state = chance::token();
    let redirect_uri = client.redirect_uri().to_owned();
    let start = client.authorization_request(endpoint, client.scope().as_deref(), &state, Some(&pkce));
    let stop_at = [redirect_uri.as_str()];
    let (sighting, tape) = walk(rig, start, Stop::RedirectUri(&stop_at), None, user, Decision::Approve, jar).await?;
    let astray = |fault| Astray { tape: tape.clone(), ..Astray::new(fault, sighting.describe()) };
    let End::Redirected { params, .. } = &sighting.end else {
        return Err(astray(fault_of(&sighting.end)));
    };
    if params.get("state") != Some(state.as_str()) {
        return Err(astray(Fault::WrongState));
    }
    if let Some(error) = params.get("error") {
        return Err(astray(Fault::oauth(error)));
    }
    let code = params.code().ok_or_else(|| astray(Fault::NoCode))?;
    rig.once(Invariant::CodeIssuedOnce, &code, Fault::CodeSeenTwice).map_err(astray)?;
    Ok(Granted { code, verifier: pkce.verifier, redirect_uri })
}

/// Has a user decide about a device at the verification page (RFC 8628 section 3.3).
pub async fn decide(rig: &Rig, verification: &Url, user_code: &Secret, user: &User, decision: Decision) -> Result<(), Astray> {
    let start = Request::get(request::Endpoint::Verification, verification);
    let (sighting, tape) = walk(rig, start, Stop::Decision, Some(user_code), user, decision, &mut Jar::default()).await?;
    match &sighting.end {
        End::Finished => Ok(()),
        end => Err(Astray { tape, ..Astray::new(fault_of(end), sighting.describe()) }),
    }
}

async fn walk(
    rig: &Rig,
    start: Request,
    stop_at: Stop<'_>,
    user_code: Option<&Secret>,
    user: &User,
    decision: Decision,
    jar: &mut Jar,
) -> Result<(Sighting, Tape), Astray> {
    rig.guard.check("login page", &start.url)?;
    let errand = Errand { start, stop_at, username: &user.username, password: &user.password, user_code, decision };
    let tape = Tape::default();
    // Apart: it is larger than all else that a user may be doing, and each of a thousand would keep room for it.
    let sighting = Box::pin(login::run(&rig.wire, &tape, jar, &rig.login, &errand)).await;
    // Also those that the login got over: a driver may ask again, and a user who does not is no reason for the others to go on.
    sighting.hops.iter().for_each(|hop| rig.hear(&hop.response));
    // Where a login leads is known only afterwards: the rehearsal finds out with one login, before there is any load.
    for hop in &sighting.hops {
        rig.guard.check("login page", &hop.url)?;
    }
    // Who was asked and did not answer left no hop of its own.
    if let (End::Failed(_), Some(Role::Redirect { to })) = (&sighting.end, sighting.last().map(|hop| &hop.role)) {
        rig.guard.check("login page", to)?;
    }
    Ok((sighting, tape))
}

fn fault_of(end: &End) -> Fault {
    match end {
        End::Redirected { .. } | End::Finished | End::Stuck { .. } => Fault::LoginStuck,
        End::Outside { .. } => Fault::LoginLedElsewhere,
        End::Refused { status } => Fault::LoginRefused(*status),
        End::Crashed { status } => Fault::Status(*status),
        End::Failed(failure) => Fault::from(failure),
    }
}

/// The failure in the words of a walk.
impl From<Failure> for Astray {
    fn from(failure: Failure) -> Self {
        Self::new(Fault::from(&failure), failure.to_string())
    }
}

/// A walk that load may not follow.
impl From<Refused> for Astray {
    fn from(refused: Refused) -> Self {
        let seen = refused.to_string();
        Self { refused: Some(refused), ..Self::new(Fault::LoginLedElsewhere, seen) }
    }
}
