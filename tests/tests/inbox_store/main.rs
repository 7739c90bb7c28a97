//! The suite of the test kit for stores, on every engine and on the example of a store of one's own.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod flawed;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "../inbox/mod.rs"]
mod inbox;

use std::sync::{Arc, Mutex};

use inbox::place::Place;
use webhook_runtime::{
    inbox::InboxBuilder,
    testing::store::{CASES, Case, Target},
};

/// The stores of a place. Their inboxes live as long as the place.
fn target(place: Option<Place>) -> Option<Target> {
    let place = Arc::new(place?);
    let inboxes = Arc::new(Mutex::new(Vec::new()));
    Some(Target::new(move || {
        let (place, inboxes) = (Arc::clone(&place), Arc::clone(&inboxes));
        async move {
            let inbox = place.open().await;
            let store = Arc::clone(inbox.store());
            inboxes.lock().unwrap().push(inbox);
            store
        }
    }))
}

webhook_runtime::testing::store!(
    mod memory,
    target(Place::memory().await)
        .map(|target| target.without_sharing().without_transactions())
);
webhook_runtime::testing::store!(mod foreign, target(Place::foreign().await));
webhook_runtime::testing::store!(mod sqlite, target(Place::sqlite().await));
webhook_runtime::testing::store!(mod postgres, target(Place::postgres().await));
webhook_runtime::testing::store!(mod pooled, target(Place::pooled().await));

/// A target that is no `Option`, and the module without a name.
mod by_itself {
    use super::*;

    webhook_runtime::testing::store!(
        Target::new(|| async {
            let inbox = InboxBuilder::default().open_in_memory().unwrap();
            Arc::clone(inbox.store())
        })
        .keep(String::new())
        .without_sharing()
        .without_transactions()
    );
}

#[test]
fn every_case_is_in_the_table() {
    let table = include_str!("../../../webhook-runtime/src/testing/store/mod.rs");
    for name in CASES.iter().map(Case::name) {
        assert!(table.contains(&format!("//! | `{name}` | ")), "{name}");
    }
    assert_eq!(table.matches("//! | `").count(), CASES.len());
}
