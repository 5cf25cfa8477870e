//! Clients made by dynamic registration (RFC 7591), and taken away again (RFC 7592).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use url::Url;

use super::plan::Plan;
use super::visit::quoted;
use crate::protocol::answer::{describe, object};
use crate::protocol::{Body, Endpoint, Method, OAuthError, Request, Response, Secret};
use crate::provider::{AuthMethod, Grant};
use crate::wire::{Tape, Wire};

/// Registers clients at one provider.
pub struct Registrar<'a> {
    /// Sends.
    pub wire: &'a Wire,
    /// Knows what may not be shown.
    pub tape: &'a Tape,
    /// The client registration endpoint (RFC 7591 section 3).
    pub endpoint: &'a Url,
    /// The initial access token, where the provider wants one.
    pub initial_token: Option<&'a Secret>,
}

/// A client as the provider registered it, which need not be as it was asked to (RFC 7591 section 3.2.1).
#[derive(Clone, Debug)]
pub struct Registered {
    /// `client_id`
    pub id: String,
    /// `client_secret`; none for a public client.
    pub secret: Option<Secret>,
    /// `token_endpoint_auth_method`
    pub auth: AuthMethod,
    /// `redirect_uris`
    pub redirect_uris: Vec<String>,
    /// `grant_types`, those that flowproof knows.
    pub grants: Vec<Grant>,
    /// `scope`
    pub scopes: Vec<String>,
    /// Where and how it is taken away again, if the provider says so.
    pub management: Option<Management>,
}

/// What takes a client away again (RFC 7592 section 3).
#[derive(Clone, Debug)]
pub struct Management {
    /// `registration_client_uri`
    pub uri: Url,
    /// `registration_access_token`
    pub token: Secret,
}

/// Why a client was not registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistrationError {
    /// The provider wants an initial access token, or another one.
    #[error(
        "the provider does not let us register ({0}): name the variable that holds an initial access token with --initial-access-token-env"
    )]
    NotAllowed(String),
    /// It refuses this client.
    #[error("{0}")]
    Refused(String),
    /// Nothing came that says either.
    #[error("{0}")]
    NoAnswer(String),
}

impl Registrar<'_> {
    /// Registers the client that a plan describes, with these scopes.
    ///
    /// # Errors
    /// The provider refuses, or answers with something that is no client.
    pub async fn register(&self, plan: &Plan, scopes: &[String]) -> Result<Registered, RegistrationError> {
        let mut response = self.ask(metadata(plan, scopes)).await?;
        if matches!(response.status, 400 | 403) && !scopes.is_empty() {
            // Scopes are what providers hold back most; without a word of them a client has the default ones.
            let again = self.ask(metadata(plan, &[])).await?;
            if matches!(again.status, 200 | 201) {
                response = again;
            }
        }
        if !matches!(response.status, 200 | 201) {
            let said = self.tape.mask(&said(&response));
            let error = OAuthError::read(&response).ok().map(|error| error.error);
            return Err(match (response.status, error.as_deref()) {
                (401 | 403, _) | (_, Some("access_denied" | "invalid_token" | "insufficient_scope")) => {
                    RegistrationError::NotAllowed(said)
                }
                (_, Some(_) | None) => RegistrationError::Refused(said),
            });
        }
        let members = object(&response).map_err(|misread| RegistrationError::NoAnswer(misread.to_string()))?;
        let registered = read(plan, scopes, &members)
            .ok_or_else(|| RegistrationError::NoAnswer(format!("{} without a client_id", describe(&response))))?;
        self.tape.learn(registered.secret.iter().chain(registered.management.iter().map(|management| &management.token)));
        Ok(registered)
    }

    async fn ask(&self, wanted: Value) -> Result<Response, RegistrationError> {
        let request = Request::get(Endpoint::Registration, self.endpoint).method(Method::Post);
        let mut request = request.header("accept", "application/json");
        let text = wanted.to_string();
        request.body =
            Body::Raw { content_type: "application/json".to_owned(), octets: text.clone().into_bytes(), shown: Some(text) };
        if let Some(token) = self.initial_token {
            request = request.bearer(token);
        }
        self.wire.send(self.tape, &request).await.map_err(|failure| RegistrationError::NoAnswer(failure.to_string()))
    }
}

fn said(response: &Response) -> String {
    let description = OAuthError::read(response).ok().and_then(|error| error.description);
    format!("{}{}", describe(response), description.map(|words| format!(" {}", quoted(&words))).unwrap_or_default())
}

/// RFC 7591 section 2.
fn metadata(plan: &Plan, scopes: &[String]) -> Value {
    let code = plan.grants.contains(&Grant::AuthorizationCode);
    let native = plan.redirect_uris.iter().any(|uri| !uri.starts_with("http:") && !uri.starts_with("https:"));
    let mut wanted = json!({
        "client_name": format!("flowproof {}", plan.role),
        "redirect_uris": plan.redirect_uris,
        "grant_types": plan.grants.iter().map(|grant| grant.grant_type()).collect::<Vec<_>>(),
        "response_types": if code { vec!["code"] } else { Vec::new() },
        "token_endpoint_auth_method": plan.auth.name(),
        "application_type": if native { "native" } else { "web" },
    });
    if !scopes.is_empty() {
        wanted["scope"] = scopes.join(" ").into();
    }
    wanted
}

/// What the provider made of it: what it leaves out is as it was asked for.
fn read(plan: &Plan, scopes: &[String], members: &Map<String, Value>) -> Option<Registered> {
    let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let texts = |name: &str| {
        let items = members.get(name)?.as_array()?.iter();
        Some(items.filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>())
    };
    let grants = texts("grant_types").map_or(plan.grants.to_vec(), |named| {
        let known = |name: &String| Grant::ALL.into_iter().find(|grant| grant.grant_type() == name);
        named.iter().filter_map(known).collect()
    });
    let auth = text("token_endpoint_auth_method").and_then(|name| AuthMethod::ALL.into_iter().find(|one| one.name() == name));
    let auth = auth.unwrap_or(plan.auth);
    // Some send a secret to public clients, too.
    let secret = text("client_secret").filter(|_| auth != AuthMethod::None);
    // Some name only scopes beside the default ones there: a list that has none of ours is not about ours.
    let named: Vec<&str> = text("scope").unwrap_or_default().split(' ').collect();
    let granted: Vec<String> = scopes.iter().filter(|scope| named.contains(&scope.as_str())).cloned().collect();
    let uri = text("registration_client_uri").and_then(|uri| Url::parse(uri).ok());
    let token = text("registration_access_token").map(|token| Secret::new("registration_access_token", token));
    Some(Registered {
        id: text("client_id")?.to_owned(),
        auth: if secret.is_none() { AuthMethod::None } else { auth },
        secret: secret.map(|secret| Secret::chosen("client_secret", secret)),
        redirect_uris: texts("redirect_uris").unwrap_or_else(|| plan.redirect_uris.iter().map(|uri| (*uri).to_owned()).collect()),
        grants,
        scopes: if granted.is_empty() { scopes.to_vec() } else { granted },
        management: uri.zip(token).map(|(uri, token)| Management { uri, token }),
    })
}

impl Registered {
    /// What the provider made otherwise than it was asked to, in words.
    pub fn differs(&self, plan: &Plan) -> Vec<String> {
        let mut differs = Vec::new();
        if self.auth != plan.auth {
            differs.push(format!("authenticates by {} and not by {}", self.auth.name(), plan.auth.name()));
        }
        let left_out: Vec<&str> =
            plan.grants.iter().filter(|grant| !self.grants.contains(grant)).map(|grant| grant.name()).collect();
        if !left_out.is_empty() {
            differs.push(format!("may not use {}", left_out.join(", ")));
        }
        if plan.redirect_uris.iter().any(|uri| !self.redirect_uris.iter().any(|other| other == uri)) {
            differs.push("has not every redirect URI".to_owned());
        }
        differs
    }
}

/// Who was registered, and how each is taken away again: what stands in the file beside the provider file. It holds secrets.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ledger {
    /// The issuer.
    pub issuer: String,
    /// The clients by role.
    pub clients: BTreeMap<String, Entry>,
}

/// One client of the ledger, by the names of RFC 7592.
#[derive(Clone, Serialize, Deserialize)]
pub struct Entry {
    client_id: String,
    registration_client_uri: Option<Url>,
    registration_access_token: Option<String>,
}

impl std::fmt::Debug for Entry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.client_id)
    }
}

/// What came of taking a client away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Removal {
    /// The provider took it away.
    Gone,
    /// The provider has no such client.
    Unknown,
    /// The provider never said how.
    NoWay,
    /// It did not, for this reason.
    Failed(String),
}

impl Ledger {
    /// Enters a client.
    pub fn enter(&mut self, role: &str, client: &Registered) {
        let management = client.management.as_ref();
        self.clients.insert(
            role.to_owned(),
            Entry {
                client_id: client.id.clone(),
                registration_client_uri: management.map(|management| management.uri.clone()),
                registration_access_token: management.map(|management| management.token.expose().to_owned()),
            },
        );
    }

    /// Takes a client away (RFC 7592 section 2.3), and out of the ledger if it is gone.
    pub async fn remove(&mut self, role: &str, wire: &Wire, tape: &Tape) -> Removal {
        let Some(entry) = self.clients.get(role) else { return Removal::Unknown };
        let (Some(uri), Some(token)) = (&entry.registration_client_uri, &entry.registration_access_token) else {
            return Removal::NoWay;
        };
        let request = Request::get(Endpoint::Registration, uri)
            .method(Method::Delete)
            .bearer(&Secret::new("registration_access_token", token));
        let removal = match wire.send(tape, &request).await {
            Ok(response) => match response.status {
                200 | 202 | 204 => Removal::Gone,
                404 | 410 => Removal::Unknown,
                _ => Removal::Failed(tape.mask(&said(&response))),
            },
            Err(failure) => Removal::Failed(failure.to_string()),
        };
        if matches!(removal, Removal::Gone | Removal::Unknown) {
            self.clients.remove(role);
        }
        removal
    }

    /// The id of a role's client.
    pub fn client_id(&self, role: &str) -> Option<&str> {
        self.clients.get(role).map(|entry| entry.client_id.as_str())
    }
}
