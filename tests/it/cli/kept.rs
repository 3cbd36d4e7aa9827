//! `backup`, `restore` and `secrets rotate`; what is printed for shells and `man`.

use std::os::unix::fs::PermissionsExt as _;

use super::*;

const SECRET: &str = "whsec_0123456789abcdef0123456789abcdef";

fn loaded(db: &TestDb) -> (Place, Server) {
    let place = Place::of(db).with("TRIBUTARY_STRIPE_SECRETS", SECRET);
    let server = place.serve();
    let stripe = fixtures("stripe");
    place.ok(&[
        "replay",
        &stripe,
        "--to",
        &server.address,
        "--secret",
        SECRET,
    ]);
    (place, server)
}

on_both_databases! {
    async fn a_backup_made_while_the_server_runs_restores_to_the_same_ledger(db: TestDb) {
        let (place, server) = loaded(&db);
        let backup = place.folder.join("backup.db");
        let backup = backup.to_str().unwrap();
        let ran = place.run(&["backup", backup, "--json"]);
        if db.url.starts_with("postgres") {
            assert!(ran.code == 2 && ran.stderr.contains("pg_dump"), "{}", ran.stderr);
            server.stop();
            return;
        }
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        assert_eq!(place.run(&["backup", backup]).code, 1, "a backup is never overwritten");
        place.ok(&["replay", &fixtures("stripe/f01-subscription-checkout.json"), "--to", &server.address, "--secret", SECRET]);
        server.stop();
        let sales = place.ok(&["export", "sales", "--format", "jsonl"]);

        let restored = format!("sqlite://{}", place.folder.join("restored.db").display());
        place.ok(&["restore", backup, "--database-url", &restored]);
        let audit = place.json(&["audit", "--database-url", &restored]);
        assert_eq!((&audit[0]["clean"], &audit[0]["events"]["received"]), (&true.into(), &Value::Null), "{audit}");
        assert_eq!(place.ok(&["export", "sales", "--format", "jsonl", "--database-url", &restored]), sales);
        let again = place.run(&["restore", backup, "--database-url", &restored]);
        assert!(again.code == 1 && again.stderr.contains("move it away first"), "{}", again.stderr);
        let mode = std::fs::metadata(backup).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }

    async fn a_file_that_is_no_backup_is_not_restored(db: TestDb) {
        let place = Place::of(&db);
        let target = format!("sqlite://{}", place.folder.join("new.db").display());
        let torn = place.folder.join("torn.db");
        std::fs::write(&torn, [b"SQLite format 3\0".as_slice(), &[7; 5_000]].concat()).unwrap();
        let empty = place.folder.join("empty.db");
        std::fs::write(&empty, "").unwrap();
        for file in [torn, empty, place.folder.join("none.db")] {
            let ran = place.run(&["restore", file.to_str().unwrap(), "--database-url", &target]);
            assert_eq!(ran.code, 1, "{} {}", file.display(), ran.stderr);
            assert!(!place.folder.join("new.db").exists() && !place.folder.join("new.db.part").exists());
        }
    }

    async fn secrets_are_sealed_with_a_new_key_and_the_old_one_is_not_needed_any_more(db: TestDb) {
        let (first, second) = ("a1".repeat(32), "b2".repeat(32));
        let plain = Place::of(&db);
        plain.ok(&["sources", "add", "stripe", "--secret", SECRET]);
        let none = plain.run(&["secrets", "rotate"]);
        assert!(none.code == 2 && none.stderr.contains("TRIBUTARY_MASTER_KEY"), "{}", none.stderr);
        let sealed = Place::of(&db).with("TRIBUTARY_MASTER_KEY", &first);
        sealed.ok(&["sources", "add", "polar", "--secret", "polar_whs_0123456789"]);
        assert_eq!(sealed.json(&["secrets", "rotate", "--dry-run"])["changed"], 1);
        assert_eq!(sealed.json(&["secrets", "rotate"]), serde_json::json!({"changed": 1, "current": 1, "dryRun": false}));
        assert_ne!(plain.run(&["sources", "list"]).code, 0);

        let wrong = Place::of(&db).with("TRIBUTARY_MASTER_KEY", &second);
        let refused = wrong.run(&["secrets", "rotate"]);
        assert!(refused.code == 1 && refused.stderr.contains("TRIBUTARY_MASTER_KEY_OLD"), "{}", refused.stderr);
        let file = plain.folder.join("key");
        std::fs::write(&file, format!("{second}\n")).unwrap();
        let both = Place::of(&db)
            .with("TRIBUTARY_MASTER_KEY_FILE", file.to_str().unwrap())
            .with("TRIBUTARY_MASTER_KEY_OLD", &first);
        assert_eq!(both.json(&["sources", "list"]).as_array().unwrap().len(), 2);
        assert_eq!(both.json(&["secrets", "rotate"])["changed"], 2);
        assert_eq!(wrong.json(&["sources", "list"]).as_array().unwrap().len(), 2);
        assert_eq!(wrong.json(&["secrets", "rotate"])["changed"], 0);
        assert_ne!(sealed.run(&["sources", "list"]).code, 0);
    }

    async fn shells_and_man_are_given_every_command(db: TestDb) {
        let place = Place::of(&db);
        for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
            let script = place.ok(&["completions", shell]);
            for command in ["doctor", "trigger", "listen", "backup"] {
                assert!(script.contains(command), "{shell}: {command}");
            }
        }
        let page = place.ok(&["man"]);
        assert!(page.contains(".TH tributary 1") && page.contains("doctor"), "{page}");
        let folder = place.folder.join("man1");
        place.ok(&["man", "--folder", folder.to_str().unwrap()]);
        let written = std::fs::read_dir(&folder).unwrap().count();
        assert!(written > 30, "{written}");
        assert!(folder.join("tributary-sources-add.1").exists());
    }
}
