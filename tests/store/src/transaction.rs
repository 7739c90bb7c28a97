//! The transaction in which a delivery is completed, and what handlers write through it.

use std::{any::Any, future::ready, time::SystemTime};

use tokio::sync::OwnedMutexGuard;
use webhook_runtime::inbox::{
    AttemptResult, ClaimToken, InboxError,
    store::{StoreFuture, StoreTransaction},
};

use crate::tables::Tables;

/// The connection that a handler gets from `Tx::connection`.
pub struct Connection {
    draft: Tables,
    is_aborted: bool,
}

impl Connection {
    /// Writes an effect, which commits together with the completion of the delivery.
    ///
    /// # Errors
    /// When the transaction is aborted.
    pub fn write(&mut self, effect: &str) -> Result<(), InboxError> {
        self.check()?;
        self.draft.effects.push(effect.to_owned());
        Ok(())
    }

    /// Aborts the transaction, as a statement that fails does.
    pub fn abort(&mut self) {
        self.is_aborted = true;
    }

    fn check(&self) -> Result<(), InboxError> {
        if self.is_aborted {
            return Err(InboxError::Store("the transaction is aborted".to_owned()));
        }
        Ok(())
    }
}

/// A draft of all tables. Nobody else reads or writes until it is committed or dropped.
struct Transaction {
    tables: OwnedMutexGuard<Tables>,
    connection: Connection,
}

pub(crate) fn begin(
    tables: OwnedMutexGuard<Tables>,
    claim: ClaimToken,
    now: SystemTime,
) -> Result<Box<dyn StoreTransaction>, InboxError> {
    let mut draft = tables.clone();
    if !draft.settle(claim, &AttemptResult::Completed, now) {
        return Err(InboxError::StaleClaim);
    }
    Ok(Box::new(Transaction { tables, connection: Connection { draft, is_aborted: false } }))
}

impl StoreTransaction for Transaction {
    fn connection(&mut self) -> &mut dyn Any {
        &mut self.connection
    }

    /// It locks all tables.
    fn is_exclusive(&self) -> bool {
        true
    }

    fn commit(mut self: Box<Self>) -> StoreFuture<'static, ()> {
        let committed = self.connection.check();
        if committed.is_ok() {
            *self.tables = self.connection.draft;
        }
        Box::pin(ready(committed))
    }

    fn rollback(self: Box<Self>) -> StoreFuture<'static, ()> {
        Box::pin(ready(Ok(())))
    }
}
