//! `demo`: the main job, end to end.

use super::*;

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

    async fn the_demo_goes_on_with_a_link_into_its_dashboard(db: TestDb) {
        let place = Place::of(&db);
        let mut command = place.command(&["demo", "--database-url", &db.url]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let link = stdout.lines().map_while(Result::ok).find(|line| line.contains("/dashboard/sign-in?token="));
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
        child.wait().unwrap();
        assert!(link.unwrap().trim().starts_with("http://127.0.0.1:"));
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
