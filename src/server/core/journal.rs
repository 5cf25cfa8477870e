//! The latest requests of a realm, for whoever wonders what a client sent. What may be a secret is left out: only what is named here is shown.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;

use super::endpoint::Endpoint;
use super::message::{Content, Ending, Request, Response};
use super::realm::Realm;
use super::sender::{client_of, parameters_of};

/// The most that a realm can be made to keep.
pub const MOST: usize = 10_000;

/// How much of a value is shown, in characters.
const SHOWN: usize = 200;

/// Parameters whose values may be seen.
const OPEN_PARAMETERS: &[&str] = &[
    "grant_type",
    "response_type",
    "response_mode",
    "scope",
    "code_challenge_method",
    "token_type_hint",
    "prompt",
    "max_age",
    "decision",
];

/// Parameters of which only the name may be seen; others are but counted, because a secret that went astray can stand where a name should.
const NAMED_PARAMETERS: &[&str] = &[
    "client_id",
    "client_secret",
    "client_assertion",
    "client_assertion_type",
    "redirect_uri",
    "state",
    "nonce",
    "code",
    "code_challenge",
    "code_verifier",
    "refresh_token",
    "access_token",
    "token",
    "device_code",
    "user_code",
    "username",
    "password",
    "assertion",
    "id_token_hint",
    "login_hint",
    "resource",
    "iss",
    "csrf",
];

/// Header fields whose values may be seen. Of `Authorization` the scheme is told, of `Cookie` that there is one.
const OPEN_HEADERS: &[&str] = &[
    "accept",
    "accept-encoding",
    "accept-language",
    "connection",
    "content-length",
    "content-type",
    "host",
    "origin",
    "user-agent",
];

/// The schemes of `Authorization`: in a broken header the first word may be anything.
const SCHEMES: &[&str] = &["Basic", "Bearer", "DPoP", "Digest", "Negotiate"];

/// A name with its value, where that may be seen.
pub type Shown = (&'static str, Option<String>);

/// What is shown of a request.
#[derive(Clone, Debug)]
pub struct Seen {
    /// When it came, in milliseconds of the realm's clock.
    pub at: u64,
    /// The method.
    pub method: String,
    /// The path, without what only one browser knows.
    pub path: String,
    /// The registered client that it says it is from.
    pub client_id: Option<String>,
    /// Header fields, in order.
    pub headers: Vec<Shown>,
    /// Parameters of address and form, in order.
    pub parameters: Vec<Shown>,
    /// How many parameters there were beside those.
    pub other_parameters: usize,
}

/// A request with its answer.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Counted from 1 as long as the realm exists.
    pub number: u64,
    /// The request.
    pub request: Seen,
    /// The status of the answer.
    pub status: u16,
    /// The `error` of the answer, in its body or on the way back to the client.
    pub error: Option<String>,
    /// How the answer ended.
    pub ending: Ending,
    /// How long making it took.
    pub took: Duration,
    /// How long it was held back on purpose.
    pub held_back: Duration,
}

/// The latest requests of a realm.
#[derive(Default)]
pub struct Journal {
    pages: Mutex<Pages>,
}

#[derive(Default)]
struct Pages {
    latest: u64,
    entries: VecDeque<Entry>,
}

impl Seen {
    /// What is shown of a request to an endpoint.
    pub fn of(realm: &Realm, endpoint: &Endpoint, request: &Request) -> Self {
        let pairs = parameters_of(request);
        let parameters: Vec<Shown> = pairs.iter().filter_map(|(name, value)| shown_parameter(realm, name, value)).collect();
        Self {
            at: realm.now(),
            method: request.method.as_str().chars().take(16).collect(),
            path: shown_path(endpoint, &request.path),
            client_id: client_of(request, &pairs).filter(|id| realm.client(id).is_some()),
            headers: request
                .headers
                .iter()
                .filter_map(|(name, value)| shown_header(name.as_str(), value.to_str().ok()?))
                .collect(),
            other_parameters: pairs.len() - parameters.len(),
            parameters,
        }
    }
}

fn shown_path(endpoint: &Endpoint, path: &str) -> String {
    match endpoint {
        Endpoint::Login(secret) | Endpoint::Consent(secret) | Endpoint::DeviceConsent(secret) => {
            format!("{}…", path.strip_suffix(secret.as_str()).unwrap_or_default())
        }
        Endpoint::MetadataOfNobody => "/.well-known/oauth-authorization-server/realms/…".to_owned(),
        Endpoint::Authorization
        | Endpoint::Token
        | Endpoint::Introspection
        | Endpoint::Revocation
        | Endpoint::DeviceAuthorization
        | Endpoint::Verification
        | Endpoint::Userinfo
        | Endpoint::Jwks
        | Endpoint::Metadata
        | Endpoint::MetadataBelowIssuer
        | Endpoint::OpenIdConfiguration => path.to_owned(),
    }
}

fn shown_parameter(realm: &Realm, name: &str, value: &str) -> Option<Shown> {
    if let Some(open) = known(OPEN_PARAMETERS, name) {
        return Some((open, Some(shortened(value))));
    }
    let name = known(NAMED_PARAMETERS, name)?;
    let value = match name {
        "client_id" if realm.client(value).is_some() => Some(shortened(value)),
        // A client may have put anything behind its own address.
        "redirect_uri" => value.split(['?', '#']).next().map(shortened),
        _ => None,
    };
    Some((name, value))
}

fn shown_header(name: &str, value: &str) -> Option<Shown> {
    match name {
        "authorization" => {
            let scheme = value.split(' ').next().unwrap_or_default();
            let scheme = SCHEMES.iter().find(|known| known.eq_ignore_ascii_case(scheme));
            Some(("authorization", scheme.map(|scheme| format!("{scheme} …"))))
        }
        "cookie" => Some(("cookie", None)),
        name => known(OPEN_HEADERS, name).map(|name| (name, Some(shortened(value)))),
    }
}

fn known(names: &[&'static str], name: &str) -> Option<&'static str> {
    names.iter().find(|known| **known == name).copied()
}

fn shortened(value: &str) -> String {
    let mut shown: String = value.chars().take(SHOWN).collect();
    if shown.len() < value.len() {
        shown.push('…');
    }
    shown
}

impl Journal {
    /// Notes a request with its answer, and forgets the oldest beyond this number.
    pub fn note(&self, request: Seen, response: &Response, took: Duration, most: usize) {
        let mut pages = self.pages();
        pages.latest += 1;
        let entry = Entry {
            number: pages.latest,
            request,
            status: response.status,
            error: error_of(response),
            ending: response.ending,
            took,
            held_back: response.delay.unwrap_or_default(),
        };
        pages.entries.push_back(entry);
        while pages.entries.len() > most {
            pages.entries.pop_front();
        }
    }

    /// The latest, the oldest of them first.
    pub fn latest(&self, number: usize) -> Vec<Entry> {
        let pages = self.pages();
        pages.entries.iter().skip(pages.entries.len().saturating_sub(number)).cloned().collect()
    }

    /// Forgets all but the latest so many.
    pub fn shorten(&self, most: usize) {
        let mut pages = self.pages();
        let surplus = pages.entries.len().saturating_sub(most);
        pages.entries.drain(..surplus);
        pages.entries.shrink_to_fit();
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn error_of(response: &Response) -> Option<String> {
    match &response.content {
        Content::Json(document) => document.get("error").and_then(Value::as_str).map(shortened),
        Content::Client(redirect) => {
            redirect.parameters.iter().find(|(name, _)| *name == "error").map(|(_, value)| shortened(value))
        }
        // A written document is one of tokens.
        Content::Empty | Content::Written(_) | Content::Html(_) | Content::Page(_) => None,
    }
}
