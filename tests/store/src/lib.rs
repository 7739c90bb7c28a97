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
        Census, ClaimToken, Enqueued, Filter, NewDelivery, Pruned, Record, Stored,
        store::{
            Answer, Bounds, Change, Changed, Claimed, Finish, InboxStore, Retention,
            StoreTransaction, Wanted,
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
            news: Mutex::new(self.stored.subscribe()),
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
    news: Mutex<watch::Receiver<()>>,
}

impl InboxStore for MemoryStore {
    fn enqueue<'a>(&'a self, batch: &'a [NewDelivery]) -> Answer<'a, Vec<Enqueued>> {
        Box::pin(async move {
            let mut tables = self.tables.lock().await;
            let now = self.clock.now();
            let enqueued = batch.iter().map(|new| tables.enqueue(new, now)).collect();
            self.stored.send_replace(());
            Ok(enqueued)
        })
    }

    fn claim<'a>(&'a self, wanted: &'a Wanted) -> Answer<'a, Claimed> {
        Box::pin(async move { Ok(self.tables.lock().await.claim(wanted, self.clock.now())) })
    }

    fn extend<'a>(&'a self, running: &'a [ClaimToken], lease: Duration) -> Answer<'a, Vec<i64>> {
        Box::pin(async move {
            let mut tables = self.tables.lock().await;
            let until = self.clock.now().checked_add(lease);
            let good = running.iter().filter(|claim| tables.extend(**claim, until));
            Ok(good.map(ClaimToken::id).collect())
        })
    }

    fn finish<'a>(&'a self, batch: &'a [Finish]) -> Answer<'a, Vec<bool>> {
        Box::pin(async move {
            let mut tables = self.tables.lock().await;
            let now = self.clock.now();
            let settled =
                batch.iter().map(|Finish { claim, result }| tables.settle(*claim, result, now));
            Ok(settled.collect())
        })
    }

    fn begin(&self, claim: ClaimToken) -> Answer<'_, Box<dyn StoreTransaction>> {
        Box::pin(async move {
            let tables = Arc::clone(&self.tables).lock_owned().await;
            transaction::begin(tables, claim, self.clock.now())
        })
    }

    fn list<'a>(&'a self, filter: &'a Filter, after: i64, most: u32) -> Answer<'a, Vec<Record>> {
        Box::pin(async move {
            let tables = self.tables.lock().await;
            let found = tables.records_after(after).filter(|record| filter.matches(record));
            Ok(found.take(most as usize).cloned().collect())
        })
    }

    fn show(&self, id: i64) -> Answer<'_, Option<Stored>> {
        Box::pin(async move { self.tables.lock().await.show(id) })
    }

    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        after: i64,
        most: u32,
    ) -> Answer<'a, Changed> {
        Box::pin(async move {
            let mut tables = self.tables.lock().await;
            let ids: Vec<i64> = tables
                .records_after(after)
                .filter(|record| filter.matches(record))
                .filter(|record| change.applies_to().contains(&record.state))
                .map(|record| record.id)
                .take(most as usize)
                .collect();
            for id in &ids {
                tables.change(*id, change, self.clock.now());
            }
            Ok(Changed { count: ids.len() as u64, last: ids.last().copied() })
        })
    }

    fn prune<'a>(&'a self, retention: &'a Retention, most: u32) -> Answer<'a, Pruned> {
        Box::pin(async move {
            Ok(self.tables.lock().await.prune(retention, most as usize, self.clock.now()))
        })
    }

    fn heal(&self, bounds: Bounds) -> Answer<'_, u64> {
        Box::pin(async move { Ok(self.tables.lock().await.heal(bounds, self.clock.now())) })
    }

    fn census(&self) -> Answer<'_, Census> {
        Box::pin(async move {
            let tables = self.tables.lock().await;
            Ok(Census::of(tables.records_after(0), self.clock.now()))
        })
    }

    fn news(&self) -> Answer<'_, ()> {
        Box::pin(async move {
            // There is a sender as long as there is this store.
            let _ = self.news.lock().await.changed().await;
            Ok(())
        })
    }

    fn close(&self) -> Answer<'_, ()> {
        Box::pin(ready(Ok(())))
    }
}
