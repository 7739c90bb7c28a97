//! Duplicates and claims in the store of each engine. The tests are brief, since `cargo mutants`
//! runs them often. Tests of workers are in `inbox_engines.rs`.
//!
//! The tests start PostgreSQL in a temporary directory if it is installed. If not, its tests say so
//! and pass.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[allow(dead_code, reason = "shared with other tests")]
mod inbox;

use inbox::{
    claim, commit,
    place::{self, Place},
};

/// One test for each case, on one engine.
macro_rules! on {
    ($engine:ident: $($suite:ident: $($case:ident)*;)*) => {
        mod $engine {
            use super::*;

            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    if let Some(place) = Place::$engine().await {
                        place::in_time($suite::$case(place)).await;
                    }
                }
            )*)*
        }
    };
}

/// The cases that run on every engine.
macro_rules! everywhere {
    ($engine:ident $($more:ident)*) => { everywhere! { $engine $($more)*; } };
    ($engine:ident $($more:ident)*; $($suites:tt)*) => {
        on! { $engine:
            claim: duplicates_get_the_first_id many_are_stored_at_once keys_are_kept_for_their_retention
            due_jobs_are_claimed_once lost_jobs_come_before_new_ones
            running_jobs_are_not_claimed_again crash_suspects_are_claimed_alone
            a_crash_suspect_uses_capacity jobs_lost_too_often_are_dead a_retry_waits_for_its_time
            one_job_per_key_is_claimed only_the_last_claim_counts
            $($more)*;
            $($suites)*
        }
    };
}

/// The same, on the engines that do everything that is queued in one go.
macro_rules! at_once {
    ($engine:ident $($more:ident)*) => {
        everywhere! { $engine $($more)*;
            commit: everything_is_done_in_one_go a_prefetched_job_counts_when_it_starts
                what_ends_counts_once an_uncounted_poison_dies_in_time
                bodies_are_read_as_they_were_sent;
        }
    };
}

at_once! { memory retries_and_new_ones_take_turns }

everywhere! { foreign unreadable_jobs_are_dead retries_and_new_ones_take_turns }

at_once! { sqlite
    unreadable_jobs_are_dead retries_and_new_ones_take_turns polling_needs_no_write_lock
    the_query_plan_is_available
}

at_once! { postgres
    unreadable_jobs_are_dead retries_and_new_ones_take_turns the_query_plan_is_available
}
