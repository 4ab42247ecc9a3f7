//! `docs/components.md`, made from the components' module docs.
//!
//! The module doc is the user's documentation, so there is one text, beside the code, and this page
//! cannot fall behind it.

use common::component::Kind;

use crate::source_tree::{self, SourceFile};

const HEAD: &str = "# Components\n\n\
    Generated from the module docs by `make docs`; edit those.\n\n\
    Each part says what the component does, how it is configured, and what its answer to the sender \
    means: when it accepts, what it holds, and what it rejects by itself.\n";

/// One component as its source tells it.
#[derive(Clone, Debug)]
pub struct Documented {
    /// Its kind.
    pub kind: Kind,
    /// Its type in configs.
    pub name: String,
    /// Older spellings.
    pub aliases: Vec<String>,
    /// Which collectors have it.
    pub collectors: &'static str,
    /// The module doc.
    pub doc: String,
    /// The file that it is in.
    pub path: String,
}

impl Documented {
    /// The YAML blocks of its module doc.
    #[must_use]
    pub fn yaml_blocks(&self) -> Vec<String> {
        let mut blocks = Vec::new();
        let mut rest = self.doc.as_str();
        while let Some((_, after)) = rest.split_once("```yaml\n") {
            let (block, after) = after.split_once("```").unwrap_or((after, ""));
            blocks.push(block.to_owned());
            rest = after;
        }
        blocks
    }
}

/// Every component in the source tree, by kind and name.
#[must_use]
pub fn components() -> Vec<Documented> {
    let files = source_tree::files("rs");
    let mut found: Vec<_> =
        files.iter().filter(|file| !file.is_test()).filter_map(documented).collect();
    found.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    found
}

/// The whole page.
#[must_use]
pub fn page(components: &[Documented]) -> String {
    let mut page = HEAD.to_owned();
    for kind in Kind::ALL {
        let of_kind: Vec<_> = components.iter().filter(|one| one.kind == kind).collect();
        if of_kind.is_empty() {
            continue;
        }
        let section = kind.section();
        let (first, rest) = section.split_at(1);
        page.push_str(&format!("\n## {}{rest}\n", first.to_uppercase()));
        for one in of_kind {
            page.push_str(&format!("\n### {}\n\n{}\n", one.name, one.doc.trim()));
            page.push_str(&format!("\nIn: {}.", one.collectors));
            if !one.aliases.is_empty() {
                page.push_str(&format!(" Also written: `{}`.", one.aliases.join("`, `")));
            }
            page.push('\n');
        }
    }
    page
}

fn documented(file: &SourceFile) -> Option<Documented> {
    let kind = Kind::ALL.into_iter().find(|kind| {
        let name = kind.name();
        let (first, rest) = name.split_at(1);
        let implements = format!("impl {}{rest} for ", first.to_uppercase());
        file.text.lines().any(|line| line.starts_with(&implements))
    })?;
    let constant = |name: &str| {
        let at = file.text.find(&format!("const {name}:"))?;
        file.text.get(at..)?.split_once(';').map(|(head, _)| head.to_owned())
    };
    let words = |text: String| -> Vec<String> {
        text.split('"').skip(1).step_by(2).map(str::to_owned).collect()
    };
    let name = words(constant("NAME")?).into_iter().next()?;
    Some(Documented {
        kind,
        name,
        aliases: constant("ALIASES").map(words).unwrap_or_default(),
        collectors: collectors(&file.path),
        doc: module_doc(file),
        path: file.path.clone(),
    })
}

/// The module doc; of a component in a folder of its own, that of the file beside the folder.
fn module_doc(file: &SourceFile) -> String {
    let own = doc_lines(&file.text);
    if own.contains("```yaml") {
        return own;
    }
    let parent = file.path.rsplit_once('/').map(|(folder, _)| format!("{folder}.rs"));
    match parent.and_then(|path| SourceFile::read(&path)) {
        Some(parent) if doc_lines(&parent.text).contains("```yaml") => doc_lines(&parent.text),
        _ => own,
    }
}

fn doc_lines(text: &str) -> String {
    let lines = text.lines().take_while(|line| line.starts_with("//!"));
    let plain = lines.map(|line| line.trim_start_matches("//!"));
    plain.map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n")
}

fn collectors(path: &str) -> &'static str {
    match path.split('/').next() {
        Some("traces-collector") => "traces-collector, combined-collector",
        Some("metrics-collector") => "metrics-collector, combined-collector",
        Some("logs-collector") => "logs-collector, combined-collector",
        _ => "all collectors",
    }
}
