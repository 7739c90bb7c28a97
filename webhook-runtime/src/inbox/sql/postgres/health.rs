//! Finds connections to a server that has stopped, or that no longer takes writes.
//!
//! After a failover, the server that was the first may go on as a standby. Connections to it stay
//! open, and every statement that writes fails on them, while new connections would lead to the new
//! first server. So after an error, each connection has to show that it can still write.

use std::{
    future::poll_fn,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::{Duration, Instant},
};

use sqlx::{Executor as _, PgConnection, Row as _};
use tokio::sync::Notify;

/// For so long after an error, a connection is tested before each use, and after that once: it may
/// have been in use when the error came.
const DOUBT: Duration = Duration::from_secs(1);

/// The longest wait for the answer of a server that may be gone.
const TEST_TIMEOUT: Duration = Duration::from_secs(1);

/// The health of the connections to one database. Cheap to clone: all clones are one.
#[derive(Clone, Default)]
pub(super) struct Health {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    last_error: Mutex<Option<Instant>>,
    doubted: Notify,
}

impl Health {
    /// Doubts all connections, because one has reported an error.
    pub(super) fn doubt(&self) {
        let mut last_error = self.last_error();
        // Many errors in a row are one doubt to whoever waits.
        if last_error.is_none_or(|at| at.elapsed() > DOUBT) {
            self.shared.doubted.notify_one();
        }
        *last_error = Some(Instant::now());
    }

    /// The same, if this is an error.
    pub(super) fn judge<T, E>(&self, result: Result<T, E>) -> Result<T, E> {
        if result.is_err() {
            self.doubt();
        }
        result
    }

    /// Waits, and gives up when the connections are doubted.
    pub(super) async fn unless_doubted<T>(&self, wait: impl Future<Output = T>) -> Option<T> {
        let (mut wait, mut doubted) = (pin!(wait), pin!(self.shared.doubted.notified()));
        poll_fn(|context| match wait.as_mut().poll(context) {
            Poll::Ready(ended) => Poll::Ready(Some(ended)),
            Poll::Pending => doubted.as_mut().poll(context).map(|()| None),
        })
        .await
    }

    /// True if a connection of a pool can be used. It is tested only if there was an error since it
    /// was last used: to test it each time would double the round trips.
    pub(super) async fn admits(
        &self,
        connection: &mut PgConnection,
        unused: Duration,
    ) -> Result<bool, sqlx::Error> {
        let last_error = *self.last_error();
        if last_error.is_none_or(|at| at.elapsed() > unused + DOUBT) {
            return Ok(true);
        }
        let test = sqlx::raw_sql(
            "SELECT NOT pg_is_in_recovery() AND current_setting('transaction_read_only') = 'off'",
        );
        match tokio::time::timeout(TEST_TIMEOUT, connection.fetch_one(test)).await {
            Ok(row) => row?.try_get(0),
            Err(_) => Err(sqlx::Error::PoolTimedOut),
        }
    }

    fn last_error(&self) -> MutexGuard<'_, Option<Instant>> {
        self.shared.last_error.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
