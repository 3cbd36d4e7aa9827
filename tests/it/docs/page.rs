//! A Markdown page as the tests read it: code blocks with their info strings, headings with their anchors, links, code within lines.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A page, by its path from the root of the repository.
pub(super) struct Page {
    pub(super) path: String,
    pub(super) blocks: Vec<Block>,
    /// What stands around the blocks, line by line with its number.
    pub(super) prose: Vec<(usize, String)>,
}

/// A fenced block.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// The line of its fence.
    pub(super) line: usize,
    /// The first word of the info string.
    pub(super) language: String,
    /// The rest of it.
    pub(super) note: String,
    pub(super) text: String,
}

impl Block {
    /// Whether it is to be executed: `sh` without `no-run: reason`.
    pub(super) fn is_run(&self) -> bool {
        self.language == "sh" && self.note.is_empty()
    }

    /// Whether it shows what the block before it prints.
    pub(super) fn is_output(&self) -> bool {
        self.note == "output"
    }
}

pub(super) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

impl Page {
    fn read(path: &str) -> Self {
        let text = std::fs::read_to_string(root().join(path)).unwrap();
        let mut page = Self {
            path: path.to_owned(),
            blocks: Vec::new(),
            prose: Vec::new(),
        };
        let mut open: Option<(usize, Block)> = None;
        for (number, line) in (1..).zip(text.lines()) {
            let bare = line.trim_start();
            let fence = bare.strip_prefix("```");
            if let Some((indent, mut block)) = open.take() {
                if fence == Some("") {
                    page.blocks.push(block);
                } else {
                    block.text += line.get(indent..).unwrap_or(bare);
                    block.text.push('\n');
                    open = Some((indent, block));
                }
            } else if let Some(info) = fence {
                let (language, note) = info.split_once(' ').unwrap_or((info, ""));
                let block = Block {
                    line: number,
                    language: language.to_owned(),
                    note: note.trim().to_owned(),
                    text: String::new(),
                };
                open = Some((line.len() - bare.len(), block));
            } else {
                page.prose.push((number, line.to_owned()));
            }
        }
        assert!(open.is_none(), "{path}: a code block does not end");
        page
    }

    /// Whether a block that is executed adds a source of a processor.
    pub(super) fn adds(&self, processor: &str) -> bool {
        let adds = format!("tributary sources add {processor} ");
        self.blocks
            .iter()
            .any(|block| block.is_run() && block.text.contains(&adds))
    }

    /// The place of a line, for messages.
    pub(super) fn at(&self, line: usize) -> String {
        format!("{}:{line}", self.path)
    }

    /// Headings of this page as anchors, as GitHub and mdBook make them.
    pub(super) fn anchors(&self) -> Vec<String> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let headings = self.prose.iter().filter_map(|(_, line)| {
            let text = line.trim_start_matches('#');
            (text.len() < line.len() && text.starts_with(' ')).then_some(text)
        });
        headings
            .map(|heading| {
                let slug = slug(heading);
                let count = seen.entry(slug.clone()).or_default();
                *count += 1;
                match *count {
                    1 => slug,
                    more => format!("{slug}-{}", more - 1),
                }
            })
            .collect()
    }

    /// Where links and pictures lead, with their lines.
    pub(super) fn links(&self) -> Vec<(usize, String)> {
        let mut links = Vec::new();
        for (number, line) in self.whole_lines() {
            // What stands in backticks is no link.
            let line: String = line.split('`').step_by(2).collect();
            let mut rest = line.as_str();
            while let Some((_, after)) = rest.split_once("](") {
                let end = after.find(')').unwrap_or(after.len());
                links.push((number, after[..end].to_owned()));
                rest = &after[end..];
            }
            for attribute in ["src=\"", "srcset=\"", "href=\""] {
                for after in line.split(attribute).skip(1) {
                    let (value, _) = after.split_once('"').unwrap();
                    links.push((number, value.to_owned()));
                }
            }
        }
        links
    }

    /// Code within lines, with their lines: what stands between two backticks.
    pub(super) fn spans(&self) -> Vec<(usize, String)> {
        let mut spans = Vec::new();
        for (number, line) in self.whole_lines() {
            let odd = line.split('`').skip(1).step_by(2);
            spans.extend(odd.map(|span| (number, span.to_owned())));
        }
        spans
    }

    /// Lines of prose, those of one paragraph as one: a link or code may be broken by the end of a line.
    fn whole_lines(&self) -> Vec<(usize, String)> {
        let mut whole: Vec<(usize, String)> = Vec::new();
        let mut is_open = false;
        for (number, line) in &self.prose {
            let begins = line.is_empty() || line.starts_with(['|', '#', '<']);
            match whole.last_mut() {
                Some((_, text)) if is_open && !begins => {
                    text.push(' ');
                    text.push_str(line.trim());
                }
                _ => whole.push((*number, line.clone())),
            }
            is_open = !begins;
        }
        whole
    }
}

fn slug(heading: &str) -> String {
    let signs = heading.trim().chars().flat_map(char::to_lowercase);
    signs
        .filter_map(|sign| match sign {
            ' ' => Some('-'),
            '-' | '_' => Some(sign),
            _ => sign.is_alphanumeric().then_some(sign),
        })
        .collect()
}

/// The README, all pages of `docs`, and those of the processors' folders.
pub(super) fn all() -> Vec<Page> {
    let mut paths = vec!["README.md".to_owned()];
    find(&root().join("docs"), &mut paths);
    for adapter in providers::adapters() {
        let folder = adapter.about().id.replace('-', "_");
        paths.push(format!("providers/src/{folder}/README.md"));
    }
    paths.iter().map(|path| Page::read(path)).collect()
}

fn find(folder: &Path, paths: &mut Vec<String>) {
    let mut entries: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            find(&path, paths);
        } else if path.extension().is_some_and(|end| end == "md") {
            let path = path.strip_prefix(root()).unwrap();
            paths.push(path.to_str().unwrap().to_owned());
        }
    }
}
