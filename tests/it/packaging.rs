//! The packaging against the program: every variable that is set is one, every command and flag is understood, ports and paths agree, and nothing runs
//! as root or writes where it should not.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser as _;
use tributary::cli::Cli;
use tributary::config::{Config, Flags};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging")
}

fn read(name: &str) -> String {
    fs::read_to_string(folder().join(name)).unwrap()
}

fn all() -> Vec<(String, String)> {
    let names = [
        "Dockerfile",
        "compose.yaml",
        "systemd/tributary.service",
        "kubernetes/tributary.yaml",
    ];
    names.map(|name| (name.to_owned(), read(name))).into()
}

/// The names in a text that look like variables of the program.
fn variables(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_');
    let is_ours = |word: &&str| word.starts_with("TRIBUTARY_") || word.starts_with("DATABASE_URL");
    words.filter(is_ours).map(str::to_owned).collect()
}

#[test]
fn every_variable_that_is_named_is_a_setting() {
    let processors: Vec<_> = providers::adapters()
        .iter()
        .map(|one| one.about().id)
        .collect();
    for (file, text) in all() {
        let named = variables(&text);
        assert!(named.len() >= 2, "{file} {named:?}");
        for name in named {
            // A setting whose value is in a file has the same name but for the end.
            let setting = name.strip_suffix("_FILE").unwrap_or(&name).to_owned();
            let environment = BTreeMap::from([(setting.clone(), String::new())]);
            let config = Config::read(Flags::default(), &environment, None, &processors).unwrap();
            assert_eq!(config.warnings, Vec::<String>::new(), "{file}: {name}");
        }
    }
    let environment = BTreeMap::from([("TRIBUTARY_LISTN".to_owned(), String::new())]);
    let config = Config::read(Flags::default(), &environment, None, &processors).unwrap();
    assert_eq!(config.warnings.len(), 1, "a wrong name would be noticed");
}

#[test]
fn the_addresses_that_are_set_are_understood_and_the_ports_agree() {
    let listens = |listen: &str| {
        let environment = BTreeMap::from([("TRIBUTARY_LISTEN".to_owned(), listen.to_owned())]);
        Config::read(Flags::default(), &environment, None, &[])
            .unwrap()
            .listen
            .port()
    };
    assert_eq!(listens("0.0.0.0:8080"), 8080);
    let expected = [
        (
            "Dockerfile",
            vec!["TRIBUTARY_LISTEN=0.0.0.0:8080", "EXPOSE 8080"],
        ),
        (
            "compose.yaml",
            vec!["TRIBUTARY_LISTEN: 0.0.0.0:8080", "127.0.0.1:8080:8080"],
        ),
        (
            "systemd/tributary.service",
            vec!["TRIBUTARY_LISTEN=127.0.0.1:8080"],
        ),
        (
            "kubernetes/tributary.yaml",
            vec![
                "\"0.0.0.0:8080\"",
                "containerPort: 8080",
                "\"0.0.0.0:9464\"",
                "containerPort: 9464",
                "path: /readyz",
                "path: /healthz",
            ],
        ),
    ];
    for (file, parts) in expected {
        let text = read(file);
        for part in parts {
            assert!(text.contains(part), "{file}: {part}");
        }
    }
}

#[test]
fn the_commands_that_are_run_are_understood() {
    for line in [
        "tributary serve",
        "tributary completions bash",
        "tributary man --folder x",
        "tributary backup x",
        "tributary restore x",
    ] {
        Cli::try_parse_from(line.split(' ')).unwrap();
    }
    assert!(
        read("systemd/tributary.service").contains("ExecStart=/usr/local/bin/tributary serve\n")
    );
    assert!(read("Dockerfile").contains("CMD [\"serve\"]"));
    assert!(read("compose.yaml").contains("command: [serve]"));
    assert!(read("kubernetes/tributary.yaml").contains("args: [serve]"));
}

#[test]
fn nothing_runs_as_root_or_may_write_to_the_program() {
    let expected = [
        (
            "Dockerfile",
            vec!["FROM scratch", "USER 65532:65532", "VOLUME /data"],
        ),
        (
            "compose.yaml",
            vec![
                "read_only: true",
                "cap_drop: [ALL]",
                "no-new-privileges:true",
                "user: \"65532:65532\"",
            ],
        ),
        (
            "systemd/tributary.service",
            vec![
                "DynamicUser=yes",
                "ProtectSystem=strict",
                "NoNewPrivileges=yes",
                "CapabilityBoundingSet=\n",
                "SystemCallFilter=@system-service",
            ],
        ),
        (
            "kubernetes/tributary.yaml",
            vec![
                "runAsNonRoot: true",
                "readOnlyRootFilesystem: true",
                "allowPrivilegeEscalation: false",
                "drop: [ALL]",
                "maxUnavailable: 0",
            ],
        ),
    ];
    for (file, parts) in expected {
        let text = read(file);
        for part in parts {
            assert!(text.contains(part), "{file}: {part}");
        }
    }
    // Where somebody gives a password, it is in a file.
    for (file, text) in all() {
        assert!(
            !text.contains("POSTGRES_PASSWORD:") && !text.contains("TRIBUTARY_MASTER_KEY:"),
            "{file}"
        );
    }
}

#[test]
fn the_secrets_that_compose_has_one_make_stay_where_they_are() {
    let compose = read("compose.yaml");
    assert!(compose.contains("file: ../secrets/master_key"));
    assert!(compose.contains("mkdir -m 700 secrets\n"), "for others too");
    let root = folder().parent().unwrap().to_owned();
    let git = fs::read_to_string(root.join(".gitignore")).unwrap();
    assert!(git.lines().any(|line| line == "/secrets"), "{git}");
    let docker = read("Dockerfile.dockerignore");
    assert!(docker.lines().any(|line| line == "secrets"), "{docker}");
}

#[test]
fn no_service_makes_variables_that_look_like_settings() {
    let text = read("kubernetes/tributary.yaml");
    assert!(text.contains("\n      enableServiceLinks: false\n"));
}

#[test]
fn everything_waits_longer_than_the_server_takes_to_stop() {
    let grace = Config::read(Flags::default(), &BTreeMap::new(), None, &[])
        .unwrap()
        .limits
        .shutdown_grace
        .as_secs();
    let after = |text: &str, word: &str| -> u64 {
        let (_, rest) = text.split_once(word).unwrap();
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().unwrap()
    };
    assert!(after(&read("compose.yaml"), "stop_grace_period: ") > grace);
    assert!(after(&read("systemd/tributary.service"), "TimeoutStopSec=") > grace);
    assert!(
        after(
            &read("kubernetes/tributary.yaml"),
            "terminationGracePeriodSeconds: "
        ) > grace
    );
}

#[test]
fn the_image_is_built_with_the_toolchain_that_the_program_needs() {
    let manifest = fs::read_to_string(folder().parent().unwrap().join("Cargo.toml")).unwrap();
    let (_, rest) = manifest.split_once("rust-version = \"").unwrap();
    let version = rest.split('"').next().unwrap();
    assert!(read("Dockerfile").contains(&format!("FROM rust:{version}-alpine")));
}
