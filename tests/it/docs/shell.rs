//! Commands within shell text, and whether the program knows them: names of commands and flags by clap's own definition.

use clap::{CommandFactory as _, Parser as _};
use tributary::cli::Cli;

/// A word, or what ends a command.
enum Token {
    Word(String),
    End,
    Redirect,
}

/// The commands of a shell text as words: quotes are taken off, comments, redirections and assignments before the command left out.
pub(super) fn commands(text: &str) -> Vec<Vec<String>> {
    let mut all = vec![Vec::new()];
    let mut is_target = false;
    for token in tokens(text) {
        match token {
            Token::Word(_) if is_target => is_target = false,
            Token::Word(word) => all.last_mut().unwrap().push(word),
            Token::Redirect => is_target = true,
            Token::End => all.push(Vec::new()),
        }
    }
    for words in &mut all {
        let is_assignment = |word: &String| {
            word.split_once('=').is_some_and(|(name, _)| {
                !name.is_empty() && name.chars().all(|c| c.is_ascii_uppercase() || c == '_')
            })
        };
        let count = words.iter().take_while(|word| is_assignment(word)).count();
        words.drain(..count);
    }
    all.retain(|words| !words.is_empty());
    all
}

fn tokens(text: &str) -> Vec<Token> {
    let text = text.replace("\\\n", " ");
    let mut tokens = Vec::new();
    let mut word: Option<String> = None;
    let mut signs = text.chars().peekable();
    while let Some(sign) = signs.next() {
        match sign {
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                for inner in signs.by_ref().take_while(|inner| *inner != sign) {
                    word.push(inner);
                }
            }
            '#' if word.is_none() => while signs.next_if(|sign| *sign != '\n').is_some() {},
            ' ' | '\t' | '\n' | ';' | '|' | '&' | '(' | ')' | '<' | '>' => {
                tokens.extend(word.take().map(Token::Word));
                match sign {
                    ' ' | '\t' => {}
                    '<' | '>' => tokens.push(Token::Redirect),
                    _ => tokens.push(Token::End),
                }
            }
            _ => word.get_or_insert_default().push(sign),
        }
    }
    tokens.extend(word.take().map(Token::Word));
    tokens
}

/// Why the program would not understand a whole command line.
pub(super) fn misunderstood(words: &[String]) -> Option<String> {
    use clap::error::ErrorKind;
    let error = Cli::try_parse_from(words).err()?;
    let is_fine = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    (!is_fine).then(|| error.to_string())
}

/// What a command in prose names that there is not: it may leave things out and say `[--flag]` or `A|B`.
pub(super) fn unknown(span: &str) -> Option<String> {
    let mut command = &Cli::command();
    let top = command;
    let clean = |word: &str| {
        word.trim_matches(|c: char| "[](),.;…`".contains(c))
            .to_owned()
    };
    let mut words = span.split_whitespace().skip(1).map(clean).peekable();
    while let Some(word) = words.next_if(|word| !word.starts_with('-')) {
        // `export sales|commissions`: what follows the first bar are values.
        let Some(found) = command.find_subcommand(&word) else {
            let is_name = !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase());
            if command.has_subcommands() && is_name && word != "help" {
                return Some(format!("there is no command `{word}`"));
            }
            break;
        };
        command = found;
    }
    for word in words {
        let Some(flag) = word.strip_prefix("--") else {
            continue;
        };
        let end = flag.find(|c: char| !c.is_ascii_lowercase() && c != '-');
        let flag = &flag[..end.unwrap_or(flag.len())];
        let has = |command: &clap::Command| {
            command.get_arguments().any(|argument| {
                argument.get_long() == Some(flag)
                    || argument
                        .get_all_aliases()
                        .is_some_and(|all| all.contains(&flag))
            })
        };
        if !flag.is_empty() && flag != "help" && !has(command) && !has(top) {
            return Some(format!("`{}` has no --{flag}", command.get_name()));
        }
    }
    None
}

#[test]
fn quotes_comments_pipes_and_targets_are_read_as_a_shell_reads_them() {
    let text = "pass x | A=1 tributary sources add 'a b' \\\n  --secret - # no\ntributary backup \"x\" > y && echo z\n";
    let expected: [&[&str]; 4] = [
        &["pass", "x"],
        &["tributary", "sources", "add", "a b", "--secret", "-"],
        &["tributary", "backup", "x"],
        &["echo", "z"],
    ];
    assert_eq!(commands(text), expected);
    assert_eq!(unknown("tributary sources add --secret S"), None);
    assert!(unknown("tributary sources ad").is_some());
    assert!(unknown("tributary serve --lisen X").is_some());
}
