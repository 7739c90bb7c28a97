//! Checks of the names of events: each by itself, and their order.
//!
//! At run time the most specific name wins. These checks make variants stand in that order, so that
//! the first variant that fits, read from top to bottom, is the one that matches.

use super::model::Variant;
use crate::errors::Errors;
use syn::{Ident, LitStr};

struct Name<'v> {
    variant: &'v Ident,
    lit: &'v LitStr,
    text: String,
}

impl Name<'_> {
    /// True if this is the beginning of the other name, up to a dot.
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
        // The last one: the general name belongs after it.
        if let Some(last) =
            names[at..].iter().rfind(|name| name.variant != general.variant && specific(name))
        {
            errors.at(general.lit.span(), too_early(general, last));
        }
        for redundant in names.iter().filter(|name| name.variant == general.variant) {
            if specific(&redundant) {
                let hint = format!("`{}` includes this name: leave it out", general.text);
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
            format!("`{text}` belongs to `{}` already: an event has one variant", first.variant)
        },
    );
}

fn too_early(general: &Name<'_>, specific: &Name<'_>) -> String {
    let [early, late] = [general, specific].map(|name| name.variant);
    format!(
        "`{}` matches only after `{}`, which is more specific: move `{early}` below `{late}`\n\
         variants stand in the order in which they match",
        general.text, specific.text
    )
}

/// The mistake in a name that no provider uses.
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
        "the name of an event cannot begin or end with a dot, or have two dots in a row: \
         `#[event(\"issues.opened\")]`"
            .into()
    } else {
        return None;
    };
    Some(hint)
}
