//! `trigger` and `listen`: scenarios of one's own, and deliveries handed on.

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use super::*;

const SECRET: &str = "whsec_0123456789abcdef0123456789abcdef";

/// A server with a test source of Stripe and a partner's link.
fn with_test_source(db: &TestDb) -> (Place, Server, String) {
    let place = Place::of(db).with("TRIBUTARY_API_KEY", "chosen_key_0123456789_abcdef");
    place.ok(&["migrate"]);
    let added = place.json(&[
        "sources", "add", "stripe", "--mode", "test", "--secret", SECRET,
    ]);
    let id = added["id"].as_str().unwrap().to_owned();
    let server = place.serve();
    (place, server, id)
}

/// What was posted to a receiver: head and body.
type Posts = Receiver<(String, Vec<u8>)>;

/// Something that takes all posts with a status.
fn receiver(status: &'static str) -> (String, Posts) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hooks", listener.local_addr().unwrap());
    let (sender, posts) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            if sender.send(read(&mut stream)).is_err() {
                return;
            }
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (url, posts)
}

fn read(stream: &mut TcpStream) -> (String, Vec<u8>) {
    let mut reader = BufReader::new(stream);
    let mut head = String::new();
    while reader.read_line(&mut head).unwrap() > 2 {}
    let lower = head.to_lowercase();
    let (_, length) = lower.split_once("content-length: ").unwrap();
    let length = length.split_whitespace().next().unwrap().parse().unwrap();
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (lower, body)
}

fn next(posts: &Posts) -> (String, Vec<u8>) {
    posts.recv_timeout(Duration::from_secs(20)).unwrap()
}

on_both_databases! {
    async fn a_scenario_triggered_twice_is_two_sales_of_todays(db: TestDb) {
        let (place, server, id) = with_test_source(&db);
        let address = server.address.clone();
        let line = ["trigger", "stripe", "subscription-checkout", "--to", &address, "--source", &id];
        for _ in 0..2 {
            let printed = place.ok(&line);
            assert!(printed.lines().count() >= 8 && !printed.contains("---"), "{printed}");
        }
        server.stop();
        let away = place.run(&line);
        assert!(away.code == 1 && away.stderr.contains("nobody answers there") && !away.stderr.contains("doctor"), "{}", away.stderr);
        let sales = place.ok(&["export", "sales", "--format", "jsonl"]);
        let sales: Vec<Value> = sales.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(sales.len(), 2, "{sales:?}");
        assert_ne!(sales[0]["invoiceId"], sales[1]["invoiceId"]);
        assert!(sales.iter().all(|sale| sale["livemode"] == false && sale["amount"] == 4900 && sale["kind"] == "first"), "{sales:?}");
    }

    async fn a_live_source_is_left_alone_and_a_wrong_name_says_what_there_is(db: TestDb) {
        let place = Place::of(&db);
        place.ok(&["migrate"]);
        let none = place.run(&["trigger", "stripe", "f01"]);
        assert!(none.code == 2 && none.stderr.contains("sources add stripe --mode test"), "{}", none.stderr);
        place.ok(&["sources", "add", "stripe", "--secret", SECRET]);
        let live = place.run(&["trigger", "stripe", "f01"]);
        assert!(live.code == 2 && live.stderr.contains("--live"), "{}", live.stderr);
        let many = place.run(&["trigger", "stripe", "dispute"]);
        assert!(many.code == 2 && many.stderr.contains("f18-dispute-won"), "{}", many.stderr);
        assert_eq!(place.run(&["trigger", "strip", "f01"]).code, 2);
        let listed = place.json(&["trigger", "--list"]);
        assert!(listed.as_array().unwrap().len() > 100);
    }

    async fn stored_deliveries_are_handed_on_byte_for_byte_and_once(db: TestDb) {
        let (place, server, id) = with_test_source(&db);
        place.ok(&["trigger", "stripe", "f01", "--to", &server.address, "--source", &id]);
        server.stop();
        let (url, posts) = receiver("200 OK");
        let line = ["listen", "--to", &url, "--since", "1h", "--once", "--sign-with", SECRET];
        let printed = place.ok(&line);
        let count = printed.lines().count();
        assert!(count >= 8, "{printed}");
        let exported = place.ok(&["events", "export"]);
        let bodies: Vec<Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for _ in 0..count {
            let (head, body) = next(&posts);
            assert!(head.starts_with("post /hooks ") && head.contains("stripe-signature: t="), "{head}");
            let body = String::from_utf8(body).unwrap();
            assert!(bodies.iter().any(|line| line["body"] == body.as_str()));
        }
        let again = ["listen", "--to", &url, "--once"];
        assert_eq!(place.ok(&again), "", "the cursor is kept");
        let (other, posts) = receiver("500 Oops");
        let ran = place.run(&["listen", "--to", &other, "--since", "1h", "--once"]);
        assert_eq!((ran.code, ran.stdout.lines().count()), (1, count));
        assert!(!next(&posts).0.contains("stripe-signature"));
    }
}
