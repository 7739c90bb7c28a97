//! The transaction in which a delivery of an SQLite file is completed.

use std::any::Any;

use crate::inbox::{
    error::InboxError,
    record::ClaimToken,
    sql::{
        sqlite::{finish::promote, text_at, turn::HandlersTurn},
        statements::COMPLETE,
    },
    store::{AttemptNote, StoreFuture, StoreTransaction},
};

/// The savepoint in which a delivery of an SQLite file is completed.
pub(super) struct SqliteTransaction {
    turn: HandlersTurn,
    /// What [`StoreTransaction::connection`] shows if SQLite has rolled everything back.
    gone: (),
}

impl SqliteTransaction {
    /// Writes the completion first: this finds out whether the claim is still good, and if SQLite
    /// rolls the transaction back on its own, the completion is rolled back with the rest.
    pub(super) async fn begin(
        mut turn: HandlersTurn,
        claim: ClaimToken,
        now: i64,
    ) -> Result<Self, InboxError> {
        let complete = format!("{} RETURNING id", text_at(COMPLETE, "$3"));
        let completed = turn.begin(&complete, &[claim.id, claim.number, now]).await?;
        if completed == 0 {
            turn.rollback().await?;
            return Err(InboxError::StaleClaim);
        }
        let connection = turn.connection().ok_or(InboxError::Closed)?;
        promote(connection, claim.ordering_digest.as_slice()).await?;
        Ok(Self { turn, gone: () })
    }
}

impl StoreTransaction for SqliteTransaction {
    fn connection(&mut self) -> &mut dyn Any {
        match self.turn.connection() {
            Some(connection) => connection,
            None => &mut self.gone,
        }
    }

    fn is_exclusive(&self) -> bool {
        true
    }

    fn note(&mut self, note: AttemptNote) {
        self.turn.note(note);
    }

    fn commit(self: Box<Self>) -> StoreFuture<'static, ()> {
        Box::pin(self.turn.commit())
    }

    fn rollback(self: Box<Self>) -> StoreFuture<'static, ()> {
        Box::pin(self.turn.rollback())
    }
}
