//! Rules of the repository that no compiler holds: which module may use which, how long a function may be.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use code::{begins_word, blanked, crate_uses, functions, names};

mod code;

/// The values, in reading order: a module uses only what stands above it.
const VALUES: &[&str] = &[
    "digest",
    "memo",
    "recall",
    "span",
    "xml",
    "merge",
    "path",
    "picture",
    "source",
    "fence",
    "font",
    "history",
    "diagnostic",
    "config",
    "theme",
    "document",
    "catalog",
    "check",
    "card",
    "page",
    "search",
    "output",
    "compile",
    "draft",
    "rename",
    "hosting",
    "drill",
];

/// The edges: each uses any value and `save`, none another edge.
const EDGES: &[&str] = &[
    "load", "watch", "save", "cache", "serve", "export", "browser", "avif", "varnish", "deploy",
    "import", "lsp",
];

/// The command line stands outside of all: it alone calls the edges.
const OUTERMOST: &str = "cli";

/// Files with more lines than `FILE_LINES_MAX`, and why each is one file.
const LONG_FILES: &[(&str, &str)] = &[];

const FILE_LINES_MAX: usize = 500;
const FUNCTION_LINES_MAX: usize = 70;

#[test]
fn modules_use_only_what_stands_above_them() {
    let mut faults = Faults::default();
    for file in sources() {
        let Some(module) = module_of(&file.path) else { continue };
        if !VALUES.contains(&module) && !EDGES.contains(&module) && module != OUTERMOST {
            faults.add(
                &file,
                1,
                format!("no place in the order of tests/tidy for the module `{module}`"),
            );
            continue;
        }
        for (line, used) in crate_uses(&file.code) {
            if let Some(fault) = arrow_fault(module, &used) {
                faults.add(&file, line, fault);
            }
        }
    }
    faults.report("a module uses only what stands above it (ARCHITECTURE.md)");
}

#[test]
fn no_path_climbs_out_of_its_module() {
    let mut faults = Faults::default();
    for file in sources() {
        for (line, text) in numbered(&file.code) {
            if text.contains("super::super") {
                faults.add(&file, line, "`super::super` hides an arrow: write `crate::`");
            }
        }
    }
    faults.report("arrows between modules are written as `crate::module`");
}

#[test]
fn every_source_file_says_its_job_first() {
    let mut faults = Faults::default();
    for file in sources() {
        if !file.text.starts_with("//! ") {
            faults.add(&file, 1, "the first line is not `//! ` and a sentence");
        }
    }
    faults.report("a file opens with its job in one sentence");
}

#[test]
fn one_folder_names_the_markdown_crate_and_one_the_template_crate() {
    let mut faults = Faults::default();
    for file in sources() {
        let markdown = file.path.starts_with("src/document/");
        let templates = file.path.starts_with("src/output/render/");
        for (line, text) in numbered(&file.code) {
            if !markdown && names(text, "comrak") {
                faults.add(&file, line, "names comrak: its tree must not leave src/document");
            }
            if !templates && names(text, "tera") {
                faults.add(&file, line, "names tera: templates are rendered in src/output/render");
            }
        }
    }
    faults.report("a foreign crate's types stay behind one border");
}

#[test]
fn functions_are_short() {
    let mut faults = Faults::default();
    for file in sources().into_iter().chain(test_sources()) {
        for (line, name, length) in functions(&file.code) {
            if length > FUNCTION_LINES_MAX {
                let fault = format!(
                    "`{name}` has {length} lines of code, {FUNCTION_LINES_MAX} is the limit"
                );
                faults.add(&file, line, fault);
            }
        }
    }
    faults.report("a function fits on a screen");
}

#[test]
fn long_files_are_defended() {
    let mut faults = Faults::default();
    let files: Vec<_> = sources().into_iter().chain(test_sources()).collect();
    for file in &files {
        let length = file.text.lines().count();
        if length > FILE_LINES_MAX && !LONG_FILES.iter().any(|(path, _)| *path == file.path) {
            faults.add(
                file,
                length,
                format!("{length} lines: split it, or defend it in LONG_FILES of tests/tidy"),
            );
        }
    }
    for (path, _) in LONG_FILES {
        let long = |file: &&File| file.path == *path && file.text.lines().count() > FILE_LINES_MAX;
        if !files.iter().any(|file| long(&file)) {
            faults.say(&format!("{path}: defended in LONG_FILES but not long"));
        }
    }
    faults.report("a file past 500 lines defends itself");
}

#[test]
fn every_case_file_is_run() {
    let mut faults = Faults::default();
    let runner = fs::read_to_string(root().join("tests/cases.rs")).unwrap_or_default();
    for path in files_under(&root().join("tests/cases")) {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !names(&runner, &name) {
            faults.say(&format!("{}: tests/cases.rs does not name `{name}`", relative(&path)));
        }
    }
    faults.report("no case sleeps");
}

#[test]
fn every_module_of_the_suite_is_run() {
    let mut faults = Faults::default();
    let suite = fs::read_to_string(root().join("tests/suite.rs"))
        .expect("tests/suite.rs is beside this file");
    for file in test_sources() {
        let Some(name) = file.path.strip_prefix("tests/").and_then(|path| path.strip_suffix(".rs"))
        else {
            continue;
        };
        let name = name.strip_suffix("/mod").unwrap_or(name);
        if name != "suite" && !name.contains('/') && !suite.contains(&format!("mod {name};")) {
            faults.say(&format!("{}: tests/suite.rs has no `mod {name};`", file.path));
        }
    }
    faults.report("no test sleeps");
}

#[test]
fn what_is_left_to_do_is_in_an_issue() {
    let mut faults = Faults::default();
    let marks = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    for file in tracked() {
        let code = ["rs", "js", "mjs", "css", "html", "toml", "sh"];
        if !code.iter().any(|ending| file.path.ends_with(&format!(".{ending}")))
            || file.path.contains("/vendor/")
        {
            continue;
        }
        for (line, text) in numbered(&file.text) {
            let numbered =
                text.split('#').skip(1).any(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
            if let Some(mark) = marks.iter().find(|mark| names(text, mark))
                && !numbered
            {
                faults.add(&file, line, format!("{mark} without the number of an issue"));
            }
        }
    }
    faults.report("what is left to do has an issue");
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    let mut faults = Faults::default();
    let homes = [
        concat!("/Us", "ers/"),
        concat!("/ro", "ot/"),
        concat!("/wo", "rk/"),
        concat!("C:\\Us", "ers"),
    ];
    let home = concat!("/ho", "me/");
    let registries = [
        concat!("registry.npm", "js.org"),
        concat!("registry.yarn", "pkg.com"),
        concat!("static.crates", ".io"),
        concat!("index.crates", ".io"),
        concat!("crates.io", "-index"),
        concat!("files.python", "hosted.org"),
        concat!("pypi", ".org"),
        concat!("deb.debian", ".org"),
    ];
    for file in tracked() {
        let content = file.path.starts_with("decks/") || file.path.starts_with("wiki/");
        for (line, text) in numbered(&file.text) {
            let own = homes.iter().chain((!content).then_some(&home));
            for needle in own.filter(|needle| begins_word(text, needle)) {
                faults.add(&file, line, format!("`{needle}` is a path on someone's machine"));
            }
            for needle in registries.iter().filter(|needle| text.contains(**needle)) {
                if file.path != "Cargo.lock" {
                    faults.add(
                        &file,
                        line,
                        format!("`{needle}` is a registry's address: clients know it"),
                    );
                }
            }
        }
    }
    faults.report("the tree is the same on every machine");
}

/// A file of the repository, with its code alone beside its text.
struct File {
    path: String,
    text: String,
    /// The text with comments and the insides of literals blanked, line for line.
    code: String,
}

/// What a rule found, told all at once.
#[derive(Default)]
struct Faults(String);

impl Faults {
    fn add(&mut self, file: &File, line: usize, fault: impl AsRef<str>) {
        self.say(&format!("{}:{line}: {}", file.path, fault.as_ref()));
    }

    fn say(&mut self, fault: &str) {
        writeln!(self.0, "  {fault}").expect("a string takes every line");
    }

    #[track_caller]
    fn report(self, rule: &str) {
        assert!(self.0.is_empty(), "{rule}:\n{}", self.0);
    }
}

fn arrow_fault(module: &str, used: &str) -> Option<String> {
    let place = |name: &str| VALUES.iter().position(|value| *value == name);
    let known = place(used).is_some() || EDGES.contains(&used) || used == OUTERMOST;
    if used == module || !known {
        return None;
    }
    let allowed = match (place(module), place(used)) {
        (Some(own), Some(other)) => other < own,
        (Some(_), None) => false,
        (None, Some(_)) => true,
        (None, None) => module == OUTERMOST || used == "save",
    };
    (!allowed).then(|| format!("`{module}` uses `{used}`, which does not stand above it"))
}

/// Returns the module a source belongs to; `lib.rs` and `main.rs` belong to none.
fn module_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    let module = inside.split('/').next()?;
    let module = module.strip_suffix(".rs").unwrap_or(module);
    (module != "lib" && module != "main").then_some(module)
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(index, line)| (index + 1, line))
}

fn sources() -> Vec<File> {
    rust_files("src")
}

fn test_sources() -> Vec<File> {
    rust_files("tests")
}

fn rust_files(folder: &str) -> Vec<File> {
    let paths = files_under(&root().join(folder));
    let rust =
        paths.into_iter().filter(|path| path.extension().is_some_and(|ending| ending == "rs"));
    rust.map(|path| {
        let text =
            fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        File { path: relative(&path), code: blanked(&text), text }
    })
    .collect()
}

/// Returns what git keeps, or would keep at the next `git add`; a file that is no text is left out.
fn tracked() -> Vec<File> {
    let listing = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git lists the files of the repository: is it installed?");
    assert!(listing.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listing.stderr));
    let listing = String::from_utf8(listing.stdout).expect("our file names are UTF-8");
    let mut paths: Vec<_> = listing.split_terminator('\0').collect();
    paths.sort_unstable();
    paths.dedup();
    paths
        .into_iter()
        .filter_map(|path| Some((path, fs::read_to_string(root().join(path)).ok()?)))
        .map(|(path, text)| File { path: path.to_owned(), text, code: String::new() })
        .collect()
}

/// Returns every file below a folder, in order; none where there is no such folder.
fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(folder) else { return found };
    for entry in entries {
        let path = entry.expect("a folder of ours can be read").path();
        if path.file_name().is_some_and(|name| name == "node_modules") {
            continue;
        }
        if path.is_dir() {
            found.extend(files_under(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().into_owned()
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn arrows_point_upwards() {
    let uses = crate_uses("use crate::{page::{Page, wiki}, serve::run};\nuse crate::save;");
    let named: Vec<_> = uses.iter().map(|(line, name)| (*line, name.as_str())).collect();
    assert_eq!(named, [(1, "page"), (1, "serve"), (2, "save")]);
    assert!(arrow_fault("page", "catalog").is_none());
    assert!(arrow_fault("catalog", "page").is_some());
    assert!(arrow_fault("compile", "save").is_some());
    assert!(arrow_fault("serve", "save").is_none());
    assert!(arrow_fault("serve", "load").is_some());
    assert!(arrow_fault("cli", "serve").is_none());
}
