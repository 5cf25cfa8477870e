//! Who walks: which client, which user, which scope, from what was wished for and what the provider file knows.

use crate::provider::{Client, Driver, Grant, Provider, Target, User};
use crate::wire::Wire;

/// A flow that can be walked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// RFC 6749 section 4.1, with PKCE.
    Code,
    /// RFC 6749 section 4.4.
    ClientCredentials,
    /// RFC 8628.
    Device,
    /// RFC 6749 section 6, after [`Flow::Code`].
    Refresh,
}

impl Flow {
    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Code => "code",
            Self::ClientCredentials => "client-credentials",
            Self::Device => "device",
            Self::Refresh => "refresh",
        }
    }

    /// The grants that its client needs.
    fn grants(self) -> &'static [Grant] {
        match self {
            Self::Code => &[Grant::AuthorizationCode],
            Self::ClientCredentials => &[Grant::ClientCredentials],
            Self::Device => &[Grant::DeviceCode],
            Self::Refresh => &[Grant::AuthorizationCode, Grant::RefreshToken],
        }
    }

    /// The roles that are looked at first.
    fn roles(self) -> &'static [&'static str] {
        match self {
            Self::Code | Self::Refresh => &["spa", "web"],
            Self::ClientCredentials => &["batch"],
            Self::Device => &["tv"],
        }
    }

    /// Whether a redirect URI is needed.
    fn redirects(self) -> bool {
        match self {
            Self::Code | Self::Refresh => true,
            Self::ClientCredentials | Self::Device => false,
        }
    }
}

/// What the command line asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wishes {
    /// The client's key under `clients:`.
    pub client: Option<String>,
    /// The user's key under `users:`.
    pub user: Option<String>,
    /// The scope to ask for, in place of all that the client may.
    pub scope: Option<String>,
    /// The login driver approves the device; else a human does.
    pub approve: bool,
    /// A human logs in, in a browser of their own.
    pub by_hand: bool,
    /// The refresh token that was used is used again.
    pub reuse: bool,
    /// Secrets are told as they are.
    pub bare: bool,
}

/// A walk, planned.
pub struct Trip<'a> {
    pub(super) wire: &'a Wire,
    pub(super) target: &'a Target,
    /// The flow.
    pub flow: Flow,
    /// The client that asks.
    pub client: &'a Client,
    /// The user whom the login driver plays.
    pub user: Option<&'a User>,
    /// The scope that is asked for; the provider chooses where there is none.
    pub scope: Option<String>,
    /// The login driver approves the device; else a human does.
    pub approve: bool,
    /// A human logs in, in a browser of their own.
    pub by_hand: bool,
    /// The refresh token that was used is used again.
    pub reuse: bool,
    /// Secrets are told as they are.
    pub bare: bool,
    /// What the provider file says that the trip does not quite fit.
    pub doubts: Vec<String>,
}

/// Why a walk cannot be planned, with the way out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unplanned(String);

impl<'a> Trip<'a> {
    /// Finds the client, the user and the scope.
    ///
    /// # Errors
    /// The provider file, or the provider, lacks what the flow needs.
    pub fn plan(wire: &'a Wire, target: &'a Target, flow: Flow, wishes: Wishes) -> Result<Self, Unplanned> {
        endpoints(target, flow)?;
        let client = client(&target.provider, flow, wishes.client.as_deref())?;
        let user = user(target, flow, &wishes)?;
        let mut doubts = Vec::new();
        for grant in flow.grants().iter().filter(|grant| !client.may(**grant)) {
            doubts.push(format!("`clients.{}.grants` does not name {}; asked all the same", client.role, grant.name()));
        }
        let scope = wishes.scope.filter(|scope| !scope.trim().is_empty()).or_else(|| client.scope());
        let Wishes { approve, by_hand, reuse, bare, .. } = wishes;
        Ok(Self { wire, target, flow, client, user, scope, approve, by_hand, reuse, bare, doubts })
    }

    /// Whether a provider has the client that is wished for, or one that may walk the flow.
    pub fn fits(provider: &Provider, flow: Flow, wish: Option<&str>) -> bool {
        client(provider, flow, wish).is_ok()
    }

    /// The provider's name.
    pub fn provider(&self) -> &str {
        &self.target.provider.name
    }

    /// The provider's issuer.
    pub fn issuer(&self) -> &str {
        &self.target.provider.issuer
    }

    /// How users are made to approve.
    pub fn driver(&self) -> &Driver {
        &self.target.provider.login.driver
    }
}

fn endpoints(target: &Target, flow: Flow) -> Result<(), Unplanned> {
    let known = &target.endpoints;
    let mut needed = vec![("token", &known.token)];
    match flow {
        Flow::Code | Flow::Refresh => needed.push(("authorization", &known.authorization)),
        Flow::Device => needed.push(("device_authorization", &known.device_authorization)),
        Flow::ClientCredentials => {}
    }
    match needed.iter().find(|(_, url)| url.is_none()) {
        None => Ok(()),
        Some((name, _)) => Err(Unplanned(format!(
            "the provider's {name} endpoint is not known, and the flow `{}` needs it\n  \
             its metadata does not name it: set `endpoints.{name}` in the provider file, or switch the flow on at the provider",
            flow.name()
        ))),
    }
}

fn client<'a>(provider: &'a Provider, flow: Flow, wish: Option<&str>) -> Result<&'a Client, Unplanned> {
    let clients = &provider.clients;
    let reachable = |client: &&Client| !flow.redirects() || !client.redirect_uri().is_empty();
    if let Some(role) = wish {
        let found = clients.get(role).ok_or_else(|| {
            let known: Vec<&str> = clients.keys().map(String::as_str).collect();
            Unplanned(format!("--client {role}: no such key of `clients:`\n  expected one of: {}", known.join(", ")))
        })?;
        return Some(found).filter(reachable).ok_or_else(|| {
            Unplanned(format!("--client {role}: `clients.{role}` has no redirect URI, and the flow `{}` needs one", flow.name()))
        });
    }
    let may = |client: &&Client| flow.grants().iter().all(|grant| client.may(*grant)) && reachable(client);
    let first = flow.roles().iter().find_map(|role| clients.get(*role).filter(may));
    first.or_else(|| clients.values().find(may)).ok_or_else(|| {
        let grants: Vec<&str> = flow.grants().iter().map(|grant| grant.name()).collect();
        let uri = if flow.redirects() { " and a redirect URI" } else { "" };
        Unplanned(format!(
            "no client of the provider file may walk the flow `{}`\n  \
             give one of `clients:` the grants [{}]{uri}, or name one that should be tried all the same: --client ROLE",
            flow.name(),
            grants.join(", ")
        ))
    })
}

fn user<'a>(target: &'a Target, flow: Flow, wishes: &Wishes) -> Result<Option<&'a User>, Unplanned> {
    let users = &target.provider.users;
    let needed = match flow {
        Flow::Code | Flow::Refresh => !wishes.by_hand,
        Flow::Device => wishes.approve,
        Flow::ClientCredentials => false,
    };
    if let Some(name) = &wishes.user {
        return users.get(name).map(Some).ok_or_else(|| {
            let known: Vec<&str> = users.keys().map(String::as_str).collect();
            Unplanned(format!("--user {name}: no such key of `users:`\n  expected one of: {}", known.join(", ")))
        });
    }
    let first = users.get("alice").or_else(|| users.values().next());
    match first {
        Some(user) if needed => Ok(Some(user)),
        Some(_) => Ok(None),
        None if needed => Err(Unplanned(
            "the provider file names nobody who could log in\n  \
             add one: `users: { alice: { username: alice, password: \"${ALICE_PASSWORD}\" } }`"
                .to_owned(),
        )),
        None => Ok(None),
    }
}
