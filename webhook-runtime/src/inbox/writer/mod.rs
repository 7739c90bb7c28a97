//! Group commits: one task stores deliveries, another settles claims.

pub(crate) mod queue;
mod sync;

use std::{sync::Arc, time::Duration};

use tokio::sync::{Notify, oneshot};

use crate::inbox::{
    counters::InboxMetrics,
    error::InboxError,
    options::Settings,
    record::{EnqueueResult, NewDelivery},
    store::{FinishedAttempt, InboxStore},
    writer::queue::{Capacity, Queue, Refused},
};

/// The longest wait for a delivery to be stored. Providers have little patience.
const STORE_TIMEOUT: Duration = Duration::from_secs(5);

type Reply<T> = oneshot::Sender<Result<T, InboxError>>;

/// Stores deliveries and settles claims, many in one commit.
pub(crate) struct Writer {
    received: Arc<Queue<(NewDelivery, Reply<EnqueueResult>)>>,
    ended: Arc<Queue<(FinishedAttempt, Reply<bool>)>>,
    dedup_retention: Duration,
}

impl Writer {
    /// Starts the two tasks. After the writer is dropped, they commit what is queued and end.
    pub(crate) fn start(
        store: &Arc<dyn InboxStore>,
        settings: &Settings,
        counters: Arc<InboxMetrics>,
        wake: Arc<Notify>,
    ) -> Self {
        let (batch, dedup_retention) = (settings.batch, settings.dedup_retention);
        let received = Arc::new(Queue::new(settings.queue));
        // There are at most as many as there are running deliveries.
        let ended = Arc::new(Queue::new(Capacity { items: usize::MAX, weight: usize::MAX }));
        restart_on_panic({
            let (queue, store) = (Arc::clone(&received), Arc::clone(store));
            move || {
                let (queue, store) = (Arc::clone(&queue), Arc::clone(&store));
                let (counters, wake) = (Arc::clone(&counters), Arc::clone(&wake));
                async move {
                    let commit = |batch| receive(&*store, &counters, &wake, batch);
                    queue.commit_by(batch, commit).await;
                }
            }
        });
        restart_on_panic({
            let (queue, store) = (Arc::clone(&ended), Arc::clone(store));
            move || {
                let (queue, store) = (Arc::clone(&queue), Arc::clone(&store));
                async move { queue.commit_by(batch, |batch| settle(&*store, batch)).await }
            }
        });
        Self { received, ended, dedup_retention }
    }

    /// Stores a delivery. Without an error, it is committed.
    pub(crate) async fn enqueue(&self, delivery: NewDelivery) -> Result<EnqueueResult, InboxError> {
        let answered = self.push(delivery)?;
        with_timeout(async { answered.await.map_err(|_| InboxError::Closed)? }).await
    }

    /// Stores deliveries, in few commits. Without an error, all of them are committed.
    pub(crate) async fn enqueue_all(
        &self,
        all: Vec<NewDelivery>,
    ) -> Result<Vec<EnqueueResult>, InboxError> {
        let all = async {
            let mut results = Vec::with_capacity(all.len());
            let mut all = all.into_iter().peekable();
            while all.peek().is_some() {
                let mut pushed = Vec::new();
                while let Some(one) = all.next_if(|one| pushed.is_empty() || self.has_room(one)) {
                    pushed.push(self.push(one)?);
                }
                // If there is not enough room for all, the next ones follow these.
                for answered in pushed {
                    results.push(answered.await.map_err(|_| InboxError::Closed)??);
                }
            }
            Ok(results)
        };
        with_timeout(all).await
    }

    fn has_room(&self, delivery: &NewDelivery) -> bool {
        self.received.has_room(delivery.weight())
    }

    fn push(
        &self,
        mut delivery: NewDelivery,
    ) -> Result<oneshot::Receiver<Result<EnqueueResult, InboxError>>, InboxError> {
        delivery.dedup_retention = delivery.dedup_retention.max(self.dedup_retention);
        let (answer, answered) = oneshot::channel();
        let weight = delivery.weight();
        self.received.push((delivery, answer), weight).map_err(|refused| match refused {
            Refused::Full => InboxError::QueueFull,
            Refused::Closed => InboxError::Closed,
        })?;
        Ok(answered)
    }

    /// Settles a claim, and returns whether it was still good.
    pub(crate) async fn finish(&self, finish: FinishedAttempt) -> Result<bool, InboxError> {
        let (answer, answered) = oneshot::channel();
        self.ended.push((finish, answer), 1).map_err(|_| InboxError::Closed)?;
        answered.await.map_err(|_| InboxError::Closed)?
    }

    pub(crate) fn close(&self) {
        self.received.close();
        self.ended.close();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.close();
    }
}

async fn with_timeout<T>(
    stored: impl Future<Output = Result<T, InboxError>>,
) -> Result<T, InboxError> {
    tokio::time::timeout(STORE_TIMEOUT, stored).await.unwrap_or(Err(InboxError::Timeout))
}

/// Runs a task to its end. A task that panics is started again.
fn restart_on_panic<F, T>(task: F)
where
    F: Fn() -> T + Send + 'static,
    T: Future<Output = ()> + Send + 'static,
{
    tokio::spawn(async move {
        while let Err(error) = tokio::spawn(task()).await {
            if !error.is_panic() {
                return;
            }
            tracing::error!("a commit of the inbox panicked; what was in it is not acknowledged");
        }
    });
}

async fn receive(
    store: &dyn InboxStore,
    counters: &InboxMetrics,
    wake: &Notify,
    batch: Vec<(NewDelivery, Reply<EnqueueResult>)>,
) {
    let (deliveries, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    match store.enqueue(&deliveries).await {
        Ok(enqueued) => {
            let stored =
                enqueued.iter().filter(|one| matches!(one, EnqueueResult::Stored(_))).count();
            counters.enqueued(stored, enqueued.len() - stored);
            if enqueued.iter().any(|one| !matches!(one, EnqueueResult::Duplicate(_))) {
                wake.notify_one();
            }
            for (answer, enqueued) in answers.into_iter().zip(enqueued) {
                let _ = answer.send(Ok(enqueued));
            }
        }
        Err(error) => {
            tracing::error!(%error, deliveries = deliveries.len(), "nothing could be stored");
            for answer in answers {
                let _ = answer.send(Err(error.clone()));
            }
        }
    }
}

async fn settle(store: &dyn InboxStore, batch: Vec<(FinishedAttempt, Reply<bool>)>) {
    let (batch, answers): (Vec<_>, Vec<_>) = batch.into_iter().unzip();
    match store.finish(&batch).await {
        Ok(good) => {
            for (answer, good) in answers.into_iter().zip(good) {
                let _ = answer.send(Ok(good));
            }
        }
        Err(error) => {
            for answer in answers {
                let _ = answer.send(Err(error.clone()));
            }
        }
    }
}
