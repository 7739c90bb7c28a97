//! Readers for values that both macros accept.

use crate::errors::Errors;
use proc_macro2::{TokenStream, TokenTree};
use syn::parse::ParseStream;
use syn::{Expr, ExprLit, ExprPath, Lit, LitStr, Path, PathSegment, Token};

/// Reads an expression, up to a comma. A mistake in it is reported over its own tokens, wherever the
/// parser gave up. `example` is the option with a right value.
pub(crate) fn expression(input: ParseStream, example: &str) -> syn::Result<Expr> {
    if input.fork().parse::<Expr>().is_ok() {
        return input.parse();
    }
    let value = until_comma(input)?;
    Err(syn::Error::new_spanned(value, format!("expected a value: `{example}`")))
}

/// Takes the tokens before the next comma.
pub(crate) fn until_comma(input: ParseStream) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while !input.is_empty() && !input.peek(Token![,]) {
        tokens.extend([input.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// The path after `crate =`.
pub(crate) fn crate_path(value: &Expr, errors: &mut Errors) -> Option<Path> {
    match ungroup(value) {
        Expr::Path(ExprPath { qself: None, path, .. }) if is_module(path) => Some(path.clone()),
        Expr::Lit(ExprLit { lit: Lit::Str(lit), .. }) => {
            errors.over(lit, "a path is written without quotes: `crate = some::path`");
            lit.parse_with(Path::parse_mod_style).ok().filter(is_module)
        }
        other => {
            errors.over(other, "expected the path of a crate or module: `crate = some::path`");
            None
        }
    }
}

/// True for names alone, as a `use` has them.
fn is_module(path: &Path) -> bool {
    let is_name = |segment: &PathSegment| segment.arguments.is_none() && segment.ident != "Self";
    path.segments.iter().all(is_name)
}

pub(crate) fn string(value: &Expr) -> Option<&LitStr> {
    match ungroup(value) {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Str(lit) => Some(lit),
            _ => None,
        },
        _ => None,
    }
}

/// The expression inside the invisible groups that `macro_rules` adds.
pub(crate) fn ungroup(mut value: &Expr) -> &Expr {
    while let Expr::Group(group) = value {
        value = &group.expr;
    }
    value
}
