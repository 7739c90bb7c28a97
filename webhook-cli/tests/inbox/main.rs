//! `webhook inbox` as a program, on SQLite and on PostgreSQL.
//!
//! The tests start PostgreSQL in a temporary directory if it is installed. If not, its tests say so
//! and pass.

#![cfg(all(feature = "inbox", unix))]
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

mod bulk;
mod errors;
mod follow;
mod look;
mod place;
#[path = "../receiver/mod.rs"]
mod receiver;
#[allow(dead_code, reason = "shared with other tests")]
#[path = "../../../tests/tests/inbox/server.rs"]
mod server;
mod stored;
mod tables;

use place::Place;

/// One test for each case, on both engines.
macro_rules! everywhere {
    ($($suite:ident: $($case:ident)*;)*) => {
        mod sqlite {
            $($(
                #[test]
                fn $case() {
                    let _context = super::place::runtime().enter();
                    super::$suite::$case(&super::Place::sqlite());
                }
            )*)*
        }

        mod postgres {
            $($(
                #[test]
                fn $case() {
                    let _context = super::place::runtime().enter();
                    if let Some(place) = super::Place::postgres() {
                        super::$suite::$case(&place);
                    }
                }
            )*)*
        }
    };
}

everywhere! {
    look: lists_are_pages filters_find_what_they_say one_delivery_is_shown bodies_are_exact
        numbers_and_causes_are_shown a_doctor_says_what_is_wrong a_doctor_finds_nothing
        foreign_text_does_not_steer_the_terminal;
    bulk: dead_letters_are_retried named_deliveries_are_told_apart what_destroys_needs_a_yes a_terminal_is_asked
        a_dry_run_changes_nothing what_lost_its_body_is_left_alone an_interrupted_change_goes_on an_interrupted_replay_goes_on_behind
        what_is_old_is_pruned endpoints_are_paused;
    follow: a_tail_shows_what_becomes_of_deliveries workers_obey;
    tables: tables_are_migrated other_versions_are_told rights_are_printed backups_are_of_files;
    stored: what_has_no_proof_cannot_be_judged what_has_its_proof_is_judged
        deliveries_are_sent_and_signed_anew a_replay_goes_on_where_it_was_interrupted;
}

#[test]
fn errors_have_exit_codes_and_no_passwords() {
    let _context = place::runtime().enter();
    errors::errors_have_exit_codes_and_no_passwords(&Place::sqlite());
}

#[test]
fn every_command_has_examples() {
    for command in [
        "list", "show", "tail", "stats", "doctor", "retry", "replay", "cancel", "discard", "prune",
        "pause", "resume", "migrate", "grants", "backup",
    ] {
        let help = Place::sqlite().run(&[command, "--help"]);
        let (_, examples) = help.out.split_once("Examples:\n").expect(command);
        let start = format!("webhook inbox {command} ");
        assert!(examples.matches(&start).count() >= 2, "{command}: {examples}");
    }
}
