//! Reads an enum into its model, and checks its shape.

use super::attribute::{self, OnVariant};
use super::model::{Event, Other, Variant};
use super::names;
use crate::attributes::documentation;
use crate::errors::Errors;
use crate::known::{Kind, find};
use crate::types::{arguments, last_segment};
use syn::ext::IdentExt;
use syn::{Data, DataEnum, DeriveInput, Fields, GenericArgument, Ident, Type};

pub(super) fn read(input: DeriveInput, errors: &mut Errors) -> Event {
    let said = attribute::on_enum(&input.attrs, errors);
    let mut event = Event {
        name: input.ident,
        generics: input.generics,
        runtime: said.runtime,
        is_strict: said.is_strict,
        variants: Vec::new(),
        other: None,
    };
    match input.data {
        Data::Enum(data) => variants(&mut event, data, errors),
        Data::Struct(data) => errors.over(data.struct_token, NOT_AN_ENUM),
        Data::Union(data) => errors.over(data.union_token, NOT_AN_ENUM),
    }
    event
}

const NOT_AN_ENUM: &str = "`WebhookEvent` needs an enum with a variant for each event: \
     `enum Event<'a> { #[event(\"push\")] Push(Push<'a>), #[event(other)] Other(UnknownEvent<'a>) }`\n\
     a payload of a single type only needs `Deserialize`";

fn variants(event: &mut Event, data: DataEnum, errors: &mut Errors) {
    let mut catch_all: Option<Ident> = None;
    let mut has_unmarked_catch_all = false;
    for variant in data.variants {
        let said = attribute::on_variant(&variant.attrs, errors);
        for field in &variant.fields {
            attribute::on_field(&field.attrs, errors);
        }
        let OnVariant { names, other: Some(at), .. } = said else {
            if !said.is_marked {
                unmarked(&variant, event, errors);
            }
            has_unmarked_catch_all |= holds_unknown(&variant, event);
            let payload = payload(&variant, event, !said.names.is_empty(), errors);
            event.variants.push(Variant {
                name: variant.ident,
                events: said.names,
                is_unlisted: said.unlisted.is_some(),
                documentation: documentation(&variant.attrs),
                payload,
            });
            continue;
        };
        if let Some(name) = names.first() {
            let hint =
                "`other` is for events without a variant: give this one a variant of its own";
            errors.at(name.span(), hint);
        }
        if let Some(catch_all) = &catch_all {
            errors.at(
                at,
                format!(
                    "`{catch_all}` takes all other events already: only one variant can do that"
                ),
            );
        }
        let ty = catch_all_type(&variant, event, errors);
        catch_all.get_or_insert_with(|| variant.ident.clone());
        event.other = ty.map(|ty| Other { name: variant.ident, ty });
    }
    names::check(&event.variants, errors);
    if catch_all.is_none() && !has_unmarked_catch_all {
        errors.at(event.name.span(), no_other(event));
    }
}

fn no_other(event: &Event) -> String {
    let unknown = unknown(event);
    let on_the_enum = needs_lifetime(event);
    format!(
        "no variant takes the other events: add `#[event(other)] Other({unknown})`{on_the_enum}\n\
         it also receives events that the provider adds in the future"
    )
}

/// Reports a variant without events.
fn unmarked(variant: &syn::Variant, event: &Event, errors: &mut Errors) {
    let name = &variant.ident;
    let hint = if holds_unknown(variant, event) {
        format!("`{name}` has no event: if it takes all others, write `#[event(other)]` above it")
    } else {
        format!(
            "`{name}` has no event: write its name above it, `#[event(\"{}\")]`",
            snake_case(&name.unraw().to_string())
        )
    };
    errors.at(name.span(), hint);
}

fn holds_unknown(variant: &syn::Variant, event: &Event) -> bool {
    variant.fields.iter().any(|field| is_unknown(&field.ty, event))
}

/// The type of the variant's only field.
fn payload(
    variant: &syn::Variant,
    event: &Event,
    is_named: bool,
    errors: &mut Errors,
) -> Option<Type> {
    let name = &variant.ident;
    let (at, hint) = match &variant.fields {
        Fields::Unit => return None,
        Fields::Unnamed(fields) => match &Vec::from_iter(&fields.unnamed)[..] {
            [field] => {
                if is_named && is_unknown(&field.ty, event) {
                    let lifetime = lifetime(event);
                    errors.over(
                        &field.ty,
                        format!(
                            "`UnknownEvent` is for the variant `#[event(other)]`: put the type of \
                             this event here, or `&{lifetime} Delivery` for the raw bytes"
                        ),
                    );
                }
                return Some(field.ty.clone());
            }
            [] => {
                let hint = format!("a variant without payload has no parentheses: `{name}`");
                (fields.paren_token.span, hint)
            }
            _ => {
                let hint = format!(
                    "a variant holds one payload, as in `{name}({name})`: put these into a struct \
                     that derives `Deserialize`"
                );
                (fields.paren_token.span, hint)
            }
        },
        Fields::Named(fields) => {
            let hint = format!(
                "a variant holds its payload in parentheses, as in `{name}({name})`: put these fields \
                 into a struct that derives `Deserialize`"
            );
            (fields.brace_token.span, hint)
        }
    };
    errors.at(at.join(), hint);
    None
}

/// The type of the field of the variant that takes all other events.
fn catch_all_type(variant: &syn::Variant, event: &Event, errors: &mut Errors) -> Option<Type> {
    let hint = || {
        let (name, unknown) = (&variant.ident, unknown(event));
        let on_the_enum = needs_lifetime(event);
        format!(
            "the variant for all other events has to hold the event itself: write \
             `{name}({unknown})`{on_the_enum}"
        )
    };
    let at = match &variant.fields {
        Fields::Unit => variant.ident.span(),
        Fields::Named(fields) => fields.brace_token.span.join(),
        Fields::Unnamed(fields) => match &Vec::from_iter(&fields.unnamed)[..] {
            [field] => {
                if is_static_unknown(&field.ty, event) {
                    let why = "an `UnknownEvent` borrows from its delivery, which is not `'static`";
                    errors.over(&field.ty, format!("{why}\n{}", hint()));
                }
                return Some(field.ty.clone());
            }
            _ => fields.paren_token.span.join(),
        },
    };
    errors.at(at, hint());
    None
}

/// The type of the variant for other events, with the enum's own lifetime.
fn unknown(event: &Event) -> String {
    format!("UnknownEvent<{}>", lifetime(event))
}

fn lifetime(event: &Event) -> String {
    let first = event.generics.lifetimes().next();
    first.map_or("'a".to_owned(), |first| first.lifetime.to_string())
}

/// The hint for an enum without a lifetime, which that type needs.
fn needs_lifetime(event: &Event) -> String {
    let Event { name, generics, .. } = event;
    if generics.params.is_empty() {
        format!(", and make it `enum {name}<'a>`")
    } else if generics.lifetimes().next().is_none() {
        ", and give the enum the lifetime `'a`".to_owned()
    } else {
        String::new()
    }
}

/// True for the runtime's `UnknownEvent`.
fn is_unknown(ty: &Type, event: &Event) -> bool {
    find(ty, event.runtime.as_ref()).is_some_and(|found| found.known.kind == Kind::UnknownEvent)
}

fn is_static_unknown(ty: &Type, event: &Event) -> bool {
    let lifetimes = last_segment(ty).into_iter().flat_map(arguments);
    is_unknown(ty, event)
        && lifetimes.into_iter().any(|argument| {
            matches!(argument, GenericArgument::Lifetime(lifetime) if lifetime.ident == "static")
        })
}

/// Turns `IssueOpened` into `issue_opened`, as most providers write it.
fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_uppercase() && !snake.is_empty() {
            snake.push('_');
        }
        snake.extend(letter.to_lowercase());
    }
    snake
}
