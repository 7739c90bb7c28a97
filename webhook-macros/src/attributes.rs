//! The attributes of the function: those that its type has as well, and those that leave no handler.

use crate::errors::Errors;
use quote::quote;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, MetaList, Path, Token};

/// The function's attributes that its type has as well.
pub(crate) struct Shared {
    /// Those that decide if there is such a function.
    pub(crate) cfgs: Vec<Attribute>,
    /// Those that say what to think of it.
    pub(crate) notes: Vec<Attribute>,
    /// Those that say what to warn about.
    pub(crate) levels: Vec<Attribute>,
}

/// Reads the attributes of the function. Returns `None` if one of the function's attributes makes
/// something else of it, so that there is no endpoint to add.
pub(crate) fn shared(
    attrs: &[Attribute],
    runtime: Option<&Path>,
    errors: &mut Errors,
) -> Option<Shared> {
    for attr in attrs {
        if is_webhook(attr.path(), runtime) {
            errors.over(
                attr,
                "a function is one endpoint: remove this `#[webhook]`, and write a second function \
                 that calls the first",
            );
            return None;
        }
        if let Some(name) = program_or_test(attr.path()) {
            errors.over(
                attr.path(),
                format!(
                    "a handler cannot be a `{name}` function as well: write that one beside it\n\
                     a test calls the handler, or delivers to it with `Webhooks::test`"
                ),
            );
            return None;
        }
    }
    let only =
        |wanted: fn(&Meta) -> bool| attrs.iter().filter_map(|attr| part(attr, wanted)).collect();
    Some(Shared { cfgs: only(is_cfg), notes: only(is_note), levels: only(is_level) })
}

/// The doc comment, without the space before each line. A text that is not written here, such as that of
/// another file, is left out.
pub(crate) fn documentation(attrs: &[Attribute]) -> String {
    let texts: Vec<String> = attrs.iter().filter_map(documented).collect();
    let lines = texts.iter().flat_map(|text| text.lines());
    let lines: Vec<&str> =
        lines.map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    lines.join("\n").trim().to_owned()
}

/// The text of one `#[doc = "..."]`.
fn documented(attr: &Attribute) -> Option<String> {
    let Meta::NameValue(pair) = &attr.meta else { return None };
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value else { return None };
    // An empty line has no lines.
    attr.path().is_ident("doc").then(|| format!("{}\n", text.value()))
}

/// True for another `#[webhook]`, as far as its path shows it.
fn is_webhook(path: &Path, runtime: Option<&Path>) -> bool {
    let mut names = path.segments.iter().map(|segment| segment.ident.to_string());
    if names.next_back().is_none_or(|last| last != "webhook") {
        return false;
    }
    let before: Vec<String> = names.collect();
    let is_runtime = |runtime: &Path| {
        runtime.segments.iter().map(|segment| segment.ident.to_string()).eq(before.iter().cloned())
    };
    before.is_empty() || before == ["webhook_runtime"] || runtime.is_some_and(is_runtime)
}

/// The name of an attribute such as `#[tokio::main]` or `#[test]`.
fn program_or_test(path: &Path) -> Option<String> {
    let last = path.segments.last()?.ident.to_string();
    matches!(last.as_str(), "main" | "test").then_some(last)
}

/// The attribute if it is wanted, or what is wanted of those in a `cfg_attr`.
fn part(attr: &Attribute, is_wanted: fn(&Meta) -> bool) -> Option<Attribute> {
    if !attr.path().is_ident("cfg_attr") {
        return is_wanted(&attr.meta).then(|| attr.clone());
    }
    let Meta::List(list) = &attr.meta else { return None };
    let parts = Punctuated::<Meta, Token![,]>::parse_terminated.parse2(list.tokens.clone()).ok()?;
    let wanted: Vec<&Meta> = parts.iter().skip(1).filter(|meta| is_wanted(meta)).collect();
    let condition = parts.first().filter(|_| !wanted.is_empty())?;
    let list = MetaList { tokens: quote!(#condition, #(#wanted),*), ..list.clone() };
    Some(Attribute { meta: Meta::List(list), ..attr.clone() })
}

fn is_cfg(meta: &Meta) -> bool {
    meta.path().is_ident("cfg")
}

fn is_level(meta: &Meta) -> bool {
    ["allow", "warn", "deny", "forbid"].iter().any(|level| meta.path().is_ident(level))
}

/// True for `deprecated`, `doc(hidden)` and `doc(cfg(...))`.
fn is_note(meta: &Meta) -> bool {
    match meta {
        Meta::List(list) if list.path.is_ident("doc") => {
            let first = list.tokens.clone().into_iter().next().map(|first| first.to_string());
            matches!(first.as_deref(), Some("hidden" | "cfg"))
        }
        meta => meta.path().is_ident("deprecated"),
    }
}
