//! The options by which the deliveries of one endpoint run: its own, or else the inbox's.

use std::time::{Duration, SystemTime};

use crate::{
    endpoint::{Backoff, EndpointOptions, Rate},
    inbox::{error::InboxError, options::Settings},
};

/// The number of endpoints whose functions have a transaction for each slot at the same time, of
/// those that have as many slots as the inbox says.
const BUSY_ENDPOINTS: usize = 4;

/// The options by which the deliveries of one endpoint run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct JobOptions {
    pub(crate) concurrency: usize,
    pub(crate) rate: Option<Rate>,
    pub(crate) max_attempts: u32,
    pub(crate) backoff: Backoff,
    pub(crate) timeout: Duration,
    pub(crate) max_age: Option<Duration>,
    /// True if the body is deleted when the delivery completes.
    pub(crate) drop_body: bool,
}

impl JobOptions {
    pub(crate) fn new(own: &EndpointOptions, settings: &Settings) -> Self {
        Self {
            concurrency: own.concurrency.unwrap_or(settings.concurrency),
            rate: own.rate,
            max_attempts: own.max_attempts.unwrap_or(settings.max_attempts),
            backoff: own.backoff.unwrap_or(settings.backoff),
            timeout: own.timeout.unwrap_or(settings.attempt_timeout),
            max_age: own.max_age,
            drop_body: own.drop_body.unwrap_or(false),
        }
    }

    /// The reason not to start a delivery that was received at this time, if it is too old.
    pub(crate) fn too_old(&self, received_at: SystemTime, now: SystemTime) -> Option<String> {
        let max_age = self.max_age?;
        let age = now.duration_since(received_at).ok().filter(|age| *age > max_age)?;
        // Fractions would be noise.
        let age = Duration::from_secs(age.as_secs());
        Some(format!(
            "not started, because it is too old: it was received {age:?} ago, and its endpoint \
             starts nothing older than {max_age:?} (`max_age`)"
        ))
    }
}

/// An error for the first option that has an impossible value.
pub(super) fn check(options: &EndpointOptions) -> Result<(), InboxError> {
    match options.problems().next() {
        Some((name, problem)) => {
            Err(InboxError::InvalidOption { name, problem: problem.to_owned() })
        }
        None => Ok(()),
    }
}

/// The number of transactions that functions have at a time. An endpoint that has a number of slots
/// of its own may use all of them; the others share some, because rarely are all of them busy.
pub(crate) fn transactions(slots: impl IntoIterator<Item = usize>, of_inbox: usize) -> usize {
    let (others, own): (Vec<_>, Vec<_>) = slots.into_iter().partition(|slots| *slots == of_inbox);
    let own = own.into_iter().fold(0, usize::saturating_add);
    of_inbox.saturating_mul(others.len().min(BUSY_ENDPOINTS)).saturating_add(own)
}

/// The most transactions of endpoints that have as many slots as the inbox says.
#[cfg(feature = "inbox-postgres")]
pub(crate) fn shared_transactions(of_inbox: usize) -> usize {
    transactions([of_inbox; BUSY_ENDPOINTS], of_inbox)
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn what_is_not_set_is_as_the_inbox_has_it() {
        let settings = Settings::default();
        let options = JobOptions::new(&EndpointOptions::new().concurrency(3), &settings);
        let expected = JobOptions {
            concurrency: 3,
            rate: None,
            max_attempts: settings.max_attempts,
            backoff: settings.backoff,
            timeout: settings.attempt_timeout,
            max_age: None,
            drop_body: false,
        };
        assert_eq!(options, expected);
    }

    #[test]
    fn only_what_is_older_is_too_old() {
        let day = Duration::from_secs(86_400);
        let settings = Settings::default();
        let options = JobOptions::new(&EndpointOptions::new().max_age(day), &settings);
        let received = UNIX_EPOCH + day;
        assert_eq!(options.too_old(received, received + day), None);
        assert_eq!(options.too_old(received, UNIX_EPOCH), None, "a clock was set back");
        let reason = options.too_old(received, received + 2 * day).expect("a reason");
        assert!(reason.contains("172800s") && reason.contains("86400s"), "{reason}");
        let unlimited = JobOptions::new(&EndpointOptions::new(), &settings);
        assert_eq!(unlimited.too_old(UNIX_EPOCH, received + 9 * day), None);
    }

    #[test]
    fn connections_follow_the_slots() {
        assert_eq!(transactions([16; 3], 16), 48);
        assert_eq!(transactions([16; 30], 16), 64, "as many as before");
        assert_eq!(transactions([16, 200, 2], 16), 218);
        assert_eq!(transactions([], 16), 0);
    }
}
