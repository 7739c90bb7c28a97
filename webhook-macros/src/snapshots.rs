//! Compares the expansion of each `snapshots/<case>.rs` with `snapshots/<case>.expanded.rs`.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p webhook-macros` writes the current expansions. Read the diff.

use proc_macro2::TokenStream;
use quote::ToTokens;
use std::{env, fs, path::Path};
use syn::{Attribute, File, Item, Meta};

#[test]
fn expansions() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots");
    let mut stale = Vec::new();
    let mut cases = 0;
    for entry in fs::read_dir(dir).expect("the snapshots are there") {
        let input = entry.expect("a directory entry").path();
        let name = input.to_string_lossy().into_owned();
        if name.ends_with(".expanded.rs") {
            continue;
        }
        cases += 1;
        let snapshot = input.with_extension("expanded.rs");
        let expanded = expand(&fs::read_to_string(&input).expect("a snapshot's input"));
        if env::var_os("UPDATE_SNAPSHOTS").is_some() {
            fs::write(snapshot, expanded).expect("a snapshot can be written");
        } else if fs::read_to_string(snapshot).ok().as_ref() != Some(&expanded) {
            stale.push(format!("{name} now expands to:\n{expanded}"));
        }
    }
    assert!(cases > 0);
    assert!(stale.is_empty(), "{}\nUPDATE_SNAPSHOTS=1 accepts", stale.join("\n"));
}

/// Expands the item as the compiler does: without its attribute, or without the derive.
fn expand(input: &str) -> String {
    let file: File = syn::parse_str(input).expect("a snapshot's input is Rust");
    let [item] = &file.items[..] else { panic!("a snapshot's input is one item") };
    let expanded = match item.clone() {
        Item::Fn(mut function) => {
            let args = match take(&mut function.attrs, "webhook") {
                Meta::List(list) => list.tokens,
                _ => TokenStream::new(),
            };
            crate::expand::webhook(args, &function.to_token_stream())
        }
        Item::Enum(mut item) => {
            take(&mut item.attrs, "derive");
            crate::event::derive(item.to_token_stream())
        }
        _ => panic!("a snapshot's input is a function or an enum"),
    };
    prettyplease::unparse(&syn::parse2(expanded).expect("an expansion is Rust"))
}

fn take(attrs: &mut Vec<Attribute>, name: &str) -> Meta {
    let is_ours = |attr: &Attribute| attr.path().is_ident(name);
    attrs.remove(attrs.iter().position(is_ours).expect("what expands it")).meta
}
