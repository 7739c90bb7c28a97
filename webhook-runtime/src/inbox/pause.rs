//! Endpoints that operators pause and resume.

use crate::inbox::{
    Inbox,
    error::InboxError,
    record::{stored_note, stored_text},
    store::Pause,
    tx::must_not_wait_for_itself,
};

impl Inbox {
    /// Pauses an endpoint, by its name, in all processes and across restarts: its deliveries are
    /// verified, stored and acknowledged, and no worker starts them until it is
    /// [resumed](Self::resume). What runs goes on. What workers have claimed and not begun is given
    /// back.
    ///
    /// Workers of this process obey at once, those of other processes when they are notified, or
    /// with their next poll (a second by default). An endpoint that nobody has seen yet can be
    /// paused as well. One that is paused already stays so since then, and has the new name and
    /// reason. Of both, the first 200 characters are kept, as they are.
    ///
    /// # Errors
    /// If the store fails, or keeps no pauses.
    pub async fn pause(&self, endpoint: &str, by: &str, why: &str) -> Result<(), InboxError> {
        must_not_wait_for_itself()?;
        let (endpoint, by, why) = (stored_text(endpoint), stored_note(by), stored_note(why));
        self.shared.store.pause(&endpoint, &by, &why).await?;
        self.shared.writer.pools().set_paused(&endpoint, true);
        tracing::warn!(endpoint, by, why, "the endpoint is paused");
        Ok(())
    }

    /// Lets an endpoint go on that is [paused](Self::pause), and returns whether it was. The name is
    /// for the trace.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn resume(&self, endpoint: &str, by: &str) -> Result<bool, InboxError> {
        must_not_wait_for_itself()?;
        let (endpoint, by) = (stored_text(endpoint), stored_note(by));
        let resumed = self.shared.store.resume(&endpoint).await?;
        self.shared.writer.pools().set_paused(&endpoint, false);
        if resumed {
            tracing::warn!(endpoint, by, "the endpoint goes on");
        }
        Ok(resumed)
    }

    /// Lists the endpoints that are [paused](Self::pause), by name.
    ///
    /// # Errors
    /// If the store fails.
    pub async fn paused(&self) -> Result<Vec<Pause>, InboxError> {
        self.shared.store.paused().await
    }
}
