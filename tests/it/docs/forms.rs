//! Blocks that are no commands, each read by what reads such a thing in real life.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::process::{Command, Stdio};

use providers::settings::CLICK_KEYS;
use serde_json::Value;
use tributary::config::{Config, Flags};

use super::page::Block;

/// JSON in which `…` stands for what was left out.
pub(super) fn json(text: &str) -> Result<Value, String> {
    // Within a text it is a sign like any other; after a member, it is the rest of them.
    let mut shortened = text.replace(", …", "").replace(",…", "");
    if let Some(rest) = shortened.trim().strip_prefix('…') {
        shortened = rest.to_owned();
    }
    serde_json::from_str(&shortened).map_err(|error| error.to_string())
}

/// What is wrong with a block, if it can be read at all; `None` as outer value: nobody checks this language.
pub(super) fn problem(block: &Block) -> Option<Result<(), String>> {
    Some(match block.language.as_str() {
        "json" => json(&block.text).map(drop),
        "toml" => toml(&block.text),
        "yaml" => asked(
            "python3",
            &[
                "-c",
                "import sys, yaml; list(yaml.safe_load_all(sys.stdin))",
            ],
            &block.text,
        ),
        "python" => asked(
            "python3",
            &["-c", "import ast, sys; ast.parse(sys.stdin.read())"],
            &block.text,
        ),
        "js" | "ts" => script(&block.language, &block.text),
        "html" => html(&block.text),
        // No compiler of these is at hand: they must at least hand the click on under a key that is looked for.
        "swift" | "kotlin" | "dart" => CLICK_KEYS
            .iter()
            .any(|key| block.text.contains(key))
            .then_some(())
            .ok_or_else(|| "it hands on no click id".to_owned()),
        _ => return None,
    })
}

/// A settings file is one that the program takes; any other is TOML.
fn toml(text: &str) -> Result<(), String> {
    let table: toml::Table = toml::from_str(text).map_err(|error| error.to_string())?;
    if !["database_url", "retention", "limits"]
        .iter()
        .any(|name| table.contains_key(*name))
    {
        return Ok(());
    }
    let processors: Vec<_> = providers::adapters()
        .iter()
        .map(|one| one.about().id)
        .collect();
    let filled = text.replace('…', "0123456789abcdef");
    Config::read(
        Flags::default(),
        &BTreeMap::new(),
        Some(&filled),
        &processors,
    )
    .map(drop)
    .map_err(|error| error.to_string())
}

fn script(language: &str, text: &str) -> Result<(), String> {
    let loader = format!("--loader={language}");
    asked("esbuild", &[&loader, "--log-level=error"], text)
}

fn html(text: &str) -> Result<(), String> {
    for inside in text.split("<script>").skip(1) {
        let (inside, _) = inside
            .split_once("</script>")
            .ok_or("a script does not end")?;
        script("js", inside)?;
    }
    let opened = text.matches('<').count();
    let is_even = opened == text.matches('>').count() || text.contains("<script>");
    if opened == 0 || !is_even {
        return Err("its tags do not close".to_owned());
    }
    Ok(())
}

/// Hands a text to a program that ends well if it can read it.
fn asked(program: &str, args: &[&str], text: &str) -> Result<(), String> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| {
            panic!("{program} is installed (scripts/install-test-tools.sh): {error}")
        });
    let mut stdin = child.stdin.take().unwrap();
    // One that has had enough closes it.
    let _ = stdin.write_all(text.as_bytes());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned())
}
