//! Everything that an inbox has queued for its store, in one go.

use std::time::Duration;

use crate::inbox::{
    error::InboxError,
    record::{AttemptDetails, ClaimToken, DeliveryState, EnqueueResult, Filter, NewDelivery},
    store::{ClaimRequest, ClaimResult, FinishedAttempt, Heartbeat, InboxStore, MinuteSum, Window},
};

/// Everything that is queued for a store.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Work {
    /// Deliveries to [store](InboxStore::enqueue).
    pub enqueue: Vec<NewDelivery>,
    /// For each of them, if the inbox could run it at once: then it is stored as claimed, and the
    /// inbox need not read it back. A delivery with an ordering key never is.
    pub claim_new: Vec<bool>,
    /// Claims to [settle](InboxStore::finish).
    pub finish: Vec<FinishedAttempt>,
    /// Claims whose attempt has begun, or is about to: it counts from now on.
    pub start: Vec<ClaimToken>,
    /// Claims to [extend](InboxStore::renew_leases).
    pub renew: Vec<ClaimToken>,
    /// What can be claimed. These claims do not count an attempt: [`start`](Self::start) does, or
    /// the end of the attempt.
    pub claim: Vec<ClaimRequest>,
    /// The time for which new and extended claims are good.
    pub lease: Duration,
    /// The endpoints of which the inbox has to know when something becomes due next.
    ///
    /// It also has to know which of them are paused.
    pub look_ahead: Vec<String>,
    /// Numbers to add to the [sums](InboxStore::sums) of minutes. A store that keeps none
    /// ignores it.
    pub sums: Vec<MinuteSum>,
    /// The number of this process among the workers, if it has one.
    pub worker: Option<i64>,
    /// A [sign of life](InboxStore::heartbeat) of this process.
    pub heartbeat: Option<Heartbeat>,
}

/// A note on an attempt whose [transaction](crate::inbox::store::StoreTransaction) completes its
/// delivery.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct AttemptNote {
    /// The claim. If there was another one since, nothing is noted.
    pub claim_token: ClaimToken,
    /// The measurements.
    pub details: AttemptDetails,
    /// True if the body is to be deleted.
    pub drop_body: bool,
}

impl AttemptNote {
    /// Creates a note.
    #[must_use]
    pub const fn new(claim_token: ClaimToken, details: AttemptDetails, drop_body: bool) -> Self {
        Self { claim_token, details, drop_body }
    }
}

impl Work {
    /// True if there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.enqueue.is_empty()
            && self.finish.is_empty()
            && self.start.is_empty()
            && self.renew.is_empty()
            && self.claim.is_empty()
            && self.look_ahead.is_empty()
            && self.sums.is_empty()
            && self.heartbeat.is_none()
    }

    /// True if there is nothing but what can be claimed, so that a store may look before it locks.
    #[must_use]
    pub fn only_claims(&self) -> bool {
        self.enqueue.is_empty()
            && self.finish.is_empty()
            && self.start.is_empty()
            && self.renew.is_empty()
            && self.sums.is_empty()
            && self.heartbeat.is_none()
    }
}

/// What became of [`Work`], part by part.
#[derive(Default)]
#[non_exhaustive]
pub struct WorkResult {
    /// The result of each delivery.
    pub enqueued: Vec<EnqueueResult>,
    /// The token of each delivery that was stored as claimed. Empty if the store never does that.
    pub claimed_new: Vec<Option<ClaimToken>>,
    /// For each settled claim, whether it was still good.
    pub finished: Vec<bool>,
    /// For each claim that has begun, whether it is counted. False if the claim is lost or its record
    /// is locked: the inbox tries again.
    pub started: Vec<bool>,
    /// The result of each claim. If there are fewer than requests, claims have failed, and the inbox
    /// pauses before the next.
    pub claimed: Vec<ClaimResult>,
    /// The time until a pending delivery becomes due that is not due yet; `None` if there is none.
    pub next_due: Option<Duration>,
    /// The time until a lease runs out that has not run out yet; `None` if there is none.
    pub next_lapse: Option<Duration>,
    /// Those of [`Work::look_ahead`] that are paused. Where it is `None`, the inbox asks by
    /// [`InboxStore::paused`].
    pub paused: Option<Vec<String>>,
    /// The numbers of those of [`Work::renew`] whose claims are no longer good. One that is locked by
    /// its own [transaction](crate::inbox::store::StoreTransaction) is good.
    pub lost: Vec<i64>,
    /// The number of this process, if it gave a sign of life.
    pub worker: Option<i64>,
}

/// Those of these claims that are neither good nor locked: an operator has ended their deliveries.
async fn lost<S: InboxStore + ?Sized>(
    store: &S,
    renew: &[ClaimToken],
    good: &[i64],
) -> Result<Vec<i64>, InboxError> {
    let is_good = |id: &i64| good.contains(id);
    let doubted: Vec<i64> = renew.iter().map(|claim| claim.id).filter(|id| !is_good(id)).collect();
    if doubted.is_empty() {
        return Ok(doubted);
    }
    let max = u32::try_from(doubted.len()).unwrap_or(u32::MAX);
    let running = Filter::all().ids(doubted.iter().copied()).state(DeliveryState::Running);
    let running = store.list(&running, Window::oldest_first(max)).await?.records;
    Ok(doubted.into_iter().filter(|id| !running.iter().any(|one| one.id == *id)).collect())
}

/// Does the parts one after another, each in a transaction of its own.
///
/// A store that has only this counts an attempt when it is claimed.
pub(super) async fn one_by_one<S: InboxStore + ?Sized>(
    store: &S,
    work: &Work,
) -> Result<WorkResult, InboxError> {
    let mut result = WorkResult::default();
    if !work.finish.is_empty() {
        result.finished = store.finish(&work.finish).await?;
    }
    if !work.enqueue.is_empty() {
        result.enqueued = store.enqueue(&work.enqueue).await?;
    }
    result.started = vec![true; work.start.len()];
    if !work.renew.is_empty() {
        let good = store.renew_leases(&work.renew, work.lease).await?;
        result.lost = lost(store, &work.renew, &good).await?;
    }
    if let Some(beat) = &work.heartbeat {
        result.worker = store.heartbeat(beat).await?;
    }
    for wanted in &work.claim {
        result.claimed.push(store.claim(wanted).await?);
    }
    Ok(result)
}
