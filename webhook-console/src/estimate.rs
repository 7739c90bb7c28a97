//! Estimates of numbers that are too large to count.

use std::time::SystemTime;

use webhook_runtime::inbox::{DeliveryState, Filter, Inbox, InboxError, Window};

/// The largest number that is counted exactly.
const EXACT: u64 = 10_000;

/// The number of record numbers that an estimate samples.
const SAMPLES: i64 = 2000;

/// Finished deliveries that are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) number: u64,
    pub(crate) is_estimate: bool,
    /// The time at which the delivery with the lowest number ended.
    pub(crate) oldest: Option<SystemTime>,
}

/// Counts the completed and cancelled deliveries that are kept, and the dead letters.
pub(crate) async fn kept(inbox: &Inbox) -> Result<[Kept; 2], InboxError> {
    let of = |states: &[DeliveryState]| {
        states.iter().fold(Filter::all(), |filter, state| filter.state(*state))
    };
    let finished = of(&[DeliveryState::Completed, DeliveryState::Cancelled]);
    let dead = of(&[DeliveryState::Dead]);
    let (finished, dead) = tokio::try_join!(count(inbox, &finished), count(inbox, &dead))?;
    Ok([finished, dead])
}

/// Counts what a filter matches, or estimates it by samples at equal distances between the lowest and
/// the highest number.
async fn count(inbox: &Inbox, filter: &Filter) -> Result<Kept, InboxError> {
    let ends = async |window| {
        let page = inbox.page(filter, window).await?;
        Ok::<_, InboxError>(page.records.into_iter().next())
    };
    let first = ends(Window::oldest_first(1)).await?;
    let oldest = first.as_ref().and_then(|record| record.finished_at);
    let counted = inbox.count(filter, EXACT).await?;
    let last = if counted.more { ends(Window::newest_first(1)).await? } else { None };
    let (Some(first), Some(last)) = (first, last) else {
        return Ok(Kept { number: counted.number, is_estimate: false, oldest });
    };
    let span = last.id.saturating_sub(first.id).saturating_add(1);
    let step = (span / SAMPLES).max(1);
    let samples = (first.id..=last.id).step_by(usize::try_from(step).unwrap_or(usize::MAX));
    let found = inbox.count(&filter.clone().ids(samples), EXACT).await?.number;
    let number = found.saturating_mul(step.unsigned_abs()).max(counted.number);
    Ok(Kept { number: rounded(number), is_estimate: true, oldest })
}

/// Rounds an estimate to two digits.
fn rounded(number: u64) -> u64 {
    let power = 10_u64.pow(number.max(1).ilog10().saturating_sub(1));
    (number + power / 2) / power * power
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_have_two_digits() {
        for (number, expected) in
            [(0, 0), (7, 7), (42, 42), (10_499, 10_000), (10_500, 11_000), (999_999, 1_000_000)]
        {
            assert_eq!(rounded(number), expected, "{number}");
        }
    }
}
