//! The listeners: the only place of the server that knows the HTTP library.
//!
//! One task accepts, and one task per connection reads a request, lets the core answer it at once, and writes the answer. Nothing on that way is
//! boxed, locked or shared between connections, so that what a request costs is what its answer costs.

mod connection;
mod exchange;
mod outgoing;
mod pulse;
mod tls;

#[cfg(test)]
mod tests;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;

use super::core::message::{Request, Response};
use super::log;
pub use tls::acceptor;

/// Goes off when its sender is dropped.
pub type Stop = watch::Receiver<()>;

/// How long a client may take to send a request's head or its body, or leave a connection idle; at most twice as long goes unnoticed.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a listener rests when the system has no room for another connection.
const REST: Duration = Duration::from_millis(100);

/// Where connections come from, and what makes them private.
pub struct Door {
    /// Bound already.
    pub listener: TcpListener,
    /// TLS, unless the requests come in the clear.
    pub tls: Option<TlsAcceptor>,
}

/// Answers requests until told to stop; then requests under way are answered first. Dropped, it leaves them unanswered.
pub async fn serve<Answer>(door: Door, answer: Answer, stop: Stop)
where
    Answer: Fn(Request) -> Response + Send + Sync + 'static,
{
    serve_patiently(door, answer, PATIENCE, stop).await;
}

async fn serve_patiently<Answer>(door: Door, answer: Answer, patience: Duration, stop: Stop)
where
    Answer: Fn(Request) -> Response + Send + Sync + 'static,
{
    let Door { listener, tls } = door;
    let answer = Arc::new(answer);
    let mut stopped = stop.clone();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    // Without it a small answer waits for the acknowledgement of the one before; failing to set it only costs time.
                    let _ = stream.set_nodelay(true);
                    let (answer, stop) = (Arc::clone(&answer), stop.clone());
                    match tls.clone() {
                        None => connections.spawn(connection::converse(stream, answer, patience, stop)),
                        // In the connection's own task: whoever is slow to agree holds up nobody else.
                        Some(tls) => connections.spawn(async move {
                            if let Some(stream) = tls::secured(tls, stream, patience, stop.clone()).await {
                                connection::converse(stream, answer, patience, stop).await;
                            }
                        }),
                    };
                }
                Err(error) if concerns_one_connection(&error) => {}
                // No file descriptor is left, say: asking again at once would only burn the processor.
                Err(error) => {
                    log::cannot_accept(&error);
                    tokio::time::sleep(REST).await;
                }
            },
            Some(_) = connections.join_next() => {}
            _ = stopped.changed() => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

/// Whether only the connection that was to be accepted is gone, and not the listener.
fn concerns_one_connection(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::ConnectionRefused | io::ErrorKind::ConnectionAborted | io::ErrorKind::ConnectionReset)
}
