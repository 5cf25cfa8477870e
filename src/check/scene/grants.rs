//! What a scene was granted and did: the credentials that steps speak of, and who can tell whether they are alive.

use std::time::{Duration, Instant};

use super::super::chance;
use super::super::halt::Halt;
use super::super::phrase::Token;
use super::Scene;
use crate::protocol::{Device, Pkce, Secret, Tokens};

/// What a user or a client was granted.
#[derive(Clone, Debug, Default)]
pub struct Grant {
    /// The client's key under `clients:`.
    pub role: &'static str,
    /// The user's key under `users:`, where there is one.
    pub user: Option<&'static str>,
    /// PKCE, where the request had a challenge.
    pub pkce: Option<Pkce>,
    /// The `redirect_uri` of the request, where it had one.
    pub redirect_uri: Option<String>,
    /// The `scope` that was asked for.
    pub scope: Option<String>,
    /// The code, where it is a code grant.
    pub code: Option<Secret>,
    /// The device authorization, where it is a device grant.
    pub device: Option<Device>,
    /// Whether it began with a refresh token that was given in advance, and there will be no other.
    pub given: bool,
    /// How many seconds the device has waited between its polls.
    pub waited: u64,
    /// The tokens that it first yielded.
    pub first: Option<Tokens>,
    /// The tokens that it last yielded.
    pub tokens: Option<Tokens>,
    /// When the first and the last of these tokens came.
    pub came: Option<(Instant, Instant)>,
    /// How long these tokens are not valid yet by their own account, where that is longer than the user is willing to wait.
    pub not_before: Option<Duration>,
}

/// What a scene did, so that it can be done again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deed {
    /// Sent the user to approve a request.
    Approve,
    /// Redeemed a code.
    Redeem,
    /// Asked for a token by client credentials.
    ClientCredentials,
    /// Refreshed.
    Refresh,
    /// Asked for a device code.
    AskDeviceCode,
    /// Polled with a device code.
    Poll,
    /// Revoked a token.
    Revoke(Token),
    /// Introspected a token.
    Introspect(Token),
    /// Called the resource with a token.
    CallResource(Token),
}

/// Who can tell whether an access token is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Witness {
    /// Introspection by this client.
    Introspection(&'static str),
    /// The protected resource.
    Resource,
}

impl Scene {
    /// The grant that steps speak of.
    pub fn grant(&self) -> Result<&Grant, Halt> {
        self.grants.last().ok_or_else(|| Halt::blocked("nothing was granted yet"))
    }

    /// The `code_verifier` of the grant that steps speak of.
    pub fn verifier(&self) -> Result<String, Halt> {
        let pkce = self.grant()?.pkce.as_ref().ok_or_else(|| Halt::blocked("the request had no code_challenge"))?;
        Ok(pkce.verifier.expose().to_owned())
    }

    /// A credential of the grant that steps speak of.
    pub fn token(&self, token: Token) -> Result<Secret, Halt> {
        let grant = || self.grant();
        let missing = |what: &str| Halt::blocked(format!("the grant yielded no {what}"));
        let early = self.grants.last().and_then(|grant| grant.not_before).map(|early| early.as_secs());
        if let (Token::Access | Token::Refresh, Some(early)) = (token, early) {
            let reason = format!("the token says that it is not valid for the first {early} s: needs --max-wait {early}");
            return Err(Halt::NotApplicable(reason));
        }
        if token == Token::Code && self.grants.last().is_some_and(|grant| grant.given) {
            return Err(Halt::NotApplicable("needs a code, and only a refresh token was given: `login.cookies`".to_owned()));
        }
        match token {
            Token::Access => {
                grant()?.tokens.as_ref().map(|tokens| tokens.access_token.clone()).ok_or_else(|| missing("access token"))
            }
            Token::FirstAccess => {
                grant()?.first.as_ref().map(|tokens| tokens.access_token.clone()).ok_or_else(|| missing("access token"))
            }
            Token::Refresh => {
                grant()?.tokens.as_ref().and_then(|tokens| tokens.refresh_token.clone()).ok_or_else(|| missing("refresh token"))
            }
            Token::FirstRefresh => {
                grant()?.first.as_ref().and_then(|tokens| tokens.refresh_token.clone()).ok_or_else(|| missing("refresh token"))
            }
            Token::Code => grant()?.code.clone().ok_or_else(|| missing("code")),
            Token::DeviceCode => {
                grant()?.device.as_ref().map(|device| device.device_code.clone()).ok_or_else(|| missing("device code"))
            }
            Token::ClientSecret => {
                let secret = self.client(self.protagonist)?.secret.clone();
                secret.ok_or_else(|| Halt::blocked("the client has no secret"))
            }
            Token::Unknown => Ok(Secret::new("made up token", chance::token() + &chance::token())),
        }
    }
}
