//! From the enum as it was written to its model, and the mistakes that its shape can have.

use super::attribute::{self, OnVariant};
use super::model::{Event, Other, Variant};
use super::names;
use crate::errors::Errors;
use syn::ext::IdentExt;
use syn::{
    Data, DataEnum, DeriveInput, Fields, GenericArgument, Ident, Lifetime, PathArguments, Type,
};

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

const NOT_AN_ENUM: &str = "events are told apart by the variants of an enum: \
     `enum Event<'a> { #[event(\"push\")] Push(Push<'a>), #[event(other)] Other(UnknownEvent<'a>) }`\n\
     a payload of one type needs nothing but `Deserialize`";

fn variants(event: &mut Event, data: DataEnum, errors: &mut Errors) {
    let mut taker: Option<Ident> = None;
    let mut taker_is_unmarked = false;
    for variant in data.variants {
        let said = attribute::on_variant(&variant.attrs, errors);
        for field in &variant.fields {
            attribute::on_field(&field.attrs, errors);
        }
        let OnVariant { names, other: Some(at), .. } = said else {
            if !said.is_marked {
                taker_is_unmarked |= variant.fields.iter().any(|field| is_unknown(&field.ty));
                unmarked(&variant, errors);
            }
            let payload = payload(&variant, errors);
            event.variants.push(Variant { name: variant.ident, events: said.names, payload });
            continue;
        };
        if let Some(name) = names.first() {
            let hint = "`other` takes the events that no variant names: this one needs a variant of \
                        its own";
            errors.at(name.span(), hint);
        }
        if let Some(taker) = &taker {
            errors
                .at(at, format!("`{taker}` takes all other events already: only one variant can"));
        }
        let ty = rest(&variant, event, errors);
        taker.get_or_insert_with(|| variant.ident.clone());
        event.other = ty.map(|ty| Other { name: variant.ident, ty });
    }
    names::check(&event.variants, errors);
    if taker.is_none() && !taker_is_unmarked {
        errors.at(event.name.span(), no_other(event));
    }
}

fn no_other(event: &Event) -> String {
    let unknown = unknown(event);
    let on_the_enum = needs_lifetime(event);
    format!(
        "no variant takes the other events: add `#[event(other)] Other({unknown})`{on_the_enum}\n\
         what the provider invents tomorrow arrives there, and is not lost"
    )
}

/// A variant that says nothing of its events.
fn unmarked(variant: &syn::Variant, errors: &mut Errors) {
    let name = &variant.ident;
    let hint = if variant.fields.iter().any(|field| is_unknown(&field.ty)) {
        format!("`{name}` has no event: if it takes all others, write `#[event(other)]` above it")
    } else {
        format!(
            "`{name}` has no event: write its name above it, `#[event(\"{}\")]`",
            snake_case(&name.unraw().to_string())
        )
    };
    errors.at(name.span(), hint);
}

/// The type of the variant's only field.
fn payload(variant: &syn::Variant, errors: &mut Errors) -> Option<Type> {
    let name = &variant.ident;
    let (at, hint) = match &variant.fields {
        Fields::Unit => return None,
        Fields::Unnamed(fields) => match &Vec::from_iter(&fields.unnamed)[..] {
            [field] => return Some(field.ty.clone()),
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
fn rest(variant: &syn::Variant, event: &Event, errors: &mut Errors) -> Option<Type> {
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
                if is_static_unknown(&field.ty) {
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

/// The type of the rest, as one would write it.
fn unknown(event: &Event) -> String {
    let lifetime = event.generics.lifetimes().next();
    let lifetime = lifetime.map_or("'a".to_owned(), |first| first.lifetime.to_string());
    format!("UnknownEvent<{lifetime}>")
}

/// What has to be said where that type borrows and the enum does not.
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

/// Whether a type is called like the runtime's type of unknown events.
fn is_unknown(ty: &Type) -> bool {
    lifetimes_of_unknown(ty).is_some()
}

fn is_static_unknown(ty: &Type) -> bool {
    lifetimes_of_unknown(ty).unwrap_or_default().iter().any(|lifetime| lifetime.ident == "static")
}

/// The lifetimes of `UnknownEvent<'a>`; `None` if the type is called otherwise.
fn lifetimes_of_unknown(ty: &Type) -> Option<Vec<&Lifetime>> {
    let Type::Path(path) = ungroup(ty) else {
        return None;
    };
    let last = path.path.segments.last().filter(|last| last.ident == "UnknownEvent")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else {
        return Some(Vec::new());
    };
    let mut lifetimes = Vec::new();
    for argument in &arguments.args {
        let GenericArgument::Lifetime(lifetime) = argument else {
            return None;
        };
        lifetimes.push(lifetime);
    }
    Some(lifetimes)
}

/// What is inside the invisible parentheses that `macro_rules` leave.
fn ungroup(mut ty: &Type) -> &Type {
    while let Type::Group(group) = ty {
        ty = &group.elem;
    }
    ty
}

/// `IssueOpened` as most providers would write it.
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
