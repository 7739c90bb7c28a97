//! The warnings about names that the provider does not list.
//!
//! The derive knows the names, and not the provider. So it leaves a warning for each name, and one for
//! each name that may be meant instead. The attribute knows the provider, and uses those that apply.

use super::model::{Event, Variant};
use super::published;
use crate::misspelt::nearest;
use proc_macro2::TokenStream;
use quote::quote;

/// The number of names that may be meant instead of one.
const MAX_SIMILAR: usize = 3;

/// A name to compare with the list of the provider.
pub(super) struct Name<'e> {
    variant: &'e Variant,
    text: String,
    similar: Vec<String>,
}

/// The names of an enum, except those that are marked `unlisted`.
pub(super) fn names(event: &Event) -> Vec<Name<'_>> {
    let listed = event.variants.iter().filter(|variant| !variant.is_unlisted);
    let name = |variant, text: String| Name { variant, similar: similar(&text), text };
    listed
        .flat_map(|variant| variant.events.iter().map(move |lit| name(variant, lit.value())))
        .collect()
}

/// Names that some provider lists, for one that none does. An action behind the name stays.
fn similar(name: &str) -> Vec<String> {
    let (event, action) = name.rsplit_once('.').unwrap_or((name, ""));
    let is_listed = |name: &str| published::NAMES.contains(&name);
    if is_listed(name) || is_listed(event) {
        return Vec::new();
    }
    let mut similar = nearest(name, published::NAMES, MAX_SIMILAR);
    if !action.is_empty() {
        let events = nearest(event, published::NAMES, MAX_SIMILAR);
        similar.extend(events.into_iter().map(|event| format!("{event}.{action}")));
    }
    similar.truncate(MAX_SIMILAR);
    similar
}

/// The names and what may be meant by each, as data.
pub(super) fn listed(names: &[Name<'_>]) -> TokenStream {
    let names = names.iter().map(|Name { text, similar, .. }| quote!((#text, &[#(#similar),*])));
    quote!(&[#(#names),*])
}

/// A type with the method `warn` for each place: a name, or a name that may be meant by it.
pub(super) fn warnings(event: &Event, names: &[Name<'_>], runtime: &TokenStream) -> TokenStream {
    let Event { name, generics, .. } = event;
    let (parameters, arguments, conditions) = generics.split_for_impl();
    let texts = names.iter().flat_map(|listed| {
        let meant = listed.similar.iter().map(Some);
        std::iter::once(None).chain(meant).map(|meant| text(event, listed, meant))
    });
    let warnings = texts.enumerate().map(|(place, text)| {
        quote! {
            impl __UnlistedEvent<#place> {
                #[deprecated(note = #text)]
                #[allow(dead_code)]
                pub fn warn(&self) {}
            }
        }
    });
    quote! {
        #[doc(hidden)]
        #[allow(missing_debug_implementations, missing_copy_implementations, unreachable_pub)]
        pub struct __UnlistedEvent<const AT: ::core::primitive::usize>;

        #(#warnings)*
        impl __UnlistedEvent<{ ::core::primitive::usize::MAX }> {
            #[allow(dead_code)]
            pub fn warn(&self) {}
        }

        #[automatically_derived]
        impl #parameters #runtime::__private::EventWarnings for #name #arguments #conditions {
            type At<const __AT: ::core::primitive::usize> = __UnlistedEvent<__AT>;
        }
    }
}

fn text(event: &Event, name: &Name<'_>, meant: Option<&String>) -> String {
    let Name { variant, text, .. } = name;
    let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
    format!(
        "`{}` of `{}`: this provider lists no event `{text}`{meant}\n\
         if the name is right, write `#[event(\"{text}\", unlisted)]`",
        variant.name, event.name
    )
}

#[cfg(test)]
mod tests {
    use super::similar;

    #[test]
    fn a_misspelt_name_has_similar_ones() {
        assert_eq!(similar("isues")[0], "issues");
        assert_eq!(similar("isues.opened")[0], "issues.opened");
        assert_eq!(similar("payment_intent.succeded")[0], "payment_intent.succeeded");
        assert_eq!(similar("pull-request")[0], "pull_request");
        assert!(similar("nothing that anybody sends").is_empty());
    }

    #[test]
    fn a_listed_name_needs_no_similar_ones() {
        for name in ["issues", "issues.opened", "Push Hook", "payment_intent.succeeded"] {
            assert!(similar(name).is_empty(), "{name}");
        }
    }
}
