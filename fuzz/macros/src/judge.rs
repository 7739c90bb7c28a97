//! The promises of the macros about any input.

use std::panic::{AssertUnwindSafe, catch_unwind};

use proc_macro2::{TokenStream, TokenTree};

use crate::{event, expand, mutate::Case};

/// Judges one case.
pub fn judge(case: &Case) {
    let expand = || match &case.attribute {
        Some(attribute) => expand::webhook(attribute.clone(), &case.item),
        None => event::derive(case.item.clone()),
    };
    let output = catch_unwind(AssertUnwindSafe(expand))
        .unwrap_or_else(|_| panic!("the macro panics\n{case:?}"));
    let mut rest = output.into_iter();
    if case.attribute.is_some() {
        for token in case.item.clone() {
            let kept = rest.next().is_some_and(|kept| is_same(&kept, &token));
            assert!(kept, "the user's item is not kept, from `{token}` on\n{case:?}");
        }
    }
    let rest: TokenStream = rest.collect();
    assert!(!rest.is_empty(), "neither an endpoint nor a mistake\n{case:?}");
    if let Err(error) = syn::parse2::<syn::File>(rest.clone()) {
        panic!("the macro returns what is no Rust: {error}\n{rest}\n{case:?}");
    }
}

fn is_same(a: &TokenTree, b: &TokenTree) -> bool {
    match (a, b) {
        (TokenTree::Group(a), TokenTree::Group(b)) => {
            let (mut left, mut right) = (a.stream().into_iter(), b.stream().into_iter());
            a.delimiter() == b.delimiter()
                && left.by_ref().zip(right.by_ref()).all(|(a, b)| is_same(&a, &b))
                && a.stream().into_iter().count() == b.stream().into_iter().count()
        }
        (TokenTree::Punct(a), TokenTree::Punct(b)) => {
            a.as_char() == b.as_char() && a.spacing() == b.spacing()
        }
        (TokenTree::Ident(_), TokenTree::Ident(_))
        | (TokenTree::Literal(_), TokenTree::Literal(_)) => a.to_string() == b.to_string(),
        _ => false,
    }
}
