//! The list of cases, and the macro that makes tests of them.

/// Calls another macro with the names of all cases.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_cases {
    ($($with:tt)+) => {
        $($with)+! {
            enqueue::an_empty_store_is_empty,
            enqueue::deliveries_come_back_as_they_were,
            enqueue::duplicates_get_the_first_number,
            enqueue::many_are_stored_at_once,
            enqueue::concurrent_duplicates_are_one,
            enqueue::a_copy_revives_a_dead_letter,
            enqueue::lost_letters_are_not_revived,
            claim::what_is_due_is_claimed_once,
            claim::concurrent_claims_share_nothing,
            claim::retries_and_new_ones_take_turns,
            claim::a_retry_waits_for_its_time,
            claim::lapsed_claims_come_first,
            claim::running_deliveries_are_not_claimed,
            claim::crash_suspects_are_claimed_alone,
            claim::lost_too_often_is_dead,
            turns::tenants_take_turns,
            turns::tenants_with_enough_get_no_more,
            finish::a_stale_claim_changes_nothing,
            finish::every_end_is_stored,
            finish::everything_is_done_at_once,
            order::one_of_an_ordering_key_runs,
            order::ordering_keys_are_apart,
            order::cancelling_lets_the_next_go_on,
            operate::records_are_found,
            operate::operators_change_what_applies,
            operate::old_records_are_pruned,
            operate::endpoints_keep_as_they_say,
            operate::implausible_times_are_reset,
            operate::states_are_counted,
            operate::hostile_text_is_harmless,
            processes::pauses_are_kept,
            processes::heartbeats_are_kept,
            processes::lost_claims_are_told,
            transaction::a_transaction_completes,
            transaction::a_transaction_takes_back,
            transaction::a_stale_claim_begins_nothing,
            inbox::an_inbox_works_on_it,
            inbox::it_is_there_after_closing,
        }
    };
}

/// Generates a test of each case.
#[doc(hidden)]
#[macro_export]
macro_rules! __store_tests {
    ($($file:ident::$name:ident,)*) => {$(
        #[test]
        fn $name() {
            $crate::testing::store::check(stringify!($name), __target());
        }
    )*};
}

/// Generates a module of tests of a store for the inbox, one for each of the
/// [cases](mod@crate::testing::store). The name of a failed test says what is broken.
///
/// The expression is a [`Target`](crate::testing::store::Target), or an `Option` of one: `None`
/// leaves the tests out, where no database is installed. It is evaluated once for each case, inside
/// an `async` block of a module in the calling one, and every target has an empty database of its
/// own. The module is called `store`; `mod another_name,` in first place renames it.
///
/// ```
/// # fn main() {}
/// # #[cfg(feature = "inbox-sqlite")]
/// # mod tests {
/// use std::sync::Arc;
///
/// use webhook_runtime::{Inbox, testing::store::Target};
///
/// fn target() -> Target {
/// #   let directory = std::env::temp_dir();
///     let url = format!("sqlite://{}/new.db", directory.display());
///     Target::new(move || {
///         let url = url.clone();
///         async move { Arc::clone(Inbox::open(&url).await.expect("a file").store()) }
///     })
/// }
///
/// webhook_runtime::testing::store!(mod my_store, target());
/// # }
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __store {
    (mod $module:ident, $target:expr $(,)?) => {
        mod $module {
            #[allow(unused_imports, reason = "the expression may need nothing of it")]
            use super::*;

            // The name must not occur in the expression, which would call itself.
            async fn __target() -> ::core::option::Option<$crate::testing::store::Target> {
                ::core::convert::Into::into($target)
            }

            $crate::__store_cases!($crate::__store_tests);
        }
    };
    (mod $($rest:tt)*) => {
        ::core::compile_error!("`store!(mod name, target)`");
    };
    ($target:expr $(,)?) => {
        $crate::__store!(mod store, $target);
    };
}
