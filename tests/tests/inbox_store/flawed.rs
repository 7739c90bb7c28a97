//! Stores with one flaw each, and the case of the suite that catches it.

use std::{sync::Arc, time::Duration};

use webhook_runtime::{
    inbox::{
        AttemptResult, ClaimToken, EndpointBacklog, EnqueueResult, Filter, InboxBuilder,
        NewDelivery, PruneResult, QueueDepth, StoredDelivery,
        store::{
            Change, ChangeResult, ClaimRequest, ClaimResult, DueTimeLimits, EndpointRetention,
            FinishedAttempt, Heartbeat, InboxStore, ListResult, Pause, Retention, StoreFuture,
            StoreTransaction, Window, Work, WorkResult, WorkerRecord,
        },
    },
    testing::store::{CASES, Case, Target},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flaw {
    None,
    BelievesStaleClaims,
    ExtendsStaleClaims,
    LosesBodies,
    LosesTenants,
    LosesOrder,
    ForgetsTheReason,
    RetriesAtOnce,
    KeepsNoPage,
    CountsNothing,
    PrunesEverything,
    PrunesNothing,
    KeepsAllAlike,
    KeepsOnlyTheLast,
    ClaimsWhatRuns,
    ClaimsSuspects,
    GivesUpNothing,
    ServesNewOnesFirst,
    IgnoresTheFilter,
    ChangesNothing,
    KeepsWrongTimes,
    SettlesNothingAtOnce,
    BeginsNothing,
    IgnoresTurns,
    ForgetsTheTurn,
    GivesMoreThanEnough,
    ForgetsPauses,
    AddsWorkersAnew,
    TellsNoLostClaim,
}

/// The case that catches each flaw.
const TABLE: &[(Flaw, &str)] = &[
    (Flaw::BelievesStaleClaims, "a_stale_claim_changes_nothing"),
    (Flaw::ExtendsStaleClaims, "a_stale_claim_changes_nothing"),
    (Flaw::LosesBodies, "deliveries_come_back_as_they_were"),
    (Flaw::LosesTenants, "duplicates_get_the_first_number"),
    (Flaw::LosesOrder, "one_of_an_ordering_key_runs"),
    (Flaw::ForgetsTheReason, "every_end_is_stored"),
    (Flaw::RetriesAtOnce, "a_retry_waits_for_its_time"),
    (Flaw::KeepsNoPage, "records_are_found"),
    (Flaw::CountsNothing, "states_are_counted"),
    (Flaw::PrunesEverything, "old_records_are_pruned"),
    (Flaw::PrunesNothing, "old_records_are_pruned"),
    (Flaw::KeepsAllAlike, "endpoints_keep_as_they_say"),
    (Flaw::KeepsOnlyTheLast, "endpoints_keep_as_they_say"),
    (Flaw::ClaimsWhatRuns, "running_deliveries_are_not_claimed"),
    (Flaw::ClaimsSuspects, "crash_suspects_are_claimed_alone"),
    (Flaw::GivesUpNothing, "lost_too_often_is_dead"),
    (Flaw::ServesNewOnesFirst, "retries_and_new_ones_take_turns"),
    (Flaw::IgnoresTheFilter, "operators_change_what_applies"),
    (Flaw::ChangesNothing, "cancelling_lets_the_next_go_on"),
    (Flaw::KeepsWrongTimes, "implausible_times_are_reset"),
    (Flaw::SettlesNothingAtOnce, "everything_is_done_at_once"),
    (Flaw::BeginsNothing, "everything_is_done_at_once"),
    (Flaw::IgnoresTurns, "tenants_take_turns"),
    (Flaw::ForgetsTheTurn, "tenants_take_turns"),
    (Flaw::GivesMoreThanEnough, "tenants_with_enough_get_no_more"),
    (Flaw::ForgetsPauses, "pauses_are_kept"),
    (Flaw::AddsWorkersAnew, "heartbeats_are_kept"),
    (Flaw::TellsNoLostClaim, "lost_claims_are_told"),
];

#[tokio::test]
async fn each_flaw_is_caught() {
    for &(flaw, name) in TABLE {
        let case = case(name);
        let failure = case.run(target(flaw)).await.expect_err(&format!("{flaw:?}"));
        println!("{flaw:?}: {name}: {failure}");
        case.run(target(Flaw::None)).await.expect("without the flaw");
    }
}

fn case(name: &str) -> &'static Case {
    CASES.iter().find(|case| case.name() == name).expect("a case of this name")
}

fn target(flaw: Flaw) -> Target {
    let target = Target::new(move || async move {
        let inbox = InboxBuilder::default().open_in_memory().unwrap();
        let inner = Arc::clone(inbox.store());
        Arc::new(Flawed { inner, flaw }) as Arc<dyn InboxStore>
    });
    target.without_sharing().without_transactions()
}

/// A store with a flaw on top of a good one.
struct Flawed {
    inner: Arc<dyn InboxStore>,
    flaw: Flaw,
}

impl Flawed {
    fn has(&self, flaw: Flaw) -> bool {
        self.flaw == flaw
    }

    fn ended(&self, finish: &FinishedAttempt) -> FinishedAttempt {
        let mut finish = finish.clone();
        match &mut finish.result {
            AttemptResult::Retry { after, .. } if self.has(Flaw::RetriesAtOnce) => *after = None,
            AttemptResult::Dead { reason } if self.has(Flaw::ForgetsTheReason) => reason.clear(),
            _ => {}
        }
        finish
    }

    fn wanted(&self, wanted: &ClaimRequest) -> ClaimRequest {
        let mut wanted = wanted.clone();
        match self.flaw {
            Flaw::ClaimsWhatRuns => wanted.running.clear(),
            Flaw::ClaimsSuspects => wanted.crash_suspect = true,
            Flaw::GivesUpNothing => wanted.max_attempts = 100,
            Flaw::ServesNewOnesFirst => wanted.retries_first = false,
            Flaw::IgnoresTurns => wanted.tenants = None,
            Flaw::GivesMoreThanEnough => {
                wanted.tenants.iter_mut().for_each(|turns| turns.max_held = u32::MAX);
            }
            _ => {}
        }
        wanted
    }
}

impl InboxStore for Flawed {
    fn enqueue<'a>(&'a self, batch: &'a [NewDelivery]) -> StoreFuture<'a, Vec<EnqueueResult>> {
        let mut batch = batch.to_vec();
        for new in &mut batch {
            match self.flaw {
                Flaw::LosesTenants => new.head.tenant.clear(),
                Flaw::LosesOrder => new.ordering_key = None,
                Flaw::LosesBodies => new.body = new.body.slice(..new.body.len().min(4)),
                _ => {}
            }
        }
        Box::pin(async move { self.inner.enqueue(&batch).await })
    }

    fn claim<'a>(&'a self, wanted: &'a ClaimRequest) -> StoreFuture<'a, ClaimResult> {
        let wanted = self.wanted(wanted);
        Box::pin(async move {
            let mut claimed = self.inner.claim(&wanted).await?;
            if self.has(Flaw::ForgetsTheTurn) {
                claimed.after = None;
            }
            Ok(claimed)
        })
    }

    fn renew_leases<'a>(
        &'a self,
        running: &'a [ClaimToken],
        lease: Duration,
    ) -> StoreFuture<'a, Vec<i64>> {
        Box::pin(async move {
            let good = self.inner.renew_leases(running, lease).await?;
            let all = running.iter().map(ClaimToken::id).collect();
            Ok(if self.has(Flaw::ExtendsStaleClaims) { all } else { good })
        })
    }

    fn finish<'a>(&'a self, batch: &'a [FinishedAttempt]) -> StoreFuture<'a, Vec<bool>> {
        let batch: Vec<_> = batch.iter().map(|finish| self.ended(finish)).collect();
        Box::pin(async move {
            let good = self.inner.finish(&batch).await?;
            let believes = self.has(Flaw::BelievesStaleClaims);
            Ok(good.into_iter().map(|good| good || believes).collect())
        })
    }

    fn commit<'a>(&'a self, work: &'a Work) -> StoreFuture<'a, WorkResult> {
        let mut work = work.clone();
        match self.flaw {
            Flaw::SettlesNothingAtOnce => work.finish.clear(),
            Flaw::BeginsNothing => work.start.clear(),
            _ => {}
        }
        Box::pin(async move {
            let mut result = self.inner.commit(&work).await?;
            match self.flaw {
                Flaw::ForgetsPauses => result.paused = Some(Vec::new()),
                Flaw::TellsNoLostClaim => result.lost.clear(),
                _ => {}
            }
            Ok(result)
        })
    }

    fn begin(&self, claim: ClaimToken) -> StoreFuture<'_, Box<dyn StoreTransaction>> {
        self.inner.begin(claim)
    }

    fn list<'a>(&'a self, filter: &'a Filter, window: Window) -> StoreFuture<'a, ListResult> {
        let mut window = window;
        if self.has(Flaw::KeepsNoPage) {
            window.max = u32::MAX;
        }
        self.inner.list(filter, window)
    }

    fn get(&self, id: i64) -> StoreFuture<'_, Option<StoredDelivery>> {
        self.inner.get(id)
    }

    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        window: Window,
    ) -> StoreFuture<'a, ChangeResult> {
        match self.flaw {
            Flaw::ChangesNothing => Box::pin(async { Ok(ChangeResult::default()) }),
            Flaw::IgnoresTheFilter => {
                Box::pin(
                    async move { self.inner.change(&Filter::all(), Change::Replay, window).await },
                )
            }
            _ => self.inner.change(filter, change, window),
        }
    }

    fn prune<'a>(&'a self, retention: &'a Retention, max: u32) -> StoreFuture<'a, PruneResult> {
        match self.flaw {
            Flaw::PrunesNothing => Box::pin(async { Ok(PruneResult::default()) }),
            Flaw::PrunesEverything => Box::pin(async move {
                let at_once = Retention { completed: Duration::ZERO, dead_letters: Duration::ZERO };
                self.inner.prune(&at_once, max).await
            }),
            _ => self.inner.prune(retention, max),
        }
    }

    fn set_retention<'a>(&'a self, retentions: &'a [EndpointRetention]) -> StoreFuture<'a, ()> {
        match self.flaw {
            Flaw::KeepsAllAlike => Box::pin(async { Ok(()) }),
            Flaw::KeepsOnlyTheLast => {
                self.inner.set_retention(&retentions[retentions.len().saturating_sub(1)..])
            }
            _ => self.inner.set_retention(retentions),
        }
    }

    fn clamp_future_due_times(&self, limits: DueTimeLimits) -> StoreFuture<'_, u64> {
        if self.has(Flaw::KeepsWrongTimes) {
            return Box::pin(async { Ok(0) });
        }
        self.inner.clamp_future_due_times(limits)
    }

    fn queue_depth(&self) -> StoreFuture<'_, QueueDepth> {
        if self.has(Flaw::CountsNothing) {
            return Box::pin(async { Ok(QueueDepth::default()) });
        }
        self.inner.queue_depth()
    }

    fn pause<'a>(&'a self, endpoint: &'a str, by: &'a str, why: &'a str) -> StoreFuture<'a, ()> {
        self.inner.pause(endpoint, by, why)
    }

    fn resume<'a>(&'a self, endpoint: &'a str) -> StoreFuture<'a, bool> {
        self.inner.resume(endpoint)
    }

    fn paused(&self) -> StoreFuture<'_, Vec<Pause>> {
        self.inner.paused()
    }

    fn heartbeat<'a>(&'a self, beat: &'a Heartbeat) -> StoreFuture<'a, Option<i64>> {
        Box::pin(async move {
            let mut beat = beat.clone();
            if self.has(Flaw::AddsWorkersAnew) {
                beat.id = None;
            }
            self.inner.heartbeat(&beat).await
        })
    }

    fn workers(&self) -> StoreFuture<'_, Vec<WorkerRecord>> {
        self.inner.workers()
    }

    fn backlog(&self) -> StoreFuture<'_, Vec<EndpointBacklog>> {
        self.inner.backlog()
    }
}
