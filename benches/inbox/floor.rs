//! The least that has to be done for a delivery to be safe: it is appended to a file, and the file is
//! flushed. There is no database, and nothing can be found again.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use webhook_runtime::inbox::{
    ClaimToken, EnqueueResult, Filter, InboxError, NewDelivery, PruneResult, QueueDepth,
    StoredDelivery,
    store::{
        Change, ChangeResult, ClaimRequest, ClaimResult, DueTimeLimits, FinishedAttempt,
        InboxStore, ListResult, Retention, StoreFuture, StoreTransaction, Window,
    },
};

/// An inbox that can only store.
pub(crate) struct Floor {
    file: Arc<File>,
    last: AtomicI64,
}

impl Floor {
    pub(crate) fn open(path: &Path) -> Self {
        let file = File::options().append(true).create(true).open(path).expect("a file");
        Self { file: Arc::new(file), last: AtomicI64::new(0) }
    }
}

fn answer<T: Send + 'static>(answer: T) -> StoreFuture<'static, T> {
    Box::pin(std::future::ready(Ok(answer)))
}

impl InboxStore for Floor {
    fn enqueue<'a>(&'a self, batch: &'a [NewDelivery]) -> StoreFuture<'a, Vec<EnqueueResult>> {
        let file = Arc::clone(&self.file);
        let size = batch.iter().map(|one| one.body.len() + 1024).sum();
        let mut bytes = Vec::with_capacity(size);
        for one in batch {
            for (name, value) in &one.head.headers {
                bytes.extend_from_slice(name.as_str().as_bytes());
                bytes.extend_from_slice(value.as_bytes());
            }
            bytes.extend_from_slice(&one.dedup_key);
            bytes.extend_from_slice(&one.body);
        }
        Box::pin(async move {
            let written = tokio::task::spawn_blocking(move || {
                (&*file).write_all(&bytes)?;
                file.sync_data()
            });
            let written = written.await.map_err(|error| InboxError::Store(error.to_string()))?;
            written.map_err(|error| InboxError::Store(error.to_string()))?;
            let number = || EnqueueResult::Stored(self.last.fetch_add(1, Ordering::Relaxed));
            Ok(batch.iter().map(|_| number()).collect())
        })
    }

    fn claim<'a>(&'a self, _: &'a ClaimRequest) -> StoreFuture<'a, ClaimResult> {
        answer(ClaimResult::default())
    }

    fn renew_leases<'a>(&'a self, _: &'a [ClaimToken], _: Duration) -> StoreFuture<'a, Vec<i64>> {
        answer(Vec::new())
    }

    fn finish<'a>(&'a self, batch: &'a [FinishedAttempt]) -> StoreFuture<'a, Vec<bool>> {
        answer(vec![false; batch.len()])
    }

    fn begin(&self, _: ClaimToken) -> StoreFuture<'_, Box<dyn StoreTransaction>> {
        Box::pin(std::future::ready(Err(InboxError::Unsupported("there is no database"))))
    }

    fn list<'a>(&'a self, _: &'a Filter, _: Window) -> StoreFuture<'a, ListResult> {
        answer(ListResult::default())
    }

    fn get(&self, _: i64) -> StoreFuture<'_, Option<StoredDelivery>> {
        answer(None)
    }

    fn change<'a>(&'a self, _: &'a Filter, _: Change, _: Window) -> StoreFuture<'a, ChangeResult> {
        answer(ChangeResult::default())
    }

    fn prune<'a>(&'a self, _: &'a Retention, _: u32) -> StoreFuture<'a, PruneResult> {
        answer(PruneResult::default())
    }

    fn clamp_future_due_times(&self, _: DueTimeLimits) -> StoreFuture<'_, u64> {
        answer(0)
    }

    fn queue_depth(&self) -> StoreFuture<'_, QueueDepth> {
        answer(QueueDepth::default())
    }
}
