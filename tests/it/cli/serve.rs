//! `serve`: what a first start prints and does, and how it ends.

use std::sync::Arc;

use tributary::actor::WriteScope;
use tributary::clock::{Clock as _, SystemClock};
use tributary::id::IdSource;
use tributary::members::{self, Invited, Role};
use tributary::sessions;

use super::*;

on_both_databases! {
    async fn the_first_start_prints_one_key_the_next_three_steps_and_a_link_and_the_second_the_link_alone(db: TestDb) {
        let place = Place::of(&db);
        let first = place.serve().stop();
        assert_eq!(first.code, 0, "{}", first.stderr);
        let keys: Vec<&str> = first.stdout.split_whitespace().filter(|word| word.starts_with("trib_live_")).collect();
        assert_eq!(keys.len(), 1, "{}", first.stdout);
        for step in ["  1. ", "  2. ", "  3. "] {
            assert!(first.stdout.contains(step), "{}", first.stdout);
        }
        assert!(!first.stdout.contains("  4. ") && !first.stderr.contains(keys[0]));
        let link = |stdout: &str| {
            let links = stdout.split_whitespace().filter(|word| word.contains("/dashboard/sign-in?token="));
            let links: Vec<String> = links.map(str::to_owned).collect();
            assert_eq!(links.len(), 1, "{stdout}");
            links[0].clone()
        };
        let second = place.serve().stop();
        assert_eq!(second.code, 0);
        assert_ne!(link(&first.stdout), link(&second.stdout));
        assert!(second.stdout.starts_with("The dashboard, by a link"), "{}", second.stdout);
        let secret = link(&second.stdout);
        let secret = secret.rsplit_once('=').unwrap().1;
        assert!(!second.stderr.contains(secret), "no log has the link");
    }

    async fn login_prints_a_link_alone_and_for_one_organization_where_it_is_told(db: TestDb) {
        let place = Place::of(&db);
        let printed = place.ok(&["login", "--public-url", "https://pay.example.com"]);
        assert!(printed.starts_with("https://pay.example.com/dashboard/sign-in?token="), "{printed}");
        assert_eq!(printed.lines().count(), 1);
        let organizations = place.json(&["organizations", "list"]);
        let id = organizations[0]["id"].as_str().unwrap();
        assert_eq!(place.json(&["login", "--organization", id])["organizationId"], id);
        assert_eq!(place.run(&["login", "--organization", "org_x"]).code, 2);
        let unknown = place.run(&["login", "--member", "maria@team.example"]);
        assert!(unknown.code == 2 && unknown.stderr.contains("no member has this e-mail address"), "{}", unknown.stderr);
        let ids = IdSource::new(Arc::new(SystemClock));
        let scope = WriteScope::of_server(&*db.store, &ids, id, SystemClock.now());
        let maria = Invited { name: "Maria", email: "maria@team.example", role: Role::Member };
        let code = members::invite(&scope, maria).await.unwrap();
        sessions::redeem(&*db.store, &ids, code.expose(), scope.now).await.unwrap().unwrap();
        let link = place.json(&["login", "--member", "Maria@team.example"]);
        assert!(link["memberId"].as_str().unwrap().starts_with("mem_") && link["organizationId"] == id, "{link}");
    }

    async fn a_chosen_key_and_secrets_of_the_settings_work_and_are_not_printed(db: TestDb) {
        let place = Place::of(&db)
            .with("TRIBUTARY_API_KEY", "chosen_key_canary_0123456789")
            .with("TRIBUTARY_STRIPE_SECRETS", "whsec_canary_1234567, whsec_canary_7654321");
        let server = place.serve();
        let to = server.address.clone();
        let fixture = fixtures("stripe/f01-subscription-checkout.json");
        for secret in ["whsec_canary_1234567", "whsec_canary_7654321"] {
            let printed = place.ok(&["replay", &fixture, "--to", &to, "--secret", secret]);
            assert!(printed.lines().all(|line| line.starts_with("200  stripe  ")), "{printed}");
            assert!(printed.contains("  processed"), "the key is taken from the settings: {printed}");
        }
        let ran = server.stop();
        assert_eq!(ran.code, 0);
        assert!(!ran.stdout.contains("canary") && !ran.stdout.contains("trib_live_"), "{}", ran.stdout);
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    }

    async fn a_changed_secret_in_the_settings_replaces_the_old_one(db: TestDb) {
        let mut place = Place::of(&db).with("TRIBUTARY_STRIPE_SECRETS", "whsec_old_1234567");
        place.serve().stop();
        place.environment[0].1 = "whsec_new_1234567".to_owned();
        let server = place.serve();
        let fixture = fixtures("stripe/f01-subscription-checkout.json");
        let replay = |secret| place.run(&["replay", &fixture, "--to", &server.address, "--secret", secret]);
        let old = replay("whsec_old_1234567");
        assert_eq!(old.code, 1);
        assert!(old.stdout.lines().all(|line| line.starts_with("401  ")), "{}", old.stdout);
        assert_eq!(replay("whsec_new_1234567").code, 0);
        server.stop();
    }

    async fn an_address_in_use_is_a_failure_that_names_it(db: TestDb) {
        let place = Place::of(&db);
        let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = taken.local_addr().unwrap().to_string();
        let ran = place.run(&["serve", "--listen", &address]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        assert!(ran.stderr.contains(&address), "{}", ran.stderr);
        assert!(ran.stderr.contains("--listen"), "{}", ran.stderr);
    }

    async fn a_database_that_cannot_be_made_is_named_once(db: TestDb) {
        let place = Place::of(&db);
        let file = place.folder.join("nowhere").join("a.db").display().to_string();
        let place = place.with("DATABASE_URL", &format!("sqlite://{file}"));
        for line in [["migrate"].as_slice(), &["serve", "--listen", "127.0.0.1:0"]] {
            let ran = place.run(line);
            assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
            assert_eq!(ran.stderr.matches(&file).count(), 1, "{}", ran.stderr);
            assert_eq!(ran.stderr.matches("is not available").count(), 1, "{}", ran.stderr);
        }
    }

    async fn all_wrong_settings_are_reported_at_once_on_stderr(db: TestDb) {
        let place = Place::of(&db)
            .with("TRIBUTARY_LISTEN", "nowhere")
            .with("TRIBUTARY_RATE_LIMIT", "0")
            .with("TRIBUTARY_STRIPE_SECRETS", "canary")
            .with("TRIBUTARY_MASTER_KEY", "canary");
        let ran = place.run(&["serve", "--public-url", "pay.example.com"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
        for name in [
            "TRIBUTARY_LISTEN",
            "TRIBUTARY_RATE_LIMIT",
            "TRIBUTARY_STRIPE_SECRETS",
            "TRIBUTARY_MASTER_KEY",
            "--public-url",
        ] {
            assert!(ran.stderr.contains(name), "{name} in {}", ran.stderr);
        }
        assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
    }

    async fn a_command_that_is_not_understood_ends_with_2(db: TestDb) {
        let place = Place::of(&db);
        assert_eq!(place.run(&["fly"]).code, 2);
        assert_eq!(place.run(&["export", "sales", "--format", "xml"]).code, 2);
        assert_eq!(place.run(&["--help"]).code, 0);
    }

    async fn a_wrong_or_missing_master_key_refuses_to_start_and_says_so(db: TestDb) {
        let [key, other] = ["0", "1"].map(|digit| digit.repeat(64));
        let mut place = Place::of(&db)
            .with("TRIBUTARY_MASTER_KEY", &key)
            .with("TRIBUTARY_STRIPE_SECRETS", "whsec_old_1234567");
        place.serve().stop();
        place.environment.truncate(1);
        place.serve().stop();
        place.environment[0].1 = other;
        let ran = place.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains("another TRIBUTARY_MASTER_KEY"), "{}", ran.stderr);
        place.environment.clear();
        let ran = place.run(&["serve", "--listen", "127.0.0.1:0"]);
        assert_eq!(ran.code, 1);
        assert!(ran.stderr.contains("set TRIBUTARY_MASTER_KEY"), "{}", ran.stderr);
    }

    async fn a_hang_up_does_not_end_the_server(db: TestDb) {
        let place = Place::of(&db);
        let mut server = place.serve();
        server.signal("HUP");
        server.says("SIGHUP is passed over");
        let ran = server.stop();
        assert_eq!(ran.code, 0, "{}", ran.stderr);
    }
}

#[tokio::test]
async fn a_command_in_the_wrong_folder_makes_no_database() {
    let folder = scratch().join(unique_name());
    std::fs::create_dir(&folder).unwrap();
    for line in [
        &["audit"][..],
        &["keys", "list"],
        &["sources", "list"],
        &["export", "sales"],
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_tributary"))
            .args(line)
            .current_dir(&folder)
            .env_clear()
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{line:?}");
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains("there is no database at"), "{told}");
        assert!(
            std::fs::read_dir(&folder).unwrap().next().is_none(),
            "{line:?}"
        );
    }
    std::fs::remove_dir(&folder).unwrap();
}
