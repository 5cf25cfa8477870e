//! A user's own connection: kept open, opened anew where it must be, timed to the last octet of the body.

use std::sync::Arc;
use std::time::{Duration, Instant};

use http::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{TrySendError, http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::AbortHandle;

use super::plan::HttpVersion;
use crate::protocol::{Failure, Response};

mod origin;
mod outgoing;

pub use origin::Origin;
use origin::Secured;
pub use outgoing::Outgoing;

/// The longest body that is read, in octets: a token answer is far shorter.
const LONGEST_BODY: usize = 1 << 20;

/// A connection that rested longer is not used again: servers close theirs after five seconds and more, and a request that
/// crosses the closing would be lost, which for a refresh token is not to be told from a replay.
const LONGEST_REST: Duration = Duration::from_secs(3);

/// A connection of one user to one origin.
pub struct Connection {
    origin: Arc<Origin>,
    timeout: Duration,
    open: Option<Open>,
}

struct Open {
    sender: Sender,
    driver: AbortHandle,
    rests_since: Instant,
}

enum Sender {
    Http1(http1::SendRequest<Full<Bytes>>),
    Http2(http2::SendRequest<Full<Bytes>>),
}

type Sent = Result<http::Response<Incoming>, TrySendError<http::Request<Full<Bytes>>>>;

impl Sender {
    fn is_closed(&self) -> bool {
        match self {
            Self::Http1(sender) => sender.is_closed(),
            Self::Http2(sender) => sender.is_closed(),
        }
    }

    async fn ready(&mut self) -> hyper::Result<()> {
        match self {
            Self::Http1(sender) => sender.ready().await,
            Self::Http2(sender) => sender.ready().await,
        }
    }

    async fn send(&mut self, request: http::Request<Full<Bytes>>) -> Sent {
        match self {
            Self::Http1(sender) => sender.try_send_request(request).await,
            Self::Http2(sender) => sender.try_send_request(request).await,
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

impl Connection {
    /// A connection that opens when it is first used.
    pub fn new(origin: Arc<Origin>, timeout: Duration) -> Self {
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
        if let Some(mut open) = open.filter(|_| self.origin.connecting().keep_alive) {
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
        let mut request = outgoing.message(self.origin.connecting().http)?;
        let response = loop {
            let is_new = open.is_none();
            let live = match open {
                Some(live) => live,
                // Apart: few of the users that wait for an answer are connecting.
                None => open.insert(Box::pin(self.connect()).await?),
            };
            if let Err(error) = live.sender.ready().await {
                *open = None;
                if is_new {
                    return Err(broken(&error));
                }
                continue;
            }
            match live.sender.send(request).await {
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
        let http = self.origin.connecting().http;
        match self.origin.tls(self.origin.tcp().await?).await? {
            Secured::Plain(stream) => drive(stream, http).await,
            Secured::Tls(stream) => drive(stream, http).await,
        }
    }
}

async fn drive(stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static, http: HttpVersion) -> Result<Open, Failure> {
    let stream = TokioIo::new(stream);
    // How a connection ends is what the request on it hears.
    let (sender, driver) = match http {
        HttpVersion::Http1 => {
            let (sender, connection) = http1::handshake(stream).await.map_err(|error| broken(&error))?;
            (Sender::Http1(sender), tokio::spawn(async move { drop(connection.await) }))
        }
        HttpVersion::Http2 => {
            let handshake = http2::handshake(TokioExecutor::new(), stream).await;
            let (sender, connection) = handshake.map_err(|error| broken(&error))?;
            (Sender::Http2(sender), tokio::spawn(async move { drop(connection.await) }))
        }
    };
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
