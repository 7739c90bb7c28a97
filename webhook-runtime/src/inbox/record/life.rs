//! The changes of a record: the rules that every store keeps.

use std::time::{Duration, SystemTime};

use crate::inbox::{
    record::{AttemptResult, DeliveryState, NewDelivery, Record, cause_of, stored_text},
    store::{Change, LOST_ATTEMPT},
};

impl Record {
    /// The record of a delivery that has just been stored under this number. One with an ordering
    /// key is blocked until its turn comes.
    #[must_use]
    pub fn stored(id: i64, delivery: &NewDelivery) -> Self {
        let state = DeliveryState::waiting(delivery.ordering_key.is_some());
        let NewDelivery { endpoint, provider, received_at, .. } = delivery;
        let mut record = Self::new(id, endpoint, provider, state, *received_at);
        record.event = delivery.event.as_deref().map(stored_text);
        record.provider_id = delivery.provider_id.as_deref().map(stored_text);
        record.body_len = delivery.body.len() as u64;
        record.tenant_digest = delivery.tenant_digest;
        record.tenant = delivery.tenant_name();
        record.secret_name = delivery.secret_name();
        record
    }

    /// True for a dead letter that a copy of it lets run again. One that ended its process is not
    /// worth another try: anyone who has recorded it could end the next one with it.
    #[must_use]
    pub fn can_be_revived(&self) -> bool {
        let (start, end) = LOST_ATTEMPT.split_once('#').unwrap_or_default();
        let was_lost = |reason: &String| reason.starts_with(start) && reason.ends_with(end);
        self.state == DeliveryState::Dead && !self.last_error.as_ref().is_some_and(was_lost)
    }

    /// Lets a dead letter run again because a copy of it has come, and takes over what the copy says,
    /// and when it came: it is as old as the copy.
    pub fn revive(&mut self, copy: &NewDelivery) {
        let (replays, last_error, cause) = (self.replays, self.last_error.take(), self.cause);
        let tenant_digest = copy.tenant_digest.or(self.tenant_digest);
        let revived = Self::stored(self.id, copy);
        *self = Self { replays, last_error, tenant_digest, cause, ..revived };
    }

    /// True if a worker can claim it now, by time and state.
    #[must_use]
    pub fn is_due(&self, now: SystemTime) -> bool {
        matches!(self.state, DeliveryState::Pending | DeliveryState::Running)
            && self.due_at.is_none_or(|due| due <= now)
    }

    /// Starts an attempt, whose lease ends at this time.
    pub fn claim(&mut self, lease_ends: Option<SystemTime>) {
        self.prefetch(lease_ends);
        self.count_attempt();
    }

    /// Claims it without counting an attempt.
    pub fn prefetch(&mut self, lease_ends: Option<SystemTime>) {
        self.set(DeliveryState::Running, lease_ends);
    }

    /// Counts an attempt: that of a prefetched delivery, when it begins or ends, in whatever way.
    pub fn count_attempt(&mut self) {
        self.attempt = self.attempt.saturating_add(1);
    }

    /// Ends an attempt.
    pub fn settle(&mut self, result: &AttemptResult, now: SystemTime) {
        match result {
            AttemptResult::Completed => self.finish(DeliveryState::Completed, now, None),
            AttemptResult::Dead { reason } => {
                self.finish(DeliveryState::Dead, now, Some(reason.clone()));
            }
            AttemptResult::Retry { after, reason } => {
                self.set(DeliveryState::Pending, now.checked_add(after.unwrap_or_default()));
                self.pause = after.unwrap_or_default();
                self.set_error(Some(reason.clone()));
            }
            AttemptResult::Snoozed { after } => {
                self.set(DeliveryState::Pending, now.checked_add(*after));
                self.pause = *after;
                self.attempt = self.attempt.saturating_sub(1);
            }
            AttemptResult::Expired { reason } => {
                self.finish(DeliveryState::Dead, now, Some(reason.clone()));
                self.attempt = self.attempt.saturating_sub(1);
            }
            AttemptResult::Released => {
                self.set(DeliveryState::Pending, None);
                self.attempt = self.attempt.saturating_sub(1);
            }
        }
    }

    /// Makes it a dead letter because it lost its worker on its last attempt.
    pub fn give_up(&mut self, now: SystemTime) {
        let reason = LOST_ATTEMPT.replace('#', &self.attempt.to_string());
        self.finish(DeliveryState::Dead, now, Some(reason));
    }

    /// Lets it go on as the first of its ordering key.
    pub fn promote(&mut self) {
        self.set(DeliveryState::Pending, None);
    }

    /// Does what an operator asks for. A record with an ordering key is blocked until its turn
    /// comes.
    pub fn change(&mut self, change: Change, has_ordering_key: bool, now: SystemTime) {
        match change {
            Change::Retry | Change::Replay => {
                self.set(DeliveryState::waiting(has_ordering_key), None);
                self.attempt = 0;
                self.replays += u32::from(change == Change::Replay);
                self.finished_at = None;
            }
            Change::Cancel | Change::Discard => {
                let reason = self.last_error.take();
                self.finish(DeliveryState::Cancelled, now, reason);
            }
        }
    }

    fn set(&mut self, state: DeliveryState, due_at: Option<SystemTime>) {
        self.state = state;
        self.due_at = due_at;
        self.pause = Duration::ZERO;
    }

    fn finish(&mut self, state: DeliveryState, now: SystemTime, reason: Option<String>) {
        self.set(state, None);
        self.finished_at = Some(now);
        self.set_error(reason);
    }

    fn set_error(&mut self, reason: Option<String>) {
        self.cause = reason.as_deref().map(cause_of);
        self.last_error = reason;
    }
}
