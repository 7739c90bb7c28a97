//! Running functions that are told to end.

use std::{
    convert::Infallible,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use axum::extract::FromRequestParts;
use http::request::Parts;
use tokio::sync::Notify;

use crate::inbox::{
    Inbox,
    error::InboxError,
    record::{DeliveryState, Filter},
    store::Change,
    tx::must_not_wait_for_itself,
    worker::pools::Pools,
};

/// The time that a function has to end by itself once it is told.
pub(crate) const GRACE: Duration = Duration::from_secs(5);

/// The longest wait to learn what became of a cancellation that a function was told of.
const DECISION_TIMEOUT: Duration = Duration::from_secs(15);

/// Tells a function behind an inbox that its delivery was cancelled by an operator, or is no longer
/// its own, as after its lease has run out.
///
/// Take it as an argument to end early and tidily: what the function writes through
/// [`Tx`](crate::Tx) is rolled back in any case. Five seconds later, the function is dropped where it
/// waits. Without an inbox, it is never cancelled.
///
/// ```
/// # use std::time::Duration;
/// use webhook_runtime::{Cancellation, Delivery, webhook};
///
/// #[webhook(path = "/export", secret_env = "SECRET", inbox)]
/// async fn export(cancellation: Cancellation, delivery: &Delivery) {
///     for page in 0..1000 {
///         if cancellation.is_cancelled() {
///             return;
///         }
///         export_page(page, delivery.body()).await;
///     }
/// }
/// # async fn export_page(_page: u32, _body: &[u8]) {}
/// ```
#[derive(Clone, Default)]
pub struct Cancellation {
    /// `None` is never.
    control: Option<Arc<Control>>,
}

impl Cancellation {
    /// True once the function is told to end.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.control.as_ref().is_some_and(|control| control.is_told())
    }

    /// Waits until the function is told to end.
    pub async fn cancelled(&self) {
        match &self.control {
            Some(control) => control.told().await,
            None => std::future::pending().await,
        }
    }
}

impl fmt::Debug for Cancellation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cancellation").field(&self.is_cancelled()).finish()
    }
}

impl<S: Sync> FromRequestParts<S> for Cancellation {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or_default())
    }
}

/// The signals to a claim whose delivery waits for a slot or runs.
#[derive(Default)]
pub(crate) struct Control {
    phase: AtomicU8,
    changed: Notify,
    /// Notified when it is to be given back.
    pub(crate) give_up: Notify,
}

/// Nobody has told it anything.
const RUNS: u8 = 0;
/// An operator is about to cancel the delivery.
const ASKED: u8 = 1;
/// An operator was about to cancel the delivery, and has not.
const KEPT: u8 = 2;
/// An operator has cancelled the delivery.
const CANCELLED: u8 = 3;
/// The claim is no longer good.
const LOST: u8 = 4;

/// The fate of a delivery that was to be cancelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Decision {
    /// It is cancelled.
    Cancelled,
    /// Its claim is no longer good, for whatever reason.
    Lost,
    /// It is not cancelled, as far as is known.
    Kept,
}

impl Control {
    pub(crate) fn cancellation(self: &Arc<Self>) -> Cancellation {
        Cancellation { control: Some(Arc::clone(self)) }
    }

    fn set(&self, phase: u8, from: &[u8]) {
        let set = |now| from.contains(&now).then_some(phase);
        if self.phase.fetch_update(Ordering::SeqCst, Ordering::SeqCst, set).is_ok() {
            self.changed.notify_waiters();
        }
    }

    pub(crate) fn ask(&self) {
        self.set(ASKED, &[RUNS, KEPT]);
    }

    pub(crate) fn decide(&self, is_cancelled: bool) {
        if is_cancelled {
            self.set(CANCELLED, &[RUNS, ASKED, KEPT]);
        } else {
            self.set(KEPT, &[ASKED]);
        }
    }

    pub(crate) fn lose(&self) {
        self.set(LOST, &[RUNS, ASKED, KEPT]);
    }

    pub(crate) fn is_told(&self) -> bool {
        self.phase.load(Ordering::SeqCst) != RUNS
    }

    /// True while an operator is about to cancel it.
    pub(crate) fn is_asked(&self) -> bool {
        self.phase.load(Ordering::SeqCst) == ASKED
    }

    /// Waits until a phase is none of these.
    async fn leaves(&self, phases: &[u8]) -> u8 {
        loop {
            let mut changed = std::pin::pin!(self.changed.notified());
            changed.as_mut().enable();
            let phase = self.phase.load(Ordering::SeqCst);
            if !phases.contains(&phase) {
                return phase;
            }
            changed.await;
        }
    }

    /// Waits until the function is told to end.
    pub(crate) async fn told(&self) {
        self.leaves(&[RUNS]).await;
    }

    /// Waits until the time is over that a function has to end once it is told.
    pub(crate) async fn grace_is_over(&self) {
        self.told().await;
        tokio::time::sleep(GRACE).await;
    }

    /// Waits for what became of it, once it is told.
    pub(crate) async fn decision(&self) -> Decision {
        match tokio::time::timeout(DECISION_TIMEOUT, self.leaves(&[RUNS, ASKED])).await {
            Ok(CANCELLED) => Decision::Cancelled,
            Ok(LOST) => Decision::Lost,
            _ => Decision::Kept,
        }
    }
}

/// Deliveries of this process that an operator is about to cancel. Those that are not cancelled when
/// it is dropped are kept.
struct Asked<'a> {
    pools: &'a Pools,
    ids: Vec<i64>,
}

impl Drop for Asked<'_> {
    fn drop(&mut self) {
        self.pools.decide(&self.ids, false);
    }
}

impl Inbox {
    /// Cancels pending, running and blocked deliveries, and returns their number. For dead letters, use
    /// [`discard`](Self::discard).
    ///
    /// A function that runs is told by its [`Cancellation`], also in another process, within about a
    /// second, or a `poll_interval` later where it is not notified. What it writes through [`Tx`](crate::Tx) is rolled back, and five seconds later the
    /// function is dropped where it waits. A delivery that stays locked by its own transaction in
    /// another process for ten seconds is not cancelled, and does not count.
    ///
    /// # Errors
    /// If the store fails. Some records may have changed.
    pub async fn cancel(&self, filter: &Filter) -> Result<u64, InboxError> {
        must_not_wait_for_itself()?;
        let pools = self.shared.writer.pools();
        // Told first: a transaction of a function keeps the record locked, or all of an SQLite file.
        let asked = Asked { pools, ids: self.held(filter).await? };
        pools.ask(&asked.ids);
        let changed = self.change(filter, Change::Cancel).await;
        if !asked.ids.is_empty() {
            let cancelled = Filter::all().ids(asked.ids.iter().copied());
            let cancelled = self.list(cancelled.state(DeliveryState::Cancelled)).collect().await;
            let ids: Vec<i64> = cancelled.into_iter().flatten().map(|record| record.id).collect();
            pools.decide(&ids, true);
        }
        // Others may have been claimed meanwhile.
        self.shared.writer.check_claims();
        changed
    }

    /// The numbers of what this process has claimed and a filter matches.
    async fn held(&self, filter: &Filter) -> Result<Vec<i64>, InboxError> {
        let mut ids = self.shared.writer.pools().held_ids();
        if let Some(wanted) = &filter.ids {
            ids.retain(|id| wanted.contains(id));
        }
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let records = self.list(filter.clone().ids(ids)).collect().await?;
        let running = records.into_iter().filter(|one| one.state == DeliveryState::Running);
        Ok(running.map(|record| record.id).collect())
    }
}
