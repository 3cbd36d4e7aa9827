//! `doctor`: what it finds, and how it ends.

use super::*;
use crate::support::processors::Processor;
use crate::support::processors::polar::Polar;

const SECRET: &str = "whsec_0123456789abcdef0123456789abcdef";

/// The levels and codes of what it finds, and how it ended. That the tests' PostgreSQL is not durable, as it says, is left out.
fn examined(place: &Place, flags: &[&str]) -> (Vec<(String, String)>, i32) {
    let ran = place.run(&[&["doctor", "--json"], flags].concat());
    left_of(&ran.stdout, ran.code)
}

fn left_of(stdout: &str, code: i32) -> (Vec<(String, String)>, i32) {
    let told: Value = serde_json::from_str(stdout).expect(stdout);
    let findings = told["findings"].as_array().unwrap().iter();
    let word = |one: &Value, member: &str| one[member].as_str().unwrap().to_owned();
    let mut findings: Vec<_> = findings
        .map(|one| (word(one, "level"), word(one, "code")))
        .collect();
    let all = findings.len();
    findings.retain(|(_, code)| code != "not_durable");
    let is_wrong = findings.iter().any(|(level, _)| level == "wrong");
    let code = if findings.len() < all && !is_wrong {
        0
    } else {
        code
    };
    (findings, code)
}

fn has(findings: &[(String, String)], level: &str, code: &str) -> bool {
    findings.contains(&(level.to_owned(), code.to_owned()))
}

fn replay(place: &Place, to: &str, secret: &str) -> i32 {
    let fixture = fixtures("stripe/f01-subscription-checkout.json");
    place
        .run(&["replay", &fixture, "--to", to, "--secret", secret])
        .code
}

on_both_databases! {
    async fn a_wrong_secret_is_found_and_fails_until_a_delivery_is_verified(db: TestDb) {
        let place = Place::of(&db)
            .with("TRIBUTARY_STRIPE_SECRETS", SECRET)
            .with("TRIBUTARY_PUBLIC_URL", "https://pay.example.com");
        let server = place.serve();
        assert_eq!(replay(&place, &server.address, "whsec_canary_another_secret_000"), 1);
        server.stop();
        let (findings, code) = examined(&place, &[]);
        assert!(has(&findings, "wrong", "refused_secret") && code == 1, "{findings:?}");
        let said = place.run(&["doctor"]);
        assert_eq!(said.code, 1);
        assert!(said.stdout.contains("a secret that this source does not have"), "{}", said.stdout);
        assert!(!said.stdout.contains("canary") && !said.stdout.contains(SECRET));

        let server = place.serve();
        assert_eq!(replay(&place, &server.address, SECRET), 0);
        server.stop();
        let (findings, code) = examined(&place, &[]);
        assert!(has(&findings, "look", "refused_secret") && code == 0, "{findings:?}");
        assert!(has(&findings, "note", "types_never_seen"), "{findings:?}");
        assert_eq!(place.run(&["doctor", "--strict"]).code, 1);
    }

    async fn a_master_key_that_is_missing_or_another_is_found(db: TestDb) {
        let (key, other) = ("a1".repeat(32), "b2".repeat(32));
        let place = Place::of(&db).with("TRIBUTARY_MASTER_KEY", &key);
        place.ok(&["sources", "add", "stripe", "--secret", SECRET]);
        let with = |key: Option<&str>| {
            let mut command = place.command(&["doctor", "--json"]);
            command.env_remove("TRIBUTARY_MASTER_KEY");
            if let Some(key) = key {
                command.env("TRIBUTARY_MASTER_KEY", key);
            }
            let output = command.output().unwrap();
            left_of(&String::from_utf8(output.stdout).unwrap(), output.status.code().unwrap())
        };
        let (found, code) = with(None);
        assert!(has(&found, "wrong", "master_key_missing") && code == 1, "{found:?}");
        let (found, code) = with(Some(&other));
        assert!(has(&found, "wrong", "master_key_wrong") && code == 1, "{found:?}");
        let (found, code) = with(Some(&key));
        assert!(found.iter().all(|(_, code)| !code.contains("master_key")) && code == 0, "{found:?}");
    }

    async fn a_key_to_an_api_that_is_not_accepted_is_found_unless_nobody_is_to_be_asked(db: TestDb) {
        let polar = Polar { key: "polar_oat_of_another".to_owned(), events: Vec::new(), disputes: Vec::new() };
        let polar = Processor::start(polar).await;
        let place = Place::of(&db)
            .with("TRIBUTARY_POLAR_API_URL", &polar.url())
            .with("TRIBUTARY_PUBLIC_URL", "https://pay.example.com")
            .with("POLAR_KEY", "polar_oat_read_canary");
        // The processor answers from this process meanwhile.
        tokio::task::block_in_place(|| {
            let added = place.json(&["sources", "add", "polar", "--secret", "polar_whs_0123456789abcdef0123456789abcdef"]);
            let id = added["id"].as_str().unwrap();
            place.ok(&["sources", "credential", "set", id, "--from-env", "POLAR_KEY"]);
            let (found, code) = examined(&place, &[]);
            assert!(has(&found, "look", "api_key") && code == 0, "{found:?}");
            let (found, _) = examined(&place, &["--offline"]);
            assert!(!has(&found, "look", "api_key"), "{found:?}");
            assert!(!place.run(&["doctor"]).stdout.contains("canary"));
        });
    }

    async fn a_database_that_is_not_there_is_a_finding_and_is_not_made(db: TestDb) {
        let place = Place::of(&db);
        let file = place.folder.join("none.db");
        let url = format!("sqlite://{}", file.display());
        let ran = place.run(&["doctor", "--json", "--database-url", &url]);
        assert!(ran.stdout.contains("\"database\"") && ran.code == 1, "{}", ran.stdout);
        std::fs::write(&file, "").unwrap();
        let ran = place.run(&["doctor", "--json", "--database-url", &url]);
        assert!(ran.stdout.contains("has no tables yet") && ran.code == 1, "{}{}", ran.stdout, ran.stderr);
    }
}
