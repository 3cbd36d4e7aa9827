use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use axum::routing::{get, post};
use hyper::body::Frame;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::{Notify, oneshot};
use tokio::task::JoinHandle;

use super::*;
use crate::http::body;
use crate::http::error::{ApiError, with_json_errors};

/// Long enough that no test gets there.
const NEVER: Duration = Duration::from_mins(1);

struct Running {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<Ended>,
    /// A handler at `/wait` has been entered.
    entered: Arc<Notify>,
    /// Lets the handler at `/wait` answer.
    go_on: Arc<Notify>,
}

/// An answer that never ends.
struct Endless;

impl HttpBody for Endless {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&[b'x'; 16_384])))))
    }
}

fn limits() -> Limits {
    Limits {
        header_timeout: NEVER,
        body_timeout: NEVER,
        idle_timeout: NEVER,
        shutdown_grace: NEVER,
        ..Limits::default()
    }
}

async fn start(limits: Limits) -> Running {
    let (entered, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, go) = (Arc::clone(&entered), Arc::clone(&go_on));
    let wait = async move || {
        told.notify_one();
        go.notified().await;
        "done"
    };
    let echo = async |request: axum::extract::Request| -> Result<String, ApiError> {
        Ok(body::read(request).await?.len().to_string())
    };
    let router: Router = Router::new()
        .route("/", get(async || "hello"))
        .route("/wait", get(wait))
        .route("/echo", post(echo))
        .route("/refuse", post(async || ApiError::unauthorized()))
        .route("/endless", get(async || Body::new(Endless)));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let server = tokio::spawn(serve(listener, with_json_errors(router), limits, async {
        let _ = stopped.await;
    }));
    Running {
        address,
        stop: Some(stop),
        server,
        entered,
        go_on,
    }
}

impl Running {
    async fn connect(&self, first: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(first.as_bytes()).await.unwrap();
        stream
    }

    fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }
}

/// All that comes until the server closes; what a reset cuts off does not matter.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    let _ = stream.read_to_end(&mut text).await;
    String::from_utf8(text).unwrap()
}

/// What comes first.
async fn some(stream: &mut TcpStream) -> String {
    let mut buffer = vec![0; 4_096];
    let length = stream.read(&mut buffer).await.unwrap();
    String::from_utf8_lossy(&buffer[..length]).into_owned()
}

const GET: &str = "GET / HTTP/1.1\r\nhost: x\r\n\r\n";
const CLOSING_GET: &str = "GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
const WAIT: &str = "GET /wait HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn requests_are_answered_one_after_the_other_on_one_connection() {
    let server = start(limits()).await;
    let mut stream = server.connect(GET).await;
    assert!(some(&mut stream).await.starts_with("HTTP/1.1 200 OK"));
    stream.write_all(CLOSING_GET.as_bytes()).await.unwrap();
    assert!(rest(stream).await.ends_with("hello"));
}

#[tokio::test]
async fn headers_that_do_not_arrive_in_time_are_cut() {
    let server = start(Limits {
        header_timeout: Duration::from_millis(30),
        ..limits()
    })
    .await;
    let stream = server.connect("GET / HTTP/1.1\r\nhost: x\r\n").await;
    assert_eq!(rest(stream).await, "");
}

#[tokio::test]
async fn a_byte_now_and_then_does_not_stretch_the_time_for_headers() {
    let server = start(Limits {
        header_timeout: Duration::from_millis(50),
        ..limits()
    })
    .await;
    let stream = server.connect("GET / HTTP/1.1\r\nx: ").await;
    let (mut reading, mut writing) = stream.into_split();
    let drip = tokio::spawn(async move {
        let mut beat = tokio::time::interval(Duration::from_millis(5));
        while writing.write_all(b"y").await.is_ok() {
            beat.tick().await;
        }
    });
    let mut text = Vec::new();
    let _ = reading.read_to_end(&mut text).await;
    assert!(text.is_empty());
    drip.await.unwrap();
}

#[tokio::test]
async fn a_connection_on_which_nothing_comes_is_closed() {
    let server = start(Limits {
        idle_timeout: Duration::from_millis(30),
        ..limits()
    })
    .await;
    assert_eq!(rest(server.connect("").await).await, "");
    let mut used = server.connect(GET).await;
    assert!(some(&mut used).await.ends_with("hello"));
    assert_eq!(rest(used).await, "");
}

#[tokio::test]
async fn waiting_between_requests_is_not_bounded_by_the_time_for_headers() {
    let server = start(Limits {
        header_timeout: Duration::from_millis(20),
        ..limits()
    })
    .await;
    let mut stream = server.connect(GET).await;
    some(&mut stream).await;
    tokio::time::sleep(Duration::from_millis(40)).await;
    stream.write_all(CLOSING_GET.as_bytes()).await.unwrap();
    assert!(rest(stream).await.ends_with("hello"));
}

#[tokio::test]
async fn a_handler_may_take_longer_than_the_idle_time() {
    let server = start(Limits {
        header_timeout: Duration::from_millis(20),
        idle_timeout: Duration::from_millis(20),
        ..limits()
    })
    .await;
    let mut stream = server.connect(WAIT).await;
    server.entered.notified().await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    server.go_on.notify_one();
    assert!(some(&mut stream).await.ends_with("done"));
}

#[tokio::test]
async fn a_body_that_trickles_in_is_answered_408_in_json() {
    let server = start(Limits {
        body_timeout: Duration::from_millis(30),
        ..limits()
    })
    .await;
    let head = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc";
    let answer = rest(server.connect(head).await).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(
        answer.contains(r#"{"error":{"code":"REQUEST_TIMEOUT""#),
        "{answer}"
    );
}

#[tokio::test]
async fn a_request_in_flight_is_finished_when_the_server_stops() {
    let mut server = start(limits()).await;
    let stream = server.connect(WAIT).await;
    server.entered.notified().await;
    let idle = server.connect("").await;
    server.stop();
    assert_eq!(rest(idle).await, "");
    server.go_on.notify_one();
    assert!(rest(stream).await.ends_with("done"));
    assert_eq!(server.server.await.unwrap(), Ended { cut: 0 });
    assert!(TcpStream::connect(server.address).await.is_err());
}

#[tokio::test]
async fn a_request_that_hangs_is_cut_when_the_grace_is_over() {
    let mut server = start(Limits {
        shutdown_grace: Duration::from_millis(20),
        ..limits()
    })
    .await;
    let stream = server.connect(WAIT).await;
    server.entered.notified().await;
    server.stop();
    assert_eq!(server.server.await.unwrap(), Ended { cut: 1 });
    assert_eq!(rest(stream).await, "");
}

#[tokio::test]
async fn a_client_that_does_not_take_its_answer_is_cut() {
    let mut server = start(Limits {
        idle_timeout: Duration::from_millis(30),
        ..limits()
    })
    .await;
    let mut stream = server
        .connect("GET /endless HTTP/1.1\r\nhost: x\r\n\r\n")
        .await;
    assert!(some(&mut stream).await.starts_with("HTTP/1.1 200 "));
    server.stop();
    assert_eq!(server.server.await.unwrap(), Ended { cut: 0 });
}

#[tokio::test]
async fn where_there_is_no_room_the_connection_that_is_idle_the_longest_goes() {
    let server = start(Limits {
        max_connections: 2,
        max_connections_of_one_address: 2,
        ..limits()
    })
    .await;
    let mut busy = server.connect(WAIT).await;
    server.entered.notified().await;
    let half_a_head = server.connect("GET / HTTP/1.1\r\nhost: x\r\n").await;
    let third = server.connect(CLOSING_GET).await;
    assert!(rest(third).await.ends_with("hello"));
    assert_eq!(rest(half_a_head).await, "");
    server.go_on.notify_one();
    assert!(some(&mut busy).await.ends_with("done"));
}

#[tokio::test]
async fn who_does_not_send_the_body_he_announced_makes_room() {
    let server = start(Limits {
        max_connections: 1,
        ..limits()
    })
    .await;
    let head = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nabc";
    let slow = server.connect(head).await;
    assert!(
        rest(server.connect(CLOSING_GET).await)
            .await
            .ends_with("hello")
    );
    assert_eq!(rest(slow).await, "");
}

#[tokio::test]
async fn who_is_refused_while_he_is_still_sending_reads_the_answer() {
    const LENGTH: usize = 8 << 20;
    let server = start(limits()).await;
    let head = format!("POST /refuse HTTP/1.1\r\nhost: x\r\ncontent-length: {LENGTH}\r\n\r\n");
    let (mut answer, mut body) = server.connect(&head).await.into_split();
    let sending = tokio::spawn(async move {
        // It may end early: then nobody reads on.
        let _ = body.write_all(&vec![b'x'; LENGTH]).await;
    });
    sending.await.unwrap();
    let mut text = Vec::new();
    answer.read_to_end(&mut text).await.unwrap();
    assert!(text.starts_with(b"HTTP/1.1 401 "));
}

#[tokio::test]
async fn an_answer_before_the_end_of_a_body_says_that_the_connection_ends_with_it() {
    let server = start(limits()).await;
    let head = "POST /refuse HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n";
    let answer = some(&mut server.connect(head).await).await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert!(answer.contains("\r\nconnection: close\r\n"), "{answer}");
    let whole = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\nhi";
    let mut stream = server.connect(whole).await;
    let answer = some(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(!answer.contains("connection: close"), "{answer}");
    stream.write_all(CLOSING_GET.as_bytes()).await.unwrap();
    assert!(rest(stream).await.ends_with("hello"));
}

#[tokio::test]
async fn a_request_names_its_host_once() {
    let server = start(limits()).await;
    for (head, status) in [
        ("GET / HTTP/1.1\r\nconnection: close\r\n\r\n", "400"),
        (
            "GET / HTTP/1.1\r\nhost: x\r\nhost: y\r\nconnection: close\r\n\r\n",
            "400",
        ),
        ("GET / HTTP/1.0\r\n\r\n", "200"),
        (CLOSING_GET, "200"),
    ] {
        let answer = rest(server.connect(head).await).await;
        let word = answer.split(' ').nth(1);
        assert_eq!(word, Some(status), "{head:?}: {answer}");
    }
}

#[tokio::test]
async fn while_all_are_busy_a_further_connection_is_closed() {
    let server = start(Limits {
        max_connections: 1,
        ..limits()
    })
    .await;
    let mut first = server.connect(WAIT).await;
    server.entered.notified().await;
    assert_eq!(rest(server.connect(CLOSING_GET).await).await, "");
    server.go_on.notify_one();
    assert!(some(&mut first).await.ends_with("done"));
    drop(first);
}
