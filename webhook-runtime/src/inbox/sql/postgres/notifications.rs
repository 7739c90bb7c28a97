//! Notifies other processes that something was stored, and waits for their notifications.

use std::{
    future::pending,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use sqlx::{AssertSqlSafe, PgPool, postgres::PgListener};
use tokio::sync::{Mutex, Notify};

use crate::inbox::{error::InboxError, sql::postgres::health::Health, store::Notifies};

/// The shortest time between notifications: each costs the server a transaction, and one is as good
/// as many.
const AT_MOST_EVERY: Duration = Duration::from_millis(20);

/// Sends and receives notifications.
pub(super) struct Notifications {
    /// `None` where nobody can listen.
    pool: Option<PgPool>,
    channel: String,
    health: Health,
    /// True while somebody listens.
    come: AtomicBool,
    listener: Mutex<Option<PgListener>>,
    unsent: Notify,
}

impl Notifications {
    /// The pool has one connection, which waits all the time. Without one, no notifications come.
    pub(super) fn new(pool: Option<PgPool>, health: Health, channel: String) -> Self {
        let (come, listener) = (AtomicBool::new(false), Mutex::default());
        Self { pool, channel, health, come, listener, unsent: Notify::new() }
    }

    /// What other processes notify this one of.
    pub(super) fn come(&self) -> Notifies {
        if self.come.load(Ordering::Relaxed) { Notifies::Due } else { Notifies::Nothing }
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
        let Some(mut listener) = place.take() else {
            *place = Some(self.health.judge(listen(pool, &self.channel).await)?);
            self.come.store(true, Ordering::Relaxed);
            // Something may have been stored before.
            return Ok(());
        };
        // A lost connection counts as a notification, too: one may have been missed. A server that
        // became a standby keeps its connections, but never notifies.
        let received = self.health.unless_doubted(listener.try_recv()).await;
        if let Some(Ok(_)) = received {
            *place = Some(listener);
        } else {
            self.come.store(false, Ordering::Relaxed);
        }
        received.transpose()?;
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
