//! The documents of the repository: Markdown, and the comments of Rust files.

use std::fs;
use std::path::{Path, PathBuf};

/// A document, with the path from the root of the repository.
pub(crate) struct Document {
    pub(crate) path: String,
    /// Markdown. Of a Rust file, the text of its comments, on the same lines.
    pub(crate) text: String,
}

/// A table, with the text of its cells.
pub(crate) struct Table {
    /// The path of the document and the line of the header, for messages.
    pub(crate) place: String,
    pub(crate) header: Vec<String>,
    pub(crate) rows: Vec<Vec<String>>,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The text of a file of the repository.
pub(crate) fn file(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

pub(crate) fn exists(path: &str) -> bool {
    root().join(path).exists()
}

/// The files of the repository whose names end with `suffix`, without build output and the inputs of fuzz targets.
fn files(suffix: &'static str) -> impl Iterator<Item = (String, String)> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut folders = vec![root().to_owned()];
    while let Some(folder) = folders.pop() {
        for path in fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            let skipped = ["target", ".git", "fuzz/corpus", "fuzz/artifacts"].iter().any(|end| path.ends_with(end));
            if path.is_dir() && !skipped {
                folders.push(path);
            } else if path.to_str().is_some_and(|path| path.ends_with(suffix)) {
                paths.push(path);
            }
        }
    }
    paths.sort();
    paths.into_iter().map(|path| {
        let text = fs::read_to_string(&path).expect("a text");
        (path.strip_prefix(root()).expect("a file of the repository").display().to_string(), text)
    })
}

pub(crate) fn rust_files() -> impl Iterator<Item = (String, String)> {
    files(".rs")
}

pub(crate) fn markdown_files() -> impl Iterator<Item = Document> {
    files(".md").map(|(path, text)| Document { path, text })
}

/// All Markdown files, and the comments of all Rust files.
pub(crate) fn documents() -> Vec<Document> {
    let comments = rust_files().map(|(path, source)| {
        let text = source.lines().map(|line| format!("{}\n", comment(line).unwrap_or_default())).collect();
        Document { path, text }
    });
    markdown_files().chain(comments).collect()
}

/// The text of a line that is only a comment.
fn comment(line: &str) -> Option<&str> {
    let text = line.trim_start().strip_prefix("//")?;
    let text = text.strip_prefix(['/', '!']).unwrap_or(text);
    Some(text.strip_prefix(' ').unwrap_or(text))
}

impl Document {
    pub(crate) fn tables(&self) -> Vec<Table> {
        let mut tables: Vec<Table> = Vec::new();
        let lines: Vec<&str> = self.text.lines().collect();
        for (index, pair) in lines.windows(2).enumerate() {
            let is_first = index == 0 || !lines[index - 1].trim_start().starts_with('|');
            if is_first && pair[1].trim_start().starts_with("|---") {
                let rows = lines[index + 2..].iter().map_while(|line| cells(line)).collect();
                let place = format!("{}:{}", self.path, index + 1);
                tables.extend(cells(pair[0]).map(|header| Table { place, header, rows }));
            }
        }
        tables
    }

    /// The text with each run of white space replaced by one space, so that a phrase can span lines.
    pub(crate) fn in_one_line(&self) -> String {
        self.text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The cells of a row, or `None` for another line.
fn cells(line: &str) -> Option<Vec<String>> {
    let row = line.trim().strip_prefix('|')?.replace("\\|", "\u{0}");
    let row = row.strip_suffix('|').unwrap_or(&row);
    Some(row.split('|').map(|cell| cell.trim().replace('\u{0}', "|")).collect())
}

/// The texts of a cell that has only texts in backticks, separated by commas. `None` for another cell.
pub(crate) fn code_list(cell: &str) -> Option<Vec<&str>> {
    cell.split(", ").map(|part| part.strip_prefix('`')?.strip_suffix('`').filter(|text| !text.contains('`'))).collect()
}

/// The whole numbers of a text: 10,000 and 10000 are the same.
pub(crate) fn numbers(text: &str) -> Vec<u64> {
    let text = text.replace(',', "");
    text.split(|letter: char| !letter.is_ascii_digit()).filter_map(|digits| digits.parse().ok()).collect()
}
