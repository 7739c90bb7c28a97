//! The arguments of a handler: extractors, then the payload. A macro sees names only, so this
//! rejects misuse of axum's own names. The compiler checks the rest.

use crate::errors::Errors;
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{GenericArgument, PatType, PathArguments, PathSegment, Type};

/// A known extractor, recognised by its name.
struct Known {
    name: &'static str,
    /// Has a type argument. A `Path` without one is not axum's.
    generic: bool,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    /// Reads the head of the request.
    Head,
    /// Reads the body and decodes it.
    Decoded,
    /// Reads the body.
    Raw,
    /// The verified request, by value.
    Delivery,
}

#[rustfmt::skip]
const KNOWN: &[Known] = &[
    Known { name: "ConnectInfo",   generic: true,  kind: Kind::Head },
    Known { name: "Extension",     generic: true,  kind: Kind::Head },
    Known { name: "HeaderMap",     generic: false, kind: Kind::Head },
    Known { name: "Host",          generic: false, kind: Kind::Head },
    Known { name: "MatchedPath",   generic: false, kind: Kind::Head },
    Known { name: "Method",        generic: false, kind: Kind::Head },
    Known { name: "OriginalUri",   generic: false, kind: Kind::Head },
    Known { name: "Path",          generic: true,  kind: Kind::Head },
    Known { name: "Query",         generic: true,  kind: Kind::Head },
    Known { name: "RawPathParams", generic: false, kind: Kind::Head },
    Known { name: "RawQuery",      generic: false, kind: Kind::Head },
    Known { name: "State",         generic: true,  kind: Kind::Head },
    Known { name: "Tx",            generic: false, kind: Kind::Head },
    Known { name: "TypedHeader",   generic: true,  kind: Kind::Head },
    Known { name: "Uri",           generic: false, kind: Kind::Head },
    Known { name: "Form",          generic: true,  kind: Kind::Decoded },
    Known { name: "Json",          generic: true,  kind: Kind::Decoded },
    Known { name: "Body",          generic: false, kind: Kind::Raw },
    Known { name: "Bytes",         generic: false, kind: Kind::Raw },
    Known { name: "Multipart",     generic: false, kind: Kind::Raw },
    Known { name: "RawForm",       generic: false, kind: Kind::Raw },
    Known { name: "Request",       generic: false, kind: Kind::Raw },
    Known { name: "Delivery",      generic: false, kind: Kind::Delivery },
];

/// Known names that a user's own payload may have, too.
const EVERYDAY: [&str; 5] = ["Body", "Host", "Method", "Request", "Tx"];

pub(crate) fn check(arguments: &[&PatType], errors: &mut Errors) {
    let Some((last, extractors)) = arguments.split_last() else {
        return;
    };
    // A misplaced payload is reported once, at the last argument.
    let misplaced = known(&last.ty)
        .filter(|known| matches!(known.kind, Kind::Head | Kind::Delivery))
        .and_then(|_| extractors.iter().rposition(|argument| could_be_payload(&argument.ty)));

    for (i, argument) in extractors.iter().enumerate() {
        if !impl_trait(&argument.ty, errors) && misplaced != Some(i) {
            extractor(&argument.ty, errors);
        }
    }
    if !impl_trait(&last.ty, errors) {
        payload(&last.ty, misplaced.map(|i| extractors[i]), errors);
    }
}

fn extractor(ty: &Type, errors: &mut Errors) {
    if let Type::Reference(reference) = ungroup(ty) {
        let owned = shown(&reference.elem);
        let hint = if owned == "str" {
            "a header or a path parameter comes as `HeaderMap` or `Path<String>`".to_owned()
        } else if known(&reference.elem).is_some_and(|k| k.kind == Kind::Delivery) {
            "write `delivery: Delivery` here, or `delivery: &Delivery` as the last argument"
                .to_owned()
        } else {
            format!("write `{owned}`; only the payload, the last argument, borrows")
        };
        errors.over(ty, format!("an extractor is taken by value: {hint}"));
        return;
    }
    let reads_the_body = match known(ty) {
        Some(known) => matches!(known.kind, Kind::Decoded | Kind::Raw).then_some(known.name),
        None => last_segment(ty).is_some_and(|last| last.ident == "String").then_some("String"),
    };
    if let Some(name) = reads_the_body {
        errors.over(ty, format!("`{name}` {BODY_IS_READ}"));
    } else if let Some(lifetime) = elided(ty.to_token_stream()) {
        errors.at(
            lifetime,
            "an extractor cannot borrow from the request: only the payload does, and it comes last",
        );
    }
}

const BODY_IS_READ: &str = "cannot be an extractor here: the body has already been read and verified\n\
     the payload is the decoded body; for the raw bytes take `delivery: Delivery` here";

fn payload(ty: &Type, misplaced: Option<&PatType>, errors: &mut Errors) {
    let Some(known) = known(ty) else { return };
    let name = known.name;
    let yours = if EVERYDAY.contains(&name) {
        format!("\nis it a type of your own? then write `self::{name}`")
    } else {
        String::new()
    };
    match known.kind {
        Kind::Head | Kind::Delivery => {
            let hint = match misplaced {
                Some(argument) => format!("move `{}` to the end", shown(argument)),
                None if known.kind == Kind::Delivery => {
                    "write `&Delivery` if you want no other payload".to_owned()
                }
                None => "add the payload after it: `order: Order<'_>`, or `delivery: &Delivery`"
                    .to_owned(),
            };
            errors.over(
                ty,
                format!(
                    "the last argument is the payload, but `{name}` is an extractor\n{hint}{yours}"
                ),
            );
        }
        Kind::Decoded => errors.over(
            ty,
            format!(
                "the last argument is the payload itself: write `{}` instead of `{}`",
                last_segment(peel(ty)).and_then(first_argument).map(shown).unwrap_or_default(),
                shown(ty)
            ),
        ),
        Kind::Raw => errors.over(
            ty,
            format!(
                "`{name}` cannot be the payload: the body has already been read and verified\n\
                 for the raw bytes take `delivery: &Delivery` and read `delivery.body()`{yours}"
            ),
        ),
    }
}

/// True for a type with the name of the runtime's `Tx`.
pub(crate) fn is_tx(ty: &Type) -> bool {
    known(ty).is_some_and(|known| known.name == "Tx")
}

/// True if the name is no known extractor, so a hint may call the argument the payload.
fn could_be_payload(ty: &Type) -> bool {
    known(ty).is_none() && matches!(ungroup(ty), Type::Path(_) | Type::Reference(_))
}

fn impl_trait(ty: &Type, errors: &mut Errors) -> bool {
    let found = has_impl(ty.to_token_stream());
    if found {
        let hint = "`impl Trait` makes the handler generic: write the concrete type instead";
        errors.over(ty, hint);
    }
    found
}

/// The row of an extractor, also inside `Option<...>` and `Result<...>`.
fn known(ty: &Type) -> Option<&'static Known> {
    let Type::Path(path) = peel(ty) else {
        return None;
    };
    // `self::Request` is never axum's. This lets users name their payload like an extractor.
    let first = path.path.segments.first()?;
    if first.ident == "self" || first.ident == "crate" || first.ident == "super" {
        return None;
    }
    let segment = path.path.segments.last()?;
    let row = KNOWN.iter().find(|known| segment.ident == known.name)?;
    // A type with a lifetime (`Request<'_>`) borrows from the body. Extractors never do.
    let borrows =
        arguments(segment).any(|argument| matches!(argument, GenericArgument::Lifetime(_)));
    let fits = !row.generic || first_argument(segment).is_some();
    (fits && !borrows).then_some(row)
}

/// The `T` of `Option<T>` and of `Result<T, _>`, which make an extractor optional.
fn peel(ty: &Type) -> &Type {
    let ty = ungroup(ty);
    match last_segment(ty) {
        Some(last) if last.ident == "Option" || last.ident == "Result" => {
            first_argument(last).map_or(ty, peel)
        }
        _ => ty,
    }
}

fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ungroup(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// The `T` of `Name<T>`.
fn first_argument(segment: &PathSegment) -> Option<&Type> {
    arguments(segment).find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn arguments(segment: &PathSegment) -> impl Iterator<Item = &GenericArgument> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten()
}

/// The type inside the invisible groups that `macro_rules` adds.
fn ungroup(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        };
    }
}

fn has_impl(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "impl",
        TokenTree::Group(group) => has_impl(group.stream()),
        _ => false,
    })
}

/// The place of the first `'_`.
fn elided(tokens: TokenStream) -> Option<Span> {
    let mut after_quote = false;
    for token in tokens {
        match &token {
            TokenTree::Ident(ident) if after_quote && ident == "_" => return Some(ident.span()),
            TokenTree::Group(group) => {
                if let Some(span) = elided(group.stream()) {
                    return Some(span);
                }
            }
            _ => {}
        }
        after_quote = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '\'');
    }
    None
}

/// The tokens with the spaces that a person would write.
fn shown(tokens: impl ToTokens) -> String {
    let mut shown = tokens.to_token_stream().to_string();
    for (spaced, tight) in [
        (" :: ", "::"),
        (":: ", "::"),
        (" < ", "<"),
        ("< ", "<"),
        (" >", ">"),
        ("& ", "&"),
        (" ,", ","),
        (" (", "("),
        (" :", ":"),
    ] {
        shown = shown.replace(spaced, tight);
    }
    shown
}
