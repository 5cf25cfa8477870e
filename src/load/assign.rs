//! Gives each flow of a plan what it runs with: the client, the users, the endpoints and its arrivals.

use std::sync::{Arc, Mutex};

use url::Url;

use super::flows::{Assignment, Door};
use super::pace::Lane;
use super::plan::{Flow, FlowPlan, Plan};
use super::post::Post;
use super::run::LoadError;
use crate::provider::{Client, Endpoints, Provider, User};

/// Gives a flow its client, users and endpoints.
///
/// # Errors
/// The provider file lacks something that it needs.
pub fn assign(plan: &Plan, at: usize, crew: usize, provider: &Provider, endpoints: &Endpoints) -> Result<Assignment, LoadError> {
    let flow = &plan.flows[at];
    let lacking = |what: String| LoadError::Lacking { flow: flow.label().to_owned(), what };
    let unknown =
        |what: &str| lacking(format!("the {what} endpoint is not known: set `endpoints.{what}` in {}", provider.source));
    let door = |url: &Url| Door::at(url, plan.connections, &provider.connect).map_err(LoadError::Wire);
    let weights: usize = plan.flows.iter().map(|flow| flow.weight).sum();
    let lane = plan.arrivals.as_ref().map(|_| {
        let phase = (at as f64 + 0.5) / plan.flows.len() as f64;
        Arc::new(Lane::new(flow.weight as f64 / weights as f64, phase, plan.shard))
    });
    let client = client(flow, provider).map_err(lacking)?;
    let logs_in = matches!(flow.flow, Flow::AuthorizationCode | Flow::Refresh);
    let users = if flow.flow == Flow::ClientCredentials { Vec::new() } else { users(flow, provider).map_err(lacking)? };
    if logs_in && client.redirect_uri().is_empty() {
        return Err(lacking(format!("clients.{} has no `redirect_uris` in {}", client.role, provider.source)));
    }
    if logs_in && endpoints.authorization.is_none() {
        return Err(unknown("authorization"));
    }
    let device_authorization = match (&endpoints.device_authorization, flow.flow == Flow::Device) {
        (Some(url), true) => Some(door(url)?),
        (None, true) => return Err(unknown("device_authorization")),
        (_, false) => None,
    };
    Ok(Assignment {
        flow: flow.flow,
        label: flow.label().to_owned(),
        client,
        users,
        rotates: flow.rotates,
        token: door(endpoints.token.as_ref().ok_or_else(|| unknown("token"))?)?,
        authorization: endpoints.authorization.clone(),
        device_authorization,
        crew_share: crew as f64 / plan.most_users() as f64,
        lane,
        post: Post::default(),
        chains: Mutex::default(),
    })
}

fn client(flow: &FlowPlan, provider: &Provider) -> Result<Client, String> {
    let grants = flow.flow.grants();
    let wanted = || grants.iter().map(|grant| grant.name()).collect::<Vec<_>>().join(" and ");
    let fits = |client: &Client| grants.iter().all(|grant| client.may(*grant));
    if let Some(role) = &flow.client {
        let client = provider.client(role).ok_or_else(|| format!("there is no `clients.{role}` in {}", provider.source))?;
        return if fits(client) {
            Ok(client.clone())
        } else {
            Err(format!("clients.{role} needs `grants` with {} in {}", wanted(), provider.source))
        };
    }
    let first = flow.flow.roles().iter().filter_map(|role| provider.client(role));
    let found = first.chain(provider.clients.values()).find(|client| fits(client)).cloned();
    let role = flow.flow.roles()[0];
    found.ok_or_else(|| {
        format!("needs a client whose `grants` hold {}, such as `clients.{role}` in {}", wanted(), provider.source)
    })
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
