//! The page's files, embedded in the program.

/// A file of the page.
#[derive(Debug)]
pub(crate) struct Asset {
    /// Its address below `/dashboard/`, and its path below this folder.
    pub(crate) path: &'static str,
    /// What is in it.
    pub(crate) bytes: &'static [u8],
}

macro_rules! assets {
    ($($path:literal,)*) => {
        &[$(Asset {
            path: $path,
            bytes: include_bytes!($path),
        }),*]
    };
}

/// Every file that browsers are given: a line each.
static ASSETS: &[Asset] = assets! {
    "actions.js",
    "api.js",
    "block_tab.js",
    "blocks.css",
    "blocks.js",
    "caption.js",
    "chains.js",
    "clockwork.js",
    "compare.js",
    "copy.js",
    "curl.js",
    "detail.js",
    "dialog.js",
    "difference.js",
    "dom.js",
    "entries.js",
    "files.js",
    "flight.js",
    "forgery.js",
    "happened.js",
    "hashing.js",
    "header.js",
    "help.js",
    "hint.js",
    "icon.svg",
    "icons.js",
    "index.html",
    "keyboard.js",
    "layout.js",
    "lessons.js",
    "live.js",
    "log.js",
    "log_rows.js",
    "looks.js",
    "main.js",
    "menu.js",
    "mesh.css",
    "mesh.js",
    "mesh_links.js",
    "mesh_nodes.js",
    "mesh_tools.js",
    "message_tab.js",
    "moments.js",
    "node_actions.js",
    "node_tab.js",
    "panel.css",
    "panel.js",
    "parts.js",
    "pay.js",
    "payment.js",
    "payment_tab.js",
    "signed_payment.js",
    "refusals.js",
    "save.js",
    "status.js",
    "store.js",
    "stream.js",
    "style.css",
    "table.js",
    "tamper.js",
    "tamper_answers.js",
    "tamper_card.js",
    "theme.js",
    "timeline.js",
    "toast.js",
    "track.js",
    "tree.js",
    "tree_feed.js",
    "tree_view.js",
    "types.js",
    "vendor/d3-force.LICENSE",
    "vendor/d3-force.js",
    "vendor/noble-sha256.LICENSE",
    "vendor/noble-sha256.js",
    "views.js",
    "why.js",
    "words.js",
    "workshop.js",
};

/// The page itself.
pub(crate) const PAGE: &str = "index.html";

/// The file at this path.
pub(crate) fn find(path: &str) -> Option<&'static Asset> {
    ASSETS.iter().find(|asset| asset.path == path)
}

impl Asset {
    /// What browsers are told that it is.
    pub(crate) fn content_type(&self) -> &'static str {
        match self.path.rsplit_once('.').map(|(_, end)| end) {
            Some("html") => "text/html; charset=utf-8",
            Some("css") => "text/css; charset=utf-8",
            Some("js") => "text/javascript; charset=utf-8",
            Some("svg") => "image/svg+xml",
            _ => "text/plain; charset=utf-8",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::path::Path;

    /// How files of the folder end that browsers are not given.
    const KEPT_BACK: [&str; 3] = ["mod.rs", "package.json", ".d.ts"];

    fn collect(folder: &Path, below: &str, files: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            let path = format!("{below}{}", entry.file_name().into_string().unwrap());
            match entry.file_type().unwrap().is_dir() {
                true => collect(&entry.path(), &format!("{path}/"), files),
                false => drop(files.insert(path)),
            }
        }
    }

    #[test]
    fn every_file_of_the_folder_is_embedded() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/daemon/dashboard");
        let mut files = BTreeSet::new();
        collect(&folder, "", &mut files);
        files.retain(|file| !KEPT_BACK.iter().any(|end| file.ends_with(end)));
        let embedded: BTreeSet<String> = ASSETS.iter().map(|asset| asset.path.to_owned()).collect();
        let missing: Vec<_> = files.difference(&embedded).collect();
        assert!(
            missing.is_empty(),
            "add a line for each to src/daemon/dashboard/mod.rs: {missing:?}"
        );
        assert_eq!(ASSETS.len(), embedded.len(), "one stands there twice");
    }

    /// The text without lines that are comments: they tell of what this was made of.
    fn uncommented(text: &str) -> String {
        let comment = |line: &&str| line.trim_start().starts_with(['*', '/']);
        text.split_inclusive('\n')
            .filter(|line| !comment(line))
            .collect()
    }

    /// The words in quotes that stand right after one of `marks`.
    fn quoted<'a>(text: &'a str, marks: &[&str]) -> Vec<&'a str> {
        let after = |mark: &str| {
            let found: Vec<usize> = text.match_indices(mark).map(|(at, _)| at).collect();
            let end = mark.len();
            found.into_iter().filter_map(move |at| {
                let rest = &text[at + end..];
                let quote = rest.chars().next().filter(|c| ['"', '\''].contains(c))?;
                rest[1..].split_once(quote).map(|(word, _)| word)
            })
        };
        marks.iter().flat_map(|mark| after(mark)).collect()
    }

    /// The path that a reference in a file names, below the folder.
    fn resolve(from: &str, reference: &str) -> Option<String> {
        if let Some(path) = reference.strip_prefix("/dashboard/") {
            return Some(path.to_owned());
        }
        let mut parts: Vec<&str> = from.split('/').collect();
        parts.pop();
        for part in reference.split('/') {
            match part {
                "." => {}
                ".." => drop(parts.pop()?),
                part => parts.push(part),
            }
        }
        Some(parts.join("/"))
    }

    #[test]
    fn what_the_files_name_is_there() {
        let mut named = 0;
        for asset in ASSETS {
            let Ok(text) = std::str::from_utf8(asset.bytes) else {
                continue;
            };
            let marks: &[&str] = match asset.path.rsplit_once('.') {
                Some((_, "html")) => &["href=", "src="],
                Some((_, "css")) => &["url(", "@import "],
                Some((_, "js")) => &[" from ", "import ", "import("],
                _ => continue,
            };
            for reference in quoted(&uncommented(text), marks) {
                let is_outside = reference.contains(':') && !reference.starts_with("data:");
                assert!(!is_outside, "{} names {reference}", asset.path);
                if reference.starts_with(['#', ':']) || reference.starts_with("data:") {
                    continue;
                }
                let path = resolve(asset.path, reference);
                assert!(
                    path.as_deref().is_some_and(|path| find(path).is_some()),
                    "{} names {reference}, which is not there",
                    asset.path
                );
                named += 1;
            }
        }
        assert!(named > 20, "only {named} references were found");
    }

    #[test]
    fn browsers_are_told_what_a_file_is() {
        let kind = |path| find(path).unwrap().content_type();
        assert_eq!(kind(PAGE), "text/html; charset=utf-8");
        assert_eq!(kind("main.js"), "text/javascript; charset=utf-8");
        assert_eq!(kind("style.css"), "text/css; charset=utf-8");
        assert_eq!(kind("icon.svg"), "image/svg+xml");
    }
}
