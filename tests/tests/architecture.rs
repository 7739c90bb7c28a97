//! The wings of the runtime import downwards only, as `ARCHITECTURE.md` draws them.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// The wings that each wing imports, by name.
type Imports = BTreeMap<String, BTreeSet<String>>;

/// The guide is documentation: it links to everything, and nothing imports it.
const NO_WINGS: [&str; 1] = ["guide"];

/// A wing on the first floor imports none; others are one above the highest that they import.
const MAX_FLOORS: usize = 6;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn sources() -> PathBuf {
    root().join("webhook-runtime/src")
}

fn architecture() -> String {
    fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap()
}

#[test]
fn imports_run_downwards() {
    let imports = imports();
    assert!(imports.len() > 10, "the wings are found: {imports:?}");
    let floors = floors(&imports);
    assert!(floors.len() <= MAX_FLOORS, "{} floors: {floors:#?}", floors.len());
}

#[test]
fn verification_and_server_stand_alone() {
    let imports = imports();
    assert_eq!(imports["verify"], BTreeSet::new());
    assert_eq!(imports["serve"], BTreeSet::from(["support".to_owned()]));
    for file in rust_files(&sources().join("serve")) {
        let text = fs::read_to_string(&file).unwrap();
        let code = code_of(&text);
        assert!(!code.contains("Webhooks"), "{} names webhooks", file.display());
    }
}

#[test]
fn verification_compiles_no_server() {
    let tree = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO"))
            .args(["tree", "-p", "webhook-runtime", "-e", "normal", "--prefix", "none"])
            .args(["--offline", "--no-default-features"])
            .args(arguments)
            .current_dir(root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8(output.stdout).unwrap();
        let names = text.lines().filter_map(|line| Some(line.split_once(' ')?.0.to_owned()));
        names.collect::<BTreeSet<_>>()
    };
    let alone = tree(&[]);
    for name in ["axum", "axum-core", "tokio", "hyper", "hyper-util", "matchit", "tower-service"] {
        assert!(!alone.contains(name), "verification alone compiles {name}");
    }
    let routers = tree(&["--features", "axum"]);
    assert!(routers.contains("axum"), "{routers:?}");
    assert!(!routers.contains("hyper-util"), "routers alone compile a server");
}

/// A program contains the schemes that it uses. Whatever reads the list of all of them would have each
/// program contain them all, so only tests and tools read it.
#[test]
fn no_code_of_the_library_reads_the_list_of_all_providers() {
    let list = sources().join("verify/providers/all.rs");
    let files = rust_files(&sources());
    assert!(files.contains(&list), "the list is found");
    for file in files.iter().filter(|file| **file != list) {
        let code = code_of(&fs::read_to_string(file).unwrap());
        assert!(!code.contains("providers::ALL"), "{}", file.display());
    }
}

#[test]
fn the_picture_is_that_of_the_imports() {
    let imports = imports();
    let text = architecture();
    let drawn = block(&text, "floors");
    let computed: Vec<String> = floors(&imports)
        .iter()
        .enumerate()
        .rev()
        .map(|(at, wings)| format!("{}  {}", at + 1, wings.join("  ")))
        .collect();
    assert_eq!(drawn, computed, "the floors in ARCHITECTURE.md");
    let listed = block(&text, "imports");
    let computed: Vec<String> = imports
        .iter()
        .map(|(wing, uses)| {
            let uses: Vec<&str> = uses.iter().map(String::as_str).collect();
            format!("{wing} -> {}", uses.join(" ")).trim_end().to_owned()
        })
        .collect();
    assert_eq!(listed, computed, "the imports in ARCHITECTURE.md");
}

#[test]
fn files_named_in_the_architecture_exist() {
    let text = architecture();
    let mut named = 0;
    for path in text.split('`').skip(1).step_by(2) {
        if path.contains('/') && !path.contains(' ') && !path.contains('*') {
            assert!(root().join(path).exists(), "ARCHITECTURE.md names {path}, which is not there");
            named += 1;
        }
    }
    assert!(named > 20, "it names files: {named}");
}

/// The lines of the code block that follows `<!-- name -->`.
fn block(text: &str, name: &str) -> Vec<String> {
    let (_, rest) = text.split_once(&format!("<!-- {name} -->")).unwrap();
    let inside = rest.split("```").nth(1).unwrap();
    inside.lines().skip(1).map(|line| line.trim_end().to_owned()).collect()
}

/// The wings of each floor, from the lowest. Fails on a circle.
fn floors(imports: &Imports) -> Vec<Vec<String>> {
    let mut placed: BTreeSet<String> = BTreeSet::new();
    let mut floors = Vec::new();
    while placed.len() < imports.len() {
        let floor: Vec<String> = imports
            .iter()
            .filter(|(wing, uses)| !placed.contains(*wing) && uses.is_subset(&placed))
            .map(|(wing, _)| wing.clone())
            .collect();
        let left: Vec<_> = imports.keys().filter(|wing| !placed.contains(*wing)).collect();
        assert!(!floor.is_empty(), "a circle of imports among {left:?}: {imports:#?}");
        placed.extend(floor.iter().cloned());
        floors.push(floor);
    }
    floors
}

/// The imports of all wings, as they stand in the sources.
fn imports() -> Imports {
    let entries = fs::read_dir(sources()).unwrap().map(|entry| entry.unwrap().path());
    let folders = entries.filter(|path| path.is_dir());
    let names: BTreeSet<String> = folders
        .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
        .filter(|name| !NO_WINGS.contains(&name.as_str()))
        .collect();
    let used_by = |wing: &String| {
        let mut uses = BTreeSet::new();
        for file in rust_files(&sources().join(wing)) {
            let text = fs::read_to_string(&file).unwrap();
            for name in crate_paths(&code_of(&text)) {
                // A name at the root of the crate would hide the wing that it is from. Macros of the
                // test kit can stand nowhere else.
                let is_macro = name.starts_with("__") || wing == "testing" && name == "Webhooks";
                assert!(
                    names.contains(&name) || is_macro,
                    "{} imports `crate::{name}`: name its wing",
                    file.display()
                );
                if names.contains(&name) && name != *wing {
                    uses.insert(name);
                }
            }
        }
        uses
    };
    names.iter().map(|wing| (wing.clone(), used_by(wing))).collect()
}

/// The code of a file, without comments and unit tests.
fn code_of(text: &str) -> String {
    let code = text.split("\n#[cfg(test)]\nmod ").next().unwrap();
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The first segment of every path that begins with `crate::`, also inside braces.
fn crate_paths(code: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (at, start) in code.match_indices("crate::") {
        let before = code[..at].chars().next_back();
        if before.is_some_and(|mark| mark.is_alphanumeric() || matches!(mark, '_' | '$')) {
            continue;
        }
        let rest = &code[at + start.len()..];
        let Some(list) = rest.strip_prefix('{') else {
            names.extend(first_name(rest));
            continue;
        };
        let mut depth = 0;
        let mut begins = true;
        for (at, mark) in list.char_indices() {
            match mark {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => begins = true,
                mark if begins && !mark.is_whitespace() => {
                    names.extend(first_name(&list[at..]));
                    begins = false;
                }
                _ => {}
            }
        }
    }
    names
}

fn first_name(path: &str) -> Option<String> {
    let name: String =
        path.chars().take_while(|mark| mark.is_alphanumeric() || *mark == '_').collect();
    (!name.is_empty()).then_some(name)
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

#[test]
fn paths_are_found_in_braces() {
    let code = "use crate::{a::B, c::{d, E}, f};\nlet x = crate::g::h(); $crate::i; use crate::j;";
    let found: Vec<_> = crate_paths(code).into_iter().collect();
    assert_eq!(found, ["a", "c", "f", "g", "j"]);
}
