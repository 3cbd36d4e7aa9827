//! The examples in `docs/examples` run against the server, and take its webhooks for its own and nobody else's.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;
use tributary::config::Limits;
use tributary::{http, server};

use crate::api::client::Api;
use crate::support::receiver::Receiver;
use crate::support::{TestDb, scratch, unique_name};

fn example(name: &str) -> String {
    format!("{}/docs/examples/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// Prints what the example says about a webhook: read from the environment, so that no byte is changed on the way.
const ASK_NODE: &str = "const { isGenuine } = await import(process.env.EXAMPLE);
    console.log(isGenuine(JSON.parse(process.env.HEADERS), process.env.BODY, process.env.SECRET, Number(process.env.NOW) * 1000));";
const ASK_PYTHON: &str = "import importlib.util, json, os
spec = importlib.util.spec_from_file_location('shop', os.environ['EXAMPLE'])
shop = importlib.util.module_from_spec(spec)
spec.loader.exec_module(shop)
told = shop.is_genuine(json.loads(os.environ['HEADERS']), os.environ['BODY'].encode(), os.environ['SECRET'], float(os.environ['NOW']))
print('true' if told else 'false')";

/// A language: what runs a file, and what asks it about a webhook.
struct Language {
    file: String,
    run: Vec<&'static str>,
    ask: Vec<&'static str>,
}

/// Node runs TypeScript itself since 22.18; for an older one its types are taken out.
fn typescript() -> Language {
    let folder = scratch().join(unique_name());
    std::fs::create_dir_all(&folder).unwrap();
    let file: PathBuf = folder.join("shop.mjs");
    let stripped = Command::new("esbuild")
        .arg(example("shop.ts"))
        .arg("--format=esm")
        .arg(format!("--outfile={}", file.display()))
        .output()
        .expect("esbuild is installed: scripts/install-test-tools.sh");
    assert!(stripped.status.success(), "{stripped:?}");
    Language {
        file: file.display().to_string(),
        run: vec!["node"],
        ask: vec!["node", "--input-type=module", "--eval", ASK_NODE],
    }
}

fn python() -> Language {
    Language {
        file: example("shop.py"),
        run: vec!["python3", "-B"],
        ask: vec!["python3", "-B", "-c", ASK_PYTHON],
    }
}

/// Runs a program for a minute at most; answers what it printed.
async fn output(program: Vec<String>, environment: Vec<(String, String)>) -> String {
    let run = tokio::task::spawn_blocking(move || {
        let mut command = Command::new("timeout");
        command.arg("60").args(program).envs(environment);
        command.output().unwrap()
    });
    let ran = run.await.unwrap();
    assert!(
        ran.status.success(),
        "{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    String::from_utf8(ran.stdout).unwrap().trim().to_owned()
}

fn owned(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

async fn runs(db: &TestDb, language: Language) {
    let api = Api::with(db, |config| config.outgoing.loopback = true).await;
    let hooks = Receiver::start().await;
    let endpoint = json!({"url": hooks.url(), "events": ["sale.created"]});
    let made = api.post("/api/webhook-endpoints", endpoint).await.ok();
    let secret = made["secret"].as_str().unwrap();
    api.partner("alice").await;
    api.click("clk_example", "alice").await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let router = http::router(api.app.clone());
    let _serving = AbortOnDropHandle::new(tokio::spawn(async move {
        server::serve(listener, router, Limits::default(), std::future::pending()).await;
    }));
    let program = [&language.run[..], &[language.file.as_str(), "clk_example"]].concat();
    let environment = vec![
        ("TRIBUTARY_URL".to_owned(), address),
        ("TRIBUTARY_API_KEY".to_owned(), api.key.clone()),
    ];
    let said: Value = serde_json::from_str(&output(owned(&program), environment).await).unwrap();
    let sale = api.sale_named("order_1").await;
    assert_eq!(
        (&said["sale"]["id"], &said["sale"]["commissionAmount"]),
        (&sale["id"], &json!(490))
    );
    assert_eq!(said["again"], Value::Null, "known already");
    assert_eq!(sale["customer"]["externalId"], "user_1");
    assert_eq!(api.list("/api/leads").await.len(), 1);
    let portal = format!("/embed/referrals?token={}", said["token"].as_str().unwrap());
    assert_eq!(api.bytes(&portal).await.0, 200);

    api.app.work_all().await.unwrap();
    let told = hooks.take().remove(0);
    let headers = json!({
        "webhook-id": told.header("webhook-id"), "webhook-timestamp": told.header("webhook-timestamp"),
        "webhook-signature": told.header("webhook-signature")});
    let body = String::from_utf8(told.body.to_vec()).unwrap();
    let now = api.app.now().0 / 1_000_000;
    for (body, now, genuine) in [
        (body.clone(), now, "true"),
        (body.replace("4900", "9900"), now, "false"),
        (body, now + 400, "false"),
    ] {
        let environment = [
            ("EXAMPLE", language.file.as_str()),
            ("HEADERS", &headers.to_string()),
            ("BODY", &body),
            ("SECRET", secret),
            ("NOW", &now.to_string()),
        ];
        let environment = environment.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(
            output(owned(&language.ask), environment.to_vec()).await,
            genuine
        );
    }
}

on_both_databases! {
    async fn a_shop_in_typescript_reports_and_listens(db: TestDb) {
        runs(&db, typescript()).await;
    }

    async fn a_shop_in_python_reports_and_listens(db: TestDb) {
        runs(&db, python()).await;
    }
}
