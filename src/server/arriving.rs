//! A request's body on its way in: until its end is there, the connection waits for its client.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};

use super::pace::{Pace, Receiving};

/// A body of which the rest may still have to come.
pub(super) struct Arriving {
    body: Incoming,
    receiving: Option<Receiving>,
}

impl Arriving {
    pub(super) fn of(body: Incoming, pace: &Pace) -> Self {
        let receiving = (!body.is_end_stream()).then(|| pace.receive());
        Self { body, receiving }
    }
}

impl HttpBody for Arriving {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.body).poll_frame(cx);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) || this.body.is_end_stream() {
            this.receiving = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
