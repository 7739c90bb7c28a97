//! The operator's view: lists, counts, attempts and sums. Both databases answer the same statements.

use std::time::SystemTime;

use crate::inbox::{
    error::InboxError,
    record::{Attempt, Duplicates, Filter, Record, millis, minute},
    sql,
    sql::{
        Arg, Statement,
        cells::Cells,
        listing::{
            BY_PROVIDER_ID, Hint, Known, Listing, Received, STEP, asks_for_unfinished,
            one_of_many_unfinished, received,
        },
        statements,
        statements::RECORD,
    },
    store::{CauseGroup, Count, EndpointCounts, ListResult, MinuteSum, RecentDeadLetters, Window},
};

/// A connection that reads.
pub(crate) trait Reader: Send {
    type Row: Cells + Send + Sync;

    /// The way to tell this database the index to use.
    const HINT: Hint;

    /// Reads the rows of a statement.
    fn read(
        &mut self,
        statement: Statement,
    ) -> impl Future<Output = Result<Vec<Self::Row>, InboxError>> + Send;

    /// Explains how the database finds the rows of a statement, a line for each step.
    fn explain(
        &mut self,
        statement: Statement,
    ) -> impl Future<Output = Result<Vec<String>, InboxError>> + Send;
}

/// The rows of one step of a list.
pub(crate) struct Step<R> {
    pub(crate) rows: Vec<R>,
    pub(crate) looked_to: Option<i64>,
}

pub(crate) async fn list(
    reader: &mut impl Reader,
    filter: &Filter,
    window: Window,
) -> Result<ListResult, InboxError> {
    let Step { rows, looked_to } = step(reader, filter, window, RECORD).await?;
    Ok(ListResult::new(rows.iter().map(sql::record).collect(), looked_to))
}

/// Selects the rows of one step.
pub(crate) async fn step<R: Reader>(
    reader: &mut R,
    filter: &Filter,
    window: Window,
    columns: &'static str,
) -> Result<Step<R::Row>, InboxError> {
    if window.max == 0 {
        return Ok(Step { rows: Vec::new(), looked_to: None });
    }
    let filter = &with_provider_id(reader, filter).await?;
    let known = known(reader, filter).await?;
    let mut listing = Listing::new(filter, window, known, R::HINT);
    let end = end(reader, &mut listing).await?;
    let rows = reader.read(listing.select(columns)).await?;
    let is_full = rows.len() >= usize::try_from(window.max).unwrap_or(usize::MAX);
    let looked_to = match rows.last() {
        Some(last) if is_full => Some(sql::id_and_line(last).0),
        _ => end,
    };
    Ok(Step { rows, looked_to })
}

/// The number of the last record that a step has looked at, if there may be more.
async fn end(
    reader: &mut impl Reader,
    listing: &mut Listing<'_>,
) -> Result<Option<i64>, InboxError> {
    let Some(end) = listing.end() else { return Ok(None) };
    let end = first(&reader.read(end).await?, "id");
    listing.end_at(end);
    Ok(end)
}

/// The number in the first row.
fn first(rows: &[impl Cells], column: &'static str) -> Option<i64> {
    rows.first().and_then(|row| row.int(column).ok().flatten())
}

/// The answers that a list with this filter needs before it begins.
async fn known(reader: &mut impl Reader, filter: &Filter) -> Result<Known, InboxError> {
    let hint = hint_of(reader);
    let mut known = Known::default();
    if asks_for_unfinished(filter) {
        let many = Statement::of(one_of_many_unfinished(hint));
        known.few_unfinished = reader.read(many).await?.is_empty();
    }
    if let Some(received) = received(filter, hint) {
        let found = reader.read(received).await?;
        let count = first(&found, "count").unwrap_or_default();
        known.received = Received::of(count, first(&found, "first"), first(&found, "last"));
    }
    Ok(known)
}

fn hint_of<R: Reader>(_: &R) -> Hint {
    R::HINT
}

/// The filter with the numbers of a provider's id.
async fn with_provider_id(reader: &mut impl Reader, filter: &Filter) -> Result<Filter, InboxError> {
    let mut filter = filter.clone();
    if filter.provider_id.is_some() && filter.ids.is_none() {
        let found = reader.read(by_provider_id(&filter)).await?;
        filter.ids = Some(found.iter().map(|row| sql::id_and_line(row).0).collect());
    }
    Ok(filter)
}

fn by_provider_id(filter: &Filter) -> Statement {
    let provider_id = Arg::Text(filter.provider_id.clone().unwrap_or_default());
    Statement::of(BY_PROVIDER_ID).with(provider_id).with(Arg::Int(STEP.into()))
}

pub(crate) async fn count(
    reader: &mut impl Reader,
    filter: &Filter,
    limit: u64,
) -> Result<Count, InboxError> {
    let filter = &with_provider_id(reader, filter).await?;
    let known = known(reader, filter).await?;
    // Most spans of time that are asked for reach to the present.
    let (mut counted, mut window) = (0_u64, Window::newest_first(0));
    loop {
        let left = limit.saturating_add(1).saturating_sub(counted);
        window.max = u32::try_from(left).unwrap_or(u32::MAX);
        let mut listing = Listing::new(filter, window, known, hint_of(reader));
        let end = end(reader, &mut listing).await?;
        let count = first(&reader.read(listing.count()).await?, "count");
        counted =
            counted.saturating_add(count.and_then(|count| count.try_into().ok()).unwrap_or(0));
        match end {
            Some(id) if counted <= limit => window = window.beyond(id),
            _ => return Ok(Count::up_to(limit, counted)),
        }
    }
}

pub(crate) async fn attempts(
    reader: &mut impl Reader,
    id: i64,
) -> Result<Vec<Attempt>, InboxError> {
    let attempts = reader.read(Statement::of(statements::ATTEMPTS).with(Arg::Int(id))).await?;
    Ok(attempts.iter().map(sql::attempt).collect())
}

pub(crate) async fn duplicates(
    reader: &mut impl Reader,
    id: i64,
) -> Result<Vec<Duplicates>, InboxError> {
    let found = reader.read(Statement::of(statements::DUPLICATES).with(Arg::Int(id))).await?;
    Ok(found.iter().map(sql::duplicates).collect())
}

pub(crate) async fn same_ordering_key(
    reader: &mut impl Reader,
    id: i64,
    max: u32,
) -> Result<Vec<Record>, InboxError> {
    let same = Statement::of(statements::same_ordering_key(hint_of(reader)));
    let found = reader.read(same.with(Arg::Int(id)).with(Arg::Int(max.into()))).await?;
    Ok(found.iter().map(sql::record).collect())
}

pub(crate) async fn neighbours(
    reader: &mut impl Reader,
    id: i64,
    max: u32,
) -> Result<Vec<Record>, InboxError> {
    let near = Statement::of(statements::neighbours());
    let found = reader.read(near.with(Arg::Int(id)).with(Arg::Int(max.into()))).await?;
    Ok(found.iter().map(sql::record).collect())
}

pub(crate) async fn sums(
    reader: &mut impl Reader,
    since: i64,
) -> Result<Vec<MinuteSum>, InboxError> {
    let since = Arg::Int(minute(since));
    let sums = reader.read(Statement::of(statements::SUMS).with(since)).await?;
    Ok(sums.iter().map(sql::minute_sum).collect())
}

pub(crate) async fn causes(
    reader: &mut impl Reader,
    max: u32,
) -> Result<Vec<CauseGroup>, InboxError> {
    let causes = Statement::of(statements::causes(hint_of(reader)));
    let groups = reader.read(causes.with(Arg::Int(max.into()))).await?;
    Ok(groups.iter().map(sql::cause_group).collect())
}

pub(crate) async fn recent_dead_letters(
    reader: &mut impl Reader,
    since: i64,
    max: u32,
) -> Result<Vec<RecentDeadLetters>, InboxError> {
    let deaths = Statement::of(statements::recent_dead_letters(hint_of(reader)));
    let rows = reader.read(deaths.with(Arg::Int(since)).with(Arg::Int(max.into()))).await?;
    Ok(rows.iter().map(sql::recent_dead_letters).collect())
}

pub(crate) async fn endpoint_counts(
    reader: &mut impl Reader,
    limit: u64,
) -> Result<Vec<EndpointCounts>, InboxError> {
    let most = i64::try_from(limit.saturating_add(1)).unwrap_or(i64::MAX);
    let counts = Statement::of(statements::endpoint_counts(hint_of(reader)));
    let counts = reader.read(counts.with(Arg::Int(most))).await?;
    Ok(counts.iter().map(|row| sql::counts_of(row, limit)).collect())
}

/// Explains how the records of a window are found.
pub(crate) async fn explain_list(
    reader: &mut impl Reader,
    filter: &Filter,
    window: Window,
) -> Result<String, InboxError> {
    let mut plan = Vec::new();
    if let (Some(_), None) = (&filter.provider_id, &filter.ids) {
        plan.extend(reader.explain(by_provider_id(filter)).await?);
    }
    let filter = &with_provider_id(reader, filter).await?;
    if let Some(received) = received(filter, hint_of(reader)) {
        plan.extend(reader.explain(received).await?);
    }
    let known = known(reader, filter).await?;
    let mut listing = Listing::new(filter, window, known, hint_of(reader));
    plan.extend(reader.explain(listing.select(RECORD)).await?);
    Ok(plan.join("\n"))
}

/// Explains how what is seen of all records is found.
pub(crate) async fn explain(reader: &mut impl Reader) -> Result<String, InboxError> {
    let hint = hint_of(reader);
    let mut plan = Vec::new();
    for (template, argument) in [
        (statements::ATTEMPTS.to_owned(), 1),
        (statements::DUPLICATES.to_owned(), 1),
        (statements::SUMS.to_owned(), 0),
        (statements::causes(hint), 10_000),
        (statements::endpoint_counts(hint), 10_000),
    ] {
        plan.extend(reader.explain(Statement::of(template).with(Arg::Int(argument))).await?);
    }
    let just_now = millis(SystemTime::now()).saturating_sub(600_000);
    for (template, arguments) in [
        (statements::same_ordering_key(hint), [1, 10]),
        (statements::neighbours(), [1, 5]),
        (statements::recent_dead_letters(hint), [just_now, 10_000]),
    ] {
        let bound = arguments.map(Arg::Int).into_iter();
        plan.extend(reader.explain(bound.fold(Statement::of(template), Statement::with)).await?);
    }
    Ok(plan.join("\n"))
}
