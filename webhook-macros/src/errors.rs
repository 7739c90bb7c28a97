//! Collects every mistake, so that all of them are reported together.

use proc_macro2::{Span, TokenStream};
use quote::ToTokens;

#[derive(Default)]
pub(crate) struct Errors {
    found: Vec<syn::Error>,
    /// The user's function has a mistake that the compiler reports by itself.
    is_reported: bool,
}

impl Errors {
    /// Adds a mistake at one token.
    pub(crate) fn at(&mut self, span: Span, message: impl AsRef<str>) {
        self.found.push(syn::Error::new(span, message.as_ref()));
    }

    /// Adds a mistake that covers all of `tokens`.
    pub(crate) fn over(&mut self, tokens: impl ToTokens, message: impl AsRef<str>) {
        self.found.push(syn::Error::new_spanned(tokens, message.as_ref()));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        self.found.push(error);
    }

    /// Says that the compiler reports a mistake, so that no endpoint is generated for it.
    pub(crate) fn leave_to_the_compiler(&mut self) {
        self.is_reported = true;
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.found.is_empty() && !self.is_reported
    }
}

impl ToTokens for Errors {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(self.found.iter().map(syn::Error::to_compile_error));
    }
}
