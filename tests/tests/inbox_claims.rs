//! Copies and claims on each of the inbox's engines, asked of the store itself: brief, since
//! `cargo mutants` asks often. What workers make of them is in `inbox_engines.rs`.
//!
//! PostgreSQL is started by the tests, in a directory of its own, wherever its programs are
//! installed; where they are not, its tests say so and pass.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[allow(dead_code, reason = "shared with other tests")]
mod inbox;

use inbox::{
    claim,
    place::{self, Place},
};

/// One test for each case, on one engine.
macro_rules! on {
    ($engine:ident: $($case:ident)*) => {
        mod $engine {
            use super::*;

            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    if let Some(place) = Place::$engine().await {
                        place::in_time(claim::$case(place)).await;
                    }
                }
            )*
        }
    };
}

/// What every engine can do.
macro_rules! everywhere {
    ($engine:ident $($more:ident)*) => {
        on! { $engine:
            a_copy_has_the_number_of_the_first many_are_stored_at_once
            keys_are_kept_as_long_as_was_asked
            what_is_due_is_claimed_once what_was_lost_comes_before_what_is_new
            what_a_worker_is_at_is_not_claimed_anew what_may_end_a_worker_is_claimed_alone
            a_suspect_takes_a_place what_was_lost_too_often_is_given_up a_retry_waits_for_its_time
            one_of_a_line_is_claimed_at_a_time only_the_last_claim_counts
            $($more)*
        }
    };
}

everywhere! { memory retries_and_new_ones_take_turns }

everywhere! { foreign what_cannot_be_read_is_given_up retries_and_new_ones_take_turns }

everywhere! { sqlite
    what_cannot_be_read_is_given_up retries_and_new_ones_take_turns
    a_look_keeps_nobody_from_writing the_plan_is_told
}

everywhere! { postgres
    what_cannot_be_read_is_given_up retries_and_new_ones_take_turns the_plan_is_told
}
