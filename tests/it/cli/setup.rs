//! `keys`, `sources`, `organizations` and `migrate`.

use super::*;

on_both_databases! {
    async fn a_new_key_stands_alone_on_stdout_and_is_never_shown_again(db: TestDb) {
        let place = Place::of(&db);
        let printed = place.ok(&["keys", "create", "--name", "shop"]);
        let key = printed.strip_suffix('\n').unwrap();
        assert!(key.starts_with("trib_live_") && !key.contains(char::is_whitespace));
        let listed = place.ok(&["keys", "list"]);
        assert!(listed.contains("shop") && !listed.contains(key), "{listed}");
        let test = place.ok(&["keys", "create", "--name", "trial", "--mode", "test"]);
        assert!(test.starts_with("trib_test_"));
    }

    async fn what_is_wrong_in_a_file_is_told_with_its_own_name(db: TestDb) {
        let place = Place::of(&db);
        let file = place.folder.join("of_the_shop.toml");
        std::fs::write(&file, "rate_limit = \"many\"\n").unwrap();
        let ran = place.run(&["keys", "list", "--config", file.to_str().unwrap()]);
        let says = ran.stderr.as_str();
        assert!(says.contains("of_the_shop.toml") && !says.contains("tributary.toml") && ran.code != 0, "{says}");
    }

    async fn a_key_is_revoked_once(db: TestDb) {
        let place = Place::of(&db);
        place.ok(&["keys", "create", "--name", "shop"]);
        let id = place.json(&["keys", "list"])[0]["id"].as_str().unwrap().to_owned();
        place.ok(&["keys", "revoke", &id]);
        assert!(place.json(&["keys", "list"])[0]["revokedAt"].is_string());
        let again = place.run(&["keys", "revoke", &id]);
        assert_eq!(again.code, 2, "{}", again.stderr);
    }

    async fn a_source_says_what_to_do_at_the_processor_and_never_its_secret(db: TestDb) {
        let place = Place::of(&db).with("TRIBUTARY_PUBLIC_URL", "https://pay.example.com");
        let line = ["sources", "add", "stripe", "--secret", "whsec_canary_1234567"];
        let printed = place.ok(&line);
        assert!(printed.contains("\n  https://pay.example.com/webhooks/stripe\n"), "{printed}");
        for event in ["invoice.paid", "checkout.session.completed", "charge.refunded"] {
            assert!(printed.contains(event), "{event} in {printed}");
        }
        assert!(printed.contains("  1. "), "{printed}");
        let refused = place.run(&line);
        assert_eq!(refused.code, 2);
        assert!(refused.stderr.contains("tributary sources rotate src_") && refused.stderr.contains("--another"), "{}", refused.stderr);
        let second = place.json(&[&line[..], &["--another"]].concat());
        let url = second["url"].as_str().unwrap();
        assert!(url.starts_with("https://pay.example.com/webhooks/stripe/src_"), "{url}");
        let listed = place.ok(&["sources", "list"]);
        assert!(!(printed + &second.to_string() + &listed).contains("canary"));
    }

    async fn nothing_is_sealed_with_another_key_than_the_servers(db: TestDb) {
        let key = |digit: &str| Place::of(&db).with("TRIBUTARY_MASTER_KEY", &digit.repeat(64));
        let (right, wrong, none) = (key("a"), key("b"), Place::of(&db));
        let first = right.json(&["sources", "add", "stripe", "--secret", "whsec_canary_1234567"]);
        let first = first["id"].as_str().unwrap();
        for place in [&wrong, &none] {
            for line in [
                &["sources", "add", "paddle", "--another", "--secret", "pdl_ntfset_0123456789"][..],
                &["sources", "rotate", first, "--secret", "whsec_canary_7654321"],
                &["webhooks", "add", "https://hooks.example.com/tributary"],
            ] {
                let refused = place.run(line);
                assert_eq!(refused.code, 1, "{line:?}");
                assert!(refused.stderr.contains("TRIBUTARY_MASTER_KEY"), "{}", refused.stderr);
            }
        }
        assert_eq!(right.json(&["sources", "list"]).as_array().unwrap().len(), 1);
        assert_eq!(right.json(&["webhooks", "list"]).as_array().unwrap().len(), 0);
        // What was sealed with a key that is lost can be taken away, and all goes on.
        assert_eq!(wrong.json(&["sources", "remove", first, "--yes"])["status"], "removed");
        assert_eq!(wrong.json(&["sources", "add", "stripe", "--secret", "whsec_canary_1234567"])["status"], "active");
    }

    async fn what_alone_is_sealed_tells_the_key(db: TestDb) {
        let key = |digit: &str| Place::of(&db).with("TRIBUTARY_MASTER_KEY", &digit.repeat(64));
        key("a").ok(&["webhooks", "add", "https://hooks.example.com/tributary"]);
        let refused = key("b").run(&["sources", "add", "stripe", "--secret", "whsec_canary_1234567"]);
        assert_eq!(refused.code, 1);
        assert!(refused.stderr.contains("another TRIBUTARY_MASTER_KEY"), "{}", refused.stderr);
    }

    async fn an_organization_has_a_name_that_can_change(db: TestDb) {
        let place = Place::of(&db);
        assert_eq!(place.run(&["organizations", "create", "--name", " "]).code, 2);
        let made = place.json(&["organizations", "create", "--name", "Northbeam"]);
        let id = made["id"].as_str().unwrap();
        let line = ["organizations", "rename", "--organization", id, "--name", "Southbeam"];
        assert_eq!(place.json(&line)["name"], "Southbeam");
        let line = ["organizations", "rename", "--organization", "Southbeam", "--name", ""];
        assert_eq!(place.run(&line).code, 2);
        let listed = place.run(&["organizations", "list"]);
        assert!(listed.stdout.contains("Southbeam") && !listed.stdout.contains("Northbeam"), "{}", listed.stdout);
    }

    async fn a_source_is_rotated_and_disabled_by_its_id(db: TestDb) {
        let place = Place::of(&db);
        let added = place.json(&["sources", "add", "polar", "--secret", "polar_whs_0123456789"]);
        let id = added["id"].as_str().unwrap();
        let rotated = place.json(&["sources", "rotate", id, "--secret", "polar_whs_9876543210"]);
        assert_eq!(rotated["secrets"], 2);
        let odd = place.run(&["sources", "rotate", id, "--secret", "sk_live_0123456789"]);
        assert!(odd.stdout.contains("Look at its secret again") && odd.stdout.contains("API key"), "{}", odd.stdout);
        let line = ["sources", "rotate", id, "--secret", "polar_whs_another0", "--drop-old"];
        assert_eq!(place.json(&line)["secrets"], 1);
        assert_eq!(place.json(&["sources", "disable", id])["status"], "disabled");
        assert_eq!(place.run(&["sources", "disable", "src_0"]).code, 2);
    }

    async fn the_short_address_is_led_to_another_source(db: TestDb) {
        let place = Place::of(&db).with("TRIBUTARY_PUBLIC_URL", "https://pay.example.com");
        let add = ["sources", "add", "stripe", "--secret", "whsec_canary_1234567", "--another"];
        let first = place.json(&add)["id"].as_str().unwrap().to_owned();
        let second = place.json(&add)["id"].as_str().unwrap().to_owned();
        let printed = place.ok(&["sources", "default", &second]);
        assert!(printed.contains(&format!("https://pay.example.com/webhooks/stripe leads to {second}")), "{printed}");
        assert!(printed.contains(&format!("https://pay.example.com/webhooks/stripe/{first}\n")), "{printed}");
        let back = place.json(&["sources", "default", &first]);
        assert_eq!((&back["source"]["id"], &back["before"]["id"]), (&Value::from(first), &Value::from(second)));
        let other = place.ok(&["organizations", "create", "--name", "Other"]);
        let theirs = place.json(&[&add[..], &["--organization", other.trim()]].concat());
        let refused = place.run(&["sources", "default", theirs["id"].as_str().unwrap()]);
        assert_eq!(refused.code, 2, "{}", refused.stderr);
        assert!(refused.stderr.contains("oldest organization"), "{}", refused.stderr);
    }

    async fn a_source_is_set_paused_taken_up_again_and_removed(db: TestDb) {
        let place = Place::of(&db);
        let add = ["sources", "add", "shopify", "--secret", "shpss_0123456789", "--setting", "shop=acme.myshopify.com"];
        let id = place.json(&add)["id"].as_str().unwrap().to_owned();
        let set = place.json(&["sources", "set", &id, "--setting", "clickKeys=[\"ref\"]", "--unset", "shop"]);
        assert_eq!(set["settings"], serde_json::json!({"clickKeys": ["ref"]}));
        assert_eq!(place.run(&["sources", "set", &id, "--setting", "clickKey=x"]).code, 2);
        place.ok(&["sources", "disable", &id]);
        assert_eq!(place.json(&["sources", "enable", &id])["status"], "active");
        let unsure = place.run(&["sources", "remove", &id]);
        assert!(unsure.code == 2 && unsure.stderr.contains("--yes"), "{}", unsure.stderr);
        let removed = place.json(&["sources", "remove", &id, "--yes"]);
        assert_eq!((&removed["status"], &removed["secrets"]), (&"removed".into(), &0.into()));
        assert_eq!(place.run(&["sources", "enable", &id]).code, 2);
        place.ok(&add);
    }

    async fn a_secret_comes_from_stdin_or_the_environment(db: TestDb) {
        let place = Place::of(&db).with("THEIRS", "whsec_canary_from_env_1, whsec_canary_from_env_2");
        let added = place.json(&["sources", "add", "stripe", "--secret", "env:THEIRS"]);
        assert_eq!(added["secrets"], 2);
        let id = added["id"].as_str().unwrap();
        let mut command = place.command(&["sources", "rotate", id, "--secret", "-", "--json"]);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        std::io::Write::write_all(&mut child.stdin.take().unwrap(), b"whsec_canary_from_stdin\n").unwrap();
        let output = child.wait_with_output().unwrap();
        let rotated: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(rotated["secrets"], 3);
        let none = place.run(&["sources", "rotate", id, "--secret", "env:NOTHING"]);
        assert!(none.code == 2 && none.stderr.contains("NOTHING"), "{}", none.stderr);
    }

    async fn one_flag_names_an_organization_by_its_id_or_name_everywhere(db: TestDb) {
        let place = Place::of(&db);
        place.ok(&["keys", "create", "--name", "first"]);
        let other = place.ok(&["organizations", "create", "--name", "Other"]);
        for named in [other.trim(), "Other"] {
            place.ok(&["keys", "create", "--name", "x", "--organization", named]);
            for line in [&["sources", "list"][..], &["audit"], &["events", "list"], &["jobs", "list"], &["payouts", "approve"]] {
                let line = [line, &["--organization", named, "--json"]].concat();
                let ran = place.run(&line);
                assert_eq!(ran.code, 0, "{line:?} {}{}", ran.stdout, ran.stderr);
            }
        }
        assert_eq!(place.json(&["keys", "list"]).as_array().unwrap().len(), 3);
        assert_eq!(place.json(&["keys", "list", "--organization", "Other"]).as_array().unwrap().len(), 2);
        assert_eq!(place.run(&["keys", "list", "--organization", "Nobody"]).code, 2);
    }

    async fn a_wrong_source_is_a_wrong_use_and_its_secret_is_not_repeated(db: TestDb) {
        let place = Place::of(&db);
        for (line, expected) in [
            (vec!["strip", "--secret", "canary_secret_1"], "use one of stripe, shopify"),
            (vec!["stripe", "--secret", "canary"], "shorter than 8"),
            (vec!["polar", "--secret", "canary_secret_1", "--setting", "clickKey=x"], "clickKey"),
        ] {
            let ran = place.run(&[vec!["sources", "add"], line].concat());
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
            assert!(ran.stderr.contains(expected), "{}", ran.stderr);
            assert!(!ran.stderr.contains("canary"), "{}", ran.stderr);
        }
    }

    async fn where_there_are_several_organizations_one_must_be_named(db: TestDb) {
        let place = Place::of(&db);
        place.ok(&["keys", "create", "--name", "first"]);
        let id = place.ok(&["organizations", "create", "--name", "Acme"]);
        assert_eq!(place.json(&["organizations", "list"]).as_array().unwrap().len(), 2);
        let unnamed = place.run(&["keys", "create", "--name", "x"]);
        assert_eq!(unnamed.code, 2);
        assert!(unnamed.stderr.contains("--organization"), "{}", unnamed.stderr);
        place.ok(&["keys", "create", "--name", "x", "--organization", id.trim()]);
        let keys = place.json(&["keys", "list"]);
        assert_eq!(keys[1]["organizationId"], id.trim());
    }

    async fn migrating_says_where_without_the_password(db: TestDb) {
        let place = Place::of(&db);
        let printed = place.ok(&["migrate"]);
        assert!(printed.contains("this version's schema"), "{printed}");
        let password = db.url.split_once("postgres:").and_then(|(_, rest)| rest.split_once('@'));
        if let Some((password, _)) = password {
            assert!(!printed.contains(password));
        }
    }
}
