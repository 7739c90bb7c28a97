//! Notifies other processes that something was stored, and waits for their notifications.

use std::time::Duration;

use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::{Mutex, Notify};

use crate::inbox::error::InboxError;

/// The shortest time between notifications: each costs the server a transaction, and one is as good
/// as many.
const AT_MOST_EVERY: Duration = Duration::from_millis(20);

/// Sends and receives notifications.
pub(super) struct Notifications {
    pool: PgPool,
    channel: String,
    listener: Mutex<Option<PgListener>>,
    unsent: Notify,
}

impl Notifications {
    /// The pool has one connection, which waits all the time.
    pub(super) fn new(pool: PgPool, channel: String) -> Self {
        Self { pool, channel, listener: Mutex::default(), unsent: Notify::new() }
    }

    /// Sends what is to be sent. Never returns.
    pub(super) async fn keep_sending(&self, pool: &PgPool) -> Result<(), InboxError> {
        loop {
            self.unsent.notified().await;
            let notify = sqlx::query("SELECT pg_notify($1, '')").bind(&self.channel);
            if let Err(error) = notify.execute(pool).await {
                tracing::debug!(%error, "other processes could not be notified");
            }
            tokio::time::sleep(AT_MOST_EVERY).await;
        }
    }

    /// Notifies other processes soon. If that fails, they find out by polling, a little later.
    pub(super) fn notify(&self) {
        self.unsent.notify_one();
    }

    /// Waits for a notification.
    pub(super) async fn wait(&self) -> Result<(), InboxError> {
        let mut place = self.listener.lock().await;
        let mut listener = if let Some(listener) = place.take() {
            listener
        } else {
            let mut listener = PgListener::connect_with(&self.pool).await?;
            listener.listen(&self.channel).await?;
            listener
        };
        // A lost connection counts as a notification, too: one may have been missed.
        listener.try_recv().await?;
        *place = Some(listener);
        Ok(())
    }

    pub(super) async fn close(&self) {
        self.pool.close().await;
    }
}
