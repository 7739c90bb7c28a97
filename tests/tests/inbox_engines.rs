//! The inbox on each of its engines: the same cases must hold on all.
//!
//! The tests start PostgreSQL in a temporary directory if it is installed. If not, its tests say so
//! and pass.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[allow(dead_code, reason = "shared with other tests")]
mod inbox;

use inbox::{
    broken, cancel, copy, dedupe, file, health, hold, hooks, lists, log, moved, operate, options,
    order, pause,
    place::{self, Place},
    plan, shut, slots, start, tell, turns, tx, versions, work, workers,
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
            lists: every_filter_finds_what_it_says changes_are_bounded_by_what_was_seen
                an_emptied_page_leads_back;
            operate: records_are_found_and_paged a_record_is_shown dead_letters_are_retried
                completed_deliveries_can_be_replayed a_replay_has_a_key_of_its_own
                cancelled_deliveries_cannot_complete keys_outlive_bodies states_are_counted endpoints_are_counted
                hostile_sender_text_is_harmless;
            options: an_endpoint_has_as_many_slots_as_it_says a_rate_is_kept
                a_rate_keeps_nothing_from_others attempts_pauses_and_timeout_are_the_endpoints
                lost_attempts_count_by_endpoint what_is_too_old_is_not_started
                impossible_options_are_refused;
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
    tell: every_attempt_is_told lost_attempts_are_told a_snooze_costs_no_attempt
        many_attempts_are_cut duplicates_are_recorded minutes_are_summed
        errors_are_grouped_by_cause endpoints_are_counted_by_state bodies_are_dropped
        recent_dead_letters_are_counted;
    options: each_endpoint_keeps_as_it_says retentions_and_size_are_told;
    health: health_is_told;
    hooks: hooks_get_the_record bad_hooks_hurt_nobody;
    cancel: a_running_function_is_told one_that_does_not_listen_is_dropped others_are_not_told;
    workers: workers_are_listed;
    pause: a_paused_endpoint_starts_nothing what_has_not_begun_is_given_back
        retries_of_a_paused_endpoint_wait;
    slots: retries_come_on_time;
}

everywhere! { foreign
    tell: errors_are_grouped_by_cause recent_dead_letters_are_counted;
    hooks: hooks_get_the_record what_a_claim_gives_up_is_told bad_hooks_hurt_nobody;
    cancel: a_running_function_is_told others_are_not_told another_process_is_told;
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
    tell: every_attempt_is_told lost_attempts_are_told a_snooze_costs_no_attempt
        many_attempts_are_cut duplicates_are_recorded minutes_are_summed
        errors_are_grouped_by_cause endpoints_are_counted_by_state bodies_are_dropped
        recent_dead_letters_are_counted
        the_last_second_is_summed
        those_of_one_ordering_key_are_told neighbours_are_told_after_their_end
        the_database_tells_of_itself;
    options: each_endpoint_keeps_as_it_says many_kept_deliveries_hide_none
        retentions_and_size_are_told;
    health: health_is_told health_is_asked_once_a_second;
    hooks: hooks_get_the_record what_a_claim_gives_up_is_told bad_hooks_hurt_nobody;
    cancel: a_running_function_is_told others_are_not_told another_process_is_told
        its_transaction_is_rolled_back;
    workers: workers_are_listed each_process_has_a_row_of_its_own gone_workers_are_forgotten;
    pause: a_paused_endpoint_starts_nothing what_has_not_begun_is_given_back
        retries_of_a_paused_endpoint_wait other_processes_obey odd_pauses_are_pauses;
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
    tell: every_attempt_is_told lost_attempts_are_told a_snooze_costs_no_attempt
        many_attempts_are_cut duplicates_are_recorded minutes_are_summed
        errors_are_grouped_by_cause endpoints_are_counted_by_state bodies_are_dropped
        recent_dead_letters_are_counted
        the_last_second_is_summed
        those_of_one_ordering_key_are_told neighbours_are_told_after_their_end
        the_database_tells_of_itself;
    options: each_endpoint_keeps_as_it_says many_kept_deliveries_hide_none
        retentions_and_size_are_told;
    health: health_is_told health_is_asked_once_a_second a_full_disk_is_not_ready a_look_never_hangs
        a_store_closes_while_it_is_used;
    hooks: hooks_get_the_record what_a_claim_gives_up_is_told bad_hooks_hurt_nobody;
    cancel: a_running_function_is_told others_are_not_told another_process_is_told
        one_that_does_not_listen_is_dropped its_transaction_is_rolled_back
        a_transaction_of_another_process_ends_in_time;
    workers: workers_are_listed each_process_has_a_row_of_its_own gone_workers_are_forgotten;
    pause: a_paused_endpoint_starts_nothing what_has_not_begun_is_given_back
        retries_of_a_paused_endpoint_wait other_processes_obey odd_pauses_are_pauses;
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
    lists: nothing_is_missed_while_others_vanish;
    operate: replays_are_cut;
    broken: broken_rows_are_given_up_alone broken_parts_are_given_up_alone unknown_states_are_shown
        broken_keys_hinder_nobody odd_times_hinder_nobody fractions_are_pruned;
    shut: a_hanging_store_times_out;
    moved: a_file_that_is_renamed_takes_nothing a_file_that_is_deleted_takes_nothing
        a_file_that_is_replaced_takes_nothing a_transaction_in_a_moved_file_does_not_commit;
    log: the_log_stays_short;
    copy: everything_is_copied copying_again_copies_the_rest lines_stay_lines
        running_deliveries_are_not_copied broken_rows_are_left_out
        a_database_is_not_copied_to_itself;
    file: new_files_are_private old_files_keep_their_mode a_backup_is_written_under_load
        a_failed_backup_leaves_nothing a_file_shrinks_after_a_prune a_file_can_be_compacted;
    slots: retries_come_on_time blocked_threads_keep_leases_and_commits
        what_is_left_behind_is_claimed_in_time
        shutdown_does_not_wait_for_the_store;
    hold: a_held_transaction_ends waiting_for_itself_fails_at_once
        handlers_share_a_commit_and_roll_back_alone a_stream_of_handlers_keeps_nobody_waiting
        a_handler_that_is_dropped_harms_no_other dropped_handlers_leave_nothing_behind;
}

everywhere! { postgres
    tell: every_attempt_is_told lost_attempts_are_told a_snooze_costs_no_attempt
        many_attempts_are_cut duplicates_are_recorded minutes_are_summed
        errors_are_grouped_by_cause endpoints_are_counted_by_state bodies_are_dropped
        recent_dead_letters_are_counted
        the_last_second_is_summed bodies_are_dropped_with_the_completion
        those_of_one_ordering_key_are_told neighbours_are_told_after_their_end
        the_database_tells_of_itself;
    options: each_endpoint_keeps_as_it_says many_kept_deliveries_hide_none
        retentions_and_size_are_told connections_follow_the_slots;
    health: health_is_told health_is_asked_once_a_second a_store_closes_while_it_is_used;
    hooks: hooks_get_the_record what_a_claim_gives_up_is_told bad_hooks_hurt_nobody;
    cancel: a_running_function_is_told others_are_not_told another_process_is_told
        one_that_does_not_listen_is_dropped its_transaction_is_rolled_back
        a_transaction_of_another_process_is_rolled_back
        a_locked_record_keeps_no_other_from_being_cancelled;
    workers: workers_are_listed each_process_has_a_row_of_its_own gone_workers_are_forgotten;
    pause: a_paused_endpoint_starts_nothing what_has_not_begun_is_given_back
        retries_of_a_paused_endpoint_wait other_processes_obey odd_pauses_are_pauses;
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
    lists: nothing_is_missed_while_others_vanish;
    operate: replays_are_cut;
    broken: broken_rows_are_given_up_alone broken_parts_are_given_up_alone unknown_states_are_shown
        broken_keys_hinder_nobody odd_times_hinder_nobody;
    shut: other_processes_are_notified a_hanging_store_times_out;
    slots: retries_come_on_time blocked_threads_keep_leases_and_commits
        what_is_left_behind_is_claimed_in_time;
    hold: a_held_transaction_delays_nobody;
    copy: everything_is_copied copying_again_copies_the_rest lines_stay_lines
        running_deliveries_are_not_copied a_database_is_not_copied_to_itself;
    file: there_is_no_file_to_copy;
}
