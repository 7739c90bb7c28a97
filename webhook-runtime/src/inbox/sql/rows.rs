//! The rows of both databases. One that cannot be read is reported by itself.

use std::time::Duration;

use bytes::Bytes;

use crate::inbox::{
    cancel::Cancellation,
    error::InboxError,
    http::head::StoredRequest,
    record::{
        Attempt, AttemptDetails, AttemptEnd, ClaimToken, Counting, DeliveryState, Digest,
        Duplicates, Job, Record, StoredDelivery, time,
    },
    sql::{
        cells::{Broken, Cells},
        digest,
        pack::unpack,
    },
    store::{
        CauseGroup, Count, EndpointBacklog, EndpointCounts, Mark, MinuteSum, RecentDeadLetters,
    },
    traces::RunTrace,
};

/// A delivery that is due, as far as a claim has to know it. A line is the digest of an ordering
/// key.
pub(crate) struct Due {
    pub(crate) id: i64,
    pub(crate) attempt: u32,
    pub(crate) mark: Mark,
    pub(crate) line: Option<Digest>,
}

/// A delivery that cannot be read, and is given up for this reason.
pub(crate) struct Unreadable {
    pub(crate) id: i64,
    pub(crate) line: Option<Digest>,
    pub(crate) reason: String,
}

/// Reads a delivery before it is claimed, from its number, attempt, claims, mark and line. Attempt
/// and claims go up with the claim, which they must be able to.
pub(crate) fn due(row: &impl Cells) -> Result<Due, Unreadable> {
    unless_broken(row, |id, line| {
        let attempt: i32 = row.number("attempt")?;
        if attempt < 0 || attempt == i32::MAX {
            return Err(Broken("attempt"));
        }
        let claims: i64 = row.number("claims")?;
        if claims < 0 || claims == i64::MAX {
            return Err(Broken("claims"));
        }
        Ok(Due { id, attempt: attempt.unsigned_abs(), mark: mark(row)?, line })
    })
}

/// Reads a claimed delivery.
pub(crate) fn job(row: &impl Cells) -> Result<Job, Unreadable> {
    unless_broken(row, |id, line| {
        let mark = mark(row)?;
        let attempt: u32 = row.number("attempt")?;
        Ok(Job {
            id,
            attempt: attempt.saturating_add(u32::from(!mark.counted)),
            replays: row.number("replays")?,
            counting: match (mark.counted, mark.unsure) {
                (true, _) => Counting::ByClaim,
                (false, false) => Counting::AtStart,
                (false, true) => Counting::BeforeStart,
            },
            endpoint: row.some_text("endpoint")?,
            provider: row.some_text("provider")?,
            provider_id: row.text("provider_id")?,
            received_at: time(row.number("received_at")?),
            head: head(row)?,
            body: body(row)?,
            claim_token: ClaimToken { id, number: row.number("claims")?, ordering_digest: line },
            tenant: None,
            cancellation: Cancellation::default(),
            trace: RunTrace::default(),
        })
    })
}

fn unless_broken<T>(
    row: &impl Cells,
    read: impl FnOnce(i64, Option<Digest>) -> Result<T, Broken>,
) -> Result<T, Unreadable> {
    let (id, line) = id_and_line(row);
    read(id, line).map_err(|broken| Unreadable { id, line, reason: broken.reason() })
}

/// Number and line of a delivery. The number is the key of the table, and always there.
pub(crate) fn id_and_line(row: &impl Cells) -> (i64, Option<Digest>) {
    let line = row.bytes("line").ok().flatten();
    (row.number("id").unwrap_or_default(), line.as_deref().and_then(digest))
}

fn head(row: &impl Cells) -> Result<StoredRequest, Broken> {
    StoredRequest::from_bytes(&row.some_bytes("head")?).ok_or(Broken("head"))
}

fn body(row: &impl Cells) -> Result<Bytes, Broken> {
    unpack(row.some_bytes("body")?, row.number("unpacked")?).ok_or(Broken("body"))
}

/// What a row says about its last claim.
fn mark(row: &impl Cells) -> Result<Mark, Broken> {
    let (counted, unsure): (i16, i16) = (row.number("counted")?, row.number("unsure")?);
    Ok(Mark { counted: counted != 0, unsure: unsure != 0 })
}

fn state(row: &impl Cells) -> Result<Option<DeliveryState>, Broken> {
    let state = DeliveryState::from_code(row.number("state")?);
    state.map(Some).ok_or(Broken("state"))
}

/// Reads a record. If a part of it cannot be read, the last error says which.
pub(crate) fn record(row: &impl Cells) -> Record {
    let mut partial = Partial::default();
    // One in an unknown state is shown among those that somebody has to look at.
    let state = partial.part(state(row)).unwrap_or(DeliveryState::Dead);
    let due_at = partial.part(row.number("due_at"));
    let is_due = matches!(state, DeliveryState::Pending | DeliveryState::Running) && due_at != 0;
    let mut record = Record {
        id: row.number("id").unwrap_or_default(),
        endpoint: partial.part(row.some_text("endpoint")),
        provider: partial.part(row.some_text("provider")),
        event: partial.part(row.text("event")),
        provider_id: partial.part(row.text("provider_id")),
        state,
        attempt: partial.part(row.number("attempt")),
        replays: partial.part(row.number("replays")),
        last_error: partial.part(row.text("reason")),
        received_at: time(partial.part(row.number("received_at"))),
        due_at: is_due.then(|| time(due_at)),
        pause: Duration::from_millis(partial.part(row.number("pause"))),
        finished_at: partial.part(row.int("finished_at")).map(time),
        body_len: partial.part(row.number("size")),
        tenant_digest: partial.part(row.bytes("tenant")).as_deref().and_then(digest),
        tenant: partial.part(row.text("tenant_name")),
        secret_name: partial.part(row.text("secret")),
        cause: partial.part(row.int("cause")),
        last_attempt: partial.part(details(row)),
    };
    if let Some(broken) = partial.broken {
        record.last_error = Some(broken.reason());
    }
    record
}

/// The measurements of an attempt.
fn details(row: &impl Cells) -> Result<AttemptDetails, Broken> {
    Ok(AttemptDetails {
        started_at: row.int("started_at")?.map(time),
        duration: row.optional("took")?.map(Duration::from_micros),
        status: row.optional("status")?,
        worker: row.int("worker")?,
    })
}

/// Reads an attempt. What cannot be read of it is left out.
pub(crate) fn attempt(row: &impl Cells) -> Attempt {
    let end = row.optional("result").ok().flatten().and_then(AttemptEnd::from_code);
    Attempt {
        number: row.number("number").unwrap_or_default(),
        end,
        details: details(row).unwrap_or_default(),
        error: row.text("reason").ok().flatten(),
    }
}

/// Reads the duplicates of a minute.
pub(crate) fn duplicates(row: &impl Cells) -> Duplicates {
    let at = |column| time(row.number(column).unwrap_or_default());
    Duplicates::new(at("minute"), row.number("count").unwrap_or_default(), at("last_at"))
}

/// Reads the sum of a minute.
pub(crate) fn minute_sum(row: &impl Cells) -> MinuteSum {
    let minute = time(row.number("minute").unwrap_or_default());
    let mut sum = MinuteSum::new(minute, row.some_text("endpoint").unwrap_or_default());
    let number = |column| row.number(column).unwrap_or_default();
    (sum.received, sum.completed, sum.failed) =
        (number("received"), number("completed"), number("failed"));
    sum
}

/// Reads a group of dead letters, with its newest record.
pub(crate) fn cause_group(row: &impl Cells) -> CauseGroup {
    let newest = record(row);
    let at = |column| row.int(column).ok().flatten().map_or(newest.received_at, time);
    let count = row.number("count").unwrap_or_default();
    CauseGroup::new(&newest, count, at("first"), at("last"))
}

/// Reads the dead letters of an endpoint that died after a time.
pub(crate) fn recent_dead_letters(row: &impl Cells) -> RecentDeadLetters {
    RecentDeadLetters::new(
        row.some_text("endpoint").unwrap_or_default(),
        row.number("count").unwrap_or_default(),
        time(row.number("last").unwrap_or_default()),
    )
}

/// Reads the counts of an endpoint, which were counted up to one more than a limit.
pub(crate) fn counts_of(row: &impl Cells, limit: u64) -> EndpointCounts {
    let mut counts = EndpointCounts::new(row.some_text("endpoint").unwrap_or_default());
    let count = |column| Count::up_to(limit, row.number(column).unwrap_or_default());
    counts.pending = count("pending");
    counts.retrying = count("retrying");
    counts.blocked = count("blocked");
    counts.running = count("running");
    counts.dead = count("dead");
    let at = |column| row.int(column).ok().flatten().map(time);
    counts.oldest = at("oldest").into_iter().chain(at("oldest_retry")).min();
    counts.next_due = at("next_due");
    counts.first_due = at("oldest").into_iter().chain(counts.next_due).min();
    counts
}

/// What can be read of a row, with the first column that cannot.
#[derive(Default)]
struct Partial {
    broken: Option<Broken>,
}

impl Partial {
    fn part<T: Default>(&mut self, value: Result<T, Broken>) -> T {
        value.unwrap_or_else(|broken| {
            self.broken.get_or_insert(broken);
            T::default()
        })
    }
}

/// Reads a delivery from its row in each table.
pub(crate) fn stored<R: Cells>(
    row: Option<R>,
    sent: Option<R>,
) -> Result<Option<StoredDelivery>, InboxError> {
    let (Some(row), Some(sent)) = (row, sent) else { return Ok(None) };
    let dropped = sent.number("unpacked").is_ok_and(|unpacked: i64| unpacked < 0);
    let body = || if dropped { Ok(Bytes::new()) } else { body(&sent) };
    let read = || Ok((head(&sent)?, body()?));
    let (head, body) = read().map_err(|broken: Broken| InboxError::Store(broken.reason()))?;
    let mut stored = StoredDelivery::new(record(&row), head, body);
    stored.body_dropped = dropped;
    Ok(Some(stored))
}

/// Reads the backlog of an endpoint.
pub(crate) fn of_endpoint(row: &impl Cells) -> EndpointBacklog {
    let mut partial = Partial::default();
    EndpointBacklog::new(
        partial.part(row.some_text("endpoint")),
        partial.part(row.number("count")),
        time(partial.part(row.number("oldest"))),
    )
}
