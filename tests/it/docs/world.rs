//! Where the commands of a page are executed: a server process and an SQLite database of the page's own, and a shell beside them.
//!
//! `README.md` and `docs/five-minutes.md` begin on an empty database. All other pages find a shop at work: a Stripe source, partners `alice` and `bob`
//! with links, a subscription by Stripe that alice brought, and two sales that the shop has reported, of which one is held for review. `$URL` and
//! `$KEY` are the server's address and an API key of it.
//!
//! # Placeholders
//!
//! | in a page | is |
//! |---|---|
//! | `http://127.0.0.1:8080` | the address of the page's server |
//! | `trib_live_…` | an API key of it that may do everything |
//! | `src_…` | the source that was added last |
//! | `prt_…`, `prog_…` | partner alice; the program |
//! | `sale_…`, `com_…` | the sale that was reported last, and its commission; as `"saleId"` the one that is held for review |
//! | `evt_…` | the newest request of privacy law, once it is carried out |
//! | `whsec_…`, `whsec_local…`, `polar_whs_…`, `pdl_ntfset_…`, `shpss_…`, `hmac:…`, `auth:…` | made-up secrets |
//!
//! Any other `…` in a command that is executed is a mistake. Files that a page speaks of as there (exports, keys) are `FILES`.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};

use providers::Micros;
use serde_json::{Value, json};
use tributary::clock::{Clock as _, SystemClock};

use super::page::{Block, Page, root};
use super::{ADDRESS, output};
use crate::cli::{Place, Server};

const KEY: &str = "trib_live_0123456789abcdef0123456789abcdef";
const MASTER_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const STRIPE_SECRET: &str = "whsec_five_minute_start_0123456789";
const MADE_UP: &str = "0123456789abcdef0123456789abcdef";
const FRESH: &[&str] = &["README.md", "docs/five-minutes.md"];

/// Beginnings of secrets.
const SECRETS: &[&str] = &[
    "whsec_local",
    "whsec_",
    "polar_whs_",
    "pdl_ntfset_",
    "shpss_",
    "hmac:",
    "auth:",
];

/// What a shell knows beside the program: one that ends badly where an answer is an error, and what others' machines have.
const PRELUDE: &str = r#"set -eu -o pipefail
curl() { command curl -sS --fail-with-body -w '\n' "$@"; }
pass() { echo whsec_from_a_password_store_0123456789; }
tributary() {
    if [ "$1" = import ]; then shift; set -- import --to "$URL" "$@"; fi
    command tributary "$@"
}
if [ -f .variables ]; then . ./.variables; fi
set -a
"#;

/// Finds what a placeholder stands for.
type Find = fn(&World) -> Option<String>;

/// Executes the pages, two at a time; answers what went otherwise than they say.
pub(super) fn run(pages: &[Page]) -> Vec<String> {
    let seeded = World::seeded();
    let template = std::fs::read(seeded.place.folder.join("tributary.db")).unwrap();
    let problems = Arc::new(Mutex::new(Vec::new()));
    let (evens, odds): (Vec<_>, Vec<_>) = pages.iter().enumerate().partition(|(n, _)| n % 2 == 0);
    std::thread::scope(|scope| {
        for half in [evens, odds] {
            let (template, problems) = (&template, problems.clone());
            scope.spawn(move || {
                for (_, page) in half {
                    let is_fresh = FRESH.contains(&page.path.as_str());
                    let mut world = World::new((!is_fresh).then_some(template.as_slice()));
                    if !is_fresh && page.adds("stripe") {
                        world.without_source();
                    }
                    let found = world.execute(page);
                    world.server.end();
                    problems.lock().unwrap().extend(found);
                }
            });
        }
    });
    let problems = problems.lock().unwrap();
    problems.clone()
}

struct World {
    // Before its place: it ends first.
    server: Server,
    place: Place,
}

impl World {
    fn new(database: Option<&[u8]>) -> Self {
        let mut place = Place::at(String::new())
            .with("TRIBUTARY_API_KEY", KEY)
            .with("TRIBUTARY_MASTER_KEY", MASTER_KEY);
        let file = place.folder.join("tributary.db");
        if let Some(database) = database {
            std::fs::write(&file, database).unwrap();
        }
        place.database_url = format!("sqlite://{}", file.display());
        std::os::unix::fs::symlink(root().join("fixtures"), place.folder.join("fixtures")).unwrap();
        for (name, text) in files() {
            std::fs::write(place.folder.join(name), text).unwrap();
        }
        let server = place.serve();
        Self { server, place }
    }

    /// The database that most pages begin with. Its server has ended.
    fn seeded() -> Self {
        let mut world = Self::new(None);
        let place = &world.place;
        place.ok(&["sources", "add", "stripe", "--secret", STRIPE_SECRET]);
        for name in ["alice", "bob"] {
            let email = format!("{name}@partners.example.com");
            let partner = world.post("partners", &json!({"name": name, "email": email}));
            let link = json!({"key": name, "url": "https://example.com/pricing", "partnerId": partner["id"]});
            world.post("links", &link);
        }
        let click = json!({"id": "clk_f01YaIwygJi_alice", "key": "alice", "clickedAt": "2026-09-28T14:05:00Z"});
        world.post("clicks", &click);
        let address = &world.server.address;
        let scenario = "fixtures/stripe/f01-subscription-checkout.json";
        place.ok(&[
            "replay",
            scenario,
            "--to",
            address,
            "--secret",
            STRIPE_SECRET,
        ]);
        let click = json!({"id": "clk_shop", "key": "alice", "clickedAt": days_ago(50)});
        world.post("clicks", &click);
        for (order, buyer) in [
            ("order_1", "alice@partners.example.com"),
            ("order_2", "alice@example.com"),
        ] {
            let sale = json!({"clickId": "clk_shop", "customerExternalId": buyer, "customerEmail": buyer,
                "amount": 10_000, "invoiceId": order, "occurredAt": days_ago(40)});
            world.post("track/sale", &sale);
        }
        world.server.end();
        world
    }

    /// For a page that adds the first Stripe source itself.
    fn without_source(&self) {
        let source = newest(&self.place.json(&["sources", "list"]), false).unwrap();
        self.place.ok(&["sources", "remove", &source, "--yes"]);
    }

    fn execute(&self, page: &Page) -> Vec<String> {
        let mut printed = String::new();
        let mut problems = Vec::new();
        for block in &page.blocks {
            let at = page.at(block.line);
            if block.is_run() {
                match self.shell(block) {
                    Ok(stdout) => printed = stdout,
                    // What follows stands on it.
                    Err(error) => {
                        problems.push(format!("{at}: {error}"));
                        break;
                    }
                }
            } else if block.is_output() {
                let shown = Block {
                    text: block.text.replace(ADDRESS, &self.server.address),
                    ..block.clone()
                };
                let differs = output::differs(&shown, &printed);
                problems.extend(differs.map(|error| format!("{at}: {error}")));
            }
        }
        problems
    }

    /// What a block prints.
    fn shell(&self, block: &Block) -> Result<String, String> {
        let text = self.filled(&block.text)?;
        let script = format!("{PRELUDE}{text}\nset +a\nexport -p > .variables\n");
        let programs = Path::new(env!("CARGO_BIN_EXE_tributary")).parent().unwrap();
        let search = std::env::var_os("PATH").unwrap();
        let search = std::iter::once(programs.to_owned()).chain(std::env::split_paths(&search));
        let address = &self.server.address;
        let output = Command::new("bash")
            .args(["-c", &script])
            .current_dir(&self.place.folder)
            .env_clear()
            .env("PATH", std::env::join_paths(search).unwrap())
            .env("HOME", &self.place.folder)
            .env("DATABASE_URL", &self.place.database_url)
            .env("TRIBUTARY_LISTEN", address.trim_start_matches("http://"))
            .env("TRIBUTARY_API_KEY", KEY)
            .env("TRIBUTARY_MASTER_KEY", MASTER_KEY)
            .envs([("URL", address.as_str()), ("KEY", KEY)])
            // What pages read from variables of their own.
            .env("NEW_SECRET", "whsec_the_new_one_0123456789abcdef")
            .env("STRIPE_READ_KEY", "rk_live_0123456789abcdef")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
        if output.status.success() {
            return Ok(stdout);
        }
        let stderr = String::from_utf8_lossy(&output.stderr);
        Err(format!("{}\n{text}\n{stdout}{stderr}", output.status))
    }

    /// A text with what its placeholders stand for.
    fn filled(&self, text: &str) -> Result<String, String> {
        let mut text = text
            .replace(ADDRESS, &self.server.address)
            .replace("trib_live_…", KEY)
            .replace("\"saleId\":\"sale_…\"", "\"saleId\":\"HELD\"");
        for beginning in SECRETS {
            text = text.replace(&format!("{beginning}…"), &format!("{beginning}{MADE_UP}"));
        }
        let found: [(&str, Find); 7] = [
            ("src_…", |world| {
                newest(&world.place.json(&["sources", "list"]), false)
            }),
            ("prt_…", |world| {
                let partners = world.get("partners")["data"].as_array()?.clone();
                let alice = partners.iter().find(|partner| {
                    let name = partner["name"].as_str();
                    name.is_some_and(|name| name.eq_ignore_ascii_case("alice"))
                })?;
                Some(alice["id"].as_str()?.to_owned())
            }),
            ("prog_…", |world| {
                newest(&world.get("programs")["data"], true)
            }),
            ("sale_…", |world| {
                newest(&world.get("sales?invoiceId=order_2")["data"], true)
            }),
            ("HELD", |world| {
                Some(
                    world.get("reviews")["data"][0]["saleId"]
                        .as_str()?
                        .to_owned(),
                )
            }),
            ("com_…", |world| {
                let sale = newest(&world.get("sales?invoiceId=order_2")["data"], true)?;
                newest(
                    &world.get(&format!("commissions?saleId={sale}"))["data"],
                    true,
                )
            }),
            ("evt_…", Self::answered_request),
        ];
        for (placeholder, find) in found {
            if text.contains(placeholder) {
                let id = find(self).ok_or_else(|| format!("nothing is found for {placeholder}"))?;
                text = text.replace(placeholder, &id);
            }
        }
        if let Some(line) = text.lines().find(|line| line.contains('…')) {
            return Err(format!("what does the placeholder stand for in: {line}"));
        }
        Ok(text)
    }

    fn answered_request(&self) -> Option<String> {
        for _ in 0..500 {
            let requests = self.place.json(&["privacy", "list"]);
            if requests[0]["doneAt"].is_string() {
                return newest(&requests, true);
            }
        }
        None
    }

    fn get(&self, path: &str) -> Value {
        self.call(path, &[])
    }

    fn post(&self, path: &str, body: &Value) -> Value {
        self.call(path, &["-d", &body.to_string()])
    }

    fn call(&self, path: &str, more: &[&str]) -> Value {
        let output = Command::new("curl")
            .args(["-sS", "--fail-with-body", "-H"])
            .arg(format!("Authorization: Bearer {KEY}"))
            .arg(format!("{}/api/{path}", self.server.address))
            .args(more)
            .output()
            .expect("curl is installed: scripts/install-test-tools.sh");
        let body = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }
}

/// The id of the first or last of some rows.
fn newest(rows: &Value, is_first: bool) -> Option<String> {
    let rows = rows.as_array()?;
    let row = if is_first { rows.first() } else { rows.last() };
    Some(row?["id"].as_str()?.to_owned())
}

fn days_ago(days: i64) -> String {
    Micros(SystemClock.now().0).plus_days(-days).to_string()
}

/// Files that pages speak of.
fn files() -> Vec<(&'static str, String)> {
    let (day, later) = (days_ago(60), days_ago(45));
    let key = std::fs::read_to_string(root().join("fixtures/paddle-classic/test-key.pem"));
    vec![
        ("key.txt", "rk_live_0123456789abcdef\n".to_owned()),
        ("paddle-public-key.pem", key.unwrap_or_default()),
        (
            "affiliates.csv",
            "First Name,Last Name,Email,Token,PayPal Email\nCarol,C,carol@example.com,carol,pay@carol.example\n".to_owned(),
        ),
        (
            "coupons.csv",
            "Affiliate Email,Coupon\ncarol@example.com,CAROL10\n".to_owned(),
        ),
        (
            "referrals.csv",
            "Affiliate Email,Stripe Customer ID,Email\ncarol@example.com,cus_Carol1,buyer@example.com\n".to_owned(),
        ),
        (
            "commissions.csv",
            format!("Affiliate Email,Customer ID,Invoice ID,Amount,Currency,Date,Commission Status\ncarol@example.com,cus_Carol1,in_old1,49.00,usd,{day},paid\ncarol@example.com,cus_Carol1,in_old2,49.00,usd,{later},due\n"),
        ),
    ]
}
