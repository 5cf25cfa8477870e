//! One connection, from its first request to its end.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep};

use super::Stop;
use super::exchange::exchange;
use super::pulse::{Phase, Pulse};
use crate::server::core::message::{Request, Response};

/// The most that a request's line and header fields may take, in bytes; the answer to more is `431`.
const HEAD_LIMIT: usize = 32 * 1024;
/// The most header fields that a request may have; the answer to more is `431`.
const FIELD_LIMIT: usize = 100;

/// What the requests of a connection share.
pub struct Conversation<Answer> {
    /// What stands behind the listener: the core, or the admin interface.
    pub answer: Arc<Answer>,
    /// Where the connection stands.
    pub pulse: Pulse,
}

/// Answers one request after the other until the client goes, is overdue, or the server is told to stop.
pub async fn converse<Stream, Answer>(stream: Stream, answer: Arc<Answer>, patience: Duration, stop: Stop)
where
    Stream: AsyncRead + AsyncWrite + Unpin + 'static,
    Answer: Fn(Request) -> Response,
{
    let conversation = Arc::new(Conversation { answer, pulse: Pulse::new() });
    let mut http = http1::Builder::new();
    http.max_buf_size(HEAD_LIMIT).max_headers(FIELD_LIMIT);
    // Cloned per request, this count is shared with nobody but the connection's own task.
    let service = service_fn(|request| exchange(request, Arc::clone(&conversation)));
    let mut connection = pin!(http.serve_connection(TokioIo::new(stream), service));
    let mut told = stop.clone();
    let mut told = pin!(told.changed());
    let mut wakes_us = false;
    let mut ending = false;
    let mut look = pin!(sleep(patience));
    let mut seen = conversation.pulse.beats();
    poll_fn(|context| {
        // Waiting takes a lock that all connections share: only the first poll of a task waits, the others just look.
        if !ending && (!wakes_us || stop.has_changed().is_err()) {
            wakes_us = true;
            if told.as_mut().poll(context).is_ready() {
                ending = true;
                connection.as_mut().graceful_shutdown();
            }
        }
        while look.as_mut().poll(context).is_ready() {
            let pulse = &conversation.pulse;
            if pulse.beats() != seen || pulse.is_in(Phase::Answer) {
                seen = pulse.beats();
            } else if pulse.is_in(Phase::Body) {
                // Its reader finds it below, and says so to the client.
                pulse.enter(Phase::Overdue);
                seen = pulse.beats();
            } else {
                return Poll::Ready(());
            }
            look.as_mut().reset(Instant::now() + patience);
        }
        // Whatever went wrong, the client has gone or was told.
        connection.as_mut().poll(context).map(drop)
    })
    .await;
}
