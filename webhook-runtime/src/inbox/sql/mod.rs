//! The code that both databases share: rows, and the statements that are the same.

pub(crate) mod pack;
#[cfg(feature = "inbox-postgres")]
pub(crate) mod postgres;
#[cfg(feature = "inbox-sqlite")]
pub(crate) mod sqlite;
pub(crate) mod statements;

use std::time::Duration;

use self::pack::unpack;
pub(crate) use self::statements::{Arg, Statement, bind};
use crate::inbox::{
    error::InboxError,
    http::head::StoredRequest,
    record::{
        AttemptResult, ClaimToken, Counting, DeliveryState, Digest, Job, Record, StoredDelivery,
        span, time,
    },
    store::{FinishedAttempt, Mark, UNREADABLE},
};

/// The row of a record.
pub(crate) type RecordRow = (
    i64,
    String,
    String,
    Option<String>,
    Option<String>,
    i16,
    i32,
    Option<String>,
    i64,
    i64,
    i64,
    Option<i64>,
    i64,
);

/// The row of a claimed delivery: number, attempt, claim, endpoint, provider, the provider's id,
/// time of receipt, line, head, body, its length before it was compressed, whether the attempt is
/// counted, and whether it is unsure. A line is the digest of an ordering key.
pub(crate) type JobRow = (
    i64,
    i32,
    i64,
    String,
    String,
    Option<String>,
    i64,
    Option<Vec<u8>>,
    Vec<u8>,
    Vec<u8>,
    i32,
    i16,
    i16,
);

/// Number and line of a delivery.
pub(crate) type LineRow = (i64, Option<Vec<u8>>);

pub(crate) fn record(row: RecordRow) -> Result<Record, InboxError> {
    let (id, endpoint, provider, event, provider_id, state, attempt, ..) = row;
    let (.., reason, received_at, due_at, pause, finished_at, size) = row;
    let state = DeliveryState::from_code(state)
        .ok_or_else(|| InboxError::Store(format!("record {id} has the unknown state {state}")))?;
    let is_due = matches!(state, DeliveryState::Pending | DeliveryState::Running) && due_at != 0;
    Ok(Record {
        id,
        endpoint,
        provider,
        event,
        provider_id,
        state,
        attempt: attempt.try_into().unwrap_or_default(),
        last_error: reason,
        received_at: time(received_at),
        due_at: is_due.then(|| time(due_at)),
        pause: Duration::from_millis(pause.try_into().unwrap_or_default()),
        finished_at: finished_at.map(time),
        body_len: size.try_into().unwrap_or_default(),
    })
}

/// Reads a job, or returns the number of the delivery that cannot be read.
pub(crate) fn job(row: JobRow) -> Result<Job, i64> {
    let (id, attempt, number, endpoint, provider, provider_id, received_at, ..) = row;
    let (.., line, head, body, unpacked, counted, unsure) = row;
    let head = StoredRequest::from_bytes(&head).ok_or(id)?;
    let body = unpack(body, unpacked).ok_or(id)?;
    let mark = mark(counted, unsure);
    let attempt = attempt.saturating_add(i32::from(!mark.counted));
    let counting = match (mark.counted, mark.unsure) {
        (true, _) => Counting::ByClaim,
        (false, false) => Counting::AtStart,
        (false, true) => Counting::BeforeStart,
    };
    Ok(Job {
        id,
        attempt: attempt.try_into().unwrap_or(1),
        counting,
        endpoint,
        provider,
        provider_id,
        received_at: time(received_at),
        head,
        body,
        claim_token: ClaimToken { id, number, ordering_digest: line.as_deref().and_then(digest) },
    })
}

/// Reads what a row says about its last claim.
pub(crate) fn mark(counted: i16, unsure: i16) -> Mark {
    Mark { counted: counted != 0, unsure: unsure != 0 }
}

/// Reads a delivery from its row in each table.
pub(crate) fn stored(
    row: Option<RecordRow>,
    sent: Option<(Vec<u8>, Vec<u8>, i32)>,
) -> Result<Option<StoredDelivery>, InboxError> {
    let (Some(row), Some((head, body, unpacked))) = (row, sent) else { return Ok(None) };
    let sent = StoredRequest::from_bytes(&head).zip(unpack(body, unpacked));
    let (head, body) = sent.ok_or_else(|| InboxError::Store(UNREADABLE.to_owned()))?;
    Ok(Some(StoredDelivery::new(record(row)?, head, body)))
}

/// The columns that the end of a claim sets.
pub(crate) struct Settled<'a> {
    pub(crate) id: i64,
    /// The number of the claim.
    pub(crate) claim: i64,
    pub(crate) state: DeliveryState,
    /// The milliseconds until it is due; `None` is at once.
    pub(crate) after: Option<i64>,
    pub(crate) reason: Option<&'a str>,
    /// The number of attempts that do not count. If there is one, the last reason stays.
    pub(crate) back: i32,
}

impl<'a> Settled<'a> {
    pub(crate) fn of(finish: &'a FinishedAttempt) -> Self {
        let ClaimToken { id, number: claim, .. } = finish.claim_token;
        let row =
            Self { id, claim, state: DeliveryState::Pending, after: None, reason: None, back: 0 };
        match &finish.result {
            AttemptResult::Completed => Self { state: DeliveryState::Completed, ..row },
            AttemptResult::Dead { reason } => {
                Self { state: DeliveryState::Dead, reason: Some(reason), ..row }
            }
            AttemptResult::Retry { after, reason } => {
                let after = Some(span(after.unwrap_or_default()));
                Self { after, reason: Some(reason), ..row }
            }
            AttemptResult::Released => Self { back: 1, ..row },
        }
    }
}

pub(crate) fn digest(bytes: &[u8]) -> Option<Digest> {
    bytes.try_into().ok()
}

/// Each line once, in the same order in all processes.
pub(crate) fn distinct(lines: impl Iterator<Item = Digest>) -> Vec<Digest> {
    let mut lines: Vec<_> = lines.collect();
    lines.sort_unstable();
    lines.dedup();
    lines
}

/// The numbers in their order, and each line once.
pub(crate) fn ids_and_lines(rows: &[LineRow]) -> (Vec<i64>, Vec<Digest>) {
    let lines = rows.iter().filter_map(|(_, line)| line.as_deref().and_then(digest));
    (rows.iter().map(|(id, _)| *id).collect(), distinct(lines))
}
