//! The names of events that providers list. The macros have a copy of all of them, because a macro
//! cannot read the constants of the runtime.

use std::{collections::BTreeSet, fmt::Write as _};

use webhook_runtime::{Provider, providers::ALL};

const COPY: &str = "webhook-macros/src/event/published.rs";

/// The providers that list their events.
fn listing() -> impl Iterator<Item = &'static Provider> {
    ALL.iter().copied().filter(|provider| !provider.event_names().is_empty())
}

#[test]
fn the_macros_know_the_names_of_all_providers() {
    let names: BTreeSet<&str> = listing().flat_map(Provider::event_names).copied().collect();
    let mut copy = "//! The names of events that some provider of the runtime lists, to suggest one for a name that\n\
                    //! none does. A test writes this file: `UPDATE_DOCS=1 cargo test -p webhook-tests --test docs`.\n\n\
                    pub(super) const NAMES: &[&str] = &[\n"
        .to_owned();
    for name in names {
        writeln!(copy, "    {name:?},").expect("a text");
    }
    copy += "];\n";
    super::compare(COPY, &copy);
}

#[test]
fn lists_of_events_are_in_order() {
    assert!(listing().count() >= 10, "the lists are found");
    for provider in listing() {
        let (name, events) = (provider.name(), provider.event_names());
        assert!(events.is_sorted_by(|one, next| one < next), "{name}: not in order, or twice");
        let is_whole = |event: &&str| !event.is_empty() && event.trim() == *event;
        assert!(events.iter().all(is_whole), "{name}: an empty name, or one with spaces around it");
        assert!(provider.event().is_some(), "{name}: lists events, but says not where they are");
    }
}
