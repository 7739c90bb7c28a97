//! The transaction in which a delivery will be completed.

use std::{sync::Arc, time::Duration};

use tokio::sync::{Mutex, OwnedMutexGuard};

use crate::inbox::{error::InboxError, record::ClaimToken, store::InboxStore};

/// A transaction of a store. The completion of the delivery is the first thing in it, so that what
/// a function writes through it commits together with the completion, or not at all.
#[non_exhaustive]
pub enum Transaction {
    /// Of an SQLite file.
    #[cfg(feature = "inbox-sqlite")]
    Sqlite(crate::inbox::sql::sqlite::SqliteTransaction),
    /// Of a PostgreSQL database.
    #[cfg(feature = "inbox-postgres")]
    Postgres(crate::inbox::sql::postgres::PostgresTransaction),
}

#[cfg_attr(
    not(any(feature = "inbox-sqlite", feature = "inbox-postgres")),
    allow(clippy::unused_async, reason = "without an engine, there is no transaction")
)]
impl Transaction {
    /// Commits what was written, and the completion with it.
    ///
    /// # Errors
    /// When nothing has been committed, or, where the connection broke, when it is not known.
    pub async fn commit(self) -> Result<(), InboxError> {
        match self {
            #[cfg(feature = "inbox-sqlite")]
            Self::Sqlite(transaction) => transaction.commit().await,
            #[cfg(feature = "inbox-postgres")]
            Self::Postgres(transaction) => transaction.commit().await,
        }
    }

    /// Takes back what was written, and the completion with it.
    pub async fn rollback(self) {
        match self {
            #[cfg(feature = "inbox-sqlite")]
            Self::Sqlite(transaction) => transaction.rollback().await,
            #[cfg(feature = "inbox-postgres")]
            Self::Postgres(transaction) => transaction.rollback().await,
        }
    }
}

/// The transaction in which the delivery will be completed.
///
/// What the function writes through it commits with the completion, if the function succeeds, or
/// not at all: an effect in the inbox's own database happens exactly once. Effects anywhere else
/// happen at least once: the function can be run again after any crash.
///
/// The transaction begins when it is first asked for. On SQLite nobody else can write from then
/// until the function returns, not even what is being received: do slow things before. Neither
/// commit it nor roll it back; the inbox does.
pub struct Tx {
    slot: OwnedMutexGuard<Slot>,
}

struct Slot {
    store: Arc<dyn InboxStore>,
    claim_token: ClaimToken,
    begun: Option<Transaction>,
    /// Whether the attempt is over, and nothing may begin any more.
    closed: bool,
}

impl Tx {
    /// The connection, where the inbox is an SQLite file.
    ///
    /// # Errors
    /// When the transaction cannot begin, the delivery is no longer this attempt's to complete, or
    /// the inbox is not SQLite.
    #[cfg(feature = "inbox-sqlite")]
    pub async fn sqlite(&mut self) -> Result<&mut sqlx::SqliteConnection, InboxError> {
        match self.begun().await? {
            Transaction::Sqlite(transaction) => Ok(transaction.connection()),
            #[cfg(feature = "inbox-postgres")]
            Transaction::Postgres(_) => {
                Err(InboxError::Unsupported("the inbox is in PostgreSQL: use `Tx::postgres`"))
            }
        }
    }

    /// The connection, where the inbox is in a PostgreSQL database.
    ///
    /// # Errors
    /// When the transaction cannot begin, the delivery is no longer this attempt's to complete, or
    /// the inbox is not in PostgreSQL.
    #[cfg(feature = "inbox-postgres")]
    pub async fn postgres(&mut self) -> Result<&mut sqlx::PgConnection, InboxError> {
        match self.begun().await? {
            Transaction::Postgres(transaction) => Ok(transaction.connection()),
            #[cfg(feature = "inbox-sqlite")]
            Transaction::Sqlite(_) => {
                Err(InboxError::Unsupported("the inbox is in SQLite: use `Tx::sqlite`"))
            }
        }
    }

    #[cfg(any(feature = "inbox-sqlite", feature = "inbox-postgres"))]
    async fn begun(&mut self) -> Result<&mut Transaction, InboxError> {
        let slot = &mut *self.slot;
        if slot.closed {
            return Err(InboxError::StaleClaim);
        }
        let begun = match slot.begun.take() {
            Some(begun) => begun,
            None => slot.store.begin(slot.claim_token).await?,
        };
        Ok(slot.begun.insert(begun))
    }
}

/// How long a transaction is waited for that outlives its function.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where the transaction of one attempt is had from.
#[derive(Clone)]
pub struct TxSource {
    slot: Arc<Mutex<Slot>>,
}

impl TxSource {
    pub(crate) fn new(store: Arc<dyn InboxStore>, claim_token: ClaimToken) -> Self {
        Self { slot: Arc::new(Mutex::new(Slot { store, claim_token, begun: None, closed: false })) }
    }

    /// The transaction of this attempt; `None` while somebody has it.
    #[must_use]
    pub fn tx(&self) -> Option<Tx> {
        let slot = Arc::clone(&self.slot).try_lock_owned().ok()?;
        Some(Tx { slot })
    }

    /// What has been begun, once the function is through with it.
    ///
    /// # Errors
    /// When the function has given it to something that lives on.
    pub(crate) async fn begun(&self) -> Result<Option<Transaction>, InboxError> {
        // What was spawned with it may be about to end.
        if let Ok(mut slot) = tokio::time::timeout(PATIENCE, self.slot.lock()).await {
            slot.closed = true;
            return Ok(slot.begun.take());
        }
        // On SQLite, nobody can write until it is let go: whenever that is, it is taken back then.
        let slot = Arc::clone(&self.slot);
        tokio::spawn(async move {
            let mut slot = slot.lock_owned().await;
            slot.closed = true;
            if let Some(transaction) = slot.begun.take() {
                transaction.rollback().await;
            }
        });
        Err(InboxError::Unsupported("the function returned, but its transaction is still in use"))
    }
}
