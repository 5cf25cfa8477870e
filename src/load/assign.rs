//! Gives each flow of a plan what it runs with: the client, the users, the endpoints and its arrivals.

use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, OnceLock};

use url::Url;

use super::data::DataSets;
use super::flows::{Assignment, Door};
use super::pace::Lane;
use super::plan::{Flow, FlowPlan, Plan};
use super::post::Post;
use super::run::LoadError;
use super::sample::Samples;
use crate::provider::{Client, Endpoints, Provider, User};

/// What every flow of a plan is assigned from.
pub struct Means<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Who is loaded.
    pub provider: &'a Provider,
    /// Where.
    pub endpoints: &'a Endpoints,
    /// Where its metadata is, if anywhere.
    pub metadata: Option<&'a Url>,
    /// The plan's data sets.
    pub data: &'a DataSets,
}

impl Means<'_> {
    /// The endpoint beside the token endpoint that a flow is about, with the key that it has in the provider file.
    fn place(&self, flow: Flow) -> Option<(&'static str, Option<&Url>)> {
        let endpoints = self.endpoints;
        match flow {
            Flow::Device => Some(("device_authorization", endpoints.device_authorization.as_ref())),
            Flow::Introspection => Some(("introspection", endpoints.introspection.as_ref())),
            Flow::Revocation => Some(("revocation", endpoints.revocation.as_ref())),
            Flow::Userinfo => Some(("resource", endpoints.resource.as_ref())),
            Flow::Metadata => Some(("metadata", self.metadata)),
            Flow::Jwks => Some(("jwks", endpoints.jwks.as_ref())),
            Flow::ClientCredentials | Flow::BadCredentials | Flow::Refresh | Flow::RefreshRace | Flow::AuthorizationCode => None,
        }
    }

    /// The places that the plan's flows send to, with what is there.
    pub fn touched(&self) -> Vec<(&'static str, &Url)> {
        let flows = || self.plan.flows.iter().map(|flow| flow.flow);
        let login = flows().any(Flow::logs_in) || self.plan.flows.iter().any(|flow| flow.flow == Flow::Introspection);
        let mut places = vec![
            ("token endpoint", self.endpoints.token.as_ref()),
            ("authorization endpoint", self.endpoints.authorization.as_ref().filter(|_| login)),
            (
                "revocation endpoint",
                self.endpoints.revocation.as_ref().filter(|_| flows().any(|flow| flow == Flow::Introspection)),
            ),
        ];
        places.extend(flows().filter_map(|flow| self.place(flow)).map(|(key, url)| {
            let what = match key {
                "device_authorization" => "device authorization endpoint",
                "resource" => "protected resource",
                "revocation" => "revocation endpoint",
                "introspection" => "introspection endpoint",
                "jwks" => "key set",
                _ => "metadata",
            };
            (what, url)
        }));
        places.into_iter().filter_map(|(what, url)| Some((what, url?))).collect()
    }

    /// Gives a flow its clients, users and endpoints.
    ///
    /// # Errors
    /// The provider file lacks something that it needs.
    pub fn assign(&self, at: usize, crew: usize) -> Result<Assignment, LoadError> {
        let Self { plan, provider, endpoints, .. } = *self;
        let flow = &plan.flows[at];
        let lacking = |what: String| LoadError::Lacking { flow: flow.label().to_owned(), what };
        let unknown = |key: &str| {
            lacking(match key {
                "metadata" => "the provider has no metadata document".to_owned(),
                key => format!("the {key} endpoint is not known: set `endpoints.{key}` in {}", provider.source),
            })
        };
        let door = |url: &Url| Door::at(url, plan.connections, &provider.connect).map_err(LoadError::Wire);
        let weights: usize = plan.flows.iter().map(|flow| flow.weight).sum();
        let lane = plan.arrivals.as_ref().map(|_| {
            let phase = (at as f64 + 0.5) / plan.flows.len() as f64;
            Arc::new(Lane::new(flow.weight as f64 / weights as f64, phase, plan.shard))
        });
        let first = if flow.flow.has_client() { Some(client(flow, provider).map_err(lacking)?) } else { None };
        let clients = first.map_or_else(Vec::new, |first| self.data.clients(&first).unwrap_or_else(|| vec![first]));
        let users = if flow.flow.has_user() { self.users(flow).map_err(lacking)? } else { Vec::new() };
        if let (true, Some(client)) = (flow.flow.logs_in(), clients.iter().find(|client| client.redirect_uri().is_empty())) {
            return Err(lacking(format!("clients.{} has no `redirect_uris` in {}", client.role, provider.source)));
        }
        if flow.flow.logs_in() && endpoints.authorization.is_none() {
            return Err(unknown("authorization"));
        }
        let place = match self.place(flow.flow) {
            Some((key, url)) => Some(door(url.ok_or_else(|| unknown(key))?)?),
            None => None,
        };
        let revocation = if matches!(flow.flow, Flow::Introspection | Flow::Revocation) {
            endpoints.revocation.as_ref().map(door).transpose()?
        } else {
            None
        };
        let holder = if flow.flow == Flow::Introspection { Some(Box::new(self.holder(flow, door)?)) } else { None };
        let role = clients.first().map(|client| client.role.as_str());
        Ok(Assignment {
            flow: flow.flow,
            label: flow.label().to_owned(),
            plan: flow.clone(),
            issuer: provider.issuer.clone(),
            users,
            reuse_grace: role.and_then(|role| provider.reuse_grace_of(role)).map(|(grace, _)| grace),
            clients,
            token: door(endpoints.token.as_ref().ok_or_else(|| unknown("token"))?)?,
            authorization: endpoints.authorization.clone(),
            place,
            crew_share: crew as f64 / plan.most_users() as f64,
            lane,
            post: Post::default(),
            turns: AtomicUsize::new(0),
            revocation,
            holder,
            specimens: OnceLock::new(),
            samples: Samples::default(),
            entrances: Mutex::default(),
        })
    }

    /// Who gets the tokens that are introspected: a client for itself, else a client for a user who logs in.
    fn holder(&self, flow: &FlowPlan, door: impl Fn(&Url) -> Result<Door, LoadError>) -> Result<Assignment, LoadError> {
        let lacking = |what: String| LoadError::Lacking { flow: flow.label().to_owned(), what };
        let own = FlowPlan { flow: Flow::ClientCredentials, client: flow.holder.clone(), ..flow.clone() };
        let of_user = FlowPlan { flow: Flow::AuthorizationCode, client: flow.holder.clone(), ..flow.clone() };
        let (plan, client) = match client(&own, self.provider) {
            Ok(client) => (own, client),
            Err(_) => match client(&of_user, self.provider) {
                Ok(client) if !client.redirect_uri().is_empty() && self.endpoints.authorization.is_some() => (of_user, client),
                Ok(_) | Err(_) => {
                    let what =
                        "needs a client that gets tokens: by client_credentials, or by authorization_code with `redirect_uris`";
                    return Err(lacking(format!("{what}; `holder` names it in the plan")));
                }
            },
        };
        let users = if plan.flow.has_user() { self.users(&plan).map_err(lacking)? } else { Vec::new() };
        let token = self.endpoints.token.as_ref().ok_or_else(|| lacking("the token endpoint is not known".to_owned()))?;
        Ok(Assignment {
            flow: plan.flow,
            label: flow.label().to_owned(),
            plan,
            issuer: self.provider.issuer.clone(),
            users,
            reuse_grace: None,
            clients: vec![client],
            token: door(token)?,
            authorization: self.endpoints.authorization.clone(),
            place: None,
            crew_share: 0.0,
            lane: None,
            post: Post::default(),
            turns: AtomicUsize::new(0),
            revocation: self.endpoints.revocation.as_ref().map(door).transpose()?,
            holder: None,
            specimens: OnceLock::new(),
            samples: Samples::default(),
            entrances: Mutex::default(),
        })
    }

    fn users(&self, flow: &FlowPlan) -> Result<Vec<User>, String> {
        match (&self.data.users, &flow.user) {
            (Some(users), None) => Ok(users.clone()),
            (Some(_), Some(_)) | (None, _) => users(flow, self.provider),
        }
    }
}

fn client(flow: &FlowPlan, provider: &Provider) -> Result<Client, String> {
    let grants = flow.flow.grants();
    let wanted = || match (flow.flow, grants) {
        (Flow::Introspection, _) => "a `secret`".to_owned(),
        (Flow::BadCredentials, _) => "a `secret`, and `grants` with client_credentials".to_owned(),
        (_, grants) => format!("`grants` with {}", grants.iter().map(|grant| grant.name()).collect::<Vec<_>>().join(" and ")),
    };
    let needs_secret = matches!(flow.flow, Flow::Introspection | Flow::BadCredentials);
    let fits = |client: &Client| grants.iter().all(|grant| client.may(*grant)) && (client.secret.is_some() || !needs_secret);
    if let Some(role) = &flow.client {
        let elsewhere = provider.others.iter().find(|other| other.client(role).is_some());
        let client = provider.client(role).ok_or_else(|| match elsewhere {
            Some(other) => format!("`clients.{role}` is of the issuer {}, and load goes to that of the file alone", other.issuer),
            None => format!("there is no `clients.{role}` in {}", provider.source),
        })?;
        return if fits(client) {
            Ok(client.clone())
        } else {
            Err(format!("clients.{role} needs {} in {}", wanted(), provider.source))
        };
    }
    let first = flow.flow.roles().iter().filter_map(|role| provider.client(role));
    let may_look = provider.clients.values().filter(|client| client.introspect);
    let may_look = may_look.filter(|_| flow.flow == Flow::Introspection);
    let found = first.chain(may_look).chain(provider.clients.values()).find(|client| fits(client)).cloned();
    let role = flow.flow.roles().first().copied().unwrap_or_default();
    found.ok_or_else(|| format!("needs a client with {}, such as `clients.{role}`, in {}", wanted(), provider.source))
}

fn users(flow: &FlowPlan, provider: &Provider) -> Result<Vec<User>, String> {
    if let Some(name) = &flow.user {
        let user = provider.user(name).ok_or_else(|| format!("there is no `users.{name}` in {}", provider.source))?;
        return Ok(vec![user.clone()]);
    }
    let mut users: Vec<User> = provider.users.values().cloned().collect();
    if users.len() > 1 {
        users.retain(|user| user.name != "carol");
    }
    if users.is_empty() { Err(format!("needs a user that logs in: `users.alice` in {}", provider.source)) } else { Ok(users) }
}
