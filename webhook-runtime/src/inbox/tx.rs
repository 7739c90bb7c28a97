//! The transaction in which a delivery will be completed.

use std::{
    any::Any,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU16, Ordering},
    },
    time::Duration,
};

use tokio::sync::{Mutex, Notify, OwnedMutexGuard};

use crate::inbox::{
    error::InboxError,
    record::ClaimToken,
    store::{InboxStore, StoreTransaction},
};

/// The transaction in which the delivery will be completed.
///
/// What the function writes through it commits together with the completion if the function
/// succeeds, or else not at all: an effect in the inbox's own database happens exactly once.
/// Effects anywhere else happen at least once, because the function can run again after a crash.
///
/// The transaction begins when a connection is first asked for. On SQLite, nobody else can write
/// from then until the function returns, and no delivery is stored: do slow work before. A function
/// that holds it for longer than five seconds
/// ([`tx_timeout`](crate::inbox::InboxBuilder::tx_timeout)) fails, and is retried. Neither commit it
/// nor roll it back; the inbox does.
pub struct Tx {
    slot: OwnedMutexGuard<Slot>,
}

tokio::task_local! {
    /// The transaction of the attempt that this task runs.
    static CURRENT: TxSource;
}

/// An error if the function that this task runs holds a transaction that keeps everybody else from
/// writing: it would wait for itself.
pub(crate) fn must_not_wait_for_itself() -> Result<(), InboxError> {
    match CURRENT.try_with(|tx| tx.times.is_exclusive.load(Ordering::Acquire)) {
        Ok(true) => Err(InboxError::HoldsTx),
        _ => Ok(()),
    }
}

/// When a transaction was begun, and whether it keeps others from writing.
#[derive(Default)]
struct Times {
    begun: Notify,
    is_exclusive: AtomicBool,
}

struct Slot {
    times: Arc<Times>,
    store: Arc<dyn InboxStore>,
    claim: ClaimToken,
    transaction: Option<Box<dyn StoreTransaction>>,
    /// True if the attempt is over, so that no transaction can begin any more.
    closed: bool,
}

impl Tx {
    /// The connection, if the inbox is an SQLite file.
    ///
    /// # Errors
    /// If the transaction cannot begin, the claim is stale, or the inbox is not in SQLite.
    #[cfg(feature = "inbox-sqlite")]
    pub async fn sqlite(&mut self) -> Result<&mut sqlx::SqliteConnection, InboxError> {
        self.connection_or("the inbox is not in SQLite: use `Tx::postgres` or `Tx::connection`")
            .await
    }

    /// The connection, if the inbox is in a PostgreSQL database.
    ///
    /// # Errors
    /// If the transaction cannot begin, the claim is stale, or the inbox is not in PostgreSQL.
    #[cfg(feature = "inbox-postgres")]
    pub async fn postgres(&mut self) -> Result<&mut sqlx::PgConnection, InboxError> {
        self.connection_or("the inbox is not in PostgreSQL: use `Tx::sqlite` or `Tx::connection`")
            .await
    }

    /// The connection of a store of your own, by its type.
    ///
    /// # Errors
    /// If the transaction cannot begin, the claim is stale, or the store has connections of another
    /// type.
    pub async fn connection<T: Any>(&mut self) -> Result<&mut T, InboxError> {
        self.connection_or("the inbox's store has connections of another type").await
    }

    async fn connection_or<T: Any>(
        &mut self,
        otherwise: &'static str,
    ) -> Result<&mut T, InboxError> {
        let transaction = self.slot.begin().await?;
        transaction.connection().downcast_mut().ok_or(InboxError::Unsupported(otherwise))
    }
}

impl Slot {
    async fn begin(&mut self) -> Result<&mut Box<dyn StoreTransaction>, InboxError> {
        if self.closed {
            return Err(InboxError::StaleClaim);
        }
        let transaction = if let Some(transaction) = self.transaction.take() {
            transaction
        } else {
            let transaction = self.store.begin(self.claim).await?;
            self.times.is_exclusive.store(transaction.is_exclusive(), Ordering::Release);
            self.times.begun.notify_one();
            transaction
        };
        Ok(self.transaction.insert(transaction))
    }

    fn close_and_take(&mut self) -> Option<Box<dyn StoreTransaction>> {
        self.closed = true;
        self.times.is_exclusive.store(false, Ordering::Release);
        self.transaction.take()
    }
}

/// Rolls a transaction back. If that fails, the store gives its connection up.
pub(crate) async fn rollback(transaction: Box<dyn StoreTransaction>) {
    if let Err(error) = transaction.rollback().await {
        tracing::warn!(%error, "a transaction could not be rolled back; its connection is closed");
    }
}

/// The time to wait for a transaction that outlives its function.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Gives out the transaction of one attempt.
#[derive(Clone)]
pub struct TxSource {
    slot: Arc<Mutex<Slot>>,
    times: Arc<Times>,
    /// The status of the response; 0 if there is none.
    status: Arc<AtomicU16>,
}

impl TxSource {
    pub(crate) fn new(store: Arc<dyn InboxStore>, claim: ClaimToken) -> Self {
        let times = Arc::new(Times::default());
        let slot =
            Slot { times: Arc::clone(&times), store, claim, transaction: None, closed: false };
        Self { slot: Arc::new(Mutex::new(slot)), times, status: Arc::default() }
    }

    /// Tells the status of the response that the function has returned.
    pub(crate) fn set_status(&self, status: u16) {
        self.status.store(status, Ordering::Relaxed);
    }

    /// The status of the response, if there is one.
    pub(crate) fn status(&self) -> Option<u16> {
        Some(self.status.load(Ordering::Relaxed)).filter(|status| *status > 0)
    }

    /// Runs the function that may use the transaction.
    pub(crate) fn scope<F: Future>(&self, function: F) -> impl Future<Output = F::Output> + use<F> {
        CURRENT.scope(self.clone(), function)
    }

    /// Waits until the transaction has been held for this time; `None` is for ever.
    pub(crate) async fn held_for(&self, limit: Option<Duration>) {
        let Some(limit) = limit else { return pending().await };
        self.times.begun.notified().await;
        tokio::time::sleep(limit).await;
    }

    /// Gives out the transaction of this attempt; `None` while somebody has it.
    #[must_use]
    pub fn tx(&self) -> Option<Tx> {
        let slot = Arc::clone(&self.slot).try_lock_owned().ok()?;
        Some(Tx { slot })
    }

    /// Takes the transaction that the function has begun, and lets no other begin.
    ///
    /// # Errors
    /// If a task that the function has spawned still has it.
    pub(crate) async fn close_and_take(
        &self,
    ) -> Result<Option<Box<dyn StoreTransaction>>, InboxError> {
        // A task that the function has spawned with it may be about to end.
        if let Ok(mut slot) = tokio::time::timeout(CLOSE_TIMEOUT, self.slot.lock()).await {
            return Ok(slot.close_and_take());
        }
        // On SQLite, nobody can write while the transaction is open: roll it back when it is free.
        let slot = Arc::clone(&self.slot);
        tokio::spawn(async move {
            if let Some(transaction) = slot.lock_owned().await.close_and_take() {
                rollback(transaction).await;
            }
        });
        Err(InboxError::Unsupported("the function returned, but its transaction is still in use"))
    }
}
