//! The inbox on each of its engines: what holds on one has to hold on all.
//!
//! PostgreSQL is started by the tests, in a directory of its own, wherever its programs are
//! installed; where they are not, its tests say so and pass.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[allow(dead_code, reason = "shared with other tests")]
mod inbox;

use inbox::{
    dedupe, operate, order,
    place::{self, Place},
    plan, shut, start, tx, work,
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

/// What every engine can do.
macro_rules! everywhere {
    ($engine:ident $($more:tt)*) => {
        on! { $engine:
            dedupe: a_copy_is_recognised copies_that_come_together_are_one tenants_are_apart
                a_key_is_forgotten_in_time;
            work: a_delivery_runs_as_it_came what_fails_is_tried_again
                it_is_not_tried_before_it_may_be what_fails_too_often_is_a_dead_letter
                what_is_refused_is_a_dead_letter_at_once a_panic_is_a_failure
                what_nobody_runs_stays a_lost_lease_is_claimed_anew a_stale_claim_changes_nothing
                what_ends_its_worker_is_given_up a_long_run_keeps_its_lease
                a_run_that_takes_too_long_is_a_failure;
            order: one_line_runs_in_order a_dead_letter_lets_the_next_go_on
                lines_do_not_wait_for_each_other what_is_held_is_promoted_when_its_line_is_discarded
                a_retried_letter_waits_for_its_line;
            operate: records_are_found_and_paged a_record_is_shown dead_letters_are_retried
                what_is_done_is_replayed what_is_discarded_cannot_complete keys_outlive_bodies
                it_is_counted a_senders_text_does_no_harm;
            shut: workers_finish_and_give_back a_full_queue_refuses a_closed_inbox_refuses
                workers_wake_at_once;
            $($more)*
        }
    };
}

everywhere! { memory }

everywhere! { foreign
    dedupe: several_processes_store_once;
    order: several_processes_keep_the_order;
    tx: an_effect_commits_with_the_completion a_failure_takes_the_effect_back
        a_lost_claim_takes_the_effect_back only_one_has_the_transaction
        several_processes_have_each_effect_once an_aborted_transaction_completes_nothing;
    shut: others_hear_of_it a_store_that_hangs_is_answered_for;
}

everywhere! { sqlite
    dedupe: several_processes_store_once;
    order: several_processes_keep_the_order;
    tx: an_effect_commits_with_the_completion a_failure_takes_the_effect_back
        a_lost_claim_takes_the_effect_back only_one_has_the_transaction
        several_processes_have_each_effect_once;
    start: several_start_at_once a_newer_schema_is_refused tables_are_asked_for;
    plan: a_backlog_is_claimed_by_index;
    shut: a_store_that_hangs_is_answered_for;
}

everywhere! { postgres
    dedupe: several_processes_store_once;
    order: several_processes_keep_the_order;
    tx: an_effect_commits_with_the_completion a_failure_takes_the_effect_back
        a_lost_claim_takes_the_effect_back only_one_has_the_transaction
        several_processes_have_each_effect_once an_aborted_transaction_completes_nothing;
    start: several_start_at_once a_newer_schema_is_refused tables_are_asked_for;
    plan: a_backlog_is_claimed_by_index;
    shut: others_hear_of_it a_store_that_hangs_is_answered_for;
}
