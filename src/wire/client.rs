//! Sends one request and reads one response, both bounded; follows no redirect and keeps no cookie.

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

use reqwest::header::{CONTENT_TYPE, HeaderName, HeaderValue};

use super::account::Account;
use super::connect::Connect;
use super::gate::{Gate, Stopped};
use super::paths::{Paths, chain};
use super::proxy::Proxy;
use super::pulse::Pulse;
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
    paths: Arc<Paths>,
    bounds: Bounds,
    pub(super) gate: Arc<Gate>,
    pub(super) account: Arc<Account>,
    pub(super) pulse: Arc<Pulse>,
    /// Whether an answer that limits the rate is heeded; else it is an answer like any other.
    pub(super) heeds: bool,
}

impl Wire {
    /// Makes a client that goes straight to whom a request names.
    ///
    /// # Errors
    /// TLS cannot be set up on this machine.
    pub fn new(bounds: Bounds) -> Result<Self, Failure> {
        Self::reaching(bounds, Connect::default())
    }

    /// Makes a client that reaches the provider as it is told. `HTTP_PROXY` and its kin are not read here: a proxy that nobody asked for would
    /// answer in the provider's place.
    ///
    /// # Errors
    /// TLS cannot be set up on this machine.
    pub fn reaching(bounds: Bounds, connect: Connect) -> Result<Self, Failure> {
        let paths = Arc::new(Paths::new(bounds, connect)?);
        Ok(Self { paths, bounds, gate: Arc::default(), account: Arc::default(), pulse: Arc::default(), heeds: true })
    }

    /// How the provider is reached.
    pub fn connect(&self) -> &Connect {
        &self.paths.connect
    }

    /// The keys that the authorities of the provider file made trusted so far.
    pub fn trusted_keys(&self) -> Vec<String> {
        self.paths.keys.so_far()
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

    /// Sends the request once, in its turn, and writes the exchange, masked, onto the tape.
    pub(super) async fn send_in_turn(&self, tape: &Tape, request: &Request) -> Result<Response, Failure> {
        let outcome = self.exchange(request).await;
        tape.record_on(self.connect().way(&request.url), request, outcome.as_ref());
        outcome
    }

    async fn exchange(&self, request: &Request) -> Result<Response, Failure> {
        // The admin listener of the reference server is not who is tested; what was begun there has to be ended.
        if request.endpoint == Endpoint::Admin {
            return self.bounded(request).await;
        }
        let _permit = self.waiting(self.gate.pass()).await?;
        let under_way = self.pulse.begins(self.account.who.clone(), request);
        let outcome = self.bounded(request).await;
        under_way.ends(&outcome);
        self.account.had(&outcome);
        outcome
    }

    async fn bounded(&self, request: &Request) -> Result<Response, Failure> {
        let started = Instant::now();
        match tokio::time::timeout(self.bounds.total, self.attempt(request, started)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Failure::TimedOut(self.bounds.total)),
        }
    }

    /// Waits at the gate, on this user's account.
    pub(super) async fn waiting<T>(&self, turn: impl Future<Output = Result<T, Stopped>>) -> Result<T, Failure> {
        let _waits = self.account.waits();
        turn.await.map_err(|stopped| {
            Failure::Unsendable(match stopped {
                Stopped::Shut(reason) => reason,
                Stopped::NoTurn(reason) => {
                    self.account.spoil(reason.clone());
                    reason
                }
            })
        })
    }

    async fn attempt(&self, request: &Request, started: Instant) -> Result<Response, Failure> {
        let path = self.paths.to(request.target());
        let mut builder = path.request(method(request.method), request.headers.iter().any(|(name, _)| name == "host"));
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
        let failed = |error: reqwest::Error| self.failure(&error, path.proxy);
        let mut response = builder.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        if let (407, Some(proxy)) = (status, path.proxy) {
            return Err(Failure::Connect(format!("{}: proxy authorization required", through(proxy))));
        }
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().iter().map(|octet| char::from(*octet)).collect()))
            .collect();
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(failed)? {
            if body.len() + chunk.len() > self.bounds.body {
                return Err(Failure::TooLong(self.bounds.body));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Response { status, headers, body, elapsed: started.elapsed() })
    }

    fn failure(&self, error: &reqwest::Error, proxy: Option<&Proxy>) -> Failure {
        if error.is_connect() {
            Failure::Connect(match proxy {
                Some(proxy) => format!("{}: {}", through(proxy), chain(error)),
                None => chain(error),
            })
        } else if error.is_timeout() {
            Failure::TimedOut(self.bounds.total)
        } else if error.is_builder() {
            Failure::Unsendable(chain(error))
        } else if error.is_decode() && !breaks_off(error) {
            Failure::Malformed(chain(error))
        } else {
            Failure::Broken(chain(error))
        }
    }
}

/// Whether the connection ended in the middle of what was to come over it.
fn breaks_off(error: &reqwest::Error) -> bool {
    use std::io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, UnexpectedEof};
    let mut cause = error.source();
    while let Some(inner) = cause {
        let kind = inner.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
        if matches!(kind, Some(BrokenPipe | ConnectionAborted | ConnectionReset | UnexpectedEof)) {
            return true;
        }
        cause = inner.source();
    }
    false
}

fn through(proxy: &Proxy) -> String {
    format!("through the proxy {}", proxy.place())
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
