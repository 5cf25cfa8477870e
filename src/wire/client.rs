//! Sends one request and reads one response, both bounded; follows no redirect and keeps no cookie.

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};

use super::gate::Gate;
use super::tape::Tape;
use crate::protocol::{Endpoint, Failure, Method, Request, Response};

/// What one exchange may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// To make the connection.
    pub connect: Duration,
    /// From the send to the last octet of the body.
    pub total: Duration,
    /// The longest body that is read, after decoding, in octets.
    pub body: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { connect: Duration::from_secs(5), total: Duration::from_secs(20), body: 1 << 20 }
    }
}

/// An HTTP client for one run; cheap to clone.
#[derive(Clone, Debug)]
pub struct Wire {
    client: reqwest::Client,
    bounds: Bounds,
    gate: Arc<Gate>,
}

impl Wire {
    /// Makes the client. It goes straight to whom a request names, whatever `HTTP_PROXY` and its kin say: a proxy would answer in the
    /// provider's place, and most cannot reach this machine's loopback.
    ///
    /// # Errors
    /// TLS cannot be set up on this machine.
    pub fn new(bounds: Bounds) -> Result<Self, Failure> {
        let client = reqwest::Client::builder()
            .user_agent(concat!("flowproof/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .connect_timeout(bounds.connect)
            .pool_idle_timeout(Duration::from_secs(15))
            .build()
            .map_err(|error| Failure::Unsendable(chain(&error)))?;
        Ok(Self { client, bounds, gate: Arc::default() })
    }

    /// The same client with a budget: after this many requests, every further one fails unsent.
    pub fn with_budget(self, most: u64) -> Self {
        Self { gate: Arc::new(Gate::with_budget(most)), ..self }
    }

    /// Lets no request pass any more, for all who share this client; the first reason stays.
    pub fn shut(&self, reason: String) {
        self.gate.shut(reason);
    }

    /// Why no request passes any more.
    pub fn shut_because(&self) -> Option<&str> {
        self.gate.reason()
    }

    /// The bounds of every exchange.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Sends the request and writes the exchange, masked, onto the tape.
    ///
    /// # Errors
    /// No whole response came within the bounds. That is on the tape as well.
    pub async fn send(&self, tape: &Tape, request: &Request) -> Result<Response, Failure> {
        let outcome = self.exchange(request).await;
        tape.record(request, outcome.as_ref());
        outcome
    }

    async fn exchange(&self, request: &Request) -> Result<Response, Failure> {
        // The admin listener of the reference server is not who is tested; what was begun there has to be ended.
        if request.endpoint != Endpoint::Admin {
            self.gate.pass().map_err(Failure::Unsendable)?;
        }
        let started = Instant::now();
        match tokio::time::timeout(self.bounds.total, self.attempt(request, started)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::TimedOut(self.bounds.total)),
        }
    }

    async fn attempt(&self, request: &Request, started: Instant) -> Result<Response, Failure> {
        let mut builder = self.client.request(method(request.method), request.target());
        if let Some((content_type, octets)) = request.payload() {
            // A header of the request's own wins: a wrong or varied Content-Type is a move too.
            if !request.headers.iter().any(|(name, _)| name == "content-type") {
                builder = builder.header(CONTENT_TYPE, content_type);
            }
            builder = builder.body(octets);
        }
        for (name, value) in &request.headers {
            let name =
                HeaderName::from_bytes(name.as_bytes()).map_err(|_| Failure::Unsendable(format!("header name {name:?}")))?;
            let mut value = HeaderValue::from_bytes(value.expose().as_bytes())
                .map_err(|_| Failure::Unsendable(format!("the value of header {name}")))?;
            value.set_sensitive(true);
            builder = builder.header(name, value);
        }
        let mut response = builder.send().await.map_err(|error| self.failure(&error))?;
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().iter().map(|octet| char::from(*octet)).collect()))
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.failure(&error))? {
            if body.len() + chunk.len() > self.bounds.body {
                return Err(Failure::TooLong(self.bounds.body));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body, elapsed: started.elapsed() })
    }

    fn failure(&self, error: &reqwest::Error) -> Failure {
        if error.is_connect() {
            Failure::Connect(chain(error))
        } else if error.is_timeout() {
            Failure::TimedOut(self.bounds.total)
        } else if error.is_builder() {
            Failure::Unsendable(chain(error))
        } else if error.is_decode() {
            Failure::Malformed(chain(error))
        } else {
            Failure::Broken(chain(error))
        }
    }
}

fn method(method: Method) -> reqwest::Method {
    match method {
        Method::Get => reqwest::Method::GET,
        Method::Post => reqwest::Method::POST,
        Method::Put => reqwest::Method::PUT,
        Method::Delete => reqwest::Method::DELETE,
        Method::Patch => reqwest::Method::PATCH,
        Method::Options => reqwest::Method::OPTIONS,
        Method::Head => reqwest::Method::HEAD,
    }
}

/// The causes of an error without its URL, which may hold a code or a token.
fn chain(error: &reqwest::Error) -> String {
    let mut words = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words.push(inner.to_string());
        cause = inner.source();
    }
    words.dedup();
    if words.is_empty() { "no cause given".to_owned() } else { words.join(": ") }
}
