//! A cache of one answer that all viewers share: many open pages query no more often than one.

use std::sync::{Mutex, PoisonError};

use tokio::{
    sync::watch,
    time::{Duration, Instant, timeout},
};
use webhook_runtime::inbox::InboxError;

use crate::fetch::{FetchError, TIMEOUT};

/// The time after which a query is given up. By then nobody waits for it.
const GIVE_UP_AFTER: Duration = Duration::from_secs(30);

/// An answer and its time, once it is there.
type Answer<T> = Option<(Instant, Result<T, InboxError>)>;

/// The answer to one query, kept for some time. Only one query runs at a time, and all callers wait for
/// it. A caller whose wait takes too long gets an error; a later one gets the answer.
pub(crate) struct Cached<T> {
    kept: Duration,
    last: Mutex<Option<watch::Receiver<Answer<T>>>>,
}

impl<T: Clone + Send + Sync + 'static> Cached<T> {
    /// Keeps an answer for this time.
    pub(crate) const fn new(kept: Duration) -> Self {
        Self { kept, last: Mutex::new(None) }
    }

    /// Returns the answer, unless it takes too long.
    pub(crate) async fn get<F>(&self, query: impl FnOnce() -> F) -> Result<T, FetchError>
    where
        F: Future<Output = Result<T, InboxError>> + Send + 'static,
    {
        let mut last = self.last_or(query);
        let answer = match timeout(TIMEOUT, last.wait_for(Option::is_some)).await {
            Ok(Ok(answer)) => answer.as_ref().map(|(_, answer)| answer.clone()),
            // The caller has waited for too long, or the query was given up.
            _ => None,
        };
        answer.ok_or(FetchError::TookTooLong)?.map_err(FetchError::Failed)
    }

    /// Drops the answer, because something was changed.
    pub(crate) fn invalidate(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn last_or<F>(&self, query: impl FnOnce() -> F) -> watch::Receiver<Answer<T>>
    where
        F: Future<Output = Result<T, InboxError>> + Send + 'static,
    {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(last) = last.as_ref().filter(|last| self.is_usable(last)) {
            return last.clone();
        }
        let (sender, receiver) = watch::channel(None);
        let query = query();
        tokio::spawn(async move {
            if let Ok(answer) = timeout(GIVE_UP_AFTER, query).await {
                let _ = sender.send(Some((Instant::now(), answer)));
            }
        });
        *last = Some(receiver.clone());
        receiver
    }

    /// True while the query runs, and for an answer that is new enough. A failure is not kept.
    fn is_usable(&self, last: &watch::Receiver<Answer<T>>) -> bool {
        match &*last.borrow() {
            None => last.has_changed().is_ok(),
            Some((at, answer)) => answer.is_ok() && at.elapsed() < self.kept,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    };

    use super::*;

    /// A query that counts its runs, and takes this long.
    async fn asked(count: Arc<AtomicU32>, takes: Duration) -> Result<u32, InboxError> {
        let number = count.fetch_add(1, Ordering::Relaxed) + 1;
        tokio::time::sleep(takes).await;
        Ok(number)
    }

    #[tokio::test(start_paused = true)]
    async fn many_viewers_ask_once() {
        let (cached, count) = (Cached::new(Duration::from_secs(1)), Arc::new(AtomicU32::new(0)));
        let get = || cached.get(|| asked(Arc::clone(&count), Duration::from_millis(50)));
        assert_eq!(tokio::join!(get(), get(), get()), (Ok(1), Ok(1), Ok(1)));
        assert_eq!(get().await, Ok(1));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert_eq!(get().await, Ok(2), "it is too old");
        cached.invalidate();
        assert_eq!(get().await, Ok(3));
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_answer_is_for_the_next_one() {
        let (cached, count) = (Cached::new(Duration::from_secs(1)), Arc::new(AtomicU32::new(0)));
        let get = || cached.get(|| asked(Arc::clone(&count), Duration::from_secs(5)));
        assert_eq!(get().await, Err(FetchError::TookTooLong));
        assert_eq!(get().await, Err(FetchError::TookTooLong));
        assert_eq!(get().await, Ok(1), "the same query");
        let never = Cached::<u32>::new(Duration::from_secs(1));
        let dead = || never.get(std::future::pending);
        assert_eq!(dead().await, Err(FetchError::TookTooLong));
        tokio::time::sleep(GIVE_UP_AFTER).await;
        let answer = never.get(|| asked(Arc::clone(&count), Duration::ZERO)).await;
        assert_eq!(answer, Ok(2), "the one that was given up is asked again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_not_kept() {
        let cached = Cached::new(Duration::from_secs(10));
        let closed = cached.get(|| async { Err::<u32, _>(InboxError::Closed) }).await;
        assert_eq!(closed, Err(FetchError::Failed(InboxError::Closed)));
        assert_eq!(cached.get(|| async { Ok(7) }).await, Ok(7));
    }
}
