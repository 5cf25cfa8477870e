//! Whose tokens are and who signed them: by what they say of themselves where they are JWTs, else by introspection.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::{LOOKED_AT, Look};
use crate::load::flows::Assignment;
use crate::load::invariant::Invariant;
use crate::load::ledger::{Evidence, seen};
use crate::load::plan::Flow;
use crate::load::sample::Issued;
use crate::protocol::answer::describe;
use crate::protocol::jwt::{Jwt, Signature};
use crate::protocol::{Exchange, Failure, Secret};
use crate::wire::Tape;

/// What the samples say of users whose subjects the provider file does not name: each has one at a client, and no two have the same.
#[derive(Default)]
struct Subjects {
    of_user: HashMap<(String, String), String>,
    user_of: HashMap<(String, String), String>,
}

impl Subjects {
    /// What is wrong with this subject of a user at a client, if anything is.
    fn wrong(&mut self, client: &str, user: &str, subject: &str) -> Option<&'static str> {
        let mine = self.of_user.entry((client.to_owned(), user.to_owned())).or_insert_with(|| subject.to_owned());
        if mine != subject {
            return Some("a token with another `sub` than the same user's other tokens at the same client");
        }
        let whose = self.user_of.entry((client.to_owned(), subject.to_owned())).or_insert_with(|| user.to_owned());
        (whose != user).then_some("a token with the `sub` of another user's tokens at the same client")
    }
}

impl Look<'_> {
    /// Looks whose the sampled tokens are.
    pub(super) async fn tokens(&self, assignments: &[(Arc<Assignment>, usize)]) {
        let (mut subjects, mut keys) = (Subjects::default(), None);
        // One that did not answer is not asked again and again.
        let mut is_silent = false;
        let keys_tape = self.tape();
        for (assignment, _) in assignments {
            for one in assignment.samples.tokens.take().into_iter().take(LOOKED_AT) {
                let id_token = one.id_token.as_ref().and_then(|token| Some((token, Jwt::read(token.expose())?)));
                let access = Jwt::read(one.token.expose()).map(|jwt| (&one.token, jwt));
                let signed = [&access, &id_token].into_iter().flatten().any(|(_, jwt)| jwt.is_signed_for_all());
                if signed && keys.is_none() {
                    keys = Some(self.keys(&keys_tape).await);
                }
                for (token, jwt) in [&access, &id_token].into_iter().flatten() {
                    if let Some(keys) = keys.as_ref().filter(|_| jwt.is_signed_for_all()) {
                        self.judge_signature(assignment, &one, token, jwt, keys, &keys_tape);
                    }
                }
                if let Some((_, jwt)) = &id_token {
                    self.judge_audience(assignment, &one, &jwt.claims);
                }
                match &access {
                    Some((_, jwt)) => {
                        let says = says(&jwt.claims, &["client_id", "azp"]);
                        self.judge_party(assignment, &one, says, &mut subjects, Vec::new());
                    }
                    // Most of these are not active any more.
                    None if assignment.flow == Flow::Revocation => {}
                    None if is_silent => {}
                    None => {
                        if let Err(why) = self.in_time(self.introspect(assignment, &one, &mut subjects)).await {
                            self.ledger.open(Invariant::TokenOfWhoAsked, why);
                            is_silent = true;
                        }
                    }
                }
            }
        }
    }

    /// Asks the provider whose an opaque token is.
    async fn introspect(&self, assignment: &Assignment, one: &Issued, subjects: &mut Subjects) -> Result<(), Failure> {
        let invariant = Invariant::TokenOfWhoAsked;
        let Some(endpoint) = self.may_ask(invariant, self.endpoints.introspection.as_ref(), "introspection endpoint") else {
            return Ok(());
        };
        let asker = self.asker(assignment.client(one.party));
        if asker.is_public() {
            self.ledger.open(invariant, "no client may introspect: `introspect: true` says which one may");
            return Ok(());
        }
        let tape = self.tape();
        let response = self.send(&tape, &asker.introspection(endpoint, &one.token)).await?;
        match response.json() {
            Some(Value::Object(members)) if members.get("active") == Some(&Value::Bool(true)) => {
                let says = says(&members, &["client_id"]);
                self.judge_party(assignment, one, says, subjects, tape.exchanges());
            }
            // One that expired, or was revoked in the run, tells nothing of itself (RFC 7662 section 2.2).
            Some(Value::Object(members)) if members.get("active") == Some(&Value::Bool(false)) => {
                self.ledger.open(invariant, "some tokens were not active any more when they were asked about");
            }
            Some(_) | None => {
                self.ledger.open(invariant, format!("an introspection was answered with {}", describe(&response)));
            }
        }
        Ok(())
    }

    /// Whether the token is the client's and the user's.
    fn judge_party(
        &self,
        assignment: &Assignment,
        one: &Issued,
        (of_client, subject): (Option<&str>, Option<&str>),
        subjects: &mut Subjects,
        asked: Vec<Exchange>,
    ) {
        let client = assignment.client(one.party);
        let user = one.party.user.map(|_| assignment.user(one.party));
        if of_client.is_none() && (user.is_none() || subject.is_none()) {
            self.ledger.open(Invariant::TokenOfWhoAsked, "some tokens do not say whose they are");
            return;
        }
        self.ledger.watched(Invariant::TokenOfWhoAsked, 1);
        let breach = |got: &str| {
            let exchanges = one.exchange.iter().cloned().chain(asked.iter().cloned()).collect();
            let evidence = || Evidence { got: Some(got.to_owned()), client: Some(seen(client)), exchanges };
            self.ledger.breach(Invariant::TokenOfWhoAsked, evidence);
        };
        if of_client.is_some_and(|other| other != client.id) {
            breach("a token of another client");
        }
        let (Some(user), Some(subject)) = (user, subject) else { return };
        match &user.sub {
            Some(expected) if expected != subject => breach("a token with the `sub` of another than the user who approved"),
            Some(_) => {}
            None => {
                if let Some(wrong) = subjects.wrong(&client.id, &user.username, subject) {
                    breach(wrong);
                }
            }
        }
    }

    /// Whether an ID token is for the client and about the user (OpenID Connect Core section 2).
    fn judge_audience(&self, assignment: &Assignment, one: &Issued, claims: &Map<String, Value>) {
        let (party, client) = (one.party, assignment.client(one.party));
        let is_for = match claims.get("aud") {
            Some(Value::String(one)) => *one == client.id,
            Some(Value::Array(several)) => several.iter().any(|one| one.as_str() == Some(&client.id)),
            Some(_) | None => return,
        };
        self.ledger.watched(Invariant::TokenOfWhoAsked, 1);
        let expected = party.user.and_then(|_| assignment.user(party).sub.as_deref());
        let subject = claims.get("sub").and_then(Value::as_str);
        let is_about = expected.is_none() || subject.is_none() || expected == subject;
        if !is_for || !is_about {
            let got = if is_for { "an ID token about another user" } else { "an ID token for another client" };
            let evidence = || Evidence {
                got: Some(got.to_owned()),
                client: Some(seen(client)),
                exchanges: one.exchange.iter().cloned().collect(),
            };
            self.ledger.breach(Invariant::TokenOfWhoAsked, evidence);
        }
    }

    /// Whether a published key signed the token. An access token is the provider's own affair, unless it says that it is made for others to verify
    /// (RFC 9068 section 2.1) or names a published key.
    fn judge_signature(
        &self,
        assignment: &Assignment,
        one: &Issued,
        token: &Secret,
        jwt: &Jwt<'_>,
        keys: &Result<Vec<Value>, String>,
        tape: &Tape,
    ) {
        let invariant = Invariant::SignedByPublishedKey;
        let header = |name: &str| jwt.header.get(name).and_then(Value::as_str);
        let names_published = keys.as_ref().is_ok_and(|keys| {
            header("kid").is_some_and(|kid| keys.iter().any(|key| key.get("kid").and_then(Value::as_str) == Some(kid)))
        });
        let is_for_others = header("typ").is_some_and(|name| name.eq_ignore_ascii_case("at+jwt"));
        let obliges = token.name() == "id_token" || is_for_others || names_published;
        match jwt.verify(keys) {
            Signature::Right(_) => self.ledger.watched(invariant, 1),
            Signature::Wrong(why) if obliges => {
                self.ledger.watched(invariant, 1);
                let got = format!("{}: {why}", token.name());
                let client = Some(seen(assignment.client(one.party)));
                let exchanges = one.exchange.iter().cloned().chain(tape.exchanges()).collect();
                self.ledger.breach(invariant, || Evidence { got: Some(got), client, exchanges });
            }
            Signature::Wrong(why) | Signature::Unchecked(why) => self.ledger.open(invariant, format!("{}: {why}", token.name())),
        }
    }
}

/// The client and the subject that claims name.
fn says<'a>(claims: &'a Map<String, Value>, client: &[&str]) -> (Option<&'a str>, Option<&'a str>) {
    let text = |name: &str| claims.get(name).and_then(Value::as_str);
    (client.iter().find_map(|name| text(name)), text("sub"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_user_has_one_subject_at_a_client_and_no_two_the_same() {
        let mut subjects = Subjects::default();
        assert_eq!(subjects.wrong("web", "alice", "1"), None);
        assert_eq!(subjects.wrong("web", "alice", "1"), None);
        assert_eq!(subjects.wrong("spa", "alice", "9"), None, "a subject may be another at each client");
        assert!(subjects.wrong("web", "alice", "2").is_some_and(|wrong| wrong.contains("same user")));
        assert!(subjects.wrong("web", "bob", "1").is_some_and(|wrong| wrong.contains("another user")));
    }
}
