//! From an issuer to its endpoints: metadata is looked for in its three places, and what came is kept for the checks that judge it.

use std::fmt;

use futures::future::join_all;
use serde_json::{Map, Value};
use url::Url;

use super::endpoints::Endpoints;
use super::model::Provider;
use crate::protocol::{Endpoint, Failure, Request, Response};
use crate::wire::{Tape, Wire};

/// What a check runs against: the provider and where to ask it.
#[derive(Clone, Debug)]
pub struct Target {
    /// What its file says.
    pub provider: Provider,
    /// The endpoints that are known, the file's before the metadata's.
    pub endpoints: Endpoints,
    /// What its metadata says.
    pub metadata: Metadata,
}

/// What was found where metadata belongs.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    /// Every place that was asked, and what it answered.
    pub seen: Vec<Seen>,
    /// The document that is used: one that names the issuer if there is one, else the first JSON object.
    pub document: Option<Map<String, Value>>,
    /// Where that document is.
    pub from: Option<Url>,
}

/// One place where metadata may be.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Where.
    pub url: Url,
    /// Which of the forms that is; without a path in the issuer the two OAuth forms are one.
    pub form: WellKnown,
    /// What it answered; redirects are not followed.
    pub response: Result<Response, Failure>,
}

impl Seen {
    /// The document, if there is one: status 200 and a JSON object, whatever `Content-Type` says.
    pub fn document(&self) -> Option<Map<String, Value>> {
        let response = self.response.as_ref().ok().filter(|response| response.status == 200)?;
        match response.json()? {
            Value::Object(members) => Some(members),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => None,
        }
    }
}

/// How a well-known URL is made of an issuer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WellKnown {
    /// `oauth-authorization-server` between host and path (RFC 8414 section 3.1).
    OauthInserted,
    /// `openid-configuration` after the path (OpenID Connect Discovery section 4).
    OpenId,
    /// `oauth-authorization-server` after the path: no specification says so, many servers do.
    OauthAppended,
}

impl WellKnown {
    /// Every form, in the order in which they are preferred.
    pub const ALL: [Self; 3] = [Self::OauthInserted, Self::OpenId, Self::OauthAppended];

    /// The URL of this form.
    pub fn url(self, issuer: &Url) -> Url {
        let path = issuer.path().trim_end_matches('/');
        let mut url = issuer.clone();
        url.set_query(None);
        url.set_fragment(None);
        url.set_path(&match self {
            Self::OauthInserted => format!("/.well-known/oauth-authorization-server{path}"),
            Self::OpenId => format!("{path}/.well-known/openid-configuration"),
            Self::OauthAppended => format!("{path}/.well-known/oauth-authorization-server"),
        });
        url
    }
}

/// Why there is nothing to test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unreachable {
    /// Nothing answers: the provider is down or elsewhere.
    NothingAnswers {
        /// The issuer.
        issuer: String,
        /// Each URL that was tried, with what came of it.
        tried: Vec<(Url, String)>,
    },
    /// Something answers, and no endpoint is known: the provider file is wrong or says too little.
    NoEndpoint {
        /// The issuer.
        issuer: String,
        /// Each URL that was tried, with what came of it.
        tried: Vec<(Url, String)>,
    },
}

impl std::error::Error for Unreachable {}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (tried, way_out) = match self {
            Self::NothingAnswers { issuer, tried } => {
                writeln!(f, "cannot reach the provider: nothing answers at `issuer: {issuer}`")?;
                (tried, "start the provider, or correct `issuer:` in the provider file")
            }
            Self::NoEndpoint { issuer, tried } => {
                writeln!(f, "no endpoint is known: no metadata found for `issuer: {issuer}`")?;
                (tried, "correct `issuer:`, or set `endpoints:` (authorization, token, …) in the provider file")
            }
        };
        for (url, came) in tried {
            writeln!(f, "  tried {url}: {came}")?;
        }
        write!(f, "  way out: {way_out}")
    }
}

/// Finds the provider's endpoints. What came in place of metadata is kept and judged by no one here.
///
/// # Errors
/// When nothing answers at all, or no endpoint is known from file or metadata.
pub async fn discover(wire: &Wire, tape: &Tape, provider: Provider) -> Result<Target, Unreachable> {
    let mut seen = Vec::new();
    if let Ok(issuer) = Url::parse(&provider.issuer) {
        let mut places: Vec<(WellKnown, Url)> = Vec::new();
        for form in WellKnown::ALL {
            let url = form.url(&issuer);
            if !places.iter().any(|(_, other)| *other == url) {
                places.push((form, url));
            }
        }
        // Side by side, so that a server that stalls costs one time-out and not three.
        seen = join_all(places.into_iter().map(|(form, url)| async move {
            let request = Request::get(Endpoint::Metadata, &url).header("accept", "application/json");
            let response = wire.send(tape, &request).await;
            Seen { url, form, response }
        }))
        .await;
    }
    let documents: Vec<(Url, Map<String, Value>)> =
        seen.iter().filter_map(|one| Some((one.url.clone(), one.document()?))).collect();
    let names_issuer =
        |document: &Map<String, Value>| document.get("issuer").and_then(Value::as_str) == Some(provider.issuer.as_str());
    let chosen = documents.iter().find(|(_, document)| names_issuer(document)).or(documents.first());

    let mut endpoints = provider.endpoints.clone();
    endpoints.resource = endpoints.resource.or(provider.resource.as_ref().and_then(|resource| resource.url.clone()));
    let from_file = endpoints.clone();
    if let Some((_, document)) = chosen {
        endpoints = endpoints.or(Endpoints::of_metadata(document));
    }
    // The OpenID document often names what the OAuth one leaves out, userinfo for one.
    for (_, document) in documents.iter().filter(|(_, document)| names_issuer(document)) {
        endpoints = endpoints.or(Endpoints::of_metadata(document));
    }

    let answered = |response: &Result<Response, Failure>| matches!(response, Ok(_) | Err(Failure::TooLong(_)));
    let mut tried: Vec<(Url, String)> = seen.iter().map(|one| (one.url.clone(), came_of(one))).collect();
    if !seen.iter().any(|one| answered(&one.response)) {
        // The metadata host is silent, but the file may name endpoints elsewhere.
        let mut silent = true;
        if let Some((endpoint, url)) = first_flow(&from_file) {
            let response = wire.send(tape, &Request::get(endpoint, url)).await;
            silent = !answered(&response);
            if let Err(failure) = &response {
                tried.push((url.clone(), failure.to_string()));
            }
        }
        if silent {
            return Err(Unreachable::NothingAnswers { issuer: provider.issuer, tried });
        }
    }
    if !endpoints.any_flow() {
        return Err(Unreachable::NoEndpoint { issuer: provider.issuer, tried });
    }
    let (from, document) = chosen.cloned().unzip();
    Ok(Target { provider, endpoints, metadata: Metadata { seen, document, from } })
}

fn first_flow(endpoints: &Endpoints) -> Option<(Endpoint, &Url)> {
    let token = endpoints.token.as_ref().map(|url| (Endpoint::Token, url));
    let authorization = endpoints.authorization.as_ref().map(|url| (Endpoint::Authorization, url));
    let device = endpoints.device_authorization.as_ref().map(|url| (Endpoint::DeviceAuthorization, url));
    token.or(authorization).or(device)
}

fn came_of(seen: &Seen) -> String {
    match &seen.response {
        Err(failure) => failure.to_string(),
        Ok(response) if response.status == 200 => match seen.document() {
            Some(_) => "a JSON object that names no endpoint".to_owned(),
            None => format!("status 200 without a JSON object ({})", response.media_type().unwrap_or("no type".to_owned())),
        },
        Ok(response) => crate::protocol::answer::describe(response),
    }
}
