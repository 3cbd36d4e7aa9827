//! The server loop: accepts connections, bounds what each may cost, and stops without losing a request.
//!
//! It speaks HTTP/1.1; TLS and HTTP/2 belong to the proxy in front. It knows nothing of what is served.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CONNECTION, HOST};
use axum::http::{HeaderValue, Request, Response, Version};
use axum::response::IntoResponse as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tower::ServiceExt as _;
use tower_http::timeout::RequestBodyDeadlineLayer;

use crate::config::Limits;
use crate::http::error::ApiError;

mod arriving;
mod pace;
mod seats;

use arriving::Arriving;
use pace::{Pace, PacedStream};
use seats::{Seat, Seats};

/// The largest head of a request, in bytes.
const HEAD_MAX_BYTES: usize = 64 * 1_024;

/// The pause after a failed accept: out of file descriptors, which passes when others close.
const ACCEPT_RETRY: Duration = Duration::from_millis(50);

/// The other end of the connection, among a request's extensions. Behind a proxy, that is the proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peer(pub SocketAddr);

impl Peer {
    /// The address, or of IPv6 the network of which anybody has all addresses.
    pub fn network(&self) -> IpAddr {
        network(self.0.ip())
    }
}

/// An address, or of IPv6 the network of which anybody has all addresses.
pub fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        address @ IpAddr::V4(_) => address,
    }
}

/// How the server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Connections that were still busy when the time for finishing was over, and were cut.
    pub cut: usize,
}

/// Serves `app` on `listener` until `shutdown` is done. Then no connection is accepted any more, requests
/// in flight are finished within [`Limits::shutdown_grace`], and what is left is cut.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) -> Ended {
    let app = app.layer(RequestBodyDeadlineLayer::new(limits.body_timeout));
    let seats = Seats::new(
        limits.max_connections,
        limits.max_connections_of_one_address,
    );
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    let mut shutdown = pin!(shutdown);
    loop {
        tokio::select! {
            biased;
            () = &mut shutdown => break,
            Some(_) = connections.join_next() => {}
            (stream, peer, pace, seat) = accept(&listener, &seats) => {
                let connection = connection(stream, peer, pace.clone(), app.clone(), limits);
                connections.spawn(stay(graceful.watch(connection), pace, seat));
            }
        }
    }
    drop(listener);
    finish(graceful, connections, limits.shutdown_grace).await
}

/// Serves a connection until it ends, or has to go for another.
async fn stay(connection: impl Future, pace: Pace, seat: Seat) {
    let mut connection = pin!(connection);
    tokio::select! {
        // A broken connection is the client's business.
        _ = &mut connection => return,
        () = seat.leave.cancelled() => {}
    }
    // Its request may have come in the same moment.
    if pace.is_answering() {
        let _ = connection.await;
    }
}

/// The next connection for which there is room. One that comes while all others are busy is closed: it is better
/// tried again than kept waiting behind them.
async fn accept(listener: &TcpListener, seats: &Seats) -> (TcpStream, SocketAddr, Pace, Seat) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => {
                let pace = Pace::default();
                let Some(seat) = seats.take(Peer(peer).network(), &pace) else {
                    tracing::debug!("a connection was closed: all others are busy");
                    continue;
                };
                // Only speed depends on it.
                let _ = stream.set_nodelay(true);
                return (stream, peer, pace, seat);
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(ACCEPT_RETRY).await;
            }
        }
    }
}

type Connection<S> = http1::Connection<TokioIo<PacedStream>, S>;

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    pace: Pace,
    app: Router,
    limits: Limits,
) -> Connection<
    impl hyper::service::Service<
        Request<Incoming>,
        Response = Response<Body>,
        Error = std::convert::Infallible,
        Future: Send,
    >,
> {
    let stream = PacedStream::new(stream, pace.clone(), &limits);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let busy = pace.begin();
        let is_addressed = is_addressed(&request);
        let (head, body) = request.into_parts();
        let (body, arrived) = Arriving::of(body, &pace);
        let request = Request::from_parts(head, body);
        let answer = app.clone().oneshot(request);
        async move {
            let answer = if is_addressed {
                answer.await
            } else {
                let message = "the request must name its host once, in the header `Host`";
                Ok(ApiError::malformed(message).into_response())
            };
            // The request is over when its answer has been written and dropped.
            answer.map(|mut response| {
                if !arrived.whole() {
                    // What is still coming cannot be told from another request: the client is to use another connection.
                    let close = HeaderValue::from_static("close");
                    response.headers_mut().insert(CONNECTION, close);
                }
                response.map(|body| {
                    Body::new(body.map_frame(move |frame| {
                        let _busy = &busy;
                        frame
                    }))
                })
            })
        }
    });
    http1::Builder::new()
        .header_read_timeout(None)
        .max_buf_size(HEAD_MAX_BYTES)
        .serve_connection(TokioIo::new(stream), service)
}

/// Whether a request says as HTTP/1.1 wants it for which host it is: proxies and we would take two for different ones.
fn is_addressed<B>(request: &Request<B>) -> bool {
    let hosts = request.headers().get_all(HOST).iter().count();
    hosts == 1 || (hosts == 0 && request.version() < Version::HTTP_11)
}

async fn finish(
    graceful: GracefulShutdown,
    mut connections: JoinSet<()>,
    grace: Duration,
) -> Ended {
    if tokio::time::timeout(grace, graceful.shutdown())
        .await
        .is_ok()
    {
        return Ended { cut: 0 };
    }
    while connections.try_join_next().is_some() {}
    let cut = connections.len();
    connections.shutdown().await;
    tracing::warn!(connections = cut, "connections were cut at shutdown");
    Ended { cut }
}

#[cfg(test)]
mod tests;
