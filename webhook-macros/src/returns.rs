//! The return type of a handler, where it borrows what has to outlive the delivery.
//!
//! Texts and bytes are responses only if they are `'static`, and the compiler would report a variable
//! of the generated code.

use crate::errors::Errors;
use crate::types::{arguments, elided, returned, shown, standard, type_arguments, ungroup};
use quote::ToTokens;
use syn::{GenericArgument, ReturnType, Type};

pub(crate) fn check(output: &ReturnType, arguments: &[Type], errors: &mut Errors) {
    // Without a lifetime to borrow for, the compiler reports the return type itself.
    if !arguments.iter().any(|ty| elided(ty).is_some()) {
        return;
    }
    if let Some((borrowed, owned)) = returned(output).and_then(borrowed) {
        errors.over(
            borrowed,
            format!(
                "the response outlives the delivery: return `{owned}` instead of `{}`",
                shown(borrowed)
            ),
        );
    }
}

/// The borrowed text or bytes in a return type, and what to return instead. An error may borrow.
fn borrowed(ty: &Type) -> Option<(&Type, &'static str)> {
    let ty = ungroup(ty);
    match ty {
        Type::Reference(reference) if is_elided(ty) => Some((ty, owned(&reference.elem)?)),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(borrowed),
        _ => {
            let last = standard(ty)?;
            let first = || type_arguments(last).next();
            if last.ident == "Option" || last.ident == "Result" {
                first().and_then(borrowed)
            } else if last.ident == "Cow" {
                let is_static = arguments(last).any(|argument| {
                    matches!(argument, GenericArgument::Lifetime(lifetime) if lifetime.ident != "_")
                });
                (!is_static).then_some((ty, first().and_then(owned)?))
            } else {
                None
            }
        }
    }
}

fn is_elided(ty: &Type) -> bool {
    match ty {
        Type::Reference(reference) => {
            reference.lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "_")
        }
        _ => false,
    }
}

/// The owned type of `str` and of bytes.
fn owned(ty: &Type) -> Option<&'static str> {
    match ungroup(ty) {
        Type::Slice(slice) => is_u8(&slice.elem).then_some("Vec<u8>"),
        Type::Array(array) => is_u8(&array.elem).then_some("Vec<u8>"),
        ty => standard(ty).is_some_and(|last| last.ident == "str").then_some("String"),
    }
}

fn is_u8(ty: &Type) -> bool {
    ty.to_token_stream().to_string() == "u8"
}
