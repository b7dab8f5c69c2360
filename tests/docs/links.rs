//! Links within the repository: files, headings, and the pages of the guide.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path};

use crate::documents::{Document, exists, file, markdown_files, rust_files};

const GUIDE: &str = "https://docs.rs/okta-auth/latest/okta_auth/guide/";
const REPOSITORY: &str = "https://github.com/okta-auth/okta-auth/blob/main/";

/// The Markdown outside of code blocks and of code in backticks.
fn prose(text: &str) -> String {
    let mut in_block = false;
    let mut prose = String::new();
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        in_block ^= is_fence;
        if !in_block && !is_fence {
            prose.push_str(line);
        }
        prose.push('\n');
    }
    // Code can be the text of a link, so only its contents are removed.
    prose.split('`').step_by(2).collect::<Vec<_>>().join("``")
}

/// The targets of the links `[text](target)` and `[text]: target`.
fn targets(prose: &str) -> Vec<String> {
    let inline = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    let inline = inline.map(|(target, _)| target.split_whitespace().next().unwrap_or_default().to_owned());
    let defined = definitions(prose).into_values();
    inline.chain(defined).collect()
}

/// The targets of the lines `[label]: target` by label.
fn definitions(prose: &str) -> BTreeMap<String, String> {
    let lines = prose.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: "));
    lines.map(|(label, target)| (label.to_lowercase(), target.trim().to_owned())).collect()
}

/// The labels of the links `[text][label]`.
fn labels(prose: &str) -> Vec<String> {
    let text = prose.split_whitespace().collect::<Vec<_>>().join(" ");
    text.split("][").skip(1).filter_map(|rest| Some(rest.split_once(']')?.0.to_lowercase())).collect()
}

/// The anchors of the headings, as GitHub makes them: lower case, without punctuation, with hyphens for spaces, and with
/// a number if the heading occurred before.
fn anchors(text: &str) -> BTreeSet<String> {
    let mut in_block = false;
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut anchors = BTreeSet::new();
    for line in text.lines() {
        in_block ^= line.trim_start().starts_with("```");
        let heading = line.trim_start_matches('#');
        if in_block || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let kept = |letter: &char| letter.is_alphanumeric() || " -_".contains(*letter);
        let slug: String = link_texts(heading.trim()).chars().filter(kept).collect();
        let slug = slug.to_lowercase().replace(' ', "-");
        let before = seen.entry(slug.clone()).or_default();
        anchors.insert(if *before == 0 { slug } else { format!("{slug}-{before}") });
        *before += 1;
    }
    anchors
}

/// The heading without the targets of its links.
fn link_texts(heading: &str) -> String {
    let mut parts = heading.split("](");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, rest| text + rest.split_once(')').map_or(rest, |(_, after)| after))
}

/// The path of `target` from the root of the repository, for a link in the file `from`.
fn resolve(from: &str, target: &str) -> Option<String> {
    let mut path = Path::new(from).parent()?.to_owned();
    for component in Path::new(target).components() {
        match component {
            Component::ParentDir if !path.pop() => return None,
            Component::Normal(name) => path.push(name),
            _ => {}
        }
    }
    Some(path.display().to_string())
}

/// The defect of a link to a file of the repository, if it has one.
fn defect(from: &Document, target: &str) -> Option<String> {
    let (path, anchor) = target.split_once('#').map_or((target, None), |(path, anchor)| (path, Some(anchor)));
    let to = if path.is_empty() { Some(from.path.clone()) } else { resolve(&from.path, path) };
    let Some(to) = to.filter(|to| exists(to)) else {
        return Some(format!("{}: no file {path}", from.path));
    };
    let anchor = anchor?;
    let text = if to == from.path { from.text.clone() } else { file(&to) };
    (!anchors(&text).contains(anchor)).then(|| format!("{}: no heading #{anchor} in {to}", from.path))
}

/// A link that this test does not follow: to the network, or from a page of the guide to an item, which rustdoc checks.
fn is_elsewhere(from: &Document, target: &str) -> bool {
    let is_url = target.contains("://") || target.starts_with("mailto:");
    let is_item = from.path.starts_with("src/guide") && !target.contains(['/', '.', '#']);
    is_url || is_item || target.contains("::")
}

#[test]
fn every_link_to_a_file_or_heading_resolves() {
    let mut checked = 0;
    let mut defects = Vec::new();
    for document in markdown_files() {
        let prose = prose(&document.text);
        for target in targets(&prose) {
            if !is_elsewhere(&document, &target) {
                defects.extend(defect(&document, &target));
                checked += 1;
            }
        }
        let defined = definitions(&prose);
        let is_item =
            |label: &String| document.path.starts_with("src/guide") && (label.contains("::") || label == "``");
        let undefined = labels(&prose).into_iter().filter(|label| !defined.contains_key(label) && !is_item(label));
        defects.extend(undefined.map(|label| format!("{}: [{label}] is not defined", document.path)));
    }
    assert!(defects.is_empty(), "{defects:#?}");
    assert!(checked >= 25, "{checked} links");
}

/// The parts of all Markdown and Rust files that follow `start`, up to the end of the link, with the file.
fn urls(start: &str) -> Vec<(String, String)> {
    let texts = markdown_files().map(|document| (document.path, document.text)).chain(rust_files());
    let texts = texts.filter(|(path, _)| !path.starts_with("tests/docs/"));
    let end = [')', '>', ']', ' ', '\n', '"'];
    let rest =
        |text: &str| text.split(start).skip(1).filter_map(|rest| rest.split(end).next().map(str::to_owned)).collect();
    texts.flat_map(|(path, text)| Vec::into_iter(rest(&text)).map(move |rest| (path.clone(), rest))).collect()
}

#[test]
fn every_url_of_the_repository_names_a_file() {
    let root = Document { path: "README.md".into(), text: file("README.md") };
    let urls = urls(REPOSITORY);
    assert!(!urls.is_empty(), "the guide links the documents");
    let defects = urls.into_iter().filter_map(|(path, target)| Some((path, defect(&root, &target)?)));
    let defects: Vec<_> = defects.collect();
    assert!(defects.is_empty(), "{defects:#?}");
}

#[test]
fn every_link_to_the_guide_names_a_page() {
    let pages = pages();
    assert!(pages.len() >= 10, "{pages:?}");
    let mut checked = 0;
    for (path, target) in urls(GUIDE) {
        let (page, anchor) = target.split_once("/index.html").unwrap_or(("", ""));
        assert!(target == "index.html" || pages.contains(page), "{path}: {target}");
        if let Some(anchor) = anchor.strip_prefix('#') {
            assert!(anchors(&file(&format!("src/guide/{page}.md"))).contains(anchor), "{path}: {target}");
        }
        checked += 1;
    }
    assert!(checked >= 10, "{checked} links");
}

/// The modules of `okta_auth::guide`.
fn pages() -> BTreeSet<String> {
    let source = file("src/guide.rs");
    let modules = source.lines().filter_map(|line| line.trim_start().strip_prefix("pub mod "));
    modules.map(|rest| rest.trim_end_matches([';', '{', '}', ' ']).to_owned()).collect()
}

#[test]
fn anchors_are_those_of_github() {
    let text = "# One\n## `AuthContext`, the *caller*\n## [Speed](a.md) & cost\n```\n# code\n```\n## One\n#no heading\n## a_b-c\n";
    let expected = ["a_b-c", "authcontext-the-caller", "one", "one-1", "speed--cost"];
    assert_eq!(anchors(text), expected.map(str::to_owned).into());
}

#[test]
fn links_in_code_are_not_links() {
    let prose = prose("[a](b.md) `[c](d.md)`\n```\n[e](f.md)\n```\n[`g`](h.md#i) [j][k]\n\n[k]: l.md\n");
    assert_eq!(targets(&prose), ["b.md", "h.md#i", "l.md"]);
    assert_eq!(labels(&prose), ["k"]);
    assert_eq!(resolve("docs/a.md", "../SECURITY.md").as_deref(), Some("SECURITY.md"));
    assert_eq!(resolve("a.md", "../b.md"), None, "outside of the repository");
}
