//! The arguments of a handler: extractors, then the payload. This rejects known types in the wrong
//! place. The compiler checks the rest.

use crate::errors::Errors;
use crate::known::{Found, Kind, find, peel};
use crate::payload;
use crate::types::{elided, last_segment, own_path, shown, standard, type_arguments, ungroup};
use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;
use syn::{PatType, Path, Type};

/// `runtime` is the path after `crate =`.
pub(crate) fn check(arguments: &[&PatType], runtime: Option<&Path>, errors: &mut Errors) {
    for argument in arguments {
        if let Some(cfg) = argument.attrs.iter().find(|attr| attr.path().is_ident("cfg")) {
            errors.over(
                cfg,
                "an argument cannot depend on a `#[cfg]`: write two functions, each below its own \
                 `#[cfg]`",
            );
        }
    }
    let Some((last, extractors)) = arguments.split_last() else {
        return;
    };
    // A misplaced payload is reported once, at the last argument.
    let misplaced = find(&last.ty, runtime)
        .filter(|found| {
            matches!(found.known.kind, Kind::Head | Kind::OwnHead | Kind::Tx | Kind::Delivery)
        })
        .and_then(|_| {
            extractors.iter().rposition(|argument| could_be_payload(&argument.ty, runtime))
        });

    for (i, argument) in extractors.iter().enumerate() {
        if !impl_trait(&argument.ty, errors) && misplaced != Some(i) {
            extractor(&argument.ty, runtime, errors);
        }
    }
    if !impl_trait(&last.ty, errors) {
        match find(&last.ty, runtime) {
            Some(found) => {
                let misplaced = misplaced.map(|i| as_payload(extractors[i], runtime));
                no_payload(&last.ty, &found, misplaced, errors);
            }
            None => payload::check(&last.ty, errors),
        }
    }
}

fn extractor(ty: &Type, runtime: Option<&Path>, errors: &mut Errors) {
    if let Type::Reference(reference) = ungroup(ty) {
        let owned = shown(&reference.elem);
        let is_delivery =
            find(&reference.elem, runtime).is_some_and(|found| found.known.kind == Kind::Delivery);
        let hint = if standard(&reference.elem).is_some_and(|last| last.ident == "str") {
            "a header or a path parameter comes as `HeaderMap` or `Path<String>`".to_owned()
        } else if is_delivery {
            "write `delivery: Delivery` here, or `delivery: &Delivery` as the last argument"
                .to_owned()
        } else {
            format!("write `{owned}`; only the payload, the last argument, borrows")
        };
        errors.over(ty, format!("an extractor is taken by value: {hint}"));
        return;
    }
    if let Some((name, or_yours)) = reads_the_body(ty, runtime) {
        errors.over(ty, format!("`{name}` {BODY_IS_READ}{or_yours}"));
    } else if let Some(lifetime) = elided(ty) {
        errors.at(
            lifetime,
            "an extractor cannot borrow from the request: only the payload does, and it comes last",
        );
    }
}

const BODY_IS_READ: &str = "cannot be an extractor here: the body has already been read and verified\n\
     the payload is the decoded body; for the raw bytes take `delivery: Delivery` here";

/// The name of an extractor of the body, and the hint for a type of the user's own.
fn reads_the_body(ty: &Type, runtime: Option<&Path>) -> Option<(&'static str, String)> {
    if let Some(found) = find(ty, runtime) {
        let reads = matches!(found.known.kind, Kind::Decoded | Kind::Raw);
        return reads.then(|| (found.known.name, found.or_yours()));
    }
    let Type::Path(path) = ungroup(ty) else { return None };
    let is_string = standard(ty).is_some_and(|last| last.ident == "String");
    let or_yours = || {
        own_path(path).map_or_else(String::new, |own| {
            format!("\nis it a type of your own? then write `{own}`")
        })
    };
    is_string.then(|| ("String", or_yours()))
}

/// Reports a known type that is no payload.
fn no_payload(ty: &Type, found: &Found<'_>, misplaced: Option<String>, errors: &mut Errors) {
    let (name, or_yours) = (found.known.name, found.or_yours());
    let mistake = match found.known.kind {
        Kind::Head | Kind::OwnHead | Kind::Tx | Kind::Delivery => {
            let hint = match misplaced {
                Some(argument) => format!("move `{argument}` to the end"),
                None if found.known.kind == Kind::Delivery => {
                    "write `&Delivery` if you want no other payload".to_owned()
                }
                None => "add the payload after it: `order: Order<'_>`, or `delivery: &Delivery`"
                    .to_owned(),
            };
            format!("the last argument is the payload, but `{name}` is an extractor\n{hint}")
        }
        Kind::Decoded => {
            let payload = last_segment(peel(ty)).and_then(|last| type_arguments(last).next());
            format!(
                "the last argument is the payload itself: write `{}` instead of `{}`",
                payload.map(shown).unwrap_or_default(),
                shown(ty)
            )
        }
        Kind::Raw => format!(
            "`{name}` cannot be the payload: the body has already been read and verified\n\
             for the raw bytes take `delivery: &Delivery` and read `delivery.body()`"
        ),
        Kind::UnknownEvent => format!(
            "`{name}` is for the `#[event(other)]` variant of an enum of events\n\
             for the raw bytes take `delivery: &Delivery` and read `delivery.body()`"
        ),
    };
    errors.over(ty, mistake + &or_yours);
}

/// A misplaced argument, as it is right at the end: a reference to a type of the user's own is not a
/// payload.
fn as_payload(argument: &PatType, runtime: Option<&Path>) -> String {
    match ungroup(&argument.ty) {
        Type::Reference(reference)
            if matches!(ungroup(&reference.elem), Type::Path(_))
                && find(&reference.elem, runtime).is_none()
                && standard(&reference.elem).is_none_or(|last| last.ident != "str") =>
        {
            format!("{}: {}", shown(&argument.pat), shown(&reference.elem))
        }
        _ => shown(argument),
    }
}

/// True for the runtime's `Tx`.
pub(crate) fn tx<'t>(ty: &'t Type, runtime: Option<&Path>) -> Option<Found<'t>> {
    find(ty, runtime).filter(|found| found.known.kind == Kind::Tx)
}

/// True if the type is not known, so a hint may call the argument the payload.
fn could_be_payload(ty: &Type, runtime: Option<&Path>) -> bool {
    find(ty, runtime).is_none() && matches!(ungroup(ty), Type::Path(_) | Type::Reference(_))
}

fn impl_trait(ty: &Type, errors: &mut Errors) -> bool {
    let found = has_impl(ty.to_token_stream());
    if found {
        let hint = "`impl Trait` makes the handler generic: write the concrete type instead";
        errors.over(ty, hint);
    }
    found
}

fn has_impl(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "impl",
        TokenTree::Group(group) => has_impl(group.stream()),
        _ => false,
    })
}
