//! Secrets and people's addresses stay where they belong: not in a log at its finest, not in metrics, not in answers to errors, not in what commands say of
//! deliveries that are refused, explained or audited.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::net::TcpStream;
use std::time::{Duration, Instant};

use tributary::fixtures::test_secret;

use super::*;
use crate::support::shipped;

const PROCESSORS: [&str; 5] = ["stripe", "shopify", "paddle", "polar", "revenuecat"];
const KEY: &str = "canary_key_of_the_api_0123456789";
const METRICS: &str = "canary_metrics_token_0123456789";
const MASTER: &str = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";
const WRONG: &str = "whsec_canary_wrong_secret_0123456789";

/// The addresses of people in what the fixtures deliver.
fn addresses() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for sent in shipped::all()
        .iter()
        .flat_map(|fixture| &fixture.deliveries)
    {
        let is_of_mail = |c: char| c.is_ascii_alphanumeric() || ".@+-_".contains(c);
        let words = sent.body.split(|c| !is_of_mail(c));
        found.extend(
            words
                .filter(|word| word.contains("@example.com"))
                .map(str::to_lowercase),
        );
    }
    assert!(found.len() > 30, "{found:?}");
    found
}

fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(20)))
        .unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer);
    answer
}

/// Calls that fail in many ways, each with a canary in it.
fn failing_calls(address: &str) -> Vec<String> {
    let post = |path: &str, headers: &str, body: &str| {
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n{headers}content-length: {length}\r\n\r\n{body}"
        );
        ask(address, &request)
    };
    let key = format!("authorization: Bearer {KEY}\r\n");
    let mail = r#"{"customerEmail":"canary.person@example.com","clickId":"canary-click","customerExternalId":"x","amount":"canary-amount"}"#;
    let forged = "stripe-signature: t=1,v1=canary\r\n";
    let answers = [
        post("/api/track/sale", "", mail),
        post(
            "/api/track/sale",
            "authorization: Bearer trib_live_canary\r\n",
            mail,
        ),
        post("/api/track/sale", &key, mail),
        post(
            "/api/track/sale",
            &key,
            r#"{"customerEmail":"canary.person@example.com""#,
        ),
        post(
            "/api/sources",
            &key,
            r#"{"processor":"stripe","secrets":["whsec_canary"],"mode":"canary"}"#,
        ),
        post(
            "/api/partners",
            &key,
            r#"{"name":7,"email":"canary.person@example.com"}"#,
        ),
        post("/webhooks/stripe", forged, mail),
        post("/webhooks/canary", forged, mail),
    ];
    for answer in &answers {
        assert!(answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    answers.into()
}

on_both_databases! {
    async fn no_secret_and_nobodys_address_leaves_the_program(db: TestDb) {
        let mut place = Place::of(&db)
            .with("TRIBUTARY_API_KEY", KEY)
            .with("TRIBUTARY_METRICS_TOKEN", METRICS)
            .with("TRIBUTARY_MASTER_KEY", MASTER);
        for (name, processor) in [
            ("TRIBUTARY_STRIPE_SECRETS", "stripe"), ("TRIBUTARY_SHOPIFY_SECRETS", "shopify"), ("TRIBUTARY_PADDLE_SECRETS", "paddle"),
            ("TRIBUTARY_POLAR_SECRETS", "polar"), ("TRIBUTARY_REVENUECAT_SECRETS", "revenuecat"),
        ] {
            place = place.with(name, test_secret(processor).unwrap().expose());
        }
        let log = place.folder.join("log");
        let mut serve = place.command(&["serve", "--listen", "127.0.0.1:0", "--log-level", "trace"]);
        let mut server = serve.stdout(Stdio::null()).stderr(File::create(&log).unwrap()).spawn().unwrap();
        let began = Instant::now();
        let address = loop {
            let text = std::fs::read_to_string(&log).unwrap();
            let line = text.split_once("address=").and_then(|(_, rest)| rest.split_once(char::is_whitespace));
            if let Some((address, _)) = line {
                break format!("http://{address}");
            }
            assert!(began.elapsed() < Duration::from_secs(30), "{text}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        let mut said = Vec::new();
        for processor in PROCESSORS {
            let taken = place.run(&["replay", &fixtures(processor), "--to", &address]);
            assert!(taken.stdout.contains("  processed"), "{processor} {}", taken.stderr);
            said.push(taken.stderr);
            let wrong = format!("{processor}={WRONG}");
            let refused = place.run(&["replay", &fixtures(processor), "--to", &address, "--secret", &wrong]);
            assert!(refused.code == 1 && refused.stdout.contains("401"), "{processor}");
            said.extend([refused.stdout, refused.stderr]);
        }
        said.extend(failing_calls(&address));
        let scrape = format!("GET /metrics HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {METRICS}\r\n\r\n");
        let metrics = ask(&address, &scrape);
        assert!(metrics.contains("tributary_"), "{metrics}");
        said.push(metrics);
        Command::new("kill").args(["-s", "TERM", &server.id().to_string()]).status().unwrap();
        server.wait().unwrap();
        let sales = place.ok(&["export", "sales", "--format", "jsonl"]);
        for line in sales.lines().take(12) {
            let sale: Value = serde_json::from_str(line).unwrap();
            said.push(place.ok(&["explain", sale["id"].as_str().unwrap()]));
        }
        for line in [&["doctor"][..], &["audit"], &["sources", "list"], &["events", "list"], &["jobs", "list"], &["explain", "canary-nothing"]] {
            let ran = place.run(line);
            said.extend([ran.stdout, ran.stderr.replace("canary-nothing", "")]);
        }
        let log = std::fs::read_to_string(&log).unwrap();
        assert!(log.contains("deliveries were refused") && log.contains("a delivery was stored"), "the log is at its finest");
        said.push(log);
        let mut canaries = addresses();
        canaries.extend(["canary".to_owned(), MASTER.to_owned()]);
        canaries.extend(PROCESSORS.map(|processor| test_secret(processor).unwrap().expose().to_lowercase()));
        for text in said {
            let text = text.to_lowercase();
            for canary in &canaries {
                let line = text.lines().find(|line| line.contains(canary));
                assert_eq!(line, None, "{canary}");
            }
        }
    }
}
