//! The grammar of `#[webhook(...)]`: one row for each option.

use crate::args::{Args, Form, Given, Row};
use crate::errors::Errors;
use crate::misspelt::closest;
use crate::values::{expression, until_comma};
use crate::{inbox, options};
use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::{Ident, Lit, Token, token};

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { name: "path",             example: r#"path = "/webhook""#,                 read: options::path,             required: true },
    Row { name: "name",             example: r#"name = "orders""#,                   read: options::name,             required: false },
    Row { name: "secret_env",       example: r#"secret_env = "WEBHOOK_SECRET""#,     read: options::secret_env,       required: false },
    Row { name: "verify_token_env", example: r#"verify_token_env = "VERIFY_TOKEN""#, read: options::verify_token_env, required: false },
    Row { name: "provider",         example: "provider = GITHUB",                    read: options::provider,         required: false },
    Row { name: "tolerance",        example: "tolerance = Duration::from_secs(60)",  read: options::duration,         required: false },
    Row { name: "respond_within",    example: "respond_within = Duration::from_secs(2)", read: options::duration,       required: false },
    Row { name: "inbox",            example: "inbox",                                read: inbox::read,      required: false },
    Row { name: "max_body",         example: "max_body = 64 * 1024",                 read: options::expression,       required: false },
    Row { name: "max_in_flight",    example: "max_in_flight = 16",                   read: options::expression,       required: false },
    Row { name: "crate",            example: "crate = my_crate::webhook_runtime",    read: options::runtime,          required: false },
];

/// Options of other frameworks, and what to write instead.
const ELSEWHERE: [(&str, &str); 3] = [
    ("method", "remove it, because an endpoint takes `POST` and what else its provider sends"),
    ("state", "remove it, and take the state as an argument, `State(app): State<App>`"),
    ("timeout", "to respond in time, write `respond_within = Duration::from_secs(2)`"),
];

/// Reads all options, and goes on after a mistake.
pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Args {
    let mut args = Args::default();
    let mut seen = Vec::new();
    // A part that is no option may have been meant as any.
    let mut has_other_parts = false;
    let read = |input: ParseStream| {
        while !input.is_empty() {
            if let Err(error) = option(input, &mut args, &mut seen, errors) {
                has_other_parts |= !input.is_empty() && !input.peek(Token![,]);
                errors.push(error);
                until_comma(input)?;
            }
            separator(input, errors)?;
        }
        Ok(())
    };
    if let Err(error) = read.parse2(tokens) {
        errors.push(error);
    }

    for row in ROWS {
        if row.required && !seen.contains(&row.name) && !has_other_parts {
            errors.at(
                Span::call_site(),
                format!("`{}` is missing: `#[webhook({}, ...)]`", row.name, row.example),
            );
        }
    }
    args
}

/// Reads the comma between two options.
fn separator(input: ParseStream, errors: &mut Errors) -> syn::Result<()> {
    if input.is_empty() || input.parse::<Option<Token![,]>>()?.is_some() {
        return Ok(());
    }
    errors.at(input.span(), "expected a comma between two options");
    input.parse::<Option<Token![;]>>()?;
    // An option may follow. Anything else belongs to the mistake.
    if !input.peek(Ident::peek_any) {
        until_comma(input)?;
        input.parse::<Option<Token![,]>>()?;
    }
    Ok(())
}

fn option(
    input: ParseStream,
    args: &mut Args,
    seen: &mut Vec<&'static str>,
    errors: &mut Errors,
) -> syn::Result<()> {
    if input.peek(Lit) {
        let lit: Lit = input.parse()?;
        // This is probably the path: do not also report that it is missing.
        seen.push(ROWS[0].name);
        let hint = "every option has a name: `path = \"/webhook\"`";
        return Err(syn::Error::new_spanned(lit, hint));
    }
    let Ok(key) = input.call(Ident::parse_any) else {
        return Err(input.error("expected the name of an option: `path = \"/webhook\"`"));
    };
    let key = key.unraw();
    let name = key.to_string();

    let row = ROWS.iter().find(|row| row.name == name);
    let Some(row) = row else {
        let meant = closest(&name, ROWS.iter().map(|row| row.name));
        seen.extend(meant);
        errors.at(key.span(), unknown(&name, meant));
        until_comma(input)?;
        return Ok(());
    };
    if seen.contains(&row.name) {
        errors.at(key.span(), format!("`{name}` is given twice"));
        until_comma(input)?;
        return Ok(());
    }
    seen.push(row.name);

    let form = if input.peek(Token![=]) {
        let equals: Token![=] = input.parse()?;
        if input.is_empty() || input.peek(Token![,]) {
            let hint = format!("`{name}` needs a value: `{}`", row.example);
            return Err(syn::Error::new(equals.span, hint));
        }
        Form::Value(expression(input, row.example)?)
    } else if input.peek(token::Paren) {
        let content;
        let paren = syn::parenthesized!(content in input);
        Form::List(paren, content.parse()?)
    } else if input.is_empty() || input.peek(Token![,]) {
        Form::Flag
    } else {
        let hint = format!("expected `=` and a value: `{}`", row.example);
        return Err(input.error(hint));
    };
    (row.read)(args, Given { row, key, form }, errors);
    Ok(())
}

fn unknown(name: &str, meant: Option<&str>) -> String {
    if let Some((_, hint)) = ELSEWHERE.iter().find(|(other, _)| *other == name) {
        return format!("there is no option `{name}`: {hint}");
    }
    let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
    let names: Vec<_> = ROWS.iter().map(|row| format!("`{}`", row.name)).collect();
    format!("there is no option `{name}`{meant}\nthe options are {}", names.join(", "))
}
