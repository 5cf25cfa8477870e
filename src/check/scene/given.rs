//! Refresh tokens that somebody gave in advance: whose turn they are, what becomes of them, and what would use them up.

use std::time::Instant;

use super::super::halt::{Halt, Step};
use super::super::phrase::Token;
use super::{Deed, Grant, Scene};
use crate::protocol::{Endpoint, Request, Response, Secret, Tokens};

impl Scene {
    /// The newest refresh token of this client that came of the one given in advance, where no user can log in.
    pub fn given_token(&self, client: &'static str) -> Option<Secret> {
        let driver = &self.target.provider.login.driver;
        let of_file = driver.session().filter(|_| driver.lacks_login().is_some())?.refresh_token(client)?;
        let key = (self.target.provider.issuer.clone(), client);
        Some(self.sessions.given.borrow_mut().entry(key).or_insert_with(|| of_file.clone()).clone())
    }

    /// A rotated token takes the place of the one that was given, for the rest of the run.
    pub(super) fn keep_rotated(&self, request: &Request, response: &Response) {
        let mut given = self.sessions.given.borrow_mut();
        let Some(sent) = request.param("refresh_token").filter(|_| !given.is_empty()) else { return };
        let Some(newest) = Tokens::read(response).ok().and_then(|tokens| tokens.refresh_token) else { return };
        for token in given.values_mut().filter(|token| token.expose() == sent.expose()) {
            *token = newest.clone();
        }
    }

    /// Tokens by the refresh token that was given.
    pub async fn refresh_given(&mut self, given: Secret) -> Step {
        let request = self.actor()?.refreshing(&self.endpoint(Endpoint::Token)?, &given);
        self.send(request).await;
        let mut tokens = self.expect_tokens().map_err(|halt| match halt {
            Halt::Fault(fault) => Halt::blocked(format!(
                "the refresh token given for clients.{} is not taken any more ({}): give a fresh one in `login.refresh_tokens`",
                self.actor, fault.got
            )),
            other => other,
        })?;
        tokens.refresh_token = tokens.refresh_token.or(Some(given));
        let scope = tokens.scope.as_ref().map(|scope| scope.join(" "));
        let now = Instant::now();
        self.grants.push(Grant {
            role: self.actor,
            user: Some(self.user),
            scope,
            given: true,
            first: Some(tokens.clone()),
            tokens: Some(tokens),
            came: Some((now, now)),
            ..Grant::default()
        });
        self.await_validity().await
    }

    /// Stops a scenario before a deed that may end the refresh token that was given in advance, of which there is no other.
    pub fn spares_given(&self, deed: Deed, request: &Request) -> Step {
        if self.uses_up_given(deed, request) {
            let reason = "may end the refresh token that was given in advance: `login.cookies` lets a user log in for another";
            return Err(Halt::NotApplicable(reason.to_owned()));
        }
        Ok(())
    }

    /// Whether this deed may end it.
    fn uses_up_given(&self, deed: Deed, request: &Request) -> bool {
        let Some(grant) = self.grants.last().filter(|grant| grant.given) else { return false };
        let newest = self.given_token(grant.role);
        let of_grant = [&grant.first, &grant.tokens].into_iter().flatten().filter_map(|tokens| tokens.refresh_token.as_ref());
        let sent = request.param("refresh_token").map(|value| value.expose().to_owned());
        let is_sent = |token: &Secret| sent.as_deref() == Some(token.expose());
        match deed {
            // With an access token a provider may end the refresh token behind it (RFC 7009 section 2.1).
            Deed::Revoke(Token::Refresh | Token::FirstRefresh | Token::Access | Token::FirstAccess) => true,
            // One that was used up, or that comes from another client, looks like a thief's.
            Deed::Refresh => {
                let newest_is_sent = newest.as_ref().is_some_and(is_sent);
                let used_up = !newest_is_sent && of_grant.into_iter().any(is_sent);
                used_up || (newest_is_sent && self.actor != grant.role)
            }
            Deed::Approve
            | Deed::Redeem
            | Deed::ClientCredentials
            | Deed::AskDeviceCode
            | Deed::Poll
            | Deed::Revoke(Token::Code | Token::DeviceCode | Token::ClientSecret | Token::Unknown)
            | Deed::Introspect(_)
            | Deed::CallResource(_) => false,
        }
    }
}
