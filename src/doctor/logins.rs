//! Whether the users can log in by the driver of the provider file: once each, with the code redeemed and what came of it given back.

use std::collections::BTreeSet;

use super::diagnosis::{Remark, Sign, Topic};
use super::visit::{Visit, quoted};
use crate::check::chance;
use crate::login::{self, Decision, End, Errand, Sighting, Stop};
use crate::protocol::answer::describe;
use crate::protocol::{OAuthError, Pkce, Request, Tokens};
use crate::provider::{Client, Grant, User};
use crate::wire::Jar;

/// Who logs in and approves.
const APPROVE: [&str; 2] = ["alice", "bob"];

/// Who is asked and refuses.
const REFUSE: &str = "carol";

impl Visit<'_> {
    /// A remark for each user, by a client that is none of those. The one who refuses is led to the page that asks, and no further.
    pub(super) async fn users(&self, not_let_in: &BTreeSet<String>) -> Vec<Remark> {
        let clients = &self.provider().clients;
        let roles = ["web", "spa"].into_iter().filter_map(|role| clients.get(role)).chain(clients.values());
        let may = |client: &&Client| {
            client.may(Grant::AuthorizationCode) && !client.redirect_uris.is_empty() && !not_let_in.contains(&client.role)
        };
        let Some(client) = roles.into_iter().find(may) else { return Vec::new() };
        if self.target.endpoints.authorization.is_none() {
            return Vec::new();
        }
        let mut remarks = Vec::new();
        for user in APPROVE.into_iter().filter_map(|name| self.provider().user(name)) {
            let remark = self.approve(user, client).await;
            let failed = remark.sign != Sign::Fine;
            remarks.push(remark);
            if failed {
                // What one login showed the next would show again, and some providers count.
                return remarks;
            }
        }
        if let Some(user) = self.provider().user(REFUSE) {
            remarks.push(self.refuse(user, client).await);
        }
        remarks
    }

    async fn send(&self, user: &User, client: &Client, pkce: &Pkce, decision: Decision) -> Sighting {
        let uri = client.redirect_uri();
        let stop = [uri];
        let errand = Errand {
            start: self.authorization_request(client, pkce),
            stop_at: match decision {
                Decision::Approve => Stop::RedirectUri(&stop),
                Decision::Deny => Stop::Asked(&stop),
            },
            username: &user.username,
            password: &user.password,
            user_code: None,
            decision,
        };
        login::run(self.wire, self.tape, &mut Jar::default(), &self.provider().login, &errand).await
    }

    fn authorization_request(&self, client: &Client, pkce: &Pkce) -> Request {
        let endpoint = self.target.endpoints.authorization.as_ref().expect("looked for before");
        client.authorization_request(endpoint, client.scope().as_deref(), &chance::token(), Some(pkce))
    }

    async fn approve(&self, user: &User, client: &Client) -> Remark {
        let pkce = chance::pkce();
        let sighting = self.send(user, client, &pkce, Decision::Approve).await;
        let Some(code) = sighting.params().and_then(|params| params.code()) else { return self.failed(user, &sighting) };
        let consent = if sighting.asked_consent() { ", approves" } else { ", is asked for no consent" };
        let way = format!("logs in at {}{consent}", client.role);
        let Some(token) = &self.target.endpoints.token else {
            return Remark::new(Topic::Users, Sign::Fine, &user.name, format!("{way}, and a code comes back"));
        };
        let redemption = client.redemption(token, &code, Some(client.redirect_uri()), Some(&pkce.verifier));
        match self.wire.send(self.tape, &redemption).await {
            Ok(response) => match Tokens::read(&response) {
                Ok(tokens) => {
                    self.give_tokens_back(&tokens, client).await;
                    Remark::new(Topic::Users, Sign::Fine, &user.name, format!("{way}, and the code is worth a token"))
                }
                Err(_) => {
                    let error = OAuthError::read(&response).ok().and_then(|error| error.description);
                    let words = error.map(|words| format!(" {}", quoted(&words))).unwrap_or_default();
                    let says = format!("{way}, but the code is worth no token: {}{words}", describe(&response));
                    Remark::new(Topic::Users, Sign::Doubt, &user.name, says)
                        .way_out(format!("compare `clients.{}` with what the provider has registered", client.role))
                }
            },
            Err(failure) => {
                Remark::new(Topic::Users, Sign::Doubt, &user.name, format!("{way}, but no answer to the code: {failure}"))
            }
        }
    }

    async fn refuse(&self, user: &User, client: &Client) -> Remark {
        let sighting = self.send(user, client, &chance::pkce(), Decision::Deny).await;
        let page = sighting.last().filter(|hop| hop.is_page()).map(|hop| hop.page());
        match (&sighting.end, page) {
            (End::Finished, Some(page)) if page.decide(Decision::Deny).is_some() => {
                Remark::new(Topic::Users, Sign::Fine, &user.name, "logs in, is asked, and can refuse")
            }
            (End::Finished, Some(page)) => {
                Remark::new(Topic::Users, Sign::Doubt, &user.name, format!("has nothing to refuse with: {}", page.offer()))
                    .way_out("have the provider ask for consent, or set `capabilities: { user_deny: false }`")
            }
            (End::Redirected { params, .. }, _) if params.code().is_some() => {
                Remark::new(Topic::Users, Sign::Doubt, &user.name, "logs in and is not asked: there is nothing to refuse")
                    .way_out("have the provider ask for consent, or set `capabilities: { user_deny: false }`")
            }
            (
                End::Redirected { .. }
                | End::Outside { .. }
                | End::Finished
                | End::Refused { .. }
                | End::Stuck { .. }
                | End::Crashed { .. }
                | End::Failed(_),
                _,
            ) => self.failed(user, &sighting),
        }
    }

    /// What the driver saw: the page by its title, and what it offers.
    fn failed(&self, user: &User, sighting: &Sighting) -> Remark {
        let driver = self.provider().login.driver.name();
        let page = sighting.pages().last().map(|hop| hop.page());
        let saw = match &sighting.end {
            End::Stuck { why } => why.clone(),
            End::Redirected { .. }
            | End::Outside { .. }
            | End::Finished
            | End::Refused { .. }
            | End::Crashed { .. }
            | End::Failed(_) => sighting.describe(),
        };
        let offers = page.map(|page| (page.name(), page.offer())).filter(|(_, offer)| !saw.contains(offer.as_str()));
        let offers = offers.map(|(name, offer)| match offer.strip_prefix(&name) {
            Some(offer) if saw.contains(&name) => format!("; it{offer}"),
            Some(_) | None => format!("; {offer}"),
        });
        let says = format!("cannot log in: {saw}{}", offers.unwrap_or_default());
        let role = "the user may have another password, or may have to change it first";
        let remark = |sign, way_out: String| Remark::new(Topic::Users, sign, &user.name, &says).way_out(way_out);
        match &sighting.end {
            End::Stuck { why } if why.contains("came back after the password") => {
                remark(Sign::Wrong, format!("correct `users.{}`: {role}", user.name))
            }
            End::Stuck { .. } | End::Finished => remark(
                Sign::Wrong,
                format!(
                    "the driver {driver} cannot operate this page: choose another under `login:`, or open it by hand to see what it wants"
                ),
            ),
            End::Refused { .. } | End::Redirected { .. } => {
                remark(Sign::Wrong, format!("see the redirect URIs above, and correct `users.{}`: {role}", user.name))
            }
            End::Outside { .. } | End::Crashed { .. } | End::Failed(_) => {
                remark(Sign::Doubt, "none in the configuration, as far as can be told".to_owned())
            }
        }
    }

    async fn give_tokens_back(&self, tokens: &Tokens, client: &Client) {
        let Some(revocation) = &self.target.endpoints.revocation else { return };
        for token in tokens.refresh_token.iter().chain([&tokens.access_token]) {
            drop(self.wire.send(self.tape, &client.revocation(revocation, token)).await);
        }
    }
}
