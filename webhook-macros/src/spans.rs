//! Spans decide where the compiler reports what it finds, so generated code is put where the user
//! wrote what it is about.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// A name that no name of the user's can clash with.
pub(crate) fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

pub(crate) fn first_span(tokens: impl ToTokens) -> Span {
    tokens.to_token_stream().into_iter().next().map_or_else(Span::call_site, |token| match token {
        TokenTree::Group(group) => group.span_open(),
        token => token.span(),
    })
}

pub(crate) fn last_span(tokens: impl ToTokens) -> Span {
    tokens.to_token_stream().into_iter().last().map_or_else(Span::call_site, |token| match token {
        TokenTree::Group(group) => group.span_close(),
        token => token.span(),
    })
}

/// Gives every token the place `at`. What its name refers to stays as it was.
pub(crate) fn move_to(at: Span, tokens: TokenStream) -> TokenStream {
    let moved = |span: Span| span.located_at(at);
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => {
                let mut inner = Group::new(group.delimiter(), move_to(at, group.stream()));
                inner.set_span(moved(group.span()));
                TokenTree::Group(inner)
            }
            mut token => {
                token.set_span(moved(token.span()));
                token
            }
        })
        .collect()
}
