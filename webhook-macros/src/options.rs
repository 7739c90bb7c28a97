//! Readers for the options of `#[webhook(...)]`, one function for each kind of value.

use crate::args::{Args, Given, Setter};
use crate::errors::Errors;
use crate::values::{crate_path, string, ungroup};
use crate::{durations, name as endpoint_name, path, variables};
use quote::{ToTokens, quote_spanned};
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, ExprLit, Token};

/// Passes any expression on to the endpoint's builder. The compiler checks its type.
pub(crate) fn expression(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    args.setters.push(Setter { name, value: value.into_token_stream(), constant: None });
}

/// Reads a duration, and rejects a literal, which has no unit or none that Rust knows.
pub(crate) fn duration(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    if let Expr::Lit(ExprLit { lit, .. }) = ungroup(&value)
        && let Some(call) = durations::call(lit)
    {
        let hint =
            format!("a duration needs a unit: `{name} = {call}`, with `use std::time::Duration`");
        errors.over(lit, hint);
    }
    args.setters.push(Setter { name, value: value.into_token_stream(), constant: None });
}

/// Reads a constant of the runtime's type `Provider`, which is passed by reference.
pub(crate) fn provider(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    if let Some(lit) = string(&value) {
        let constant = lit.value().to_uppercase().replace(['-', ' '], "_");
        let hint = format!(
            "a provider is a constant: `provider = {constant}`, with \
             `use webhook_runtime::providers::{constant}`, if that provider is built in"
        );
        errors.over(lit, hint);
    }
    args.setters.push(Setter {
        name,
        value: value.into_token_stream(),
        constant: Some("Provider"),
    });
}

pub(crate) fn runtime(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((_, value)) = given.value(errors) else {
        return;
    };
    args.runtime = crate_path(&value, errors);
}

pub(crate) fn path(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((_, value)) = given.value(errors) else {
        return;
    };
    let Some(lit) = string(&value) else {
        errors.over(
            value,
            "the path is a string literal, so that it can be checked here: `path = \"/webhook\"`",
        );
        return;
    };
    for mistake in path::mistakes(&lit.value()) {
        errors.at(lit.span(), mistake);
    }
    args.path = Some(lit.clone());
}

pub(crate) fn name(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    match string(&value) {
        None => errors.over(
            &value,
            "the name is a string literal, so that it can be checked here: `name = \"orders\"`",
        ),
        Some(lit) => {
            if let Err(mistake) = endpoint_name::check(&lit.value()) {
                errors.at(lit.span(), mistake);
            }
        }
    }
    args.setters.push(Setter { value: value.to_token_stream(), name, constant: None });
}

pub(crate) fn verify_token_env(args: &mut Args, given: Given, errors: &mut Errors) {
    let example = given.row.example;
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    match string(&value) {
        None => errors.over(
            &value,
            format!("the name of an environment variable is a string literal: `{example}`"),
        ),
        Some(lit) => {
            if let Err(mistake) = variables::check(&lit.value(), example) {
                errors.at(lit.span(), mistake);
            }
        }
    }
    args.setters.push(Setter { value: value.to_token_stream(), name, constant: None });
}

pub(crate) fn secret_env(args: &mut Args, given: Given, errors: &mut Errors) {
    let example = given.row.example;
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    let one = std::slice::from_ref(&value);
    let names = match ungroup(&value) {
        Expr::Array(array) => &array.elems.iter().cloned().collect::<Vec<_>>(),
        _ => one,
    };
    if names.is_empty() {
        errors.over(&value, format!("`secret_env` needs at least one name: `{example}`"));
    }

    let mut seen: Vec<String> = Vec::new();
    for name in names {
        let Some(lit) = string(name) else {
            let hint = match listed(name) {
                Some(names) => format!("several names are an array: `secret_env = {names}`"),
                None => {
                    format!("the name of an environment variable is a string literal: `{example}`")
                }
            };
            errors.over(name, hint);
            continue;
        };
        let text = lit.value();
        if seen.contains(&text) {
            errors.at(lit.span(), format!("`{text}` is named twice"));
        } else if let Some(names) = variables::several(&text) {
            let hint = format!("several names are an array: `secret_env = {}`", array(&names));
            errors.at(lit.span(), hint);
        } else if let Err(mistake) = variables::check(&text, example) {
            errors.at(lit.span(), mistake);
        }
        seen.push(text);
    }
    args.setters.push(Setter {
        value: quote_spanned!(name.span()=> &[#(#names),*]),
        name,
        constant: None,
    });
}

/// The array for names in a tuple, a `vec!` or a slice.
fn listed(value: &Expr) -> Option<String> {
    let elements: Vec<Expr> = match ungroup(value) {
        Expr::Tuple(tuple) => tuple.elems.iter().cloned().collect(),
        Expr::Array(array) => array.elems.iter().cloned().collect(),
        Expr::Paren(paren) => vec![(*paren.expr).clone()],
        Expr::Reference(reference) => return listed(&reference.expr),
        Expr::Macro(call) => {
            let list = Punctuated::<Expr, Token![,]>::parse_terminated;
            list.parse2(call.mac.tokens.clone()).ok()?.into_iter().collect()
        }
        _ => return None,
    };
    let names: Option<Vec<String>> =
        elements.iter().map(|element| Some(string(element)?.value())).collect();
    let names = names.filter(|names| !names.is_empty())?;
    Some(array(&names.iter().map(String::as_str).collect::<Vec<_>>()))
}

/// `["A", "B"]`
fn array(names: &[&str]) -> String {
    format!("{names:?}")
}
