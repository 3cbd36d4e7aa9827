//! `demo`: the main job, end to end.

use super::*;

/// A demo that ends with its test, whatever comes of that.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

on_both_databases! {
    async fn the_demo_ends_as_promised_and_again_when_everything_comes_twice(db: TestDb) {
        let place = Place::of(&db);
        let url = db.url.as_str();
        let first = place.ok(&["demo", "--exit", "--database-url", url]);
        let summary = first.lines().last().unwrap().to_owned();
        assert!(summary.ends_with(" 0 lost: as expected"), "{summary}");
        for processor in ["stripe", "shopify", "paddle", "polar", "revenuecat", "paddle-classic"] {
            assert!(first.contains(processor), "{processor}");
        }
        assert!(first.contains("alice's link"), "{first}");

        let second = place.json(&["demo", "--exit", "--database-url", url]);
        assert_eq!(second["differences"], serde_json::json!([]));
        assert_eq!(second["deliveries"], second["duplicates"]);
        assert_eq!(second["lost"], 0);
        assert_eq!(place.json(&["audit"])[0]["clean"], true);
    }

    async fn the_demo_goes_on_with_a_year_of_life_and_a_link_into_its_dashboard(db: TestDb) {
        let place = Place::of(&db);
        let demo = || {
            let mut command = place.command(&["demo", "--sales", "40", "--database-url", &db.url]);
            let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            let mut stdout = BufReader::new(child.stdout.take().unwrap());
            let mut said = String::new();
            while !said.contains("/dashboard/sign-in?token=") {
                assert_ne!(stdout.read_line(&mut said).unwrap(), 0, "it ended: {said}");
            }
            let pid = child.id().to_string();
            assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
            child.wait().unwrap();
            said
        };
        let said = demo();
        assert!(said.lines().last().unwrap().trim().starts_with("http://127.0.0.1:"), "{said}");
        assert!(said.contains(" sales, as promised"), "{said}");
        let audit = place.json(&["audit"]);
        assert_eq!((&audit[0]["clean"], &audit[1]["clean"]), (&Value::from(true), &Value::from(true)), "{audit}");
        let again = demo();
        assert!(!again.contains("a year of"), "it has one: {again}");
        assert_eq!(place.json(&["audit"])[0]["sales"], audit[0]["sales"]);
    }

    async fn the_year_has_something_of_everything(db: TestDb) {
        let place = Place::of(&db);
        let mut command = place.command(&["demo", "--sales", "40", "--database-url", &db.url]);
        let mut demo = Ended(command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap());
        let lines = BufReader::new(demo.0.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut lines = lines.skip_while(|line| !line.starts_with("The server goes on at "));
        let address = lines.next().unwrap().split(' ').nth(5).unwrap().to_owned();
        let key = lines.find(|line| line.contains("trib_live_")).unwrap().trim().to_owned();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::new();
        let get = async |path: &str| {
            let answer = client.get(format!("{address}{path}")).bearer_auth(&key).send().await.unwrap();
            assert_eq!(answer.status(), 200, "{path}");
            answer.json::<Value>().await.unwrap()
        };
        let count = |list: &Value| list["data"].as_array().unwrap().len();
        for processor in ["stripe", "shopify", "paddle", "polar", "revenuecat", "custom"] {
            assert_ne!(count(&get(&format!("/api/sales?paymentProcessor={processor}")).await), 0, "{processor}");
        }
        for state in ["parked", "failed", "ignored", "processed"] {
            assert_ne!(count(&get(&format!("/api/events?state={state}")).await), 0, "{state}");
        }
        for currency in ["usd", "eur", "jpy"] {
            assert_ne!(count(&get(&format!("/api/balances?currency={currency}")).await), 0, "{currency}");
        }
        for list in ["sales?livemode=false", "sales?kind=recurring", "payouts?status=paid", "payouts?status=reversed", "reviews?state=open", "reviews?state=approved", "clicks", "codes"] {
            assert_ne!(count(&get(&format!("/api/{list}")).await), 0, "{list}");
        }
        assert_eq!(count(&get("/api/partners").await), 12);
        assert_eq!(count(&get("/api/programs").await), 3);
    }

    async fn the_demo_leaves_a_database_of_somebody_else_alone(db: TestDb) {
        let place = Place::of(&db);
        place.ok(&["keys", "create", "--name", "shop"]);
        let ran = place.run(&["demo", "--exit", "--database-url", &db.url]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
        assert_eq!(place.json(&["keys", "list"]).as_array().unwrap().len(), 1);
    }

    async fn the_demo_without_a_database_touches_none_that_is_there(db: TestDb) {
        let place = Place::of(&db);
        let printed = place.ok(&["demo", "--exit", "--json"]);
        let printed: Value = serde_json::from_str(&printed).unwrap();
        assert_eq!(printed["differences"], serde_json::json!([]));
        assert_eq!(place.json(&["organizations", "list"]), serde_json::json!([]));
        assert_eq!(std::fs::read_dir(&place.folder).unwrap().count(), 0);
    }
}
