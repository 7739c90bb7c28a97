//! The grammar of `#[event(...)]`: names above a variant, options above the enum.

use crate::errors::Errors;
use crate::misspelt::closest;
use crate::values::{crate_path, expression, until_comma};
use proc_macro2::{Group, Span};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Ident, Lit, LitStr, Meta, Path, Token, token};

/// The attributes of the enum.
#[derive(Default)]
pub(crate) struct OnEnum {
    pub(crate) is_strict: bool,
    /// The path of the runtime crate, if `crate = ...` sets it.
    pub(crate) runtime: Option<Path>,
}

/// The attributes of a variant.
#[derive(Default)]
pub(crate) struct OnVariant {
    pub(crate) names: Vec<LitStr>,
    /// The place of `other`.
    pub(crate) other: Option<Span>,
    /// The place of `unlisted`.
    pub(crate) unlisted: Option<Span>,
    /// Set by any `#[event(...)]`, even a wrong one, whose mistakes are reported already.
    pub(crate) is_marked: bool,
}

#[derive(Clone, Copy, PartialEq)]
enum Place {
    Enum,
    Variant,
}

struct Word {
    name: &'static str,
    place: Place,
    /// An example for the error messages.
    example: &'static str,
}

#[rustfmt::skip]
const WORDS: &[Word] = &[
    Word { name: "other",    place: Place::Variant, example: "#[event(other)]" },
    Word { name: "unlisted", place: Place::Variant, example: "#[event(\"push\", unlisted)]" },
    Word { name: "strict",   place: Place::Enum,    example: "#[event(strict)]" },
    Word { name: "crate",    place: Place::Enum,    example: "#[event(crate = some::path)]" },
];

/// Words that others use for `other`.
const OTHER: [&str; 8] =
    ["_", "any", "catch_all", "default", "else", "fallback", "rest", "unknown"];

/// One part of an attribute.
enum Item {
    Name(LitStr),
    Word(&'static Word, Ident, Option<Expr>),
}

pub(crate) fn on_enum(attrs: &[Attribute], errors: &mut Errors) -> OnEnum {
    let mut said = OnEnum::default();
    let mut seen = Vec::new();
    for item in items(attrs, Place::Enum, errors) {
        let (word, key, value) = match item {
            Item::Name(name) => {
                errors.at(
                    name.span(),
                    format!(
                        "the name of an event belongs above its variant: \
                         move `#[event({})]` there",
                        name.token()
                    ),
                );
                continue;
            }
            Item::Word(word, ..) if word.place != Place::Enum => {
                let Item::Word(_, key, _) = item else { continue };
                errors.at(key.span(), of_a_variant(word));
                continue;
            }
            Item::Word(word, key, value) => (word, key, value),
        };
        if seen.contains(&word.name) {
            errors.at(key.span(), format!("`{}` is given twice", word.name));
            continue;
        }
        seen.push(word.name);
        match (word.name, value) {
            ("crate", Some(value)) => said.runtime = crate_path(&value, errors),
            ("crate", None) => {
                errors.at(key.span(), format!("`crate` needs a value: `{}`", word.example));
            }
            (_, value) => {
                said.is_strict = true;
                no_value(word, value, errors);
            }
        }
    }
    said
}

pub(crate) fn on_variant(attrs: &[Attribute], errors: &mut Errors) -> OnVariant {
    let mut said = OnVariant { is_marked: attrs.iter().any(is_ours), ..OnVariant::default() };
    for item in items(attrs, Place::Variant, errors) {
        match item {
            Item::Name(name) => said.names.push(name),
            Item::Word(word, key, value) if word.place == Place::Variant => {
                let seen = if word.name == "other" { &mut said.other } else { &mut said.unlisted };
                if seen.replace(key.span()).is_some() {
                    errors.at(key.span(), format!("`{}` is given twice", word.name));
                }
                no_value(word, value, errors);
            }
            Item::Word(word, key, _) => errors.at(
                key.span(),
                format!(
                    "`{}` applies to the whole enum: put `{}` above it",
                    word.name, word.example
                ),
            ),
        }
    }
    if let Some(at) = said.unlisted.filter(|_| said.names.is_empty()) {
        let hint = "`unlisted` stands behind the name of an event: `#[event(\"push\", unlisted)]`";
        errors.at(at, hint);
    }
    said
}

/// The hint for a word of a variant above the enum.
fn of_a_variant(word: &Word) -> &'static str {
    if word.name == "other" {
        "`other` marks the variant that takes all other events: \
         put `#[event(other)]` above that variant"
    } else {
        "`unlisted` marks the names of a variant: \
         put it behind them, `#[event(\"push\", unlisted)]`"
    }
}

/// Rejects the attribute on a field.
pub(crate) fn on_field(attrs: &[Attribute], errors: &mut Errors) {
    for attr in attrs.iter().filter(|attr| is_ours(attr)) {
        errors.over(attr, "`#[event(...)]` belongs above the variant, not above its field");
    }
}

fn is_ours(attr: &Attribute) -> bool {
    attr.path().is_ident("event")
}

fn no_value(word: &Word, value: Option<Expr>, errors: &mut Errors) {
    if let Some(value) = value {
        errors.over(value, format!("`{}` has no value: write `{}`", word.name, word.example));
    }
}

/// Reads all items, and goes on after a mistake.
fn items(attrs: &[Attribute], place: Place, errors: &mut Errors) -> Vec<Item> {
    let mut items = Vec::new();
    for attr in attrs.iter().filter(|attr| is_ours(attr)) {
        let (what, example) = match place {
            Place::Enum => ("the option", "`#[event(strict)]`"),
            Place::Variant => ("the name of the event", "`#[event(\"push\")]`"),
        };
        match &attr.meta {
            Meta::List(list) if list.tokens.is_empty() => {
                errors.over(list, format!("{what} is missing: {example}"));
            }
            Meta::List(list) => {
                let read = |input: ParseStream| {
                    while !input.is_empty() {
                        match item(input, place, errors) {
                            Ok(item) => items.extend(item),
                            Err(error) => errors.push(error),
                        }
                        // The tokens after a mistake belong to it.
                        until_comma(input)?;
                        if !input.is_empty() {
                            input.parse::<Token![,]>()?;
                        }
                    }
                    Ok(())
                };
                if let Err(error) = read.parse2(list.tokens.clone()) {
                    errors.push(error);
                }
            }
            Meta::NameValue(pair) => {
                let written = match &pair.value {
                    Expr::Lit(lit) => format!("`#[event({})]`", lit.to_token_stream()),
                    _ => example.to_owned(),
                };
                errors.over(&attr.meta, format!("{what} belongs in parentheses: {written}"));
            }
            Meta::Path(path) => {
                errors.over(path, format!("{what} is missing: {example}"));
            }
        }
    }
    items
}

fn item(input: ParseStream, place: Place, errors: &mut Errors) -> syn::Result<Option<Item>> {
    if input.peek(Lit) {
        let name: Lit = input.parse()?;
        return match name {
            Lit::Str(name) if input.is_empty() || input.peek(Token![,]) => {
                Ok(Some(Item::Name(name)))
            }
            Lit::Str(_) => Err(input.error("expected a comma between two names")),
            name => Err(syn::Error::new_spanned(name, NOT_A_NAME)),
        };
    }
    if let Some(names) = names_in_brackets(input) {
        let hint = format!("names stand beside each other: `#[event({names})]`");
        return Err(input.error(hint));
    }
    let Ok(key) = input.call(Ident::parse_any) else {
        return Err(input.error(NOT_A_NAME));
    };
    let name = key.unraw().to_string();
    if place == Place::Variant && OTHER.contains(&name.as_str()) {
        let hint = "the variant for all other events is marked `#[event(other)]`";
        errors.at(key.span(), hint);
        return Ok(Some(Item::Word(&WORDS[0], key, None)));
    }
    let Some(word) = WORDS.iter().find(|word| word.name == name) else {
        if let Some(name) = name_behind_equals(input) {
            let hint = format!("the name of an event stands alone: `#[event({name})]`");
            return Err(syn::Error::new(key.span(), hint));
        }
        let follows = !input.is_empty() && !input.peek(Token![,]);
        let meant = closest(&name, WORDS.iter().map(|word| word.name));
        if meant.is_none() && (follows || !name.contains(char::is_lowercase)) {
            return Err(syn::Error::new(key.span(), NOT_A_NAME));
        }
        errors.at(key.span(), unknown(&name, meant));
        // Read it as the word that was probably meant, so that no other error follows.
        let meant = WORDS.iter().find(|word| Some(word.name) == meant && word.name == "other");
        return Ok(meant.map(|word| Item::Word(word, key, None)));
    };
    let value = if input.peek(Token![=]) {
        let equals: Token![=] = input.parse()?;
        if input.is_empty() || input.peek(Token![,]) {
            let hint = format!("a value is missing: `{}`", word.example);
            return Err(syn::Error::new(equals.span, hint));
        }
        Some(expression(input, word.example)?)
    } else if input.peek(token::Paren) {
        let hint = format!("`{name}` has no parentheses: write `{}`", word.example);
        return Err(input.error(hint));
    } else {
        None
    };
    Ok(Some(Item::Word(word, key, value)))
}

const NOT_A_NAME: &str = "the name of an event is a string literal, so that it can be checked \
                          here: `#[event(\"push\")]`";

fn unknown(name: &str, meant: Option<&str>) -> String {
    match meant {
        Some(meant) => format!("there is no option `{name}`; did you mean `{meant}`?"),
        None => format!(
            "there is no option `{name}`: the options are `other`, `unlisted`, `strict` and `crate`\n\
             is it the name of an event? then write it in quotes: `#[event(\"{name}\")]`"
        ),
    }
}

/// The names in `["a", "b"]`.
fn names_in_brackets(input: ParseStream) -> Option<String> {
    if !input.peek(token::Bracket) {
        return None;
    }
    let list = input.fork().parse::<Group>().ok()?.stream();
    let names = Punctuated::<LitStr, Token![,]>::parse_terminated.parse2(list).ok()?;
    if names.is_empty() {
        return None;
    }
    let names: Vec<String> = names.iter().map(|name| name.token().to_string()).collect();
    Some(names.join(", "))
}

/// The name in `name = "push"`.
fn name_behind_equals(input: ParseStream) -> Option<String> {
    let ahead = input.fork();
    ahead.parse::<Token![=]>().ok()?;
    ahead.parse::<LitStr>().ok().map(|name| name.token().to_string())
}
