//! The suite for stores of an inbox: what every [`InboxStore`] must keep, and what the built-in ones
//! are tested with.
//!
//! [`store!`](crate::testing::store!) generates a test of every case. [`CASES`] is the list of cases,
//! for programs that run them in another way. The cases use the clock of the store, which must run,
//! and leases of a millisecond.
//!
//! | case | checks |
//! | --- | --- |
//! | `an_empty_store_is_empty` | nothing is claimed, listed, counted, changed or pruned |
//! | `deliveries_come_back_as_they_were` | head and body, byte by byte, and what the record says |
//! | `duplicates_get_the_first_number` | a known key of the same endpoint and tenant is not stored again |
//! | `many_are_stored_at_once` | 300 deliveries in one call, in order |
//! | `concurrent_duplicates_are_one` | the same key from several processes at the same moment |
//! | `a_copy_revives_a_dead_letter` | head, body and order of the copy, once |
//! | `lost_letters_are_not_revived` | a copy of what ended its process stays dead |
//! | `what_is_due_is_claimed_once` | by number, at most as many as wanted, for the endpoints that are wanted |
//! | `concurrent_claims_share_nothing` | each delivery goes to one of several processes |
//! | `retries_and_new_ones_take_turns` | which come first is as wanted |
//! | `a_retry_waits_for_its_time` | and is claimed when it has come |
//! | `lapsed_claims_come_first` | a delivery whose lease ran out is claimed again, and its attempt counts |
//! | `running_deliveries_are_not_claimed` | a live worker keeps what it says it runs |
//! | `crash_suspects_are_claimed_alone` | at most one, last, and only if wanted |
//! | `lost_too_often_is_dead` | with its reason, and the next of its ordering key goes on |
//! | `tenants_take_turns` | where the claim asks for it: those with the fewest first, and all come round; retries and lapsed claims as well |
//! | `tenants_with_enough_get_no_more` | and the others get theirs |
//! | `a_stale_claim_changes_nothing` | neither settles nor extends |
//! | `every_end_is_stored` | completed, retried, dead, released, too old: state, attempt, reason and times |
//! | `everything_is_done_at_once` | `commit`: what ends, what comes, what begins and what is due |
//! | `one_of_an_ordering_key_runs` | the next goes on when the one before has ended, and not while it is retried |
//! | `ordering_keys_are_apart` | by endpoint and tenant |
//! | `cancelling_lets_the_next_go_on` | also that of several at once |
//! | `records_are_found` | by every condition of a filter, page by page |
//! | `operators_change_what_applies` | retry, replay and cancel |
//! | `old_records_are_pruned` | what has been kept for long enough, and no key that is still needed |
//! | `endpoints_keep_as_they_say` | where the store knows a retention for each endpoint |
//! | `implausible_times_are_reset` | `clamp_future_due_times` |
//! | `states_are_counted` | `queue_depth` and `backlog` |
//! | `hostile_text_is_harmless` | quotes, NUL, long texts and what looks like a statement |
//! | `pauses_are_kept` | by name, with who and why, in every process; what is paused does not wait |
//! | `heartbeats_are_kept` | each process has a row, which is not given to another |
//! | `lost_claims_are_told` | when leases are renewed, of what an operator has cancelled |
//! | `a_transaction_completes` | what is committed stays, and settles the claim |
//! | `a_transaction_takes_back` | what is rolled back or dropped leaves the claim as it was |
//! | `a_stale_claim_begins_nothing` | no transaction begins |
//! | `an_inbox_works_on_it` | an inbox with workers: retries, dead letters, ordering keys |
//! | `it_is_there_after_closing` | a store that is opened again holds what was stored |

mod bench;
mod cases;
mod macros;

use std::{any::Any, fmt, pin::Pin, sync::Arc};

use self::bench::Bench;
use crate::inbox::store::InboxStore;
pub use crate::testing::conformance::{Failure, Verdict};

type Opening = Pin<Box<dyn Future<Output = Arc<dyn InboxStore>>>>;

/// An empty database, and how to open a store on it.
pub struct Target {
    open: Box<dyn Fn() -> Opening>,
    transactions: bool,
    shares: bool,
}

impl Target {
    /// Tests the stores that a function opens. It is called several times in one case: all of its
    /// stores are on one database, as if each were in a process of its own, and the database is empty
    /// at first.
    pub fn new<F>(open: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = Arc<dyn InboxStore>> + 'static,
    {
        Self { open: Box::new(move || Box::pin(open())), transactions: true, shares: true }
    }

    /// Keeps something until the case has ended, such as the directory of the database.
    #[must_use]
    pub fn keep(mut self, kept: impl Any) -> Self {
        let open = self.open;
        self.open = Box::new(move || {
            let _ = &kept;
            open()
        });
        self
    }

    /// The store has no transactions for handlers: [`InboxStore::begin`] is an error.
    #[must_use]
    pub fn without_transactions(mut self) -> Self {
        self.transactions = false;
        self
    }

    /// The stores have nothing in common: each has a database of its own, which ends with it.
    #[must_use]
    pub fn without_sharing(mut self) -> Self {
        self.shares = false;
        self
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Target").finish_non_exhaustive()
    }
}

/// One case of the suite.
#[derive(Clone, Copy)]
pub struct Case {
    name: &'static str,
    run: for<'b> fn(&'b Bench) -> Running<'b>,
}

type Running<'b> = Pin<Box<dyn Future<Output = Result<Verdict, Failure>> + 'b>>;

impl Case {
    /// The name of the case and its test.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Runs the case, on a database of its own.
    ///
    /// # Errors
    /// If the store fails the case.
    pub async fn run(&self, target: Target) -> Result<Verdict, Failure> {
        let bench = Bench::new(target).await;
        (self.run)(&bench).await
    }
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

/// Builds the list of all cases. Tests are generated from the same list.
macro_rules! list {
    ($($file:ident::$name:ident,)*) => {
        /// All cases, in the order of the [table](self).
        pub const CASES: &[Case] = &[$(Case {
            name: stringify!($name),
            run: |bench| Box::pin(cases::$file::$name(bench)),
        },)*];
    };
}

crate::__store_cases!(list);

/// The body of each test that `store!` generates. Without a target, the case is left out.
///
/// # Panics
/// If the store fails the case.
#[doc(hidden)]
#[track_caller]
pub fn check(name: &str, target: impl Future<Output = Option<Target>>) {
    let case = CASES.iter().find(|case| case.name == name);
    let case = case.unwrap_or_else(|| panic!("there is no case {name}"));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime for the test");
    let verdict = runtime.block_on(async {
        match target.await {
            Some(target) => case.run(target).await,
            None => Ok(Verdict::NotApplicable("there is no store to test")),
        }
    });
    match verdict {
        Ok(Verdict::Passed) => {}
        Ok(Verdict::NotApplicable(reason)) => println!("{name} does not apply: {reason}"),
        Err(failure) => panic!("{name}: {failure}"),
    }
}
