//! The trait of a store, and the transaction in which a delivery is completed.

use std::{
    any::Any,
    io,
    path::PathBuf,
    sync::Arc,
    time::{Duration, SystemTime},
};

use webhook_runtime::inbox::{
    AttemptResult, ClaimToken, EndpointBacklog, EnqueueResult, Filter, InboxError, NewDelivery,
    PruneResult, QueueDepth, StoredDelivery,
    store::{
        Change, ChangeResult, ClaimRequest, ClaimResult, DueTimeLimits, FinishedAttempt,
        InboxStore, ListResult, Retention, StoreFuture, StoreTransaction, Window,
    },
};

use crate::{
    file::{Draft, failed},
    tables::Tables,
};

/// A store in one file. Several processes can use it.
pub(crate) struct FileStore {
    path: Arc<PathBuf>,
}

impl FileStore {
    /// Opens the store at a path.
    pub(crate) fn open(path: impl Into<PathBuf>) -> io::Result<Self> {
        let path = path.into();
        // Creates the file, and finds out if it cannot be read.
        Draft::read(&path)?.write()?;
        Ok(Self { path: Arc::new(path) })
    }

    /// Reads the file. It blocks, and so runs on a thread for that.
    async fn draft(&self) -> Result<Draft, InboxError> {
        let path = Arc::clone(&self.path);
        blocking(move || Draft::read(&path)).await
    }

    /// Changes the file, in one transaction.
    fn change_all<T: Send + 'static>(
        &self,
        change: impl FnOnce(&mut Tables, SystemTime) -> T + Send + 'static,
    ) -> StoreFuture<'_, T> {
        Box::pin(async move {
            let mut draft = self.draft().await?;
            let done = change(draft.tables(), SystemTime::now());
            blocking(move || draft.write()).await?;
            Ok(done)
        })
    }

    fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Tables) -> T + Send + 'static,
    ) -> StoreFuture<'_, T> {
        Box::pin(async move { Ok(look(self.draft().await?.tables())) })
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, InboxError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done.map_err(|error| failed(&error)),
        Err(_) => Err(InboxError::Closed),
    }
}

impl InboxStore for FileStore {
    fn enqueue<'a>(&'a self, batch: &'a [NewDelivery]) -> StoreFuture<'a, Vec<EnqueueResult>> {
        let batch = batch.to_vec();
        self.change_all(move |tables, now| {
            batch.iter().map(|new| tables.enqueue(new, now)).collect()
        })
    }

    fn claim<'a>(&'a self, wanted: &'a ClaimRequest) -> StoreFuture<'a, ClaimResult> {
        let wanted = wanted.clone();
        Box::pin(async move {
            // Workers look often: nothing is written if nothing is due.
            let of_wanted = wanted.clone();
            let is_due = self.look(move |tables| {
                !of_wanted.select(tables.records(), SystemTime::now()).is_empty()
            });
            if !is_due.await? {
                return Ok(ClaimResult::default());
            }
            self.change_all(move |tables, now| tables.claim(&wanted, now)).await
        })
    }

    fn renew_leases<'a>(
        &'a self,
        running: &'a [ClaimToken],
        lease: Duration,
    ) -> StoreFuture<'a, Vec<i64>> {
        let running = running.to_vec();
        self.change_all(move |tables, now| {
            let until = now.checked_add(lease);
            running
                .iter()
                .filter(|claim| tables.renew(**claim, until))
                .map(ClaimToken::id)
                .collect()
        })
    }

    fn finish<'a>(&'a self, batch: &'a [FinishedAttempt]) -> StoreFuture<'a, Vec<bool>> {
        let batch = batch.to_vec();
        self.change_all(move |tables, now| {
            let good = batch.iter().map(|one| tables.finish(one.claim_token, &one.result, now));
            good.collect()
        })
    }

    fn begin(&self, claim: ClaimToken) -> StoreFuture<'_, Box<dyn StoreTransaction>> {
        Box::pin(async move {
            let mut draft = self.draft().await?;
            // The completion is written first, so that a stale claim is found out.
            if !draft.tables().finish(claim, &AttemptResult::Completed, SystemTime::now()) {
                return Err(InboxError::StaleClaim);
            }
            Ok(Box::new(Transaction { draft }) as Box<dyn StoreTransaction>)
        })
    }

    fn list<'a>(&'a self, filter: &'a Filter, window: Window) -> StoreFuture<'a, ListResult> {
        let filter = filter.clone();
        self.look(move |tables| window.of(tables.records().filter(|record| filter.matches(record))))
    }

    fn get(&self, id: i64) -> StoreFuture<'_, Option<StoredDelivery>> {
        self.look(move |tables| tables.get(id))
    }

    fn change<'a>(
        &'a self,
        filter: &'a Filter,
        change: Change,
        window: Window,
    ) -> StoreFuture<'a, ChangeResult> {
        let filter = filter.clone().changeable_by(change);
        self.change_all(move |tables, now| {
            let found = window.of(tables.records().filter(|record| filter.matches(record)));
            for record in &found.records {
                tables.change(record.id, change, now);
            }
            ChangeResult { count: found.records.len() as u64, last: found.looked_to }
        })
    }

    fn prune<'a>(&'a self, retention: &'a Retention, _: u32) -> StoreFuture<'a, PruneResult> {
        let retention = *retention;
        self.change_all(move |tables, now| tables.prune(&retention, now))
    }

    fn clamp_future_due_times(&self, limits: DueTimeLimits) -> StoreFuture<'_, u64> {
        self.change_all(move |tables, now| tables.clamp(limits, now))
    }

    fn queue_depth(&self) -> StoreFuture<'_, QueueDepth> {
        self.look(|tables| QueueDepth::of(tables.records(), SystemTime::now()))
    }

    fn backlog(&self) -> StoreFuture<'_, Vec<EndpointBacklog>> {
        self.look(|tables| EndpointBacklog::of(tables.records()))
    }
}

/// The draft that a handler writes into. Nobody else reads or writes until it ends.
struct Transaction {
    draft: Draft,
}

impl StoreTransaction for Transaction {
    fn connection(&mut self) -> &mut dyn Any {
        &mut self.draft
    }

    fn commit(self: Box<Self>) -> StoreFuture<'static, ()> {
        Box::pin(blocking(move || self.draft.write()))
    }

    fn rollback(self: Box<Self>) -> StoreFuture<'static, ()> {
        // Dropped as it is: nothing was written.
        Box::pin(std::future::ready(Ok(())))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        env, fs,
        sync::atomic::{AtomicU32, Ordering},
    };

    use webhook_runtime::testing::store::Target;

    use super::*;

    /// A directory, which is removed when it is dropped.
    struct Directory(PathBuf);

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    fn target() -> Target {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let directory = env::temp_dir().join(format!("own-store-{}-{count}", std::process::id()));
        fs::create_dir(&directory).expect("a new directory");
        let path = directory.join("orders.json");
        let open = move || {
            let store = FileStore::open(&path).expect("a file");
            std::future::ready(Arc::new(store) as Arc<dyn InboxStore>)
        };
        Target::new(open).keep(Directory(directory))
    }

    webhook_runtime::testing::store!(mod keeps_what_a_store_must_keep, target());
}
