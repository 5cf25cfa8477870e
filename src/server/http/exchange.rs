//! One request and its answer, between the wire and the core.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use futures_timer::Delay;
use http::StatusCode;
use http::header::{CONNECTION, EXPECT};
use http::request::Parts;
use hyper::body::{Body as _, Bytes, Incoming};

use super::connection::Conversation;
use super::outgoing::{CutOff, Outgoing};
use super::pulse::{Phase, Pulse};
use crate::server::core::message::{Ending, Request, Response};

/// More than any OAuth request needs.
const BODY_LIMIT: usize = 64 * 1024;
/// How much of a body that is too long is read before it is refused: a client that is cut off while it sends does not see the answer.
const SURPLUS_LIMIT: usize = 1024 * 1024;

/// Why a body is not handed on.
enum Unread {
    /// It is longer than the limit.
    TooLong,
    /// It took too long.
    TooSlow,
    /// Its encoding is broken, or the client has gone.
    Broken,
}

/// Reads a request, has it answered, and writes the answer.
///
/// # Errors
/// [`CutOff`] when the answer is that there is none: then the connection ends.
pub async fn exchange<Answer>(
    request: http::Request<Incoming>,
    conversation: Arc<Conversation<Answer>>,
) -> Result<http::Response<Outgoing>, CutOff>
where
    Answer: Fn(Request) -> Response,
{
    let pulse = &conversation.pulse;
    pulse.enter(Phase::Body);
    let (head, body) = request.into_parts();
    let body = received(&head, body, pulse).await;
    pulse.enter(Phase::Answer);
    let response = match body {
        Ok(body) => (conversation.answer)(Request::of(head, body)),
        Err(unread) => unread.response(),
    };
    if let Some(delay) = response.delay {
        // tokio's own clock goes by whole milliseconds, which a latency that others measure themselves against must not.
        Delay::new(delay).await;
    }
    let answer = written(response);
    pulse.enter(Phase::Request);
    answer
}

/// The whole body, within bounds.
async fn received(head: &Parts, mut body: Incoming, pulse: &Pulse) -> Result<Vec<u8>, Unread> {
    if body.is_end_stream() {
        return Ok(Vec::new());
    }
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > BODY_LIMIT && (announced > SURPLUS_LIMIT || head.headers.contains_key(EXPECT)) {
        return Err(Unread::TooLong);
    }
    let mut bytes = Vec::with_capacity(announced.min(BODY_LIMIT));
    let mut length = 0;
    while let Some(data) = poll_fn(|context| next(&mut body, pulse, context)).await? {
        length += data.len();
        if length <= BODY_LIMIT {
            bytes.extend_from_slice(&data);
        } else if length > SURPLUS_LIMIT {
            break;
        }
    }
    if length > BODY_LIMIT { Err(Unread::TooLong) } else { Ok(bytes) }
}

/// The next piece of a body; nothing at its end.
fn next(body: &mut Incoming, pulse: &Pulse, context: &mut Context<'_>) -> Poll<Result<Option<Bytes>, Unread>> {
    if pulse.is_in(Phase::Overdue) {
        return Poll::Ready(Err(Unread::TooSlow));
    }
    Poll::Ready(match ready!(Pin::new(body).poll_frame(context)) {
        None => Ok(None),
        // A frame without data is one of trailers, which nobody asks for.
        Some(Ok(frame)) => Ok(Some(frame.into_data().unwrap_or_default())),
        Some(Err(_)) => Err(Unread::Broken),
    })
}

impl Unread {
    fn response(self) -> Response {
        let status = match self {
            Self::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::Broken => StatusCode::BAD_REQUEST,
        };
        // What is left of the body must not be taken for another request.
        Response::empty(status.as_u16()).with(CONNECTION.as_str(), "close")
    }
}

fn written(response: Response) -> Result<http::Response<Outgoing>, CutOff> {
    let ending = response.ending;
    let (head, body) = response.into_http().into_parts();
    let body = match ending {
        Ending::Whole => Outgoing::whole(body),
        Ending::Truncated => Outgoing::half(body).ok_or(CutOff)?,
        Ending::Closed => return Err(CutOff),
    };
    Ok(http::Response::from_parts(head, body))
}
