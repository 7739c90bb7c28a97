//! The option `inbox`, and the options that it has itself.

use crate::args::{Args, Given, Row, Setter};
use crate::errors::Errors;
use crate::list::Options;
use crate::times::{self, Mistake};
use crate::values::{string, ungroup};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{ParseStream, Parser};
use syn::{Expr, ExprLit, ExprUnary, Lit, UnOp};

#[rustfmt::skip]
const ROWS: &[Row] = &[
    Row { name: "concurrency",  example: "inbox(concurrency = 4)",            read: number,    required: false },
    Row { name: "rate",         example: r#"inbox(rate = "100/s")"#,          read: rate,      required: false },
    Row { name: "max_attempts", example: "inbox(max_attempts = 5)",           read: number,    required: false },
    Row { name: "backoff",      example: r#"inbox(backoff = "1s..1h")"#,      read: backoff,   required: false },
    Row { name: "timeout",      example: r#"inbox(timeout = "30s")"#,         read: duration,  required: false },
    Row { name: "max_age",      example: r#"inbox(max_age = "1d")"#,          read: duration,  required: false },
    Row { name: "order_by",     example: r#"inbox(order_by = "/account/id")"#, read: order_by, required: false },
    Row { name: "keep",         example: r#"inbox(keep = "7d")"#,             read: retention, required: false },
    Row { name: "keep_dead",    example: r#"inbox(keep_dead = "90d")"#,       read: retention, required: false },
    Row { name: "drop_body",    example: "inbox(drop_body)",                  read: drop_body, required: false },
];

const OPTIONS: Options = Options { rows: ROWS, unknown };

/// `inbox`, or `inbox(...)` with options.
pub(crate) fn read(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((name, list)) = given.flag_or_list(errors) else {
        return;
    };
    args.inbox = true;
    args.setters.push(Setter { name, value: TokenStream::new(), constant: None });
    let options = |input: ParseStream| OPTIONS.read(input, args, errors).map(|_| ());
    if let Err(error) = options.parse2(list) {
        errors.push(error);
    }
}

/// An example of one of these options, by its name.
pub(crate) fn example(name: &str) -> Option<&'static str> {
    ROWS.iter().find(|row| row.name == name).map(|row| row.example)
}

fn unknown(name: &str, meant: Option<&str>) -> String {
    let meant = meant.map_or(String::new(), |meant| format!("; did you mean `{meant}`?"));
    format!("`inbox` has no option `{name}`{meant}\nits options are {}", OPTIONS.names())
}

fn set(args: &mut Args, name: Ident, value: TokenStream) {
    args.inbox_setters.push(Setter { name, value, constant: None });
}

/// The same option by another method.
fn by(name: &Ident, method: &str) -> Ident {
    Ident::new(method, name.span())
}

fn literal(value: &Expr) -> Option<&Lit> {
    match ungroup(value) {
        Expr::Lit(ExprLit { lit, .. }) => Some(lit),
        _ => None,
    }
}

/// Reads a number of at least 1. The compiler checks the type of an expression.
fn number(args: &mut Args, given: Given, errors: &mut Errors) {
    let example = given.row.example;
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    let is_negative = match ungroup(&value) {
        Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => literal(expr).is_some(),
        _ => false,
    };
    match literal(&value) {
        Some(Lit::Int(int)) if int.base10_digits() != "0" => {}
        None if !is_negative => {}
        Some(Lit::Int(_)) | None => {
            errors.over(&value, format!("`{name}` is at least 1: `{example}`"));
        }
        Some(_) => errors.over(&value, format!("`{name}` is a whole number: `{example}`")),
    }
    set(args, name, value.into_token_stream());
}

/// Reads a rate, as a text or as an expression.
fn rate(args: &mut Args, given: Given, errors: &mut Errors) {
    let example = given.row.example;
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    let Some(lit) = literal(&value) else {
        set(args, name, value.into_token_stream());
        return;
    };
    match string(&value).map(|text| times::rate(&text.value())) {
        Some(Ok((starts, seconds))) => {
            let value = quote_spanned!(lit.span()=> #starts, #seconds);
            set(args, by(&name, "rate_in"), value);
        }
        Some(Err(mistake)) => told(lit, &name, &mistake, example, errors),
        None => errors.over(lit, format!("a rate is a number in a time: `{example}`")),
    }
}

/// Reads a time that is longer than 0.
fn duration(args: &mut Args, given: Given, errors: &mut Errors) {
    time(args, given, false, errors);
}

/// Reads a time, which can be 0.
fn retention(args: &mut Args, given: Given, errors: &mut Errors) {
    time(args, given, true, errors);
}

fn time(args: &mut Args, given: Given, may_be_zero: bool, errors: &mut Errors) {
    let example = given.row.example;
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    let Some(lit) = literal(&value) else {
        set(args, name, value.into_token_stream());
        return;
    };
    match times::of_literal(lit) {
        Ok(0) if !may_be_zero => told(lit, &name, &Mistake::Zero, example, errors),
        Ok(millis) => set(args, name, duration_of(millis, lit.span())),
        Err(mistake) => told(lit, &name, &mistake, example, errors),
    }
}

/// Reads the first and the longest pause, as a text or as an expression.
fn backoff(args: &mut Args, given: Given, errors: &mut Errors) {
    let example = given.row.example;
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    if let Expr::Range(range) = ungroup(&value) {
        errors.over(range, format!("the first and the longest pause are one text: `{example}`"));
        return;
    }
    let Some(lit) = literal(&value) else {
        set(args, name, value.into_token_stream());
        return;
    };
    let both = string(&value).map(|text| times::range(&text.value()));
    match both {
        Some(Ok((first, longest))) => {
            let [first, longest] = [first, longest].map(|millis| duration_of(millis, lit.span()));
            set(args, by(&name, "backoff_between"), quote!(#first, #longest));
        }
        Some(Err(mistake)) => told(lit, &name, &mistake, example, errors),
        None => {
            let hint = format!("the first and the longest pause are a text: `{example}`");
            errors.over(lit, hint);
        }
    }
}

fn drop_body(args: &mut Args, given: Given, errors: &mut Errors) {
    let example = given.row.example;
    let Some((name, list)) = given.flag_or_list(errors) else {
        return;
    };
    if !list.is_empty() {
        errors.over(list, format!("`drop_body` has no options: write `{example}`"));
    }
    let value = quote_spanned!(name.span()=> true);
    set(args, name, value);
}

/// Reads the ordering key. A string literal is a JSON pointer. The compiler checks any other
/// expression.
fn order_by(args: &mut Args, given: Given, errors: &mut Errors) {
    let Some((name, value)) = given.value(errors) else {
        return;
    };
    let Some(pointer) = string(&value) else {
        set(args, name, value.into_token_stream());
        return;
    };
    if !pointer.value().starts_with('/') {
        errors.at(
            pointer.span(),
            "a JSON pointer begins with `/`: `order_by = \"/account/id\"`\n\
             for a header: `order_by = Field::header(\"x-account\")`",
        );
    }
    set(args, by(&name, "order_by_pointer"), value.to_token_stream());
}

/// Reports a mistake in a text.
fn told(lit: &Lit, name: &Ident, mistake: &Mistake, example: &str, errors: &mut Errors) {
    let message = match mistake {
        Mistake::Zero => format!("`{name}` must not be 0: `{example}`"),
        Mistake::TooLarge => format!("this is too much for `{name}`: `{example}`"),
        Mistake::UpsideDown => {
            format!("the first pause is longer than the longest: `{example}`")
        }
        Mistake::NoRange => {
            format!("`{name}` goes from the first to the longest pause: `{example}`")
        }
        Mistake::NoRate => format!("`{name}` is a whole number in a time: `{example}`"),
        Mistake::NoTime => format!("a time is a whole number with a unit: `{example}`"),
        Mistake::Unit { units, right } => {
            let written = right
                .as_ref()
                .map_or(example.to_owned(), |right| format!("inbox({name} = \"{right}\")"));
            format!("the unit of a time is {units}: `{written}`")
        }
    };
    errors.over(lit, message);
}

fn duration_of(millis: u64, span: Span) -> TokenStream {
    quote_spanned!(span=> ::core::time::Duration::from_millis(#millis))
}
