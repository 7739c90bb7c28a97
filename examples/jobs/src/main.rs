//! Payments from Stripe, each with a job that sends the receipt: the job is added in the transaction
//! that completes the delivery.
//!
//! `STRIPE_SECRET` is the signing secret of the webhook, `whsec_…`, for events
//! `payment_intent.succeeded`. `DATABASE_URL` is the PostgreSQL database of both the inbox and the jobs.
//! With `FAIL_ONE_IN=5`, one attempt in five fails, to see that it leaves no job.

use std::{
    borrow::Cow,
    env,
    error::Error,
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use apalis_core::{
    error::{BoxDynError, WorkerError},
    task::builder::TaskBuilder,
    worker::builder::WorkerBuilder,
};
use apalis_postgres::{Config, PgPool, PostgresStorage, queries::push_tasks};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;
use webhook_runtime::{Inbox, Tx, Webhooks, payloads::stripe::Event, providers::STRIPE, webhook};

#[derive(Deserialize)]
struct Money<'a> {
    /// In the smallest unit of the currency.
    amount: i64,
    #[serde(borrow)]
    currency: Cow<'a, str>,
}

/// The arguments of a job.
#[derive(Serialize, Deserialize)]
struct Receipt {
    event: String,
    amount: i64,
    currency: String,
}

const QUEUE: &str = "receipts";

/// Runs after Stripe has its response. The job and the completion of the delivery are committed
/// together: there is one job for each delivery that is completed, and none for any other.
#[webhook(path = "/stripe", provider = STRIPE, secret_env = "STRIPE_SECRET", inbox)]
async fn payments(mut tx: Tx, event: Event<'_, Money<'_>>) -> Result<(), BoxDynError> {
    let Money { amount, currency } = &event.data.object;
    let receipt = Receipt {
        event: event.id.clone().into_owned(),
        amount: *amount,
        currency: currency.clone().into_owned(),
    };
    let job = TaskBuilder::new(serde_json::to_vec(&receipt)?).build();
    push_tasks(tx.postgres().await?, QUEUE, vec![job]).await?;
    if is_to_fail() {
        println!("{} fails, as it was asked to", event.id);
        return Err("asked to fail".into());
    }
    Ok(())
}

fn is_to_fail() -> bool {
    let one_in = env::var("FAIL_ONE_IN").ok().and_then(|number| number.parse::<u64>().ok());
    one_in.is_some_and(|one_in| RandomState::new().hash_one(()).is_multiple_of(one_in))
}

/// The work of a job, which may take minutes: nothing of the inbox waits for it. The queue runs it
/// again if it fails, so it runs at least once.
async fn send_receipt(receipt: Receipt) -> Result<(), BoxDynError> {
    let Receipt { event, amount, currency } = receipt;
    println!("receipt for {event}: {amount} {currency}");
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = env::var("DATABASE_URL").map_err(|error| format!("DATABASE_URL: {error}"))?;
    let pool = PgPool::connect(&url).await?;
    PostgresStorage::setup(&pool).await?;
    // Jobs that ran when the program was killed run again after some seconds: jobs after ten,
    // deliveries after five.
    let config = Config::default().heartbeat_interval(Duration::from_secs(5)).missed_heartbeats(2);
    let jobs = PostgresStorage::new(&pool).with_config(config.queue(QUEUE)).with_pubsub();
    let worker = WorkerBuilder::new(format!("jobs-{}", std::process::id()));
    let worker = worker.backend(jobs).build(send_receipt);

    let inbox = Inbox::builder(&url).lease(Duration::from_secs(5)).open().await?;
    let hooks = Webhooks::new().mount::<payments>().inbox(inbox);
    // The worker stops after the server. If either fails, the program ends.
    let (stop, stopped) = oneshot::channel::<()>();
    let serve = async move {
        let served = hooks.serve("127.0.0.1:3000").await;
        drop(stop);
        served.map_err(Box::<dyn Error>::from)
    };
    let work = async {
        let stopped = async {
            let _ = stopped.await;
            Ok::<(), WorkerError>(())
        };
        worker.run_until(stopped).await.map_err(Box::<dyn Error>::from)
    };
    tokio::try_join!(serve, work)?;
    Ok(())
}
