//! The path of the runtime crate in generated code.

use crate::spans::{last_span, move_to};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Path;

/// The runtime crate: `::webhook_runtime`, or the path after `crate =`.
#[derive(Clone, Copy)]
pub(crate) struct Runtime<'p> {
    given: Option<&'p Path>,
}

impl<'p> Runtime<'p> {
    pub(crate) fn new(given: Option<&'p Path>) -> Self {
        Self { given }
    }

    /// The path, with the span of the code that it is about.
    pub(crate) fn path(self, span: Span) -> TokenStream {
        match self.given {
            None => quote_spanned!(span=> ::webhook_runtime),
            Some(_) => alias(span),
        }
    }

    /// Declares what `path` needs. A path after `crate =` is imported once, so that the compiler reports
    /// a wrong one once, where the user wrote it.
    pub(crate) fn around(self, code: &TokenStream) -> TokenStream {
        if self.given.is_none() { code.to_token_stream() } else { self.block(code) }
    }

    /// A block around the code, with names of its own, and what `path` needs.
    pub(crate) fn block(self, code: &TokenStream) -> TokenStream {
        let import = self.given.map(|given| {
            let end = last_span(given);
            let alias = alias(end);
            let rest = move_to(end, quote!(::webhook_runtime as #alias;));
            quote! {
                #[allow(unused_imports)]
                use #given #rest
            }
        });
        quote! {
            const _: () = {
                #import
                #code
            };
        }
    }
}

fn alias(span: Span) -> TokenStream {
    Ident::new("__webhook_runtime", span).into_token_stream()
}
