use super::*;

const PROCESSORS: &[&str] = &["stripe", "paddle-classic"];

/// Settings from `NAME=value` lines and a file.
fn read(environment: &[(&str, &str)], file: Option<&str>) -> Result<Config, ConfigError> {
    read_with(Flags::default(), environment, file)
}

fn read_with(
    flags: Flags,
    environment: &[(&str, &str)],
    file: Option<&str>,
) -> Result<Config, ConfigError> {
    let environment = environment
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect();
    Config::read(flags, &environment, file, PROCESSORS)
}

fn problems(result: Result<Config, ConfigError>) -> Vec<String> {
    let ConfigError(problems) = result.unwrap_err();
    problems
        .into_iter()
        .map(|problem| problem.setting)
        .collect()
}

#[test]
fn without_settings_the_defaults_hold() {
    let config = read(&[], None).unwrap();
    assert_eq!(config.database_url.expose(), "sqlite://tributary.db");
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.rate_limit.get(), 100);
    assert_eq!(config.log_level, LevelFilter::INFO);
    assert_eq!(config.log_format, LogFormat::Human);
    assert_eq!(config.limits, Limits::default());
    assert_eq!(config.limits.body_bytes, 1_048_576);
    assert!(config.api_key.is_none() && config.master_key.is_none() && config.public_url.is_none());
    assert!(config.secrets.is_empty());
    assert!(config.metrics_listen.is_none() && config.metrics_token.is_none());
}

#[test]
fn a_flag_wins_over_the_environment_and_that_over_the_file() {
    let flags = Flags {
        listen: Some("127.0.0.1:1".to_owned()),
        ..Flags::default()
    };
    let environment = [
        ("TRIBUTARY_LISTEN", "127.0.0.1:2"),
        ("TRIBUTARY_RATE_LIMIT", "20"),
    ];
    let file = "listen = '127.0.0.1:3'\nrate_limit = 30\nlog_format = 'json'\n";
    let config = read_with(flags, &environment, Some(file)).unwrap();
    assert_eq!(config.listen.port(), 1);
    assert_eq!(config.rate_limit.get(), 20);
    assert_eq!(config.log_format, LogFormat::Json);
}

#[test]
fn every_setting_can_come_from_the_environment() {
    let config = read(
        &[
            ("DATABASE_URL", "postgres://me:pw@db/tributary"),
            ("TRIBUTARY_LISTEN", "[::1]:80"),
            ("TRIBUTARY_PUBLIC_URL", "https://pay.example.com/x/"),
            ("TRIBUTARY_API_KEY", "rk_live_0123456789_abcdef"),
            (
                "TRIBUTARY_STRIPE_SECRETS",
                "whsec_aaaaaaaa1, whsec_bbbbbbbb2",
            ),
            ("TRIBUTARY_PADDLE_CLASSIC_SECRETS", "pdl_secret_0001"),
            (
                "TRIBUTARY_MASTER_KEY",
                "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
            ),
            ("TRIBUTARY_METRICS_LISTEN", "127.0.0.1:9464"),
            (
                "TRIBUTARY_METRICS_TOKEN",
                "0123456789abcdef0123456789abcdef",
            ),
            ("TRIBUTARY_LOG_LEVEL", "DEBUG"),
            ("TRIBUTARY_LIMIT_BATCH_SIZE", "16"),
            ("TRIBUTARY_LIMIT_BODY_TIMEOUT_SECONDS", "3"),
            ("TRIBUTARY_LIMIT_DELIVERY_BYTES", "90000000"),
            ("TRIBUTARY_LIMIT_DATABASE_COMMIT_TIMEOUT_SECONDS", "4"),
        ],
        None,
    )
    .unwrap();
    assert!(!config.database_url.is_sqlite());
    assert_eq!(config.listen.port(), 80);
    assert_eq!(
        config.public_url.as_deref(),
        Some("https://pay.example.com/x")
    );
    assert_eq!(
        config.api_key.unwrap().expose(),
        "rk_live_0123456789_abcdef"
    );
    assert_eq!(config.secrets["stripe"].len(), 2);
    assert_eq!(config.secrets["stripe"][1].expose(), "whsec_bbbbbbbb2");
    assert_eq!(
        config.secrets["paddle-classic"][0].expose(),
        "pdl_secret_0001"
    );
    assert_eq!(config.master_key.unwrap().bytes(), &[0; 32]);
    assert_eq!(config.log_level, LevelFilter::DEBUG);
    assert_eq!(config.metrics_listen.unwrap().port(), 9_464);
    assert!(config.metrics_token.is_some());
    assert_eq!(config.limits.batch_size, 16);
    assert_eq!(config.limits.body_timeout, Duration::from_secs(3));
    assert_eq!(config.limits.delivery_bytes, 90_000_000);
    assert_eq!(config.limits.deliveries_in_flight_bytes, 90_000_000);
    assert_eq!(config.limits.database.commit, Duration::from_secs(4));
}

#[test]
fn every_setting_can_come_from_the_file() {
    let file = r#"
        database_url = "sqlite://x.db"
        [secrets]
        stripe = ["whsec_aaaaaaaa1", "whsec_bbbbbbbb2"]
        paddle-classic = "pdl_secret_0001"
        [limits]
        body_bytes = 2_000
        max_connections = 10
        queue_length = 20
        header_timeout_seconds = 1
        idle_timeout_seconds = 2
        shutdown_grace_seconds = 3
    "#;
    let config = read(&[], Some(file)).unwrap();
    assert_eq!(config.database_url.expose(), "sqlite://x.db");
    assert_eq!(config.secrets["stripe"].len(), 2);
    assert_eq!(config.secrets["paddle-classic"].len(), 1);
    let limits = config.limits;
    assert_eq!(
        (
            limits.body_bytes,
            limits.max_connections,
            limits.queue_length
        ),
        (2_000, 10, 20)
    );
    assert_eq!(limits.header_timeout, Duration::from_secs(1));
    assert_eq!(limits.idle_timeout, Duration::from_secs(2));
    assert_eq!(limits.shutdown_grace, Duration::from_secs(3));
}

#[test]
fn every_wrong_setting_is_reported_at_once_by_the_name_it_was_given_under() {
    let flags = Flags {
        listen: Some("8080".to_owned()),
        log_level: Some("loud".to_owned()),
        ..Flags::default()
    };
    let environment = [
        ("DATABASE_URL", "mysql://x"),
        ("TRIBUTARY_PUBLIC_URL", "pay.example.com"),
        ("TRIBUTARY_STRIPE_SECRETS", "whsec_..."),
        ("TRIBUTARY_MASTER_KEY", "abc"),
        ("TRIBUTARY_STIPE_SECRETS", "whsec_aaaaaaaa1"),
    ];
    let file = "rate_limit = 0\nlog_format = 'xml'\nlisten_on = 'x'\n[limits]\nbody_bytes = -1\nbody = 1\n";
    let problems = problems(read_with(flags, &environment, Some(file)));
    let expected = [
        "DATABASE_URL",
        "--listen",
        "TRIBUTARY_PUBLIC_URL",
        "TRIBUTARY_STRIPE_SECRETS",
        "TRIBUTARY_STIPE_SECRETS",
        "TRIBUTARY_MASTER_KEY",
        "rate_limit in tributary.toml",
        "log_format in tributary.toml",
        "--log-level",
        "limits.body_bytes in tributary.toml",
        "limits.body in tributary.toml",
        "listen_on in tributary.toml",
    ];
    assert_eq!(problems, expected);
}

#[test]
fn an_empty_variable_is_not_set() {
    let config = read(
        &[("DATABASE_URL", ""), ("TRIBUTARY_STRIPE_SECRETS", " ")],
        None,
    )
    .unwrap();
    assert!(config.database_url.is_sqlite());
    assert!(config.secrets.is_empty());
}

#[test]
fn variables_of_other_programs_do_not_matter() {
    read(
        &[("TRIBUTARY_PORT", "tcp://10.0.0.1:80"), ("PATH", "/bin")],
        None,
    )
    .unwrap();
}

#[test]
fn no_message_and_no_debug_text_repeats_a_secret() {
    let wrong = read(
        &[
            ("DATABASE_URL", "canary://canary"),
            ("TRIBUTARY_API_KEY", "canary canary"),
            ("TRIBUTARY_STRIPE_SECRETS", "whsec_aaaaaaaa1,canary"),
            ("TRIBUTARY_MASTER_KEY", "canary"),
        ],
        Some("api_key = canary\n"),
    );
    let message = wrong.unwrap_err().to_string();
    assert!(message.starts_with("5 settings are wrong:"), "{message}");
    assert!(message.contains("secret 2 of 2"), "{message}");
    assert!(message.contains("line 1 is not valid TOML"), "{message}");
    assert!(!message.contains("canary"), "{message}");
    let right = read(
        &[
            (
                "DATABASE_URL",
                "postgres://me:canary@db:5432/tributary?password=canary",
            ),
            ("TRIBUTARY_API_KEY", "canary_canary_canary_0123456789"),
            ("TRIBUTARY_STRIPE_SECRETS", "canary_canary_canary"),
        ],
        None,
    );
    let shown = format!("{:?}", right.unwrap());
    assert!(shown.contains("postgres://db:5432/tributary"), "{shown}");
    assert!(!shown.contains("canary"), "{shown}");
}

#[test]
fn a_key_that_can_be_guessed_is_refused() {
    for weak in [
        "secret",
        "trib_live_0123456789abcdef",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ] {
        let wrong = read(&[("TRIBUTARY_API_KEY", weak)], None)
            .unwrap_err()
            .to_string();
        assert!(wrong.contains("openssl rand -hex 32"), "{wrong}");
    }
    let strong = format!("trib_live_{}", "0123456789abcdef01234567");
    assert!(read(&[("TRIBUTARY_API_KEY", strong.as_str())], None).is_ok());
}

#[test]
fn values_of_the_wrong_type_are_reported() {
    let file = "listen = true\nsecrets = 1\n[limits]\nbatch_size = [1]\n";
    let expected = [
        "listen in tributary.toml",
        "secrets in tributary.toml",
        "limits.batch_size in tributary.toml",
    ];
    assert_eq!(problems(read(&[], Some(file))), expected);
    let file = "[secrets]\nstripe = [1]\nstrype = []\n";
    let expected = [
        "secrets.stripe in tributary.toml",
        "secrets.strype in tributary.toml",
    ];
    assert_eq!(problems(read(&[], Some(file))), expected);
}

#[test]
fn a_master_key_is_read_from_base64_and_hex() {
    for text in [
        "ff".repeat(32),
        "//////////////////////////////////////////8=".to_owned(),
        "__________________________________________8".to_owned(),
    ] {
        let config = read(&[("TRIBUTARY_MASTER_KEY", &text)], None).unwrap();
        let key = config.master_key.unwrap();
        assert_eq!(key.bytes(), &[255; 32]);
        assert_eq!(format!("{key:?}"), "MasterKey(…)");
    }
}

#[test]
fn localhost_is_an_address() {
    let config = read(&[("TRIBUTARY_LISTEN", "localhost:9000")], None).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:9000");
}

#[test]
fn a_file_is_shown_with_its_whole_path() {
    for (url, shown) in [
        ("sqlite://tributary.db", "sqlite://tributary.db"),
        (
            "sqlite:///var/lib/me@home/a.db",
            "sqlite:///var/lib/me@home/a.db",
        ),
        ("postgres://me:pw@db/tributary", "postgres://db/tributary"),
    ] {
        assert_eq!(DatabaseUrl::parse(url).unwrap().to_string(), shown);
    }
}

#[test]
fn a_variable_that_is_no_setting_is_warned_of_with_the_one_that_was_meant() {
    let config = read(
        &[
            ("TRIBUTARY_RATELIMIT", "5"),
            ("TRIBUTARY_LIMIT_BATCHSIZE", "5"),
            ("TRIBUTARY_WEATHER", "secret"),
            ("TRIBUTARY_RATE_LIMIT", "7"),
            ("TRIBUTARYX", "1"),
        ],
        None,
    )
    .unwrap();
    assert_eq!(
        config.warnings,
        [
            "there is no setting TRIBUTARY_LIMIT_BATCHSIZE; did you mean TRIBUTARY_LIMIT_BATCH_SIZE?",
            "there is no setting TRIBUTARY_RATELIMIT; did you mean TRIBUTARY_RATE_LIMIT?",
            "there is no setting TRIBUTARY_WEATHER",
        ]
    );
}

#[test]
fn no_setting_is_warned_of_wherever_it_is_given() {
    let flags = Flags {
        listen: Some("127.0.0.1:1".to_owned()),
        ..Flags::default()
    };
    let environment = [
        ("TRIBUTARY_LISTEN", "127.0.0.1:2"),
        ("TRIBUTARY_STRIPE_SECRETS", "whsec_aaaaaaaa1"),
        ("TRIBUTARY_LIMIT_QUEUE_LENGTH", "5"),
    ];
    let config = read_with(flags, &environment, None).unwrap();
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
}

#[test]
fn a_secret_setting_may_stand_in_a_file() {
    let read = |path: &str| match path {
        "/run/key" => Ok(format!("{}\n", "00".repeat(32))),
        _ => Err(std::io::Error::from(std::io::ErrorKind::NotFound)),
    };
    let given = |pairs: &[(&str, &str)]| {
        let pairs = pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        with_files(pairs.collect(), read)
    };
    let found = given(&[("TRIBUTARY_MASTER_KEY_FILE", "/run/key")]).unwrap();
    let expected = BTreeMap::from([("TRIBUTARY_MASTER_KEY".to_owned(), "00".repeat(32))]);
    assert_eq!(found, expected);
    let error = given(&[("TRIBUTARY_STRIPE_SECRETS_FILE", "/run/none")]).unwrap_err();
    assert_eq!(error.0[0].setting, "TRIBUTARY_STRIPE_SECRETS_FILE");
    let both = [
        ("TRIBUTARY_API_KEY_FILE", "/run/key"),
        ("TRIBUTARY_API_KEY", "x"),
    ];
    assert!(given(&both).unwrap_err().0[0].message.contains("not both"));
    assert_eq!(
        given(&[("TRIBUTARY_MASTER_KEY_FILE", "")]).unwrap(),
        BTreeMap::new()
    );
    assert_eq!(given(&[("OTHER_FILE", "/x")]).unwrap().len(), 1);
}
