//! Spans of generated code. They decide where the compiler reports an error.

use proc_macro2::{Group, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;

/// A name that cannot clash with any name of the user.
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

/// Moves every token to the place `at`. Names still resolve as before.
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
