//! A connection that must keep moving.
//!
//! Three things are timed: the head of a request from its first byte (against clients that send one byte
//! now and then), quiet between requests, and a client that does not take its answer. While a request is
//! being answered only the last one counts, so a slow handler is not taken for a dead client.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep};

use crate::config::Limits;

/// How long a client may go on sending what nobody wants any more, after our last byte.
const LINGER: Duration = Duration::from_secs(1);

/// Counts the requests of a connection that are being answered.
#[derive(Clone)]
pub(super) struct Pace(Arc<Answering>);

struct Answering {
    requests: AtomicUsize,
    /// Bodies of them that are not there yet.
    bodies: AtomicUsize,
    /// When it became idle, as a number that grows with each time any connection does.
    idle_since: AtomicU64,
}

static MOMENTS: AtomicU64 = AtomicU64::new(0);

impl Default for Pace {
    fn default() -> Self {
        Self(Arc::new(Answering {
            requests: AtomicUsize::new(0),
            bodies: AtomicUsize::new(0),
            idle_since: AtomicU64::new(MOMENTS.fetch_add(1, Ordering::Relaxed)),
        }))
    }
}

/// One request that is being answered; over when dropped.
pub(super) struct Busy(Pace);

/// One body that is not there yet; over when dropped.
pub(super) struct Receiving(Pace);

/// Who can be asked to go, the first of them first: who is idle, then who lets us wait for his body; and among
/// equals who has done so for the longest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Waiting {
    /// No request is being answered since this moment.
    Idle(u64),
    /// The body of a request is not there; the connection was idle last at this moment.
    ForBody(u64),
}

impl Pace {
    pub(super) fn begin(&self) -> Busy {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        Busy(self.clone())
    }

    fn is_busy(&self) -> bool {
        self.0.requests.load(Ordering::Relaxed) > 0
    }

    /// Notes that the body of the request that is being answered has to come yet.
    pub(super) fn receive(&self) -> Receiving {
        self.0.bodies.fetch_add(1, Ordering::Relaxed);
        Receiving(self.clone())
    }

    /// What the connection waits for its client for; `None` while the client waits for us.
    pub(super) fn waiting(&self) -> Option<Waiting> {
        let since = self.0.idle_since.load(Ordering::Relaxed);
        if !self.is_busy() {
            return Some(Waiting::Idle(since));
        }
        let for_body = self.0.bodies.load(Ordering::Relaxed) > 0;
        for_body.then_some(Waiting::ForBody(since))
    }

    /// Whether the client waits for us.
    pub(super) fn is_answering(&self) -> bool {
        self.waiting().is_none()
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        self.0.0.bodies.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        let answering = &self.0.0;
        let moment = MOMENTS.fetch_add(1, Ordering::Relaxed);
        answering.idle_since.store(moment, Ordering::Relaxed);
        answering.requests.fetch_sub(1, Ordering::Relaxed);
    }
}

/// A TCP stream that ends with an error when it does not keep its pace.
pub(super) struct PacedStream {
    stream: TcpStream,
    pace: Pace,
    header_timeout: Duration,
    idle_timeout: Duration,
    /// When the head that is being read must be there. `None` before its first byte.
    head: Option<Instant>,
    /// When something must have moved.
    quiet: Instant,
    /// When the write that hangs must have gone on. `None` while none hangs.
    stuck: Option<Instant>,
    /// Until when what the client still sends is thrown away. `None` before our last byte.
    linger: Option<Instant>,
    /// Fires at the deadline that was asked for last.
    timer: Pin<Box<Sleep>>,
}

impl PacedStream {
    pub(super) fn new(stream: TcpStream, pace: Pace, limits: &Limits) -> Self {
        Self {
            stream,
            pace,
            header_timeout: limits.header_timeout,
            idle_timeout: limits.idle_timeout,
            head: None,
            quiet: Instant::now() + limits.idle_timeout,
            stuck: None,
            linger: None,
            timer: Box::pin(sleep(limits.idle_timeout)),
        }
    }

    fn moved(&mut self) {
        self.quiet = Instant::now() + self.idle_timeout;
    }

    /// Ready when `deadline` has passed; otherwise the task is woken at that time.
    fn poll_until(&mut self, deadline: Instant, cx: &mut Context<'_>) -> Poll<()> {
        if self.timer.deadline() != deadline {
            self.timer.as_mut().reset(deadline);
        }
        self.timer.as_mut().poll(cx)
    }
}

fn too_slow() -> io::Error {
    io::Error::from(io::ErrorKind::TimedOut)
}

impl AsyncRead for PacedStream {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(cx, buffer);
        if this.pace.is_busy() {
            this.head = None;
            this.moved();
            return polled;
        }
        if buffer.filled().len() > before {
            this.moved();
            this.head
                .get_or_insert_with(|| Instant::now() + this.header_timeout);
        }
        let deadline = this.head.map_or(this.quiet, |head| head.min(this.quiet));
        // Asked even when there are bytes: who sends without a pause is not let off.
        let late = this.poll_until(deadline, cx).is_ready();
        if late {
            return Poll::Ready(Err(too_slow()));
        }
        polled
    }
}

impl AsyncWrite for PacedStream {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write(cx, bytes);
        this.judge(polled, cx)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffers: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let polled = Pin::new(&mut this.stream).poll_write_vectored(cx, buffers);
        this.judge(polled, cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.linger.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
            this.linger = Some(Instant::now() + LINGER);
        }
        this.poll_rest(cx)
    }
}

impl PacedStream {
    /// Takes what the client has still under way. Where a body was refused unread, closing at once would take the
    /// answer away from who is still sending.
    fn poll_rest(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut bytes = [std::mem::MaybeUninit::uninit(); 8_192];
        let Some(until) = self.linger else {
            return Poll::Ready(Ok(()));
        };
        while self.poll_until(until, cx).is_pending() {
            let mut rest = ReadBuf::uninit(&mut bytes);
            match ready!(Pin::new(&mut self.stream).poll_read(cx, &mut rest)) {
                Ok(()) if !rest.filled().is_empty() => {}
                Ok(()) | Err(_) => break,
            }
        }
        Poll::Ready(Ok(()))
    }

    /// A write that went through counts as moving; one that hangs is ended.
    fn judge(
        &mut self,
        polled: Poll<io::Result<usize>>,
        cx: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        if polled.is_ready() {
            // What is written ends a request: the next head has not begun.
            self.head = None;
            self.stuck = None;
            self.moved();
            return polled;
        }
        let deadline = *self
            .stuck
            .get_or_insert_with(|| Instant::now() + self.idle_timeout);
        match self.poll_until(deadline, cx) {
            Poll::Ready(()) => Poll::Ready(Err(too_slow())),
            Poll::Pending => Poll::Pending,
        }
    }
}
