//! The type of the payload, as far as its form shows that nothing can be decoded into it.

use crate::errors::Errors;
use crate::types::{shown, standard, type_arguments, ungroup};
use syn::{Type, TypeReference};

pub(crate) fn check(ty: &Type, errors: &mut Errors) {
    if is_unsized(ty) {
        // The compiler says so, at the argument: a second error would be one too many.
        errors.leave_to_the_compiler();
    } else if let Some(reference) = borrowed_for_ever(ty) {
        let borrowed = TypeReference { lifetime: None, ..reference.clone() };
        errors.over(
            reference,
            format!(
                "the payload borrows from the delivery, which is not `'static`: write `{}`",
                shown(borrowed)
            ),
        );
    } else if let Type::Reference(TypeReference { mutability: Some(_), elem, .. }) = ungroup(ty) {
        errors.over(
            ty,
            format!("a payload is not borrowed mutably: take `mut payload: {}`", shown(elem)),
        );
    }
}

/// True for `str`, `[T]` and `dyn Trait`, which no function can take by value.
fn is_unsized(ty: &Type) -> bool {
    match ungroup(ty) {
        Type::Slice(_) | Type::TraitObject(_) => true,
        ty => standard(ty).is_some_and(|last| last.ident == "str"),
    }
}

/// The first `&'static T` in a type: nothing that is decoded lives for so long.
fn borrowed_for_ever(ty: &Type) -> Option<&TypeReference> {
    match ungroup(ty) {
        Type::Reference(reference) => reference
            .lifetime
            .as_ref()
            .is_some_and(|lifetime| lifetime.ident == "static")
            .then_some(reference),
        Type::Array(array) => borrowed_for_ever(&array.elem),
        Type::Tuple(tuple) => tuple.elems.iter().find_map(borrowed_for_ever),
        ty => {
            let outer = standard(ty).filter(|last| {
                ["Box", "HashMap", "BTreeMap", "Option", "Vec"]
                    .iter()
                    .any(|name| last.ident == name)
            })?;
            type_arguments(outer).find_map(borrowed_for_ever)
        }
    }
}
