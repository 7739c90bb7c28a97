//! The names of events: how one is written, and what they are to one another.
//!
//! At run time the most specific name is chosen. What is checked here is that an enum reads as it
//! works: from top to bottom, the first variant that fits is the one that is chosen.

use super::model::Variant;
use crate::errors::Errors;
use syn::{Ident, LitStr};

struct Name<'v> {
    variant: &'v Ident,
    lit: &'v LitStr,
    text: String,
}

impl Name<'_> {
    /// Whether this is the other's name without its last words.
    fn is_general_of(&self, other: &Self) -> bool {
        other.text.strip_prefix(&self.text).is_some_and(|rest| rest.starts_with('.'))
    }
}

pub(crate) fn check(variants: &[Variant], errors: &mut Errors) {
    let mut names: Vec<Name<'_>> = Vec::new();
    for variant in variants {
        for lit in &variant.events {
            let name = Name { variant: &variant.name, lit, text: lit.value() };
            if let Some(mistake) = mistake(&name.text) {
                errors.at(lit.span(), mistake);
            } else if let Some(first) = names.iter().find(|first| first.text == name.text) {
                twice(first, &name, errors);
            } else {
                names.push(name);
            }
        }
    }
    for (at, general) in names.iter().enumerate() {
        let specific = |name: &&Name<'_>| general.is_general_of(name);
        // The last one, because that is the place to move the general one to.
        if let Some(last) =
            names[at..].iter().rfind(|name| name.variant != general.variant && specific(name))
        {
            errors.at(general.lit.span(), too_early(general, last));
        }
        for redundant in names.iter().filter(|name| name.variant == general.variant) {
            if specific(&redundant) {
                let hint = format!("`{}` takes this one as well: leave it out", general.text);
                errors.at(redundant.lit.span(), hint);
            }
        }
    }
}

fn twice(first: &Name<'_>, again: &Name<'_>, errors: &mut Errors) {
    let text = &again.text;
    errors.at(
        again.lit.span(),
        if first.variant == again.variant {
            format!("`{text}` is named twice")
        } else {
            format!("`{text}` makes `{}` already: an event has one variant", first.variant)
        },
    );
}

fn too_early(general: &Name<'_>, specific: &Name<'_>) -> String {
    let [early, late] = [general, specific].map(|name| name.variant);
    format!(
        "`{}` is tried after `{}`, which is more specific: move `{early}` behind `{late}`\n\
         what fits comes first, so that the enum reads as it works",
        general.text, specific.text
    )
}

/// What no provider calls an event.
fn mistake(name: &str) -> Option<String> {
    let hint = if name.trim().is_empty() {
        "the name of the event is empty: write it as the provider does, `#[event(\"push\")]`".into()
    } else if name.contains(char::is_control) {
        "the name of an event has no control characters, such as tabs and line breaks".into()
    } else if name.trim() != name {
        let meant = name.trim();
        format!("the name of an event has no spaces around it: `#[event(\"{meant}\")]`")
    } else if let Some(general) = name.strip_suffix(".*").filter(|name| !name.contains('*')) {
        format!(
            "there are no wildcards: `#[event(\"{general}\")]` takes every action of `{general}`; \
             where the provider has no actions, list the names"
        )
    } else if name.contains('*') {
        "there are no wildcards: list the names, or leave them to `#[event(other)]`".into()
    } else if name.split('.').any(str::is_empty) {
        "the name of an event neither begins nor ends with a dot, nor has two in a row: \
         `#[event(\"issues.opened\")]`"
            .into()
    } else {
        return None;
    };
    Some(hint)
}
