//! Notifies other processes that something was stored, and waits for their notifications.

use std::{
    future::pending,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use sqlx::{AssertSqlSafe, PgPool, postgres::PgListener};
use tokio::sync::{Mutex, Notify};

use crate::inbox::{
    error::InboxError, record::ClaimToken, sql::postgres::health::Health, store::Notifies,
};

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
    /// The claims that others have asked this process to end.
    cancel_requests: std::sync::Mutex<Vec<ClaimToken>>,
}

impl Notifications {
    /// The pool has one connection, which waits all the time. Without one, no notifications come.
    pub(super) fn new(pool: Option<PgPool>, health: Health, channel: String) -> Self {
        let (come, listener) = (AtomicBool::new(false), Mutex::default());
        Self {
            pool,
            channel,
            health,
            come,
            listener,
            unsent: Notify::new(),
            cancel_requests: std::sync::Mutex::default(),
        }
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
        if let Some(Ok(received)) = &received {
            let asked = received.as_ref().and_then(|one| cancel_request(one.payload()));
            self.requests().extend(asked);
            *place = Some(listener);
        } else {
            self.come.store(false, Ordering::Relaxed);
        }
        received.transpose()?;
        Ok(())
    }

    /// The claims that others have asked this process to end, each once.
    pub(super) fn cancel_requests(&self) -> Vec<ClaimToken> {
        std::mem::take(&mut self.requests())
    }

    fn requests(&self) -> std::sync::MutexGuard<'_, Vec<ClaimToken>> {
        self.cancel_requests.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(super) async fn close(&self) {
        if let Some(pool) = &self.pool {
            pool.close().await;
        }
    }
}

/// Reads the claim of `cancel ID CLAIM`; `None` of anything else.
fn cancel_request(message: &str) -> Option<ClaimToken> {
    let (id, number) = message.strip_prefix("cancel ")?.split_once(' ')?;
    Some(ClaimToken::new(id.parse().ok()?, number.parse().ok()?))
}

async fn listen(pool: &PgPool, channel: &str) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(channel).await?;
    Ok(listener)
}
