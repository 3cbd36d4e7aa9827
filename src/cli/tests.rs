use clap::CommandFactory as _;
use clap::error::ErrorKind;

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(line.split_whitespace())
}

#[test]
fn the_definitions_are_sound() {
    Cli::command().debug_assert();
}

#[test]
fn every_command_says_in_one_line_what_it_does_and_gives_an_example() {
    for command in Cli::command().get_subcommands() {
        let name = command.get_name();
        let about = command.get_about().unwrap().to_string();
        assert!(!about.is_empty() && !about.contains('\n'), "{name}");
        let example = command.get_after_help().unwrap().to_string();
        let begins = format!("Example:  tributary {name}");
        assert!(example.starts_with(&begins), "{name}");
    }
}

#[test]
fn every_command_of_the_contract_is_understood() {
    for line in [
        "tributary serve --listen 127.0.0.1:0 --public-url https://x --rate-limit 5",
        "tributary demo --exit --database-url sqlite://demo.db",
        "tributary replay a.json dir --to http://127.0.0.1:8080/webhooks/stripe --secret s --rate 5 --duplicate 2 --shuffle 7",
        "tributary keys create --name shop",
        "tributary keys list --json",
        "tributary keys revoke key_1",
        "tributary sources add stripe --secret a --secret b --mode test --setting keys=ref",
        "tributary sources list",
        "tributary sources rotate src_1 --secret s --drop-old",
        "tributary sources disable src_1",
        "tributary events list --processor stripe --type invoice.paid --state parked --since 2026-11-01 --until 2026-11-02T00:00:00Z",
        "tributary events show evt_1 --payload",
        "tributary events reprocess --dry-run",
        "tributary events export",
        "tributary export commissions --format jsonl",
        "tributary migrate --config x.toml --log-level debug --log-format json",
        "tributary explain sale_1",
        "tributary audit",
        "tributary organizations create --name Acme",
        "tributary organizations list --organization Acme",
        "tributary sources add stripe --secret - --another --organization org_1",
        "tributary sources set src_1 --setting shop=a --unset keys",
        "tributary privacy export a@b.example",
        "tributary privacy erase cus_1 --yes",
        "tributary privacy list",
        "tributary privacy show evt_1",
        "tributary backup a.db",
        "tributary restore a.db",
        "tributary completions bash",
        "tributary man --folder man1",
        "tributary secrets rotate --dry-run",
        "tributary sources enable src_1",
        "tributary sources remove src_1 --yes",
        "tributary doctor --strict --json",
        "tributary trigger stripe f01 --partner alice --duplicate 2 --override /data/object/amount=100",
        "tributary trigger --list",
        "tributary listen --forward-to http://localhost:3000 --since 12h --once --sign-with env:SECRET",
        "tributary events list --since 7d --until 12h",
        "tributary export sales --since 30d",
        "tributary reconcile stripe --since 3d",
        "tributary export payouts --status sent --partner prt_1 --from 2026-11-01 --to 2026-12-01",
        "tributary replay a.json --to http://x --secret stripe=whsec_1 --secret polar=whsec_2",
    ] {
        if let Err(error) = parse(line) {
            panic!("{line}: {error}");
        }
    }
}

#[test]
fn a_public_key_is_taken_as_the_shell_gives_it() {
    let pem = "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----";
    for before in [
        "tributary sources add paddle-classic --secret",
        "tributary sources rotate src_1 --secret",
        "tributary replay a.json --to http://x --secret",
        "tributary trigger paddle-classic order --secret",
    ] {
        let words = before.split(' ').chain([pem]);
        if let Err(error) = Cli::try_parse_from(words) {
            panic!("{before}: {error}");
        }
    }
}

#[test]
fn a_wrong_use_ends_with_2_and_help_with_0() {
    for line in [
        "tributary",
        "tributary fly",
        "tributary keys create",
        "tributary sources add stripe",
        "tributary export sales --format xml",
        "tributary replay --to http://x --secret s",
        "tributary replay a --to ftp://x --secret s",
        "tributary events list --since yesterday",
        "tributary sources add stripe --secret s --setting keys",
    ] {
        assert_eq!(parse(line).unwrap_err().exit_code(), 2, "{line}");
    }
    for of in ["keys", "organizations"] {
        let refused = Cli::try_parse_from(["tributary", of, "create", "--name", " "]).unwrap_err();
        assert!(
            refused.to_string().contains("must not be empty"),
            "{refused}"
        );
    }
    let help = parse("tributary --help").unwrap_err();
    assert_eq!((help.kind(), help.exit_code()), (ErrorKind::DisplayHelp, 0));
}

#[test]
fn the_flags_of_serve_become_settings() {
    let flags =
        parse("tributary serve --listen 127.0.0.1:1 --database-url sqlite://x --log-level warn")
            .unwrap()
            .flags();
    assert_eq!(flags.listen.as_deref(), Some("127.0.0.1:1"));
    assert_eq!(flags.database_url.as_deref(), Some("sqlite://x"));
    assert_eq!(flags.log_level.as_deref(), Some("warn"));
    assert_eq!(flags.public_url, None);
}

#[test]
fn a_day_begins_at_midnight_utc() {
    assert_eq!(time("2026-11-22"), time("2026-11-22T00:00:00Z"));
    assert!(time("22.11.2026").is_err());
}

#[test]
fn only_the_live_mode_is_live() {
    assert!(Mode::Live.livemode());
    assert!(!Mode::Test.livemode());
}

#[test]
fn states_are_written_as_they_are_typed() {
    for state in EventState::value_variants() {
        let typed = state.to_possible_value().unwrap();
        assert_eq!(typed.get_name(), state.as_str());
    }
}
