//! Notifies other processes that something was stored, and waits for their notifications.

use std::{future::pending, time::Duration};

use sqlx::{AssertSqlSafe, PgPool, postgres::PgListener};
use tokio::sync::{Mutex, Notify};

use crate::inbox::{error::InboxError, sql::postgres::health::Health};

/// The shortest time between notifications: each costs the server a transaction, and one is as good
/// as many.
const AT_MOST_EVERY: Duration = Duration::from_millis(20);

/// Sends and receives notifications.
pub(super) struct Notifications {
    /// `None` where nobody can listen.
    pool: Option<PgPool>,
    channel: String,
    health: Health,
    listener: Mutex<Option<PgListener>>,
    unsent: Notify,
}

impl Notifications {
    /// The pool has one connection, which waits all the time. Without one, no notifications come.
    pub(super) fn new(pool: Option<PgPool>, health: Health, channel: String) -> Self {
        Self { pool, channel, health, listener: Mutex::default(), unsent: Notify::new() }
    }

    /// True if there are notifications of other processes.
    pub(super) fn come(&self) -> bool {
        self.pool.is_some()
    }

    /// Sends what is to be sent. Never returns.
    pub(super) async fn keep_sending(&self, pool: &PgPool) -> Result<(), InboxError> {
        // The name is that of the schema, which is plain.
        let notify = format!("NOTIFY \"{}\"", self.channel);
        loop {
            self.unsent.notified().await;
            let sent = sqlx::raw_sql(AssertSqlSafe(notify.clone())).execute(pool).await;
            if let Err(error) = self.health.judge(sent) {
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
        let Some(pool) = &self.pool else { return pending().await };
        let mut place = self.listener.lock().await;
        let mut listener = match place.take() {
            Some(listener) => listener,
            None => self.health.judge(listen(pool, &self.channel).await)?,
        };
        // A lost connection counts as a notification, too: one may have been missed. A server that
        // became a standby keeps its connections, but never notifies.
        if let Some(received) = self.health.unless_doubted(listener.try_recv()).await {
            received?;
            *place = Some(listener);
        }
        Ok(())
    }

    pub(super) async fn close(&self) {
        if let Some(pool) = &self.pool {
            pool.close().await;
        }
    }
}

async fn listen(pool: &PgPool, channel: &str) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(channel).await?;
    Ok(listener)
}
