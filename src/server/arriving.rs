//! A request's body on its way in: until its end is there, the connection waits for its client.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use hyper::body::{Frame, Incoming, SizeHint};

use super::pace::{Pace, Receiving};

/// A body of which the rest may still have to come.
pub(super) struct Arriving {
    body: Incoming,
    receiving: Option<Receiving>,
    arrived: Arrived,
}

/// Whether a body has been read to its end. What is left of it would be taken for the next request: the connection ends with the answer.
#[derive(Clone)]
pub(super) struct Arrived(Arc<AtomicBool>);

impl Arrived {
    pub(super) fn whole(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Arriving {
    /// A body, and how it will have arrived.
    pub(super) fn of(body: Incoming, pace: &Pace) -> (Self, Arrived) {
        let ended = body.is_end_stream();
        let receiving = (!ended).then(|| pace.receive());
        let arrived = Arrived(Arc::new(AtomicBool::new(ended)));
        let arriving = Self {
            body,
            receiving,
            arrived: arrived.clone(),
        };
        (arriving, arrived)
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
            this.arrived.0.store(true, Ordering::Release);
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
