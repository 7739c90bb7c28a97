//! One attempt at one delivery.

use std::{
    future::poll_fn,
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

use crate::{
    inbox::{
        Shared,
        error::InboxError,
        record::{AttemptResult, ClaimToken, Job},
        store::{End, FinishedAttempt},
        tx::TxSource,
        worker::retry::{Backoff, random, scaled},
    },
    support::{panic::catch_panic, text::truncate},
};

/// A running attempt.
pub type JobFuture = Pin<Box<dyn Future<Output = AttemptResult> + Send>>;

/// What a delivery is for: runs it, and says how that ended.
pub trait JobHandler: Send + Sync + 'static {
    /// Begins one attempt. The transaction is there for functions that ask for it: what has been
    /// written through it is committed where the outcome is [`AttemptResult::Completed`].
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

/// What came of an attempt, as far as this process knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    Done,
    Retried,
    Dead,
    Released,
    /// The claim was no longer good, or could not be settled: whoever claims it next goes on.
    Lost,
}

/// Runs a job and settles its claim. Asked to give up, it gives the delivery back.
pub(crate) async fn attempt(
    shared: &Shared,
    process: Arc<dyn JobHandler>,
    job: Job,
    give_up: &Notify,
) -> Came {
    let (claim_token, number) = (job.claim_token(), job.attempt);
    let tx = TxSource::new(Arc::clone(&shared.store), claim_token);
    let outcome = {
        // Begun in here: what makes the future can panic as well.
        let begun = tx.clone();
        let running = async move { process.handle(job, begun).await };
        let deadline = shared.settings.attempt_timeout;
        let mut running = pin!(tokio::time::timeout(deadline, unless_it_panics(running)));
        let mut give_up = pin!(give_up.notified());
        poll_fn(|context| {
            if let Poll::Ready(outcome) = running.as_mut().poll(context) {
                return Poll::Ready(Some(outcome.unwrap_or_else(|_| too_slow(deadline))));
            }
            give_up.as_mut().poll(context).map(|()| None)
        })
        .await
    };
    let came = settle(shared, claim_token, number, outcome, &tx).await;
    match came {
        Came::Done => shared.counters.done(),
        Came::Retried => shared.counters.retried(),
        Came::Dead => shared.counters.dead(1),
        Came::Released => {}
        Came::Lost => {
            tracing::warn!(
                record_id = claim_token.id,
                "the claim was lost; somebody else runs it, or will"
            );
        }
    }
    came
}

fn too_slow(deadline: Duration) -> AttemptResult {
    let reason = format!("the function took longer than {} s", deadline.as_secs_f64());
    AttemptResult::Retry { after: None, reason }
}

async fn unless_it_panics(running: impl Future<Output = AttemptResult>) -> AttemptResult {
    catch_panic(running).await.unwrap_or_else(|_| {
        let reason = "the function panicked".to_owned();
        AttemptResult::Retry { after: None, reason }
    })
}

/// Settles the claim by the outcome; none means that it is given back.
async fn settle(
    shared: &Shared,
    claim_token: ClaimToken,
    number: u32,
    outcome: Option<AttemptResult>,
    tx: &TxSource,
) -> Came {
    let begun = match tx.begun().await {
        Ok(begun) => begun,
        Err(error) => {
            tracing::error!(record_id = claim_token.id, %error, "an attempt cannot be completed");
            let outcome = AttemptResult::Retry { after: None, reason: error.to_string() };
            return finish(shared, claim_token, end_of(shared, number, outcome)).await;
        }
    };
    let outcome = match (outcome, begun) {
        (Some(AttemptResult::Completed), Some(transaction)) => match transaction.commit().await {
            Ok(()) => return Came::Done,
            // Where the connection broke, it may have been committed: then the claim is settled,
            // and the fence lets nothing more through.
            Err(error) => {
                let reason = format!("what was written through `Tx` was not committed: {error}");
                Some(AttemptResult::Retry { after: None, reason })
            }
        },
        (outcome, Some(transaction)) => {
            transaction.rollback().await;
            outcome
        }
        (outcome, None) => outcome,
    };
    let end =
        outcome.map_or((End::Released, Came::Released), |outcome| end_of(shared, number, outcome));
    finish(shared, claim_token, end).await
}

fn end_of(shared: &Shared, number: u32, outcome: AttemptResult) -> (End, Came) {
    let most = shared.settings.max_attempts;
    match outcome {
        AttemptResult::Completed => (End::Completed, Came::Done),
        AttemptResult::Retry { after, reason } if number < most => {
            let after = shared.settings.backoff.delay(number, after);
            (End::Retry { after, reason: bounded(&reason) }, Came::Retried)
        }
        AttemptResult::Retry { reason, .. } => {
            let reason = bounded(&format!("attempt {number} of {most} failed: {reason}"));
            (End::Dead { reason }, Came::Dead)
        }
        AttemptResult::Dead { reason } => (End::Dead { reason: bounded(&reason) }, Came::Dead),
    }
}

/// The longest reason that is stored.
const MOST_REASON: usize = 2000;

/// A reason as the store takes it.
fn bounded(reason: &str) -> String {
    truncate(reason, MOST_REASON).replace('\0', "\u{fffd}")
}

/// Settles the claim. While the store fails it is tried again, as long as the claim can be good;
/// after that, somebody else claims the delivery.
async fn finish(shared: &Shared, claim_token: ClaimToken, (end, came): (End, Came)) -> Came {
    let finish = FinishedAttempt { claim_token, result: end };
    let give_up = Instant::now() + shared.settings.lease;
    let pause = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
    for failure in 1.. {
        let finished = timeout_at(give_up, shared.writer.finish(finish.clone())).await;
        match finished.unwrap_or(Err(InboxError::Timeout)) {
            Ok(true) => return came,
            Ok(false) | Err(InboxError::Closed) => return Came::Lost,
            Err(error) if Instant::now() >= give_up => {
                tracing::error!(record_id = claim_token.id, %error, "an attempt could not be settled");
                return Came::Lost;
            }
            Err(_) => {
                let pause = pause.delay(failure, None);
                tokio::time::sleep(pause + scaled(pause, random())).await;
            }
        }
    }
    Came::Lost
}
