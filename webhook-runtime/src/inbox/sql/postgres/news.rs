//! Tells other processes that something was stored, and hears it from them.

use std::{sync::Arc, time::Duration};

use sqlx::{PgPool, postgres::PgListener};
use tokio::{
    sync::{Mutex, Notify},
    task::JoinHandle,
};

use crate::inbox::error::InboxError;

/// How often others are told at most: each time costs the server a transaction, and one word is as
/// good as many.
const AT_MOST_EVERY: Duration = Duration::from_millis(20);

/// Both directions.
pub(super) struct News {
    pool: PgPool,
    channel: String,
    listener: Mutex<Option<PgListener>>,
    untold: Arc<Notify>,
    teller: JoinHandle<()>,
}

impl News {
    /// `listening` has one connection, which waits all the time; `own` is for telling.
    pub(super) fn start(listening: PgPool, own: PgPool, channel: String) -> Self {
        let untold = Arc::new(Notify::new());
        let teller = tokio::spawn(tell(own, channel.clone(), Arc::clone(&untold)));
        Self { pool: listening, channel, listener: Mutex::default(), untold, teller }
    }

    /// Others are told soon. Should that fail, they find out by themselves, a little later.
    pub(super) fn tell(&self) {
        self.untold.notify_one();
    }

    /// Waits until somebody tells something.
    pub(super) async fn wait(&self) -> Result<(), InboxError> {
        let mut place = self.listener.lock().await;
        let mut listener = if let Some(listener) = place.take() {
            listener
        } else {
            let mut listener = PgListener::connect_with(&self.pool).await?;
            listener.listen(&self.channel).await?;
            listener
        };
        // Without a connection something may have been missed: that is news as well.
        listener.try_recv().await?;
        *place = Some(listener);
        Ok(())
    }

    pub(super) async fn close(&self) {
        self.teller.abort();
        self.pool.close().await;
    }
}

impl Drop for News {
    fn drop(&mut self) {
        self.teller.abort();
    }
}

async fn tell(pool: PgPool, channel: String, untold: Arc<Notify>) {
    loop {
        untold.notified().await;
        let told = sqlx::query("SELECT pg_notify($1, '')").bind(&channel).execute(&pool).await;
        if let Err(error) = told {
            tracing::debug!(%error, "other processes could not be told what is new");
        }
        tokio::time::sleep(AT_MOST_EVERY).await;
    }
}
