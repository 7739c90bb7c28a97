//! The types of axum and of the runtime that a handler cannot take in any place.

use crate::types::{Origin, arguments, origin, own_path, standard, type_arguments};
use syn::{GenericArgument, Path, Type, TypePath};

/// A known type, recognised by its path.
pub(crate) struct Known {
    pub(crate) name: &'static str,
    /// Has a type argument. A `Path` without one is not axum's.
    generic: bool,
    pub(crate) kind: Kind,
}

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Kind {
    /// Reads the head of the request.
    Head,
    /// Reads the body and decodes it.
    Decoded,
    /// Reads the body.
    Raw,
    /// Reads what the runtime adds to the request.
    OwnHead,
    /// The transaction of the inbox.
    Tx,
    /// The verified request, by value.
    Delivery,
    /// An event that is named nowhere.
    UnknownEvent,
}

#[rustfmt::skip]
const KNOWN: &[Known] = &[
    Known { name: "ConnectInfo",    generic: true,  kind: Kind::Head },
    Known { name: "Extension",      generic: true,  kind: Kind::Head },
    Known { name: "HeaderMap",      generic: false, kind: Kind::Head },
    Known { name: "Host",           generic: false, kind: Kind::Head },
    Known { name: "MatchedPath",    generic: false, kind: Kind::Head },
    Known { name: "Method",         generic: false, kind: Kind::Head },
    Known { name: "OriginalUri",    generic: false, kind: Kind::Head },
    Known { name: "Path",           generic: true,  kind: Kind::Head },
    Known { name: "Query",          generic: true,  kind: Kind::Head },
    Known { name: "RawPathParams",  generic: false, kind: Kind::Head },
    Known { name: "RawQuery",       generic: false, kind: Kind::Head },
    Known { name: "State",          generic: true,  kind: Kind::Head },
    Known { name: "TypedHeader",    generic: true,  kind: Kind::Head },
    Known { name: "Uri",            generic: false, kind: Kind::Head },
    Known { name: "Form",           generic: true,  kind: Kind::Decoded },
    Known { name: "Json",           generic: true,  kind: Kind::Decoded },
    Known { name: "Body",           generic: false, kind: Kind::Raw },
    Known { name: "Bytes",          generic: false, kind: Kind::Raw },
    Known { name: "Multipart",      generic: false, kind: Kind::Raw },
    Known { name: "RawForm",        generic: false, kind: Kind::Raw },
    Known { name: "Request",        generic: false, kind: Kind::Raw },
    Known { name: "Cancellation",   generic: false, kind: Kind::OwnHead },
    Known { name: "IdempotencyKey", generic: false, kind: Kind::OwnHead },
    Known { name: "Tx",             generic: false, kind: Kind::Tx },
    Known { name: "Delivery",       generic: false, kind: Kind::Delivery },
    Known { name: "UnknownEvent",   generic: false, kind: Kind::UnknownEvent },
];

impl Known {
    /// Returns whether the type can be from there.
    fn is_from(&self, origin: Origin) -> bool {
        let is_ours =
            matches!(self.kind, Kind::OwnHead | Kind::Tx | Kind::Delivery | Kind::UnknownEvent);
        match origin {
            Origin::Scope => true,
            Origin::Runtime => is_ours,
            Origin::Axum => !is_ours,
            Origin::Std | Origin::Elsewhere => false,
        }
    }
}

/// A known type, and its path.
pub(crate) struct Found<'t> {
    pub(crate) known: &'static Known,
    pub(crate) path: &'t TypePath,
}

impl Found<'_> {
    /// The hint for a type of the user's own that has this name.
    pub(crate) fn or_yours(&self) -> String {
        own_path(self.path).map_or_else(String::new, |own| {
            format!("\nis it a type of your own? then write `{own}`")
        })
    }
}

/// Looks a type up, also inside `Option<...>` and `Result<...>`.
pub(crate) fn find<'t>(ty: &'t Type, runtime: Option<&Path>) -> Option<Found<'t>> {
    let Type::Path(path) = peel(ty) else {
        return None;
    };
    let origin = origin(path, runtime);
    let segment = path.path.segments.last()?;
    let known = KNOWN.iter().find(|known| segment.ident == known.name && known.is_from(origin))?;
    // A type with a lifetime (`Request<'_>`) borrows from the body. Extractors never do.
    let borrows =
        arguments(segment).any(|argument| matches!(argument, GenericArgument::Lifetime(_)));
    let fits = match known.kind {
        Kind::UnknownEvent => type_arguments(segment).next().is_none(),
        _ => !borrows && (!known.generic || type_arguments(segment).next().is_some()),
    };
    fits.then_some(Found { known, path })
}

/// The `T` of `Option<T>` and of `Result<T, _>`, which make an extractor optional.
pub(crate) fn peel(ty: &Type) -> &Type {
    let ty = crate::types::ungroup(ty);
    match standard(ty) {
        Some(last) if last.ident == "Option" || last.ident == "Result" => {
            type_arguments(last).next().map_or(ty, peel)
        }
        _ => ty,
    }
}
