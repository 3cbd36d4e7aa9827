//! The documentation against the program: every code block of the README, of `docs` and of the processors' pages is executed or read by what reads such
//! a thing; every command, flag, address, variable and link that a page names is there.
//!
//! How a page says what its blocks are stands in the info string:
//!
//! - ```` ```sh ````: executed, block after block, against a server and a database of the page's own ([`world`] has what it finds there, and the table
//!   of placeholders);
//! - ```` ```sh no-run: reason ````: not executed, since it serves, builds, or needs a network or root. Its commands must be understood all the same;
//! - ```` ```text output ````, ```` ```json output ````: what the block before prints, where `…` stands for anything;
//! - `json`, `toml`, `yaml`, `js`, `ts`, `python`, `html`: must be readable; `swift`, `kotlin`, `dart`: must hand on the click;
//! - `text`: a drawing, or an answer that is shown for its form.

mod forms;
mod numbers;
mod output;
mod page;
mod shell;
mod world;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::Value;
use tributary::config::{Config, Flags};
use tributary::http::refusals::words::words;

use page::{Page, all, root};

/// Blocks that a test elsewhere reads: page, language, and which.
const ELSEWHERE: &[(&str, &str, &str)] = &[("docs/scaling.md", "sql", "distributed")];

/// What stands for a server's address.
const ADDRESS: &str = "http://127.0.0.1:8080";

fn none(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn there_is_no_code_block_that_nobody_checks() {
    let mut problems = Vec::new();
    for page in all() {
        for block in &page.blocks {
            let at = page.at(block.line);
            let known = |(path, language, _): &&(&str, &str, &str)| {
                *path == page.path && *language == block.language
            };
            match block.language.as_str() {
                "" => problems.push(format!("{at}: say what it is, `text` at least")),
                "sh" => {
                    let reason = block.note.strip_prefix("no-run:").map(str::trim);
                    if !block.is_run() && reason.is_none_or(str::is_empty) {
                        problems.push(format!("{at}: write sh, or sh no-run: REASON"));
                    }
                }
                "text" => {}
                _ => match forms::problem(block) {
                    Some(Ok(())) => {}
                    Some(Err(error)) => problems.push(format!("{at}: {error}")),
                    None if ELSEWHERE.iter().any(|one| known(&one)) => {}
                    None => problems.push(format!("{at}: nobody checks {}", block.language)),
                },
            }
        }
    }
    none(&problems);
}

#[test]
fn every_command_is_understood() {
    let mut problems = Vec::new();
    let mut count = 0;
    for page in all() {
        for block in page.blocks.iter().filter(|block| block.language == "sh") {
            for words in shell::commands(&block.text.replace("$URL", ADDRESS)) {
                let at = page.at(block.line);
                match words[0].as_str() {
                    "tributary" => {
                        count += 1;
                        problems.extend(shell::misunderstood(&words).map(|e| format!("{at}: {e}")));
                    }
                    "make" => problems.extend(no_target(&words[1..]).map(|e| format!("{at}: {e}"))),
                    "cargo" if words.get(1).is_some_and(|word| word == "run") => {
                        let own = words.iter().skip_while(|word| *word != "--");
                        let words: Vec<String> = own.cloned().collect();
                        problems.extend(shell::misunderstood(&words).map(|e| format!("{at}: {e}")));
                    }
                    _ => {}
                }
            }
        }
        for (line, span) in page.spans() {
            if span.starts_with("tributary ") {
                count += 1;
                problems.extend(shell::unknown(&span).map(|e| format!("{}: {e}", page.at(line))));
            } else if let Some(target) = span.strip_prefix("make ") {
                let words: Vec<String> = target.split(' ').map(str::to_owned).collect();
                problems.extend(no_target(&words).map(|e| format!("{}: {e}", page.at(line))));
            }
        }
    }
    none(&problems);
    assert!(count > 150, "{count} commands");
}

fn no_target(words: &[String]) -> Option<String> {
    let makefile = std::fs::read_to_string(root().join("Makefile")).unwrap();
    let mut targets = words.iter().filter(|word| !word.contains('='));
    targets
        .find(|target| !makefile.contains(&format!("\n{target}:")))
        .map(|target| format!("the Makefile has no target {target}"))
}

/// Method and path of what a text calls, where it calls something of the API.
fn call(span: &str) -> Option<(&str, &str)> {
    let (method, rest) = span.split_once(' ')?;
    let is_method = ["GET", "POST", "PUT", "PATCH", "DELETE"].contains(&method);
    let path = rest.split([' ', '?', '"', '\'']).next()?;
    (is_method && path.starts_with('/')).then_some((method, path))
}

#[test]
fn every_address_of_the_api_that_is_named_is_one() {
    let text = std::fs::read_to_string(root().join("docs/openapi.json")).unwrap();
    let description: Value = serde_json::from_str(&text).unwrap();
    let paths = description["paths"].as_object().unwrap();
    let fits = |method: &str, path: &str| {
        paths.iter().any(|(known, methods)| {
            let (known, path): (Vec<_>, Vec<_>) =
                (known.split('/').collect(), path.split('/').collect());
            let same = |(a, b): (&&str, &&str)| a.starts_with('{') || a == b;
            known.len() == path.len()
                && known.iter().zip(&path).all(same)
                && methods.get(method.to_lowercase()).is_some()
        })
    };
    let (mut problems, mut count) = (Vec::new(), 0);
    for page in all() {
        let mut calls: Vec<(usize, String)> = page.spans();
        for block in page.blocks.iter().filter(|block| block.language == "sh") {
            for words in shell::commands(&block.text) {
                calls.extend(curl(&words).map(|call| (block.line, call)));
            }
        }
        for (line, span) in calls {
            let Some((method, path)) = call(&span) else {
                continue;
            };
            let path = path.trim_end_matches(['.', ',']);
            if path.starts_with("/api/") {
                count += 1;
                if !fits(method, path) {
                    problems.push(format!("{}: there is no {method} {path}", page.at(line)));
                }
            }
        }
    }
    none(&problems);
    assert!(count > 60, "{count} calls");
}

/// What a `curl` calls.
fn curl(words: &[String]) -> Option<String> {
    if words[0] != "curl" {
        return None;
    }
    let path = words.iter().find_map(|word| word.strip_prefix("$URL"))?;
    let said = words
        .iter()
        .position(|word| word == "-X")
        .and_then(|at| words.get(at + 1));
    let sends = words
        .iter()
        .any(|word| word == "-d" || word.starts_with("--data"));
    let method = said.map_or(if sends { "POST" } else { "GET" }, String::as_str);
    Some(format!("{method} {path}"))
}

#[test]
fn every_variable_that_is_named_is_a_setting() {
    let processors: Vec<_> = providers::adapters()
        .iter()
        .map(|one| one.about().id)
        .collect();
    // Of the tests, of the examples, and of what is shown to be wrong.
    let others = ["TRIBUTARY_WRITE", "TRIBUTARY_URL", "TRIBUTARY_TEST"];
    let mut problems = Vec::new();
    for page in all() {
        let prose = page.prose.iter().map(|(line, text)| (*line, text));
        let blocks = page.blocks.iter().map(|block| (block.line, &block.text));
        for (line, text) in prose.chain(blocks) {
            let signs =
                |c: char| !c.is_ascii_uppercase() && !c.is_ascii_digit() && c != '_' && c != '…';
            for name in text.split(signs) {
                let is_name =
                    name.starts_with("TRIBUTARY_") && !name.contains('…') && !name.ends_with('_');
                if !is_name || others.iter().any(|other| name.starts_with(other)) {
                    continue;
                }
                let setting = name.strip_suffix("_FILE").unwrap_or(name).to_owned();
                let environment = BTreeMap::from([(setting, String::new())]);
                let read = Config::read(Flags::default(), &environment, None, &processors);
                if read.is_ok_and(|config| !config.warnings.is_empty()) {
                    problems.push(format!("{}: {name} is no setting", page.at(line)));
                }
            }
        }
    }
    none(&problems);
}

#[test]
fn every_link_between_pages_leads_somewhere() {
    let pages = all();
    let mut problems = Vec::new();
    for page in &pages {
        for (line, link) in page.links() {
            if link.contains("://") || link.starts_with("mailto:") || link.contains("your-server") {
                continue;
            }
            let (path, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let target = if path.is_empty() {
                page.path.clone()
            } else {
                joined(folder, path)
            };
            if !root().join(&target).exists() {
                problems.push(format!("{}: there is no {target}", page.at(line)));
            } else if !anchor.is_empty() {
                let there = pages.iter().find(|page| page.path == target);
                if there.is_none_or(|page| !page.anchors().contains(&anchor.to_owned())) {
                    problems.push(format!("{}: {target} has no #{anchor}", page.at(line)));
                }
            }
        }
    }
    none(&problems);
}

/// A path from a folder, both from the root.
fn joined(folder: &str, path: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in path.split('/') {
        match part {
            ".." => drop(parts.pop()),
            "." | "" => {}
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

#[test]
fn every_page_stands_once_in_the_contents_of_the_site() {
    let pages = all();
    let summary = pages
        .iter()
        .find(|page| page.path == "docs/SUMMARY.md")
        .unwrap();
    let mut named: Vec<String> = summary
        .links()
        .into_iter()
        .map(|(_, link)| joined("docs", &link))
        .collect();
    let there: BTreeSet<String> = pages
        .iter()
        .map(|page| page.path.clone())
        .filter(|path| path.starts_with("docs/") && path != "docs/SUMMARY.md")
        .collect();
    named.sort();
    assert_eq!(named, Vec::from_iter(there));
}

#[test]
fn every_page_of_a_processor_names_its_events_and_knows_the_reasons_it_explains() {
    let pages = all();
    for adapter in providers::adapters() {
        let about = adapter.about();
        let path = format!("docs/processors/{}.md", about.id);
        let page = pages.iter().find(|page| page.path == path).expect(&path);
        let spans: BTreeSet<String> = page.spans().into_iter().map(|(_, span)| span).collect();
        for event in about.events.iter().filter(|event| event.required) {
            assert!(spans.contains(event.name), "{path}: {}", event.name);
        }
        let mut reasons = 0;
        for (line, text) in &page.prose {
            let Some(rest) = text.strip_prefix("| `") else {
                continue;
            };
            let (reason, rest) = rest.split_once('`').unwrap();
            if !rest.contains("refused") {
                continue;
            }
            reasons += 1;
            let what = words(reason, None).what;
            assert_ne!(what, words("", None).what, "{}: {reason}", page.at(*line));
            assert!(
                text.contains(&what),
                "{}: {reason} says \"{what}\"",
                page.at(*line)
            );
        }
        assert!(reasons >= 4, "{path}: {reasons}");
        for heading in [
            "set-up",
            "where-the-click-id-goes",
            "refunds-and-disputes",
            "reconcile",
            "troubleshooting",
        ] {
            assert!(
                page.anchors().contains(&heading.to_owned()),
                "{path}: {heading}"
            );
        }
    }
}

#[test]
fn every_page_that_the_code_names_is_there() {
    let mut problems = Vec::new();
    for folder in [
        "src",
        "providers/src",
        "tests/it",
        "packaging",
        "ops",
        "scripts",
    ] {
        look(&root().join(folder), &mut problems);
    }
    none(&problems);
}

fn look(folder: &Path, problems: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            look(&path, problems);
            continue;
        }
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        for rest in text.split("docs/").skip(1) {
            let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"-./".contains(c));
            let name = rest[..end.unwrap_or(rest.len())].trim_end_matches('.');
            let is_page = Path::new(name).extension().is_some_and(|end| end == "md");
            if is_page && !root().join("docs").join(name).exists() {
                problems.push(format!("{}: docs/{name}", path.display()));
            }
        }
    }
}

#[test]
fn every_block_of_commands_does_what_its_page_says() {
    let pages: Vec<Page> = all()
        .into_iter()
        .filter(|page| page.blocks.iter().any(page::Block::is_run))
        .collect();
    assert!(pages.len() > 8);
    none(&world::run(&pages));
}
