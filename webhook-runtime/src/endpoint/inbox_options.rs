//! The options of one endpoint behind the inbox, as data.

use std::time::Duration;

use crate::verify::Field;

/// The options of one endpoint behind the inbox. What is not set is as the inbox has it.
///
/// The attribute sets them, as in `inbox(concurrency = 4, rate = "100/s")`.
/// [`Webhooks::inbox_options`](crate::Webhooks::inbox_options) overrides them in code.
///
/// ```
/// # #[cfg(feature = "inbox")] {
/// use std::time::Duration;
///
/// use webhook_runtime::inbox::{EndpointOptions, Rate};
///
/// let options = EndpointOptions::new()
///     .concurrency(4)
///     .rate(Rate::per_second(100))
///     .timeout(Duration::from_secs(30));
/// # let _ = options;
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct EndpointOptions {
    pub(crate) concurrency: Option<usize>,
    pub(crate) rate: Option<Rate>,
    pub(crate) max_attempts: Option<u32>,
    pub(crate) backoff: Option<Backoff>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) max_age: Option<Duration>,
    pub(crate) order_by: Option<Field>,
    pub(crate) keep: Option<Duration>,
    pub(crate) keep_dead: Option<Duration>,
    pub(crate) drop_body: Option<bool>,
}

impl EndpointOptions {
    /// No options: everything is as the inbox has it.
    pub const fn new() -> Self {
        Self {
            concurrency: None,
            rate: None,
            max_attempts: None,
            backoff: None,
            timeout: None,
            max_age: None,
            order_by: None,
            keep: None,
            keep_dead: None,
            drop_body: None,
        }
    }

    /// Sets how many deliveries of the endpoint run at a time in this process.
    pub const fn concurrency(mut self, max: usize) -> Self {
        self.concurrency = Some(max);
        self
    }

    /// Limits how many deliveries of the endpoint start in a time in this process. Retries count, too.
    /// By default there is no limit.
    pub const fn rate(mut self, rate: Rate) -> Self {
        self.rate = Some(rate);
        self
    }

    /// The same, as a number in so many seconds.
    #[doc(hidden)]
    pub const fn rate_in(self, starts: u32, seconds: u64) -> Self {
        self.rate(Rate { starts, period: Duration::from_secs(seconds) })
    }

    /// Sets how often a delivery is started before it becomes a dead letter.
    pub const fn max_attempts(mut self, max: u32) -> Self {
        self.max_attempts = Some(max);
        self
    }

    /// Sets the pauses between attempts.
    pub const fn backoff(mut self, backoff: Backoff) -> Self {
        self.backoff = Some(backoff);
        self
    }

    /// The same, from the first to the longest pause.
    #[doc(hidden)]
    pub const fn backoff_between(self, initial: Duration, max: Duration) -> Self {
        self.backoff(Backoff::new(initial, max))
    }

    /// Sets how long a function may run before the attempt fails.
    pub const fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Sets how old a delivery may be when it starts. One that was received longer ago is not started
    /// any more: it becomes a dead letter. By default there is no limit. The clock of the
    /// [inbox](crate::inbox::InboxBuilder::clock) decides.
    pub const fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Sets the ordering key. Deliveries with the same value in this field are handled one after
    /// another, in the order of arrival. Others run concurrently, and so do those without a value.
    pub const fn order_by(mut self, source: Field) -> Self {
        self.order_by = Some(source);
        self
    }

    /// Like [`order_by`](Self::order_by), with a JSON pointer.
    #[doc(hidden)]
    pub const fn order_by_pointer(self, pointer: &'static str) -> Self {
        self.order_by(Field::pointer(pointer))
    }

    /// Sets how long completed and cancelled deliveries of the endpoint are kept. All processes on the
    /// database keep to it, as the last one says that has started workers of the endpoint.
    pub const fn keep(mut self, time: Duration) -> Self {
        self.keep = Some(time);
        self
    }

    /// Sets how long dead letters of the endpoint are kept. All processes keep to it, as above.
    pub const fn keep_dead(mut self, time: Duration) -> Self {
        self.keep_dead = Some(time);
        self
    }

    /// Sets whether the body of a delivery is deleted when it completes. It is kept by default.
    pub const fn drop_body(mut self, drop: bool) -> Self {
        self.drop_body = Some(drop);
        self
    }

    /// These options, and where one is not set, the other's.
    #[cfg(feature = "inbox")]
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            concurrency: self.concurrency.or(other.concurrency),
            rate: self.rate.or(other.rate),
            max_attempts: self.max_attempts.or(other.max_attempts),
            backoff: self.backoff.or(other.backoff),
            timeout: self.timeout.or(other.timeout),
            max_age: self.max_age.or(other.max_age),
            order_by: self.order_by.or(other.order_by),
            keep: self.keep.or(other.keep),
            keep_dead: self.keep_dead.or(other.keep_dead),
            drop_body: self.drop_body.or(other.drop_body),
        }
    }

    /// The options with impossible values, and what is wrong with each.
    #[cfg(feature = "inbox")]
    pub(crate) fn problems(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        let is_zero = |time: Option<Duration>| time.is_some_and(|time| time.is_zero());
        let is_upside_down = self.backoff.is_some_and(|backoff| backoff.initial > backoff.max);
        let empty_rate = self.rate.is_some_and(|rate| rate.starts == 0 || rate.period.is_zero());
        let all = [
            ("concurrency", self.concurrency == Some(0), "is 0, and nothing would run"),
            ("rate", empty_rate, "is 0, and nothing would run"),
            ("max_attempts", self.max_attempts == Some(0), "is 0, and nothing would run"),
            ("backoff", is_upside_down, "begins with a pause that is longer than its longest"),
            ("timeout", is_zero(self.timeout), "is 0, and no attempt could succeed"),
            ("max_age", is_zero(self.max_age), "is 0, and nothing would run"),
        ];
        all.into_iter().filter(|(_, wrong, _)| *wrong).map(|(name, _, problem)| (name, problem))
    }
}

/// A number of starts in a time, such as a hundred a second.
///
/// The starts are spread evenly, and no window of that length ever has more of them. It counts in one
/// process: with two processes, twice as many start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    pub(crate) starts: u32,
    pub(crate) period: Duration,
}

impl Rate {
    /// Allows this many starts a second.
    #[must_use]
    pub const fn per_second(starts: u32) -> Self {
        Self { starts, period: Duration::from_secs(1) }
    }

    /// Allows this many starts a minute.
    #[must_use]
    pub const fn per_minute(starts: u32) -> Self {
        Self { starts, period: Duration::from_secs(60) }
    }

    /// Allows this many starts an hour.
    #[must_use]
    pub const fn per_hour(starts: u32) -> Self {
        Self { starts, period: Duration::from_secs(3600) }
    }

    /// The number of starts.
    #[must_use]
    pub const fn starts(self) -> u32 {
        self.starts
    }

    /// The time in which there are so many.
    #[must_use]
    pub const fn period(self) -> Duration {
        self.period
    }
}

/// The retry policy: exponential backoff with jitter. Each pause is twice as long as the one
/// before, up to a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Backoff {
    /// The pause before the second attempt.
    pub initial: Duration,
    /// The longest pause, unless `Retry-After` asks for a longer one: that is kept up to a day.
    pub max: Duration,
}

impl Default for Backoff {
    /// From one second to one hour.
    fn default() -> Self {
        Self::new(Duration::from_secs(1), Duration::from_secs(3600))
    }
}

impl Backoff {
    /// From `initial` to `max`.
    #[must_use]
    pub const fn new(initial: Duration, max: Duration) -> Self {
        Self { initial, max }
    }
}

#[cfg(all(test, feature = "inbox"))]
mod tests {
    use super::*;

    #[test]
    fn options_in_code_override_those_of_the_attribute() {
        let attribute = EndpointOptions::new().concurrency(4).rate_in(10, 1).drop_body(true);
        let code = EndpointOptions::new().concurrency(8).max_attempts(3).drop_body(false);
        let both = code.or(attribute);
        assert_eq!((both.concurrency, both.max_attempts), (Some(8), Some(3)));
        assert_eq!((both.rate, both.drop_body), (Some(Rate::per_second(10)), Some(false)));
    }

    #[test]
    fn impossible_values_are_told() {
        let (zero, second) = (Duration::ZERO, Duration::from_secs(1));
        let options = EndpointOptions::new()
            .concurrency(0)
            .rate(Rate::per_hour(0))
            .max_attempts(0)
            .backoff(Backoff::new(second, zero))
            .timeout(zero)
            .max_age(zero)
            .keep(zero);
        let names: Vec<_> = options.problems().map(|(name, _)| name).collect();
        assert_eq!(names, ["concurrency", "rate", "max_attempts", "backoff", "timeout", "max_age"]);
        assert_eq!(EndpointOptions::new().backoff(Backoff::new(zero, zero)).problems().count(), 0);
    }
}
