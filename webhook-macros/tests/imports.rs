//! The files of this crate import each other in one direction only.

use proc_macro2::{TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// The imports of each module.
type Imports = BTreeMap<String, BTreeSet<String>>;

#[test]
fn no_circle_between_modules() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let floors = floors(modules(&src, "crate"));
    assert!(floors.len() > 2, "the imports are found");
}

#[test]
fn no_circle_inside_the_derive() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/event");
    floors(modules(&folder, "super"));
}

#[test]
#[should_panic = "in a circle"]
fn a_circle_is_found() {
    let import = |from: &str, to: &str| (from.to_owned(), BTreeSet::from([to.to_owned()]));
    floors(Imports::from([import("a", "b"), import("b", "a")]));
}

/// The modules of a folder, each with the modules beside it that it names after `root::`.
fn modules(folder: &Path, root: &str) -> Imports {
    let mut all = Imports::new();
    for entry in fs::read_dir(folder).expect("the sources are there") {
        let path = entry.expect("a directory entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        // `lib` and `mod` declare the others.
        if name != "lib" && name != "mod" {
            all.insert(name, names_in(&path, root));
        }
    }
    let known: BTreeSet<String> = all.keys().cloned().collect();
    for (name, imports) in &mut all {
        imports.retain(|import| known.contains(import) && import != name);
    }
    all
}

/// The names after `root::` in a file, or in all files of a folder.
fn names_in(path: &Path, root: &str) -> BTreeSet<String> {
    if path.is_dir() {
        let files = fs::read_dir(path).expect("a folder");
        return files.flat_map(|file| names_in(&file.expect("a file").path(), root)).collect();
    }
    let source = fs::read_to_string(path).expect("a source file");
    let mut names = BTreeSet::new();
    collect(source.parse().expect("it is Rust"), root, &mut names);
    names
}

fn collect(tokens: TokenStream, root: &str, names: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => collect(group.stream(), root, names),
            // `root`, two colons, and a name or several in braces.
            TokenTree::Ident(ident) if ident == root => match tokens.get(at + 3) {
                Some(TokenTree::Ident(name)) => {
                    names.insert(name.to_string());
                }
                Some(TokenTree::Group(group)) => {
                    names.extend(group.stream().into_iter().map(|name| name.to_string()));
                }
                _ => {}
            },
            _ => {}
        }
    }
}

/// The modules by floors, from those that import nothing upwards.
fn floors(mut imports: Imports) -> Vec<BTreeSet<String>> {
    let mut floors = Vec::new();
    while !imports.is_empty() {
        let free = imports.iter().filter(|(_, imports)| imports.is_empty());
        let floor: BTreeSet<String> = free.map(|(name, _)| name.clone()).collect();
        assert!(!floor.is_empty(), "these import each other in a circle: {imports:#?}");
        imports.retain(|name, _| !floor.contains(name));
        for rest in imports.values_mut() {
            rest.retain(|name| !floor.contains(name));
        }
        floors.push(floor);
    }
    println!("{floors:#?}");
    floors
}
