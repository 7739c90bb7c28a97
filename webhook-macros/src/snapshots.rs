//! Each `snapshots/<case>.rs` expands to `snapshots/<case>.expanded.rs`.
//!
//! `UPDATE_SNAPSHOTS=1 cargo test -p webhook-macros` writes what there is now; read the diff.

use proc_macro2::TokenStream;
use quote::ToTokens;
use std::{env, fs, path::Path};
use syn::{File, Item, ItemFn, Meta};

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

/// What the compiler does: takes the attribute off the item and hands both over.
fn expand(input: &str) -> String {
    let file: File = syn::parse_str(input).expect("a snapshot's input is Rust");
    let [Item::Fn(function)] = &file.items[..] else {
        panic!("a snapshot's input is one function");
    };
    let mut function: ItemFn = function.clone();
    let is_ours = |attr: &syn::Attribute| attr.path().is_ident("webhook");
    let i = function.attrs.iter().position(is_ours).expect("`#[webhook]`");
    let args = match function.attrs.remove(i).meta {
        Meta::List(list) => list.tokens,
        _ => TokenStream::new(),
    };
    let expanded = crate::expand::webhook(args, &function.to_token_stream());
    prettyplease::unparse(&syn::parse2(expanded).expect("an expansion is Rust"))
}
