//! The body of an answer: all of it, or as much as a fault lets through.

use std::pin::Pin;
use std::task::{Context, Poll};

use hyper::body::{Body, Bytes, Frame, SizeHint};

/// A body that is known from the start.
pub struct Outgoing {
    /// What is still to be sent.
    rest: Option<Bytes>,
    /// What is promised beyond that, and will never come.
    withheld: u64,
    /// Whether what was sent has had its chance to leave before the connection ends.
    flushed: bool,
}

/// The answer ends here, and so does the connection: a fault wants it so.
#[derive(Debug, thiserror::Error)]
#[error("a fault cut the answer off")]
pub struct CutOff;

impl Outgoing {
    /// All of it.
    pub fn whole(body: Vec<u8>) -> Self {
        Self { rest: (!body.is_empty()).then(|| Bytes::from(body)), withheld: 0, flushed: false }
    }

    /// The first half of it; nothing when there is no half.
    pub fn half(mut body: Vec<u8>) -> Option<Self> {
        let length = body.len();
        body.truncate(length / 2);
        (!body.is_empty()).then(|| Self { withheld: (length - body.len()) as u64, ..Self::whole(body) })
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = CutOff;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, CutOff>>> {
        if let Some(rest) = self.rest.take() {
            return Poll::Ready(Some(Ok(Frame::data(rest))));
        }
        if self.withheld == 0 {
            return Poll::Ready(None);
        }
        // An error at once would take along what is not written yet.
        if !self.flushed {
            self.flushed = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(Some(Err(CutOff)))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_none() && self.withheld == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.withheld + self.rest.as_ref().map_or(0, |rest| rest.len() as u64))
    }
}
