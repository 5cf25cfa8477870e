//! What the provider file says of the clients and users that a scene is about.

use super::super::halt::Halt;
use super::Scene;
use crate::protocol::{ClientAuth, Request, Secret};
use crate::provider::{Client, User};

impl Scene {
    /// The client with this key under `clients:`.
    pub fn client(&self, key: &str) -> Result<&Client, Halt> {
        self.target.provider.client(key).ok_or_else(|| Halt::blocked(format!("the provider file has no `clients.{key}`")))
    }

    /// The user with this key under `users:`.
    pub fn user(&self, key: &str) -> Result<&User, Halt> {
        self.target.provider.user(key).ok_or_else(|| Halt::blocked(format!("the provider file has no `users.{key}`")))
    }

    /// The client that acts in this step.
    pub fn actor(&self) -> Result<&Client, Halt> {
        self.client(self.actor)
    }

    /// The key of the client that acts in this step.
    pub fn actor_key(&self) -> &'static str {
        self.actor
    }

    /// What a client may ask for: all its scopes; for who begins with a refresh token given in advance, what that was approved for.
    pub fn scopes_of(&self, key: &str) -> Result<Vec<String>, Halt> {
        let given = self.grants.last().filter(|grant| grant.given && grant.role == key);
        match given.map(|grant| &grant.scope) {
            None => Ok(self.client(key)?.scopes.clone()),
            Some(Some(scope)) => Ok(scope.split(' ').map(str::to_owned).collect()),
            Some(None) => {
                let reason = format!("the provider does not tell what scope the refresh token given for clients.{key} has");
                Err(Halt::NotApplicable(reason))
            }
        }
    }

    /// All of these scopes, as one parameter.
    pub fn scope_of(&self, key: &str) -> Result<String, Halt> {
        Ok(self.scopes_of(key)?.join(" "))
    }

    /// One scope of the acting client that is not `openid`: what a narrowed request asks for.
    pub fn one_scope(&self) -> Result<String, Halt> {
        let plain = self.scopes_of(self.actor)?.into_iter().find(|scope| scope != "openid");
        plain.ok_or_else(|| Halt::blocked(format!("`clients.{}.scopes` names no scope beside openid", self.actor)))
    }

    /// The https redirect URI of a client: mutations start there, because the port of a loopback URI is free (RFC 8252).
    pub fn https_redirect_uri(&self, key: &str) -> Result<String, Halt> {
        let https = self.client(key)?.redirect_uris.iter().find(|uri| uri.starts_with("https://"));
        https.cloned().ok_or_else(|| Halt::NotApplicable(format!("needs an https redirect URI: `clients.{key}.redirect_uris`")))
    }

    /// The request with the acting client's secret replaced, in the client's own method of authentication.
    pub fn reauthenticate(&self, request: Request, secret: impl Fn(&str) -> String) -> Result<Request, Halt> {
        let right = self.actor()?.secret.clone();
        if right.is_some_and(|right| secret(right.expose()) == right.expose()) {
            return Err(Halt::NotApplicable("the client's secret stays what it is under this change".to_owned()));
        }
        let changed = |known: &Secret| Secret::chosen("wrong client_secret", secret(known.expose()));
        Ok(match self.actor()?.auth() {
            ClientAuth::Anonymous | ClientAuth::None { .. } => return Err(Halt::blocked("the client has no secret")),
            ClientAuth::Basic { id, secret } => request.authenticate(&ClientAuth::Basic { id, secret: changed(&secret) }),
            ClientAuth::Post { id, secret } => request.authenticate(&ClientAuth::Post { id, secret: changed(&secret) }),
        })
    }
}
