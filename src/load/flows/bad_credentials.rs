//! `bad_credentials`: a wrong secret, which has to be refused as `invalid_client`, at a share of the requests (RFC 6749 section 5.2).

use std::sync::Arc;

use super::{Assignment, Missed, Shift};
use crate::load::answer;
use crate::load::connection::{Connection, Outgoing};
use crate::load::invariant::Invariant;
use crate::load::measure::Step;
use crate::load::rig::Rig;
use crate::load::sign_in::Astray;
use crate::protocol::Secret;
use crate::protocol::request::{self, ClientAuth};

/// A user of the flow.
pub struct Worker {
    assignment: Arc<Assignment>,
    line: Connection,
}

impl Worker {
    pub(super) fn new(assignment: Arc<Assignment>, line: Connection) -> Self {
        Self { assignment, line }
    }

    pub(super) async fn once(&mut self, shift: &mut Shift<'_>) -> Result<(), Missed> {
        let rig = shift.rig;
        let assignment = &self.assignment;
        let turn = assignment.turn();
        let party = assignment.party(turn);
        let client = assignment.client(party);
        if !assignment.plan.share.has(turn) {
            let request = client.own_token_request(&assignment.token.url, client.scope().as_deref());
            let judge = |response: &_| rig.tokens(assignment, party, &request, response).map(drop);
            return shift.ask(&mut self.line, &request, Step::Token, judge).await;
        }
        let own = request::client_credentials(&assignment.token.url).set_some("scope", client.scope().as_deref());
        let request = own.authenticate(&spoiled(client.auth()));
        let judge = |response: &_| rig.watching(Invariant::WrongSecretRefused, answer::bad_credentials(response));
        shift.ask(&mut self.line, &request, Step::Refusal, judge).await
    }
}

/// One request with the right secret before the clock starts: where that one is refused as well, a refusal of the wrong one says nothing.
pub async fn rehearse(rig: &Rig, assignment: &Assignment) -> Result<(), Astray> {
    let party = assignment.party(0);
    let client = assignment.client(party);
    let request = client.own_token_request(&assignment.token.url, client.scope().as_deref());
    let mut line = Connection::new(assignment.token.origin.clone(), rig.timeout);
    let response = line.send(&Outgoing::of(&request)?).await?;
    let judged = rig.tokens(assignment, party, &request, &response).map(drop);
    judged
        .map_err(|fault| Astray::new(fault.clone(), format!("a token request with the right secret was answered with: {fault}")))
}

/// How a client authenticates, with a wrong secret.
fn spoiled(auth: ClientAuth) -> ClientAuth {
    match auth {
        ClientAuth::Basic { id, secret } => ClientAuth::Basic { id, secret: wrong(&secret) },
        ClientAuth::Post { id, secret } => ClientAuth::Post { id, secret: wrong(&secret) },
        other @ (ClientAuth::None { .. } | ClientAuth::Anonymous) => other,
    }
}

/// The secret with its last character changed: as long as the right one, and as much like it as can be.
fn wrong(secret: &Secret) -> Secret {
    let mut text: Vec<char> = secret.expose().chars().collect();
    match text.last_mut() {
        Some(last) => *last = if *last == 'x' { 'y' } else { 'x' },
        None => text.push('x'),
    }
    Secret::chosen("client_secret", text.into_iter().collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_secret_is_never_the_right_one() {
        for text in ["", "x", "secret-x", "secret", "ü"] {
            assert_ne!(wrong(&Secret::chosen("client_secret", text)).expose(), text);
        }
    }
}
