//! One attempt at one delivery.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use tokio::time::{Instant, timeout_at};

use crate::{
    endpoint::Backoff,
    inbox::{
        Shared,
        cancel::{Control, Decision},
        counters::InboxMetrics,
        error::InboxError,
        hooks::Hooks,
        http::snooze::LONGEST as LONGEST_SNOOZE,
        metrics::{CountedRun, RunOutcome, RunTimes},
        record::{
            AttemptDetails, AttemptResult, ClaimToken, Counting, DeliveryState, Digest, Filter,
            Job, stored_reason,
        },
        store::{AttemptNote, FinishedAttempt, InboxStore, Window},
        traces::RunTrace,
        tx::{TxSource, rollback},
        worker::{
            options::JobOptions,
            pool::Pool,
            retry::{random, scaled},
        },
        writer::tally::Happened,
    },
    support::{console, panic::catch_panic},
};

/// A running attempt.
pub type JobFuture = Pin<Box<dyn Future<Output = AttemptResult> + Send>>;

/// Runs the deliveries of an endpoint.
pub trait JobHandler: Send + Sync + 'static {
    /// Starts one attempt. What is written through the transaction is committed if the result is
    /// [`AttemptResult::Completed`].
    fn handle(&self, job: Job, tx: TxSource) -> JobFuture;
}

impl<F, R> JobHandler for F
where
    F: Fn(Job, TxSource) -> R + Send + Sync + 'static,
    R: Future<Output = AttemptResult> + Send + 'static,
{
    fn handle(&self, job: Job, tx: TxSource) -> JobFuture {
        Box::pin(self(job, tx))
    }
}

/// The slot of a pool that an attempt runs in, and its claim.
pub(super) struct Slot {
    pool: Arc<Pool>,
    endpoint: String,
    tenant: Option<Digest>,
    claim_token: ClaimToken,
    running: bool,
    /// True until a handler begins whose start the rate of its endpoint has counted.
    counted_start: bool,
}

impl Slot {
    pub(super) fn new(pool: Arc<Pool>, job: &Job, counted_start: bool) -> Self {
        let (endpoint, tenant, claim_token) = (job.endpoint.clone(), job.tenant, job.claim_token());
        Self { pool, endpoint, tenant, claim_token, running: true, counted_start }
    }

    /// The handler begins.
    fn begin(&mut self) {
        if std::mem::take(&mut self.counted_start) {
            self.pool.handler_begins(&self.endpoint);
        }
    }

    /// The handler has returned: the slot is free for another.
    fn leave(&mut self) {
        self.begin();
        if std::mem::take(&mut self.running) {
            self.pool.returned(&self.endpoint, self.tenant, self.claim_token);
        }
    }
}

/// The claim is settled or lost, in whatever way the attempt ended.
impl Drop for Slot {
    fn drop(&mut self) {
        self.leave();
        self.pool.settled(self.claim_token);
    }
}

/// The function that handles an endpoint's deliveries, and the options by which it runs.
#[derive(Clone)]
pub(crate) struct Handler {
    pub(super) handler: Arc<dyn JobHandler>,
    pub(super) options: JobOptions,
}

/// Runs a job and settles its claim. When its control says so, it ends the function and gives the
/// delivery back.
pub(super) async fn attempt(
    shared: &Shared,
    Handler { handler, options }: Handler,
    mut job: Job,
    control: &Arc<Control>,
    mut slot: Option<Slot>,
) {
    let (claim_token, subject) = (job.claim_token(), Subject::of(&job));
    let first_of = (job.attempt == 1).then_some(job.received_at);
    if let Some(reason) = options.too_old(job.received_at, shared.settings.clock.now()) {
        if let Some(slot) = &mut slot {
            slot.leave();
        }
        let end = End::Open(AttemptResult::Expired { reason });
        let details = AttemptDetails::default();
        let counted = CountedRun::begin(shared.counters.series_of(&subject.endpoint));
        let stored = settle(shared, claim_token, &subject, &options, end, details).await;
        conclude(shared, &subject, stored.as_ref(), counted, RunTimes::default()).await;
        return;
    }
    match (job.counting, &slot) {
        (Counting::BeforeStart, _) if !is_counted(shared, claim_token).await => {
            subject.trace_loss(shared, Moment::Before).await;
            shared.writer.look_in(shared.settings.lease);
            return;
        }
        (Counting::AtStart, Some(slot)) => slot.pool.begun(claim_token),
        _ => {}
    }
    if let Some(slot) = &mut slot {
        slot.begin();
    }
    let counted = CountedRun::begin(shared.counters.series_of(&subject.endpoint));
    let tx = TxSource::new(Arc::clone(&shared.store), claim_token);
    let (started_at, begun) = (shared.settings.clock.now(), Instant::now());
    job.cancellation = control.cancellation();
    let trace = if cfg!(feature = "otel") {
        shared.first_runs.next_run(job.id, shared.settings.continue_traces)
    } else {
        RunTrace::default()
    };
    job.trace = trace.clone();
    let result = if control.is_told() {
        AttemptResult::Released
    } else {
        let own = tx.clone();
        // Called inside the future: the call itself can panic, too.
        let running = tx.scope(async move { handler.handle(job, own).await });
        let deadline = options.timeout;
        let limit = shared.settings.tx_timeout.or_else(|| shared.store.transaction_limit());
        let mut held = pin!(tx.held_for(limit));
        let mut running = pin!(tokio::time::timeout(deadline, unless_it_panics(running)));
        let mut give_up = pin!(control.give_up.notified());
        let mut told = pin!(control.grace_is_over());
        poll_fn(|context| {
            if let Poll::Ready(result) = running.as_mut().poll(context) {
                return Poll::Ready(result.unwrap_or_else(|_| too_slow(deadline)));
            }
            if held.as_mut().poll(context).is_ready() {
                return Poll::Ready(held_too_long(limit));
            }
            if told.as_mut().poll(context).is_ready() {
                return Poll::Ready(AttemptResult::Released);
            }
            give_up.as_mut().poll(context).map(|()| AttemptResult::Released)
        })
        .await
    };
    // Others may run while this one waits for the commit that it shares with them.
    if let Some(slot) = &mut slot {
        slot.leave();
    }
    let details = AttemptDetails {
        started_at: Some(started_at),
        duration: Some(begun.elapsed()),
        status: tx.status(),
        worker: shared.worker_id(),
    };
    let waited = first_of.and_then(|received_at| started_at.duration_since(received_at).ok());
    let times = RunTimes { wait: waited, run: details.duration };
    let is_told = control.is_told();
    let result = if is_told { AttemptResult::Released } else { result };
    let note = AttemptNote::new(claim_token, details, options.drop_body);
    let end = end_transaction(note, result, &tx).await;
    let decision = if is_told { control.decision().await } else { Decision::Kept };
    if decision != Decision::Kept {
        let is_cancelled = decision == Decision::Cancelled;
        let outcome = if is_cancelled { RunOutcome::Released } else { RunOutcome::Lost };
        counted.ended(outcome, times);
        subject.trace_loss(shared, Moment::Within).await;
        shared.writer.look_in(shared.settings.lease);
        return;
    }
    let stored = settle(shared, claim_token, &subject, &options, end, details).await;
    if cfg!(feature = "otel") {
        shared.first_runs.ended(claim_token.id, RunOutcome::of(stored.as_ref()), &trace);
    }
    conclude(shared, &subject, stored.as_ref(), counted, times).await;
}

/// Counts what is stored, tells the hooks, and shows what was not shown before.
async fn conclude(
    shared: &Shared,
    subject: &Subject,
    stored: Option<&AttemptResult>,
    counted: CountedRun,
    times: RunTimes,
) {
    if let Some(result) = stored {
        let (settings, of) = (&shared.settings, (subject.record_id, subject.attempt));
        settings.hooks.ended(&shared.store, of, result, settings.clock.now());
    }
    let outcome = RunOutcome::of(stored);
    shared.counters.ended(outcome);
    counted.ended(outcome, times);
    let happened = |what| shared.writer.count(&subject.endpoint, what);
    match outcome {
        RunOutcome::Completed => {
            happened(Happened::Completed);
            subject.show_completed();
        }
        RunOutcome::Retried | RunOutcome::DeadLettered | RunOutcome::Expired => {
            happened(Happened::Failed);
        }
        RunOutcome::Snoozed | RunOutcome::Released => {}
        RunOutcome::Lost => {
            subject.trace_loss(shared, Moment::Within).await;
            shared.writer.look_in(shared.settings.lease);
        }
    }
}

/// The shortest snooze: a handler that asks for none would run again and again.
const SHORTEST_SNOOZE: Duration = Duration::from_millis(100);

/// The time for which a record may be locked by somebody who changes it.
const LOCKED: Duration = Duration::from_millis(100);

/// Counts the attempt before it begins. Returns false if the claim was lost. If the store fails,
/// the lease runs out, and another worker runs the delivery.
async fn is_counted(shared: &Shared, claim_token: ClaimToken) -> bool {
    let count = || tokio::time::timeout(shared.settings.lease, shared.writer.begin(claim_token));
    match count().await {
        Ok(Ok(true)) => true,
        // A store may pass over a record that is locked, and renewing a lease locks it.
        Ok(Ok(false)) => {
            tokio::time::sleep(LOCKED).await;
            matches!(count().await, Ok(Ok(true)))
        }
        _ => false,
    }
}

/// The moment at which a claim is found to be no longer good.
#[derive(Clone, Copy)]
enum Moment {
    /// Before the function began.
    Before,
    /// While it ran, or when it ended.
    Within,
}

/// The longest wait for the reason why a claim is no longer good.
const LOOK_TIMEOUT: Duration = Duration::from_secs(1);

/// What identifies an attempt in the trace. Spans are not there if only warnings are shown.
struct Subject {
    endpoint: String,
    /// The provider's id.
    delivery_id: Option<String>,
    record_id: i64,
    attempt: u32,
}

impl Subject {
    fn of(job: &Job) -> Self {
        let (endpoint, delivery_id) = (job.endpoint.clone(), job.provider_id.clone());
        Self { endpoint, delivery_id, record_id: job.id, attempt: job.attempt }
    }

    /// Traces that the claim is no longer good, and the reason as far as the store knows it.
    async fn trace_loss(&self, shared: &Shared, moment: Moment) {
        let Self { endpoint, delivery_id, record_id, attempt } = self;
        let filter = Filter::all().ids([*record_id]).state(DeliveryState::Cancelled);
        let found = shared.store.list(&filter, Window::oldest_first(1));
        let found = tokio::time::timeout(LOOK_TIMEOUT, found).await;
        let is_cancelled = matches!(found, Ok(Ok(listed)) if !listed.records.is_empty());
        let message = match (is_cancelled, moment) {
            (true, Moment::Before) => "cancelled by an operator before the function began",
            (true, Moment::Within) => "cancelled by an operator",
            (false, Moment::Before) => "the claim was lost before the function began",
            (false, Moment::Within) => "the claim was lost; another worker runs the delivery",
        };
        tracing::warn!(endpoint, delivery_id, record_id, attempt, message);
    }

    /// Traces an attempt that failed.
    fn trace(&self, result: &AttemptResult) {
        let Self { endpoint, delivery_id, record_id, attempt } = self;
        match result {
            AttemptResult::Retry { after, reason } => {
                // Nanoseconds would be noise in a line.
                let retry_in = after.unwrap_or_default();
                let retry_in = retry_in.saturating_sub(Duration::from_nanos(
                    (retry_in.subsec_nanos() % 1_000_000).into(),
                ));
                tracing::warn!(
                    endpoint,
                    delivery_id,
                    record_id,
                    attempt,
                    reason,
                    ?retry_in,
                    "the attempt failed"
                );
                let named = console::named(delivery_id.as_deref());
                console::failure(format_args!(
                    "{endpoint}: {named} failed at attempt {attempt}, next in {retry_in:?}: {reason}"
                ));
            }
            AttemptResult::Dead { reason } => {
                dead_letter(endpoint, delivery_id.as_deref(), *record_id, *attempt, reason);
            }
            AttemptResult::Snoozed { after } => {
                let named = console::named(delivery_id.as_deref());
                tracing::info!(endpoint, delivery_id, record_id, ?after, "the delivery is snoozed");
                if console::shows_all() {
                    console::success(format_args!("{endpoint}: {named} is snoozed for {after:?}"));
                }
            }
            AttemptResult::Expired { reason } => {
                let before = attempt.saturating_sub(1);
                dead_letter(endpoint, delivery_id.as_deref(), *record_id, before, reason);
            }
            AttemptResult::Completed | AttemptResult::Released => {}
        }
    }

    /// Shows an attempt that succeeded.
    fn show_completed(&self) {
        if console::shows_all() {
            let Self { endpoint, delivery_id, attempt, .. } = self;
            let named = console::named(delivery_id.as_deref());
            console::success(format_args!("{endpoint}: {named} completed at attempt {attempt}"));
        }
    }
}

/// Traces a dead letter.
fn dead_letter(
    endpoint: &str,
    delivery_id: Option<&str>,
    record_id: i64,
    attempt: u32,
    reason: &str,
) {
    tracing::warn!(
        endpoint,
        delivery_id,
        record_id,
        attempt,
        reason,
        "dead letter: the delivery is not retried"
    );
    let named = console::named(delivery_id);
    console::failure(format_args!(
        "{endpoint}: {named} is a dead letter after attempt {attempt}: {reason}"
    ));
}

/// Tells of deliveries that a claim has given up.
pub(crate) async fn tell_dead_letters(
    store: &dyn InboxStore,
    hooks: &Hooks,
    counters: &InboxMetrics,
    ids: Vec<i64>,
) {
    let max = u32::try_from(ids.len()).unwrap_or(u32::MAX);
    match store.list(&Filter::all().ids(ids), Window::oldest_first(max)).await {
        Ok(listed) => {
            for record in listed.records {
                let (id, reason) = (record.provider_id.as_deref(), record.last_error.as_deref());
                let reason = reason.unwrap_or_default();
                if let Some(metrics) = counters.series_of(&record.endpoint) {
                    metrics.ran(RunOutcome::DeadLettered, RunTimes::default());
                }
                dead_letter(&record.endpoint, id, record.id, record.attempt, reason);
                hooks.given_up(record);
            }
        }
        Err(error) => tracing::warn!(%error, "dead letters could not be read"),
    }
}

fn too_slow(deadline: Duration) -> AttemptResult {
    retry(format!("the function took longer than {} s", deadline.as_secs_f64()))
}

fn held_too_long(limit: Option<Duration>) -> AttemptResult {
    let seconds = limit.unwrap_or_default().as_secs_f64();
    retry(format!("the function held `Tx` for longer than {seconds} s"))
}

async fn unless_it_panics(running: impl Future<Output = AttemptResult>) -> AttemptResult {
    catch_panic(running).await.unwrap_or_else(|panicked| retry(format!("the function {panicked}")))
}

/// The end of an attempt, once its transaction has ended.
enum End {
    /// The claim is settled: the transaction has committed.
    Committed,
    /// The claim is to be settled.
    Open(AttemptResult),
}

/// Commits the transaction of an attempt that succeeded, and rolls others back.
async fn end_transaction(note: AttemptNote, result: AttemptResult, tx: &TxSource) -> End {
    End::Open(match tx.close_and_take().await {
        Ok(None) => result,
        Ok(Some(mut transaction)) if result == AttemptResult::Completed => {
            transaction.note(note);
            match transaction.commit().await {
                Ok(()) => return End::Committed,
                // If the connection broke, it may be committed. Then the claim is settled, and the
                // token is stale.
                Err(error) => {
                    retry(format!("what was written through `Tx` was not committed: {error}"))
                }
            }
        }
        Ok(Some(transaction)) => {
            rollback(transaction).await;
            result
        }
        Err(error) => {
            let record_id = note.claim_token.id;
            tracing::error!(record_id, %error, "an attempt cannot be completed");
            retry(error.to_string())
        }
    })
}

/// Settles the claim, and returns what is stored; `None` if the claim was lost, so that another
/// worker runs the delivery.
async fn settle(
    shared: &Shared,
    claim_token: ClaimToken,
    subject: &Subject,
    options: &JobOptions,
    end: End,
    details: AttemptDetails,
) -> Option<AttemptResult> {
    let End::Open(result) = end else { return Some(AttemptResult::Completed) };
    let result = bounded(options, subject.attempt, result);
    subject.trace(&result);
    let mut ended = FinishedAttempt::new(claim_token, result);
    ended.details = details;
    ended.drop_body = options.drop_body;
    finish(shared, ended).await
}

fn retry(reason: String) -> AttemptResult {
    AttemptResult::Retry { after: None, reason }
}

/// Makes the result what is stored: a retry has its pause, or is a dead letter after the last
/// attempt, and reasons have a limited length.
fn bounded(options: &JobOptions, number: u32, result: AttemptResult) -> AttemptResult {
    let max = options.max_attempts;
    match result {
        AttemptResult::Retry { after, reason } if number < max => {
            let after = Some(options.backoff.delay(number, after));
            AttemptResult::Retry { after, reason: stored_reason(&reason) }
        }
        AttemptResult::Retry { reason, .. } => {
            let reason = stored_reason(&format!("attempt {number} of {max} failed: {reason}"));
            AttemptResult::Dead { reason }
        }
        AttemptResult::Dead { reason } => AttemptResult::Dead { reason: stored_reason(&reason) },
        AttemptResult::Snoozed { after } => {
            AttemptResult::Snoozed { after: after.clamp(SHORTEST_SNOOZE, LONGEST_SNOOZE) }
        }
        other @ (AttemptResult::Completed
        | AttemptResult::Expired { .. }
        | AttemptResult::Released) => other,
    }
}

/// Settles the claim. If the store fails, it tries again as long as the claim can be good. After
/// that, another worker claims the delivery.
async fn finish(shared: &Shared, finish: FinishedAttempt) -> Option<AttemptResult> {
    let give_up = Instant::now() + shared.settings.lease;
    let pause = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
    for failure in 1.. {
        let finished = timeout_at(give_up, shared.writer.finish(finish.clone())).await;
        match finished.unwrap_or(Err(InboxError::Timeout)) {
            Ok(true) => return Some(finish.result),
            Ok(false) | Err(InboxError::Closed) => return None,
            Err(error) if Instant::now() >= give_up => {
                let record_id = finish.claim_token.id;
                tracing::error!(record_id, %error, "an attempt could not be settled");
                return None;
            }
            Err(_) => {
                let pause = pause.delay(failure, None);
                tokio::time::sleep(pause + scaled(pause, random())).await;
            }
        }
    }
    None
}
