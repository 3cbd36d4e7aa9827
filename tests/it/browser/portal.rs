//! The portal where partners meet it: in a frame of a merchant's page on another origin, without cookies, and alone.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;

use serde_json::{Value, json};

use super::walk::offences;
use super::{Chromium, Demo};

/// A merchant's site: every address has this page.
struct Site {
    address: String,
}

impl Site {
    fn with(body: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let page = format!(
            "<!doctype html><title>Shop</title><link rel=icon href=data:,><body>{body}</body>"
        );
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut lines = BufReader::new(stream.try_clone().unwrap())
                    .lines()
                    .map_while(Result::ok);
                // The head ends with an empty line.
                while lines.next().is_some_and(|line| !line.is_empty()) {}
                let head = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\nconnection: close\r\ncontent-length:";
                let _ = write!(stream, "{head} {}\r\n\r\n{page}", page.len());
            }
        });
        Self { address }
    }
}

/// A partner of the demo who has earned something: a token for its page, and a link that signs it in.
fn partner(demo: &Demo) -> (String, String) {
    let organizations: Value =
        serde_json::from_str(&demo.command(&["organizations", "list", "--json"])).unwrap();
    let all = organizations
        .as_array()
        .or(organizations["data"].as_array())
        .unwrap();
    let shop = all
        .iter()
        .find(|one| one["name"] == "Northbeam Studio")
        .unwrap();
    let org = shop["id"].as_str().unwrap();
    let key = demo.command(&["keys", "create", "--name", "portal", "--organization", org]);
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (token, email) = runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let earned: Value = client
            .get(demo.url("/api/balances?currency=usd&limit=1"))
            .bearer_auth(&key)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let id = earned["data"][0]["partnerId"].as_str().unwrap();
        let partner: Value = client
            .get(demo.url(&format!("/api/partners/{id}")))
            .bearer_auth(&key)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        let email = partner["email"].as_str().unwrap().to_owned();
        let told: Value = client
            .post(demo.url("/api/embed/token"))
            .bearer_auth(&key)
            .json(&json!({"partner": {"email": email}}))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        (told["publicToken"].as_str().unwrap().to_owned(), email)
    });
    let link = demo.command(&[
        "partners",
        "link",
        &email,
        "--organization",
        org,
        "--public-url",
        &demo.address,
    ]);
    (token, link)
}

/// Waits for something to become true in the page, not for ever.
fn until(browser: &mut Chromium, condition: &str) {
    let waits = format!(
        "new Promise((done, fail) => {{ const began = Date.now(); const look = () => {{
            if ({condition}) return done(true);
            if (Date.now() - began > 30000) return fail(new Error('never: ' + {}));
            requestAnimationFrame(look); }}; look(); }})",
        json!(condition)
    );
    assert_eq!(browser.value(&waits), true);
}

#[test]
fn in_a_merchants_page_it_is_as_high_as_it_needs_and_tells_what_is_wrong() {
    let demo = Demo::start();
    let (token, _) = partner(&demo);
    let site = Site::with(&format!(
        "<script src='{}/script.js' data-manual></script><div id=portal></div><div id=broken></div>
         <script>
           Tributary.createEmbed(document.getElementById('portal'), {{ token: '{token}', theme: 'light', cssVars: {{ '--accent': '#7a1fa2' }} }});
           Tributary.createEmbed(document.getElementById('broken'), {{ token: 'pt_nobody', onError(error) {{ document.body.dataset.wrong = error.code; }} }});
         </script>",
        demo.address
    ));
    let mut browser = Chromium::start();
    browser.size(1_000, 900, false);
    browser.open(&site.address);
    until(
        &mut browser,
        "parseInt(document.querySelector('#portal iframe').style.height) > 600",
    );
    until(
        &mut browser,
        "document.body.dataset.wrong === 'TOKEN_INVALID'",
    );
    let wrong: Vec<String> = browser
        .problems()
        .into_iter()
        .filter(|problem| !problem.contains("401"))
        .collect();
    assert_eq!(wrong, Vec::<String>::new());
    let cookies = browser.call("Network.getAllCookies", json!({}));
    assert_eq!(cookies["cookies"], json!([]), "it works without any");
    if let Some(file) = std::env::var_os("TRIBUTARY_PICTURE") {
        browser.size(1_000, 2_400, false);
        std::fs::write(file, browser.picture()).unwrap();
    }
}

#[test]
fn axe_finds_nothing_serious_and_nothing_is_wide_on_a_phone() {
    let demo = Demo::start();
    let (token, link) = partner(&demo);
    let mut browser = Chromium::start();
    let embedded = demo.url(&format!(
        "/embed/referrals?token={token}&dynamicHeight=true&period=365d"
    ));
    browser.open(&link);
    browser.follow("main form button");
    assert_eq!(browser.address(), "/portal");
    let mut found = Vec::new();
    for page in [
        &embedded,
        &demo.url("/portal?period=90d"),
        &demo.url("/embed/referrals?token=pt_x"),
        &demo.url("/portal/sign-in"),
    ] {
        browser.open(page);
        for scheme in ["light", "dark"] {
            browser.prefers(scheme);
            found.extend(offences(&mut browser));
        }
        browser.size(390, 844, true);
        let width = browser
            .value("document.documentElement.scrollWidth")
            .as_u64()
            .unwrap();
        assert!(width <= 390, "{page} is {width} wide");
        browser.size(1_280, 860, false);
        assert_eq!(browser.value("document.querySelectorAll('h1').length"), 1);
    }
    assert_eq!(found, Vec::<String>::new());
    let wrong: Vec<String> = browser
        .problems()
        .into_iter()
        .filter(|problem| !problem.contains("401"))
        .collect();
    assert_eq!(wrong, Vec::<String>::new());
    browser.open(&embedded);
    let words = browser.words();
    browser.without_scripts();
    browser.open(&embedded);
    let plain = browser.words();
    for part in ["Payable now", "Earnings", "Payouts", "/r/"] {
        assert!(words.contains(part) && plain.contains(part), "{part}");
    }
}

#[test]
fn light_dark_and_given_colours_reach_the_embedded_page() {
    let demo = Demo::start();
    let (token, _) = partner(&demo);
    let mut browser = Chromium::start();
    browser.prefers("light");
    let mut background = |theme: &str, vars: &str| {
        browser.open(&demo.url(&format!(
            "/embed/referrals?token={token}&theme={theme}&cssVars={vars}"
        )));
        browser.text("getComputedStyle(document.documentElement).backgroundColor")
    };
    let (light, dark) = (background("light", ""), background("dark", ""));
    assert_ne!(light, dark);
    assert_eq!(background("system", ""), light);
    let red = "%7B%22--bg%22%3A%22rgb(255%2C%200%2C%200)%22%2C%22--ink%22%3A%22url(x)%22%7D";
    assert_eq!(background("dark", red), "rgb(255, 0, 0)");
    assert_eq!(browser.problems(), Vec::<String>::new());
}

#[test]
fn the_script_keeps_the_clicks_id_for_ninety_days_and_takes_it_out_of_the_address() {
    let demo = Demo::start();
    let site = Site::with(&format!(
        "<script src='{}/script.js'></script>",
        demo.address
    ));
    let mut browser = Chromium::start();
    browser.open(&format!(
        "{}/landing?plan=pro&refp_id=clk_1&x=%20#buy",
        site.address
    ));
    assert_eq!(
        browser.text("location.pathname + location.search + location.hash"),
        "/landing?plan=pro&x=%20#buy"
    );
    assert_eq!(browser.text("Refport.getClickId()"), "clk_1");
    let cookies = browser.call("Network.getAllCookies", json!({}));
    let cookie = &cookies["cookies"][0];
    assert_eq!(
        (
            &cookie["name"],
            &cookie["value"],
            &cookie["sameSite"],
            &cookie["path"]
        ),
        (
            &json!("refp_id"),
            &json!("clk_1"),
            &json!("Lax"),
            &json!("/")
        )
    );
    let days = browser.value(&format!(
        "Math.round(({} - Date.now() / 1000) / 86400)",
        cookie["expires"]
    ));
    assert_eq!(days, 90);
    browser.open(&format!("{}/other", site.address));
    assert_eq!(
        browser.value("Refport.init()"),
        json!({"tracked": false, "clickId": "clk_1", "source": "cookie"})
    );
    browser.open(&format!("{}/?refp_id=clk_2", site.address));
    assert_eq!(
        browser.text("Tributary.getClickId()"),
        "clk_2",
        "the last click counts"
    );
    browser.value("Tributary.reset()");
    assert_eq!(browser.value("Tributary.getClickId()"), Value::Null);
    assert_eq!(browser.problems(), Vec::<String>::new());
}
