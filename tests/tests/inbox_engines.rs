//! The inbox on each of its engines: the same cases must hold on all.
//!
//! The tests start PostgreSQL in a temporary directory if it is installed. If not, its tests say so
//! and pass.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[allow(dead_code, reason = "shared with other tests")]
mod inbox;

use inbox::{
    broken, copy, dedupe, file, hold, log, moved, operate, order,
    place::{self, Place},
    plan, shut, slots, start, turns, tx, versions, work,
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
    ($engine:ident $($more:tt)*) => {
        on! { $engine:
            dedupe: duplicates_are_detected concurrent_duplicates_are_one tenants_have_separate_keys
                keys_expire_after_their_retention copies_revive_dead_letters;
            work: a_delivery_runs_as_it_came failures_are_retried retries_wait_for_their_time
                too_many_failures_make_a_dead_letter permanent_failures_are_dead_at_once
                a_panic_is_a_failure jobs_without_a_handler_stay an_expired_lease_is_claimed_again
                a_stale_claim_changes_nothing crashing_jobs_become_dead_letters
                a_long_run_keeps_its_lease runs_over_the_time_limit_fail;
            order: one_key_runs_in_order a_dead_letter_unblocks_the_next
                keys_do_not_block_each_other cancelling_unblocks_the_next
                a_retried_dead_letter_waits_for_its_key;
            operate: records_are_found_and_paged a_record_is_shown dead_letters_are_retried
                completed_deliveries_can_be_replayed cancelled_deliveries_cannot_complete
                keys_outlive_bodies states_are_counted endpoints_are_counted
                hostile_sender_text_is_harmless;
            shut: shutdown_finishes_and_releases a_full_queue_rejects a_closed_inbox_rejects
                workers_wake_at_once;
            slots: a_slow_endpoint_starves_no_other slow_handlers_prefetch_nothing
                several_pools_wake_at_once;
            turns: a_backlog_starves_no_other_tenant ordering_keys_starve_no_tenant
                what_is_prefetched_starves_no_tenant retries_starve_no_tenant
                tenants_have_equal_shares;
            $($more)*
        }
    };
}

everywhere! { memory
    slots: retries_come_on_time;
}

everywhere! { foreign
    turns: a_restart_starves_no_tenant several_processes_starve_no_tenant
        what_was_stored_before_starves_no_tenant;
    dedupe: several_processes_store_once;
    order: several_processes_keep_the_order;
    tx: an_effect_commits_with_the_completion a_failure_rolls_the_effect_back
        a_lost_claim_rolls_the_effect_back one_job_has_one_transaction
        several_processes_have_each_effect_once an_aborted_transaction_completes_nothing;
    shut: other_processes_are_notified a_hanging_store_times_out;
    hold: waiting_for_itself_fails_at_once;
}

everywhere! { pooled
    turns: a_restart_starves_no_tenant several_processes_starve_no_tenant
        what_was_stored_before_starves_no_tenant;
    dedupe: several_processes_store_once;
    order: several_processes_keep_the_order;
    tx: an_effect_commits_with_the_completion a_failure_rolls_the_effect_back
        a_lost_claim_rolls_the_effect_back one_job_has_one_transaction
        several_processes_have_each_effect_once an_aborted_transaction_completes_nothing
        bound_arguments_are_written;
    start: several_processes_start_at_once a_newer_schema_is_refused missing_tables_are_an_error;
    versions: the_next_version_can_be_used a_version_for_newer_programs_is_refused
        migrations_run_by_command the_printed_script_migrates;
    shut: a_hanging_store_times_out;
}

everywhere! { sqlite
    turns: a_restart_starves_no_tenant several_processes_starve_no_tenant
        what_was_stored_before_starves_no_tenant;
    dedupe: several_processes_store_once;
    order: several_processes_keep_the_order;
    tx: an_effect_commits_with_the_completion a_failure_rolls_the_effect_back
        a_lost_claim_rolls_the_effect_back one_job_has_one_transaction
        several_processes_have_each_effect_once bound_arguments_are_written;
    start: several_processes_start_at_once a_newer_schema_is_refused missing_tables_are_an_error;
    versions: the_next_version_can_be_used a_version_for_newer_programs_is_refused
        migrations_run_by_command the_printed_script_migrates programs_of_version_2_go_on;
    plan: a_backlog_is_claimed_by_index tenants_are_claimed_by_index;
    broken: broken_rows_are_given_up_alone broken_parts_are_given_up_alone unknown_states_are_shown
        broken_keys_hinder_nobody odd_times_hinder_nobody;
    shut: a_hanging_store_times_out;
    moved: a_file_that_is_renamed_takes_nothing a_file_that_is_deleted_takes_nothing
        a_file_that_is_replaced_takes_nothing a_transaction_in_a_moved_file_does_not_commit;
    log: the_log_stays_short;
    copy: everything_is_copied copying_again_copies_the_rest lines_stay_lines
        running_deliveries_are_not_copied broken_rows_are_left_out;
    file: new_files_are_private old_files_keep_their_mode a_backup_is_written_under_load
        a_failed_backup_leaves_nothing a_file_shrinks_after_a_prune an_old_file_can_be_compacted;
    slots: retries_come_on_time blocked_threads_keep_leases_and_commits
        what_is_left_behind_is_claimed_in_time
        shutdown_does_not_wait_for_the_store;
    hold: a_held_transaction_ends waiting_for_itself_fails_at_once
        handlers_share_a_commit_and_roll_back_alone a_stream_of_handlers_keeps_nobody_waiting
        a_handler_that_is_dropped_harms_no_other dropped_handlers_leave_nothing_behind;
}

everywhere! { postgres
    turns: a_restart_starves_no_tenant several_processes_starve_no_tenant
        what_was_stored_before_starves_no_tenant;
    dedupe: several_processes_store_once;
    order: several_processes_keep_the_order;
    tx: an_effect_commits_with_the_completion a_failure_rolls_the_effect_back
        a_lost_claim_rolls_the_effect_back one_job_has_one_transaction
        several_processes_have_each_effect_once an_aborted_transaction_completes_nothing;
    start: several_processes_start_at_once a_newer_schema_is_refused missing_tables_are_an_error
        a_role_without_rights_is_told a_role_may_have_nothing_but_its_schema;
    versions: the_next_version_can_be_used a_version_for_newer_programs_is_refused
        migrations_run_by_command the_printed_script_migrates programs_of_version_2_go_on
        a_long_transaction_stops_nobody;
    plan: a_backlog_is_claimed_by_index tenants_are_claimed_by_index;
    broken: broken_rows_are_given_up_alone broken_parts_are_given_up_alone unknown_states_are_shown
        broken_keys_hinder_nobody odd_times_hinder_nobody;
    shut: other_processes_are_notified a_hanging_store_times_out;
    slots: retries_come_on_time blocked_threads_keep_leases_and_commits
        what_is_left_behind_is_claimed_in_time;
    hold: a_held_transaction_delays_nobody;
    copy: everything_is_copied copying_again_copies_the_rest lines_stay_lines
        running_deliveries_are_not_copied;
    file: there_is_no_file_to_copy;
}
