//! A store for the inbox, written outside of the runtime and against its public API alone.
//!
//! It keeps everything in memory, in the way of a database: tables with indexes, transactions that
//! are isolated and can be taken back, and deliveries in the form that a column holds. The tests of
//! the inbox run on it as they run on the built-in engines.

mod tables;
mod transaction;

use std::{future::ready, sync::Arc, time::Duration};

use tokio::sync::{Mutex, watch};
use webhook_runtime::{
    Clock, SystemClock,
    inbox::{
        ClaimToken, EnqueueResult, Filter, NewDelivery, PruneResult, QueueDepth, StoredDelivery,
        store::{
            Change, ChangeResult, ClaimRequest, ClaimResult, DueTimeLimits, EndpointBacklog,
            EndpointRetention, FinishedAttempt, InboxStore, ListResult, Retention, StoreFuture,
            StoreTransaction, Window,
        },
    },
};

use crate::tables::Tables;
pub use crate::transaction::Connection;

/// A database in memory. Each inbox on it has a [store](Self::connect) of its own, as if each were
/// another process.
pub struct Database {
    clock: Arc<dyn Clock>,
    tables: Arc<Mutex<Tables>>,
    stored: watch::Sender<()>,
}

impl Default for Database {
    fn default() -> Self {
        Self::new(SystemClock)
    }
}

impl Database {
    /// An empty database that goes by this clock.
    pub fn new(clock: impl Clock) -> Self {
        Self { clock: Arc::new(clock), tables: Arc::default(), stored: watch::Sender::new(()) }
    }

    /// A store for one inbox.
    #[must_use]
    pub fn connect(&self) -> Arc<dyn InboxStore> {
        Arc::new(MemoryStore {
            clock: Arc::clone(&self.clock),
            tables: Arc::clone(&self.tables),
            stored: self.stored.clone(),
            notifications: Mutex::new(self.stored.subscribe()),
        })
    }

    /// What handlers have written through their [`Connection`]s, and has been committed.
    pub async fn effects(&self) -> Vec<String> {
        self.tables.lock().await.effects.clone()
    }

    /// Keeps everybody else from reading and writing until what it returns is dropped.
    pub async fn hold(&self) -> impl Send + use<> {
        Arc::clone(&self.tables).lock_owned().await
    }

    /// Damages the stored form of these deliveries, so that it cannot be read.
    pub async fn damage(&self, ids: &[i64]) {
        self.tables.lock().await.damage(ids);
    }
}

struct MemoryStore {
    clock: Arc<dyn Clock>,
    tables: Arc<Mutex<Tables>>,
    stored: watch::Sender<()>,
    notifications: Mutex<watch::Receiver<()>>,
}

impl InboxStore for MemoryStore {
    fn enqueue<'a>(&'a self, batch: &'a [NewDelivery]) -> StoreFuture<'a, Vec<EnqueueResult>> {
        Box::pin(async move {
            let mut tables = self.tables.lock().await;
            let now = self.clock.now();
            let enqueued = batch.iter().map(|new| tables.enqueue(new, now)).collect();
            self.stored.send_replace(());
            Ok(enqueued)
        })
    }

    fn claim<'a>(&'a self, wanted: &'a ClaimRequest) -> StoreFuture<'a, ClaimResult> {
        Box::pin(async move { Ok(self.tables.lock().await.claim(wanted, self.clock.now())) })
    }

    fn renew_leases<'a>(
        &'a self,
        running: &'a [ClaimToken],
        lease: Duration,
    ) -> StoreFuture<'a, Vec<i64>> {
        Box::pin(async move {
            let mut tables = self.tables.lock().await;
            let until = self.clock.now().checked_add(lease);
            let good = running.iter().filter(|claim| tables.extend(**claim, until));
            Ok(good.map(ClaimToken::id).collect())
        })
    }

    fn finish<'a>(&'a self, batch: &'a [FinishedAttempt]) -> StoreFuture<'a, Vec<bool>> {
        Box::pin(async move {
            let mut tables = self.tables.lock().await;
            let now = self.clock.now();
            let settled = batch.iter().map(|FinishedAttempt { claim_token, result, .. }| {
                tables.settle(*claim_token, result, now)
            });
            Ok(settled.collect())
        })
    }

    fn begin(&self, claim: ClaimToken) -> StoreFuture<'_, Box<dyn StoreTransaction>> {
        Box::pin(async move {
            let tables = Arc::clone(&self.tables).lock_owned().await;
            transaction::begin(tables, claim, self.clock.now())
        })
    }

    fn list<'a>(&'a self, filter: &'a Filter, window: Window) -> StoreFuture<'a, ListResult> {
        Box::pin(async move {
            let tables = self.tables.lock().await;
            Ok(window.of(tables.records().filter(|record| filter.matches(record))))
        })
    }

    fn get(&self, id: i64) -> StoreFuture<'_, Option<StoredDelivery>> {
        Box::pin(async move { self.tables.lock().await.get(id) })
    }

    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        window: Window,
    ) -> StoreFuture<'a, ChangeResult> {
        Box::pin(async move {
            let mut tables = self.tables.lock().await;
            let filter = filter.clone().changeable_by(change);
            let found = window.of(tables.records().filter(|record| filter.matches(record)));
            for record in &found.records {
                tables.change(record.id, change, self.clock.now());
            }
            Ok(ChangeResult { count: found.records.len() as u64, last: found.looked_to })
        })
    }

    fn prune<'a>(&'a self, retention: &'a Retention, max: u32) -> StoreFuture<'a, PruneResult> {
        Box::pin(async move {
            Ok(self.tables.lock().await.prune(retention, max as usize, self.clock.now()))
        })
    }

    fn set_retention<'a>(&'a self, retentions: &'a [EndpointRetention]) -> StoreFuture<'a, ()> {
        Box::pin(async move {
            let own = retentions.iter().map(|of| (of.endpoint.clone(), of.clone()));
            self.tables.lock().await.retentions.extend(own);
            Ok(())
        })
    }

    fn clamp_future_due_times(&self, bounds: DueTimeLimits) -> StoreFuture<'_, u64> {
        Box::pin(async move {
            Ok(self.tables.lock().await.clamp_future_due_times(bounds, self.clock.now()))
        })
    }

    fn queue_depth(&self) -> StoreFuture<'_, QueueDepth> {
        Box::pin(async move {
            let tables = self.tables.lock().await;
            Ok(QueueDepth::of(tables.records(), self.clock.now()))
        })
    }

    fn backlog(&self) -> StoreFuture<'_, Vec<EndpointBacklog>> {
        Box::pin(async move { Ok(EndpointBacklog::of(self.tables.lock().await.records())) })
    }

    fn wait_for_notification(&self) -> StoreFuture<'_, ()> {
        Box::pin(async move {
            // There is a sender as long as there is this store.
            let _ = self.notifications.lock().await.changed().await;
            Ok(())
        })
    }

    fn close(&self) -> StoreFuture<'_, ()> {
        Box::pin(ready(Ok(())))
    }
}
