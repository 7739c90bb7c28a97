//! Types and paths as the user wrote them. A macro sees no definitions, so a type is known by its
//! whole path, never by its last name alone.

use proc_macro2::Span;
use quote::ToTokens;
use syn::{
    GenericArgument, Path, PathArguments, PathSegment, ReturnType, Type, TypeParamBound, TypePath,
};

/// The crates and modules whose types a path of several segments can mean.
const AXUM: [&str; 8] =
    ["axum", "axum_core", "axum_extra", "body", "bytes", "extract", "http", "hyper"];
const STD: [&str; 3] = ["alloc", "core", "std"];
const RUNTIME: &str = "webhook_runtime";

/// The origin of a type, as far as its path shows it.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Origin {
    /// A single name: whatever is in scope.
    Scope,
    /// axum, or a crate that it takes its types from.
    Axum,
    /// The standard library.
    Std,
    /// The crate of this macro's runtime.
    Runtime,
    /// Anything else.
    Elsewhere,
}

/// Reads the origin of a type from its path. `runtime` is the path after `crate =`.
pub(crate) fn origin(ty: &TypePath, runtime: Option<&Path>) -> Origin {
    let path = &ty.path;
    let Some(first) = path.segments.first().filter(|_| ty.qself.is_none()) else {
        return Origin::Elsewhere;
    };
    let first = first.ident.to_string();
    let count = path.segments.len();
    if count == 1 {
        return if path.leading_colon.is_none() { Origin::Scope } else { Origin::Elsewhere };
    }
    let is_in_runtime = runtime.is_some_and(|runtime| {
        let is_same = |(a, b): (&PathSegment, &PathSegment)| a.ident == b.ident;
        count == runtime.segments.len() + 1
            && runtime.segments.iter().zip(&path.segments).all(is_same)
    });
    if is_in_runtime || first == RUNTIME && count == 2 {
        Origin::Runtime
    } else if AXUM.contains(&first.as_str()) {
        Origin::Axum
    } else if STD.contains(&first.as_str()) {
        Origin::Std
    } else {
        Origin::Elsewhere
    }
}

/// The way to write a type of the user's own that has a known name, for a hint. `None` if the path
/// says where the type is from.
pub(crate) fn own_path(ty: &TypePath) -> Option<String> {
    let names_a_crate = ty.path.leading_colon.is_some()
        || ty.path.segments.len() > 1
            && ty.path.segments.first().is_some_and(|first| {
                let first = first.ident.to_string();
                !matches!(first.as_str(), "body" | "bytes" | "extract" | "http" | "hyper")
            });
    (!names_a_crate).then(|| format!("self::{}", shown(ty)))
}

/// The type inside the invisible groups that `macro_rules` adds.
pub(crate) fn ungroup(mut ty: &Type) -> &Type {
    loop {
        ty = match ty {
            Type::Group(group) => &group.elem,
            Type::Paren(paren) => &paren.elem,
            _ => return ty,
        };
    }
}

/// The name of a standard type, such as `Option` or `std::option::Option`, and its arguments.
pub(crate) fn standard(ty: &Type) -> Option<&PathSegment> {
    match ungroup(ty) {
        Type::Path(path) if matches!(origin(path, None), Origin::Scope | Origin::Std) => {
            path.path.segments.last()
        }
        _ => None,
    }
}

pub(crate) fn last_segment(ty: &Type) -> Option<&PathSegment> {
    match ungroup(ty) {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// The types in `Name<A, B>`.
pub(crate) fn type_arguments(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    arguments(segment).filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

pub(crate) fn arguments(segment: &PathSegment) -> impl Iterator<Item = &GenericArgument> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten()
}

/// The place of the first lifetime that is left to the compiler: `'_`, or a `&` without one. Those in
/// `Fn(&str)` and `fn(&str)` are the function's own.
pub(crate) fn elided(ty: &Type) -> Option<Span> {
    match ty {
        Type::Group(group) => elided(&group.elem),
        Type::Paren(paren) => elided(&paren.elem),
        Type::Array(array) => elided(&array.elem),
        Type::Slice(slice) => elided(&slice.elem),
        Type::Ptr(pointer) => elided(&pointer.elem),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(elided),
        Type::Reference(reference) => match &reference.lifetime {
            None => Some(reference.and_token.span),
            Some(lifetime) if lifetime.ident == "_" => Some(lifetime.span()),
            Some(_) => elided(&reference.elem),
        },
        Type::Path(path) => {
            let before = path.qself.as_ref().and_then(|qself| elided(&qself.ty));
            before.or_else(|| elided_in_path(&path.path))
        }
        Type::TraitObject(object) => object.bounds.iter().find_map(elided_in_bound),
        Type::ImplTrait(object) => object.bounds.iter().find_map(elided_in_bound),
        _ => None,
    }
}

fn elided_in_bound(bound: &TypeParamBound) -> Option<Span> {
    match bound {
        TypeParamBound::Lifetime(lifetime) if lifetime.ident == "_" => Some(lifetime.span()),
        TypeParamBound::Trait(bound) => elided_in_path(&bound.path),
        _ => None,
    }
}

fn elided_in_path(path: &Path) -> Option<Span> {
    path.segments.iter().flat_map(arguments).find_map(|argument| match argument {
        GenericArgument::Lifetime(lifetime) if lifetime.ident == "_" => Some(lifetime.span()),
        GenericArgument::Type(ty) => elided(ty),
        GenericArgument::AssocType(assigned) => elided(&assigned.ty),
        _ => None,
    })
}

/// The type that a function returns, if it says one.
pub(crate) fn returned(output: &ReturnType) -> Option<&Type> {
    match output {
        ReturnType::Type(_, ty) => Some(ungroup(ty)),
        ReturnType::Default => None,
    }
}

/// The tokens with the spaces that a person would write.
pub(crate) fn shown(tokens: impl ToTokens) -> String {
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
