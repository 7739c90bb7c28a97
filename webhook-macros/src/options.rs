//! Readers for the options of `#[webhook(...)]`, one function for each kind of value.

use crate::args::{Args, Given, Setter};
use crate::checks::{endpoint_name, env_name, path_mistakes};
use crate::errors::Errors;
use crate::values::{crate_path, string, ungroup};
use quote::{ToTokens, quote_spanned};
use syn::{Expr, ExprLit, Lit};

/// Passes any expression on to the endpoint's builder. The compiler checks its type.
pub(crate) fn expression(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    args.setters.push(Setter { name, value: value.into_token_stream(), constant: None });
}

/// Reads a duration, and rejects a plain number.
pub(crate) fn duration(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    if let Expr::Lit(ExprLit { lit: lit @ (Lit::Int(_) | Lit::Float(_)), .. }) = ungroup(&value) {
        let hint = format!(
            "a duration needs a unit: `{name} = Duration::from_secs({})`, with `use std::time::Duration`",
            lit.to_token_stream()
        );
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
    for mistake in path_mistakes(&lit.value()) {
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
            if let Err(mistake) = endpoint_name(&lit.value()) {
                errors.at(lit.span(), mistake);
            }
        }
    }
    args.setters.push(Setter { value: value.to_token_stream(), name, constant: None });
}

pub(crate) fn verify_token_env(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    match string(&value) {
        None => errors.over(
            &value,
            "the name of an environment variable is a string literal: \
             `verify_token_env = \"VERIFY_TOKEN\"`",
        ),
        Some(lit) => {
            if let Err(mistake) = env_name(&lit.value()) {
                errors.at(lit.span(), mistake);
            }
        }
    }
    args.setters.push(Setter { value: value.to_token_stream(), name, constant: None });
}

pub(crate) fn secret_env(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    let one = std::slice::from_ref(&value);
    let names = match ungroup(&value) {
        Expr::Array(array) => &array.elems.iter().cloned().collect::<Vec<_>>(),
        _ => one,
    };
    if names.is_empty() {
        errors.over(
            &value,
            "`secret_env` needs at least one name: `secret_env = \"WEBHOOK_SECRET\"`",
        );
    }

    let mut seen: Vec<String> = Vec::new();
    for name in names {
        let Some(lit) = string(name) else {
            errors.over(
                name,
                "the name of an environment variable is a string literal: \
                 `secret_env = \"WEBHOOK_SECRET\"`",
            );
            continue;
        };
        let text = lit.value();
        if seen.contains(&text) {
            errors.at(lit.span(), format!("`{text}` is named twice"));
        } else if let Err(mistake) = env_name(&text) {
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
