//! The schema can be distributed by organization: every key, unique constraint, join and condition has the organization in it.

use std::collections::BTreeSet;

use tributary::books;
use tributary::store::{Dialect, MIGRATIONS};

use crate::statements::all;

/// Tables that find the organization for what arrives without one, or belong to none; a copy of them can be on each server.
const GLOBAL: &[&str] = &[
    "api_keys",
    "health",
    "link_domains",
    "link_keys",
    "organizations",
    "sessions",
    "sign_ins",
    "source_routes",
];

/// Looks for organizations that have something to do: they ask all servers, and name no organization. By what they begin with.
const OF_ALL: &[&str] = &[
    "select organization_id from events where state = 'received'",
    "select cast((select count(*) from findings where found_at >= $1)",
    "select cast(coalesce(sum(differences), 0) as bigint) as differences, min(ended_at) as oldest_at from audits",
    "select organization_id, id from neighbourhoods",
    "select j.organization_id, min(j.run_at)",
    "select s.*, 0 as is_default from sources s",
    "select organization_id, substr(secrets, 1, 5) as key from sources",
    "select cast(count(*) as bigint) as waiting from webhook_deliveries",
    "select state, cast(count(*) as bigint) as mails from mails",
    "select state, cast(count(*) as bigint) as events, min(received_at) as oldest_at",
];

/// The words of a text, in small letters, and `(` `)` `,` as words of their own.
fn words(text: &str) -> Vec<String> {
    let mut spaced = String::new();
    for line in text.lines() {
        let line = line.split("--").next().unwrap();
        for c in line.chars() {
            match c {
                '(' | ')' | ',' => spaced.extend([' ', c, ' ']),
                c => spaced.push(c.to_ascii_lowercase()),
            }
        }
        spaced.push('\n');
    }
    spaced.split_whitespace().map(str::to_owned).collect()
}

/// The statements of a schema: what is created, and the words in its parentheses, part by part.
fn created(schema: &str) -> Vec<(Vec<String>, Vec<Vec<String>>)> {
    let mut found = Vec::new();
    // A remark may hold a semicolon.
    let lines = schema.lines().map(|line| line.split("--").next().unwrap());
    let schema = lines.collect::<Vec<_>>().join("\n");
    for statement in schema.split(';') {
        let words = words(statement);
        let Some(open) = words.iter().position(|word| word == "(") else {
            continue;
        };
        // A trigger and its function have no key.
        if words[0] != "create" || ["function", "trigger"].contains(&words[1].as_str()) {
            continue;
        }
        let (mut parts, mut depth) = (vec![Vec::new()], 0);
        for word in &words[open + 1..] {
            match word.as_str() {
                ")" if depth == 0 => break,
                "," if depth == 0 => {
                    parts.push(Vec::new());
                    continue;
                }
                "(" => depth += 1,
                ")" => depth -= 1,
                _ => {}
            }
            parts.last_mut().unwrap().push(word.clone());
        }
        found.push((words[..open].to_vec(), parts));
    }
    found
}

fn has_organization(part: &[String]) -> bool {
    part.iter().any(|word| word == "organization_id")
}

fn is_global(table: &str) -> bool {
    GLOBAL.contains(&table)
}

/// What in a schema stands in the way, and its tables.
fn problems_of(schema: &str) -> (Vec<String>, BTreeSet<String>) {
    let (mut problems, mut tables) = (Vec::new(), BTreeSet::new());
    for (head, parts) in created(schema) {
        let head: Vec<&str> = head.iter().map(String::as_str).collect();
        match head.as_slice() {
            ["create", "table", table] => {
                tables.insert((*table).to_owned());
                if is_global(table) {
                    continue;
                }
                let mut has_key = false;
                for part in &parts {
                    let text = part.join(" ");
                    let is_key = text.contains("primary key");
                    has_key |= is_key;
                    let binds = is_key || text.contains("unique") || text.contains("foreign key");
                    if binds && !has_organization(part) {
                        problems.push(format!("{table}: {text}"));
                    }
                    // A column's own reference: only to the organization.
                    if text.contains("references")
                        && !text.contains("foreign key")
                        && !text.contains("references organizations")
                    {
                        problems.push(format!("{table}: {text}"));
                    }
                    if text.contains("on delete set") {
                        problems.push(format!("{table}: {text}"));
                    }
                }
                if !has_key {
                    problems.push(format!("{table} has no primary key"));
                }
            }
            ["create", "unique", "index", name, "on", table]
                if !is_global(table) && !parts.iter().any(|part| has_organization(part)) =>
            {
                problems.push(format!("{name} on {table}"));
            }
            [_, "trigger" | "sequence", ..] => problems.push(head.join(" ")),
            _ => {}
        }
    }
    (problems, tables)
}

/// How often a statement names tables of an organization, and in how many conditions it names the organization.
fn named(text: &str, tables: &BTreeSet<String>) -> (usize, usize) {
    let words = words(text);
    let of_one = |word: &String| tables.contains(word) && !is_global(word);
    let reads = words
        .windows(2)
        .filter(|two| ["from", "join", "update"].contains(&two[0].as_str()) && of_one(&two[1]));
    let conditions = words.windows(2).filter(|two| {
        (two[0] == "organization_id" || two[0].ends_with(".organization_id"))
            && (two[1] == "=" || two[1].starts_with("=$"))
    });
    let inserts = words
        .windows(3)
        .filter(|three| three[0] == "into" && of_one(&three[1]));
    let unnamed = inserts.filter(|three| {
        let at = words.iter().position(|word| *word == three[1]).unwrap();
        !words[at..]
            .iter()
            .take_while(|word| *word != ")")
            .any(|word| word == "organization_id")
    });
    (reads.count() + unnamed.count(), conditions.count())
}

#[test]
fn every_key_and_unique_constraint_of_both_schemas_has_the_organization() {
    for migration in MIGRATIONS {
        for schema in [migration.sqlite, migration.postgres] {
            let (problems, tables) = problems_of(schema);
            assert!(problems.is_empty(), "{}: {problems:#?}", migration.name);
            assert!(tables.len() > 30);
        }
    }
}

#[test]
fn every_statement_names_the_organization_for_each_table_that_it_reads() {
    let mut tables = BTreeSet::new();
    for migration in MIGRATIONS {
        tables.extend(problems_of(migration.postgres).1);
    }
    let fixed = all()
        .into_iter()
        .map(|one| one.source(Dialect::Postgres).to_owned());
    let composed = books::samples()
        .into_iter()
        .map(|sample| sample.select.0.source(Dialect::Postgres).to_owned());
    let mut problems = BTreeSet::new();
    for text in fixed.chain(composed) {
        let (reads, conditions) = named(&text, &tables);
        let is_of_all = OF_ALL
            .iter()
            .any(|begin| text.trim_start().starts_with(begin));
        if reads > conditions && !is_of_all {
            problems.insert(format!("{conditions} of {reads}: {text}"));
        }
    }
    assert!(
        problems.is_empty(),
        "{}",
        problems.into_iter().collect::<Vec<_>>().join("\n\n")
    );
}

#[test]
fn what_stands_in_the_way_is_seen() {
    let bad = "create table a (organization_id text not null, id text primary key, b text unique, primary key (organization_id, id));
        create table b (organization_id text, b text references a (id), unique (b));
        create unique index c on a (id);";
    assert_eq!(problems_of(bad).0.len(), 6);
    let tables = BTreeSet::from(["sales".to_owned(), "clicks".to_owned()]);
    assert_eq!(
        named(
            "select 1 from sales s join clicks c on c.id = s.id where s.organization_id = $1",
            &tables
        ),
        (2, 1)
    );
    assert_eq!(named("insert into sales (id) values ($1)", &tables), (1, 0));
    assert_eq!(
        named(
            "insert into sales (organization_id, id) values ($1, $2)",
            &tables
        ),
        (0, 0)
    );
}

#[test]
fn the_statements_to_distribute_it_name_every_table_once_and_none_else() {
    let page = include_str!("../../docs/scaling.md");
    for migration in MIGRATIONS {
        for table in problems_of(migration.postgres).1 {
            let named = page.matches(&format!("_table('{table}'")).count();
            assert_eq!(named, 1, "{table}");
            let is_copied = page.contains(&format!("create_reference_table('{table}')"));
            assert_eq!(
                is_copied,
                is_global(&table) && table != "organizations",
                "{table}"
            );
        }
    }
}
