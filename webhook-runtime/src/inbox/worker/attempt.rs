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
        record::{AttemptResult, ClaimToken, Job, stored_reason},
        store::Finish,
        tx::{TxSource, rollback},
        worker::retry::{Backoff, random, scaled},
    },
    support::panic::catch_panic,
};

/// A running attempt.
pub type Processing = Pin<Box<dyn Future<Output = AttemptResult> + Send>>;

/// Runs the deliveries of an endpoint.
pub trait Process: Send + Sync + 'static {
    /// Starts one attempt. What is written through the transaction is committed if the result is
    /// [`AttemptResult::Done`].
    fn process(&self, job: Job, tx: TxSource) -> Processing;
}

impl<F, R> Process for F
where
    F: Fn(Job, TxSource) -> R + Send + Sync + 'static,
    R: Future<Output = AttemptResult> + Send + 'static,
{
    fn process(&self, job: Job, tx: TxSource) -> Processing {
        Box::pin(self(job, tx))
    }
}

/// Runs a job and settles its claim. When `give_up` is notified, it gives the delivery back.
pub(crate) async fn attempt(
    shared: &Shared,
    process: Arc<dyn Process>,
    job: Job,
    give_up: &Notify,
) {
    let (claim, number) = (job.claim(), job.attempt);
    let tx = TxSource::new(Arc::clone(&shared.store), claim);
    let result = {
        let own = tx.clone();
        // Called inside the future: the call itself can panic, too.
        let running = async move { process.process(job, own).await };
        let deadline = shared.settings.deadline;
        let mut running = pin!(tokio::time::timeout(deadline, unless_it_panics(running)));
        let mut give_up = pin!(give_up.notified());
        poll_fn(|context| {
            if let Poll::Ready(result) = running.as_mut().poll(context) {
                return Poll::Ready(result.unwrap_or_else(|_| too_slow(deadline)));
            }
            give_up.as_mut().poll(context).map(|()| AttemptResult::Released)
        })
        .await
    };
    match settle(shared, claim, number, result, &tx).await {
        Some(AttemptResult::Done) => shared.counters.done(),
        Some(AttemptResult::Retry { .. }) => shared.counters.retried(),
        Some(AttemptResult::Dead { .. }) => shared.counters.dead(1),
        Some(AttemptResult::Released) => {}
        None => {
            tracing::warn!(
                record = claim.id,
                "the claim was lost; another worker runs the delivery"
            );
        }
    }
}

fn too_slow(deadline: Duration) -> AttemptResult {
    retry(format!("the function took longer than {} s", deadline.as_secs_f64()))
}

async fn unless_it_panics(running: impl Future<Output = AttemptResult>) -> AttemptResult {
    catch_panic(running).await.unwrap_or_else(|_| retry("the function panicked".to_owned()))
}

/// Settles the claim, and returns what is stored; `None` if the claim was lost, so that another
/// worker runs the delivery.
async fn settle(
    shared: &Shared,
    claim: ClaimToken,
    number: u32,
    result: AttemptResult,
    tx: &TxSource,
) -> Option<AttemptResult> {
    let result = match tx.close_and_take().await {
        Ok(None) => result,
        Ok(Some(transaction)) if result == AttemptResult::Done => {
            match transaction.commit().await {
                Ok(()) => return Some(AttemptResult::Done),
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
            tracing::error!(record = claim.id, %error, "an attempt cannot be completed");
            retry(error.to_string())
        }
    };
    finish(shared, Finish { claim, result: bounded(shared, number, result) }).await
}

fn retry(reason: String) -> AttemptResult {
    AttemptResult::Retry { after: None, reason }
}

/// Makes the result what is stored: a retry has its pause, or is a dead letter after the last
/// attempt, and reasons have a limited length.
fn bounded(shared: &Shared, number: u32, result: AttemptResult) -> AttemptResult {
    let most = shared.settings.max_attempts;
    match result {
        AttemptResult::Retry { after, reason } if number < most => {
            let after = Some(shared.settings.backoff.delay(number, after));
            AttemptResult::Retry { after, reason: stored_reason(&reason) }
        }
        AttemptResult::Retry { reason, .. } => {
            let reason = stored_reason(&format!("attempt {number} of {most} failed: {reason}"));
            AttemptResult::Dead { reason }
        }
        AttemptResult::Dead { reason } => AttemptResult::Dead { reason: stored_reason(&reason) },
        other @ (AttemptResult::Done | AttemptResult::Released) => other,
    }
}

/// Settles the claim. If the store fails, it tries again as long as the claim can be good. After
/// that, another worker claims the delivery.
async fn finish(shared: &Shared, finish: Finish) -> Option<AttemptResult> {
    let give_up = Instant::now() + shared.settings.lease;
    let pause = Backoff::new(Duration::from_millis(100), Duration::from_secs(2));
    for failure in 1.. {
        let finished = timeout_at(give_up, shared.writer.finish(finish.clone())).await;
        match finished.unwrap_or(Err(InboxError::Slow)) {
            Ok(true) => return Some(finish.result),
            Ok(false) | Err(InboxError::Closed) => return None,
            Err(error) if Instant::now() >= give_up => {
                let record = finish.claim.id;
                tracing::error!(record, %error, "an attempt could not be settled");
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
