//! A user's own HTTP/1.1 connection: kept open, opened anew where it must be, timed to the last octet of the body.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use http::{HeaderMap, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Url};

use crate::protocol::{Failure, Request, Response};

/// The longest body that is read, in octets: a token answer is far shorter.
const LONGEST_BODY: usize = 1 << 20;

/// A connection that rested longer is not used again: servers close theirs after five seconds and more, and a request that
/// crosses the closing would be lost, which for a refresh token is not to be told from a replay.
const LONGEST_REST: Duration = Duration::from_secs(3);

/// Where a connection leads: an origin, and the TLS that it needs, made once per run.
#[derive(Clone)]
pub struct Origin {
    host: Host,
    port: u16,
    tls: Option<TlsConnector>,
}

impl Origin {
    /// The origin of an endpoint.
    ///
    /// # Errors
    /// The URL has no host, or TLS cannot be set up on this machine.
    pub fn of(url: &Url) -> Result<Self, Failure> {
        let unsendable = |what: &str| Failure::Unsendable(what.to_owned());
        let host = url.host().ok_or_else(|| unsendable("the endpoint has no host"))?.to_owned();
        let port = url.port_or_known_default().ok_or_else(|| unsendable("the endpoint has no port"))?;
        let tls = if url.scheme() == "https" { Some(tls()?) } else { None };
        Ok(Self { host, port, tls })
    }
}

fn tls() -> Result<TlsConnector, Failure> {
    let failed = |error: tokio_rustls::rustls::Error| Failure::Unsendable(format!("TLS cannot be set up: {error}"));
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_platform_verifier()
        .map_err(failed)?
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsConnector::from(Arc::new(config)))
}

/// A request in the form in which it is sent, made once where it is sent often.
#[derive(Clone)]
pub struct Outgoing {
    method: http::Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

impl Outgoing {
    /// Prepares a request.
    ///
    /// # Errors
    /// A header's value cannot be sent.
    pub fn of(request: &Request) -> Result<Self, Failure> {
        let unsendable = |what: &str| Failure::Unsendable(what.to_owned());
        let url = request.target();
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let mut headers = HeaderMap::with_capacity(request.headers.len() + 3);
        headers.insert(HOST, HeaderValue::from_str(authority).map_err(|_| unsendable("the endpoint's host"))?);
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("flowproof/", env!("CARGO_PKG_VERSION"))));
        for (name, value) in &request.headers {
            let value = HeaderValue::from_bytes(value.expose().as_bytes()).map_err(|_| unsendable("the value of a header"))?;
            headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable("the name of a header"))?, value);
        }
        let mut body = Bytes::new();
        if let Some((content_type, octets)) = request.payload() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(&content_type).map_err(|_| unsendable("Content-Type"))?);
            body = Bytes::from(octets);
        }
        let method = http::Method::from_bytes(request.method.as_str().as_bytes()).expect("our methods are HTTP's");
        let uri = target.parse().map_err(|_| unsendable("the endpoint's path"))?;
        Ok(Self { method, uri, headers, body })
    }

    fn request(&self) -> http::Request<Full<Bytes>> {
        let mut request = http::Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.headers_mut() = self.headers.clone();
        request
    }
}

/// A connection of one user to one origin.
pub struct Connection {
    origin: Origin,
    timeout: Duration,
    open: Option<Open>,
}

struct Open {
    sender: SendRequest<Full<Bytes>>,
    driver: AbortHandle,
    rests_since: Instant,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// A connection that opens when it is first used.
    pub fn new(origin: Origin, timeout: Duration) -> Self {
        Self { origin, timeout, open: None }
    }

    /// Sends the request and reads the whole answer; `elapsed` counts from here to the last octet, a new connection included.
    ///
    /// Of the headers of a success only `content-type` is kept: there are many of them, and nobody reads the others. A request is sent a second time only if it demonstrably never left.
    pub async fn send(&mut self, outgoing: &Outgoing) -> Result<Response, Failure> {
        let started = Instant::now();
        // Taken out for the time of the exchange: whoever drops this future also drops a connection with half an answer on it.
        let mut open = self.open.take().filter(|open| open.rests_since.elapsed() < LONGEST_REST && !open.sender.is_closed());
        let answered = match tokio::time::timeout(self.timeout, self.exchange(&mut open, outgoing)).await {
            Ok(answered) => answered?,
            Err(_) => return Err(Failure::TimedOut(self.timeout)),
        };
        let (status, headers, body) = answered;
        let elapsed = started.elapsed();
        if let Some(mut open) = open {
            open.rests_since = Instant::now();
            self.open = Some(open);
        }
        Ok(Response { status, headers, body, elapsed })
    }

    async fn exchange(
        &self,
        open: &mut Option<Open>,
        outgoing: &Outgoing,
    ) -> Result<(u16, Vec<(String, String)>, Vec<u8>), Failure> {
        let mut request = outgoing.request();
        let response = loop {
            let is_new = open.is_none();
            let live = match open {
                Some(live) => live,
                None => open.insert(self.connect().await?),
            };
            if let Err(error) = live.sender.ready().await {
                *open = None;
                if is_new {
                    return Err(broken(&error));
                }
                continue;
            }
            match live.sender.try_send_request(request).await {
                Ok(response) => break response,
                Err(mut error) => match error.take_message() {
                    Some(unsent) if !is_new => {
                        *open = None;
                        request = unsent;
                    }
                    Some(_) | None => return Err(broken(error.error())),
                },
            }
        };
        let status = response.status().as_u16();
        let kept = |name: &HeaderName| name == CONTENT_TYPE || !(200..300).contains(&status);
        let text = |value: &HeaderValue| value.as_bytes().iter().map(|octet| char::from(*octet)).collect();
        let headers = response.headers().iter().filter(|(name, _)| kept(name));
        let headers = headers.map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
        let body = read(response.into_body()).await?;
        Ok((status, headers, body))
    }

    async fn connect(&self) -> Result<Open, Failure> {
        let refused = |error: std::io::Error| Failure::Connect(error.to_string());
        let port = self.origin.port;
        let stream = match &self.origin.host {
            Host::Domain(name) => TcpStream::connect((name.as_str(), port)).await,
            Host::Ipv4(address) => TcpStream::connect((*address, port)).await,
            Host::Ipv6(address) => TcpStream::connect((*address, port)).await,
        }
        .map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        match &self.origin.tls {
            None => drive(stream).await,
            Some(tls) => {
                let name = match &self.origin.host {
                    Host::Domain(name) => ServerName::try_from(name.clone())
                        .map_err(|_| Failure::Unsendable("the endpoint's host is no name for TLS".to_owned()))?,
                    Host::Ipv4(address) => ServerName::from(IpAddr::V4(*address)),
                    Host::Ipv6(address) => ServerName::from(IpAddr::V6(*address)),
                };
                drive(tls.connect(name, stream).await.map_err(refused)?).await
            }
        }
    }
}

async fn drive(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static) -> Result<Open, Failure> {
    let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| broken(&error))?;
    let driver = tokio::spawn(async move {
        // How it ends is what the request on it hears.
        drop(connection.await);
    });
    Ok(Open { sender, driver: driver.abort_handle(), rests_since: Instant::now() })
}

async fn read(mut incoming: Incoming) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        if let Ok(data) = frame.map_err(|error| broken(&error))?.into_data() {
            if body.len() + data.len() > LONGEST_BODY {
                return Err(Failure::TooLong(LONGEST_BODY));
            }
            body.extend_from_slice(&data);
        }
    }
    Ok(body)
}

fn broken(error: &hyper::Error) -> Failure {
    if error.is_parse() { Failure::Malformed(error.to_string()) } else { Failure::Broken(error.to_string()) }
}
