//! A receiver with an inbox, for `tests/tests/reliability`, which kills, stops and starves it.
//!
//! `DATABASE_URL` holds its inbox and the table `effects`. `LEDGER` is a file outside of both,
//! which records the start and the end of each job.

use std::{
    borrow::Cow,
    env,
    error::Error,
    fs::OpenOptions,
    io::Write as _,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::http::StatusCode;
use serde::Deserialize;
use webhook_runtime::{Inbox, Tx, Webhooks, inbox::Backoff, webhook};

/// The steps of the job, in this order.
#[derive(Deserialize)]
struct Job<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    /// End the whole process.
    #[serde(default)]
    aborts: bool,
    /// A pause before the effect, in milliseconds.
    #[serde(default)]
    before: u64,
    /// Skip the effect.
    #[serde(default)]
    idle: bool,
    /// A pause inside the transaction, in milliseconds.
    #[serde(default)]
    within: u64,
}

#[webhook(path = "/jobs", secret_env = "SECRET", inbox)]
async fn jobs(mut tx: Tx, job: Job<'_>) -> Result<(), StatusCode> {
    note("begun", &job.id);
    if job.aborts {
        std::process::abort();
    }
    tokio::time::sleep(Duration::from_millis(job.before)).await;
    if !job.idle
        && let Err(error) = effect(&mut tx, &job.id).await
    {
        eprintln!("{}: {error}", job.id);
        note("refused", &job.id);
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    tokio::time::sleep(Duration::from_millis(job.within)).await;
    note("ended", &job.id);
    Ok(())
}

/// The table has no unique key, so a doubled effect shows.
async fn effect(tx: &mut Tx, id: &str) -> Result<(), Box<dyn Error>> {
    const EFFECT: &str = "INSERT INTO effects (id, pid) VALUES ($1, $2)";
    let pid = i64::from(std::process::id());
    if env::var("DATABASE_URL").is_ok_and(|url| url.starts_with("postgres")) {
        sqlx::query(EFFECT).bind(id).bind(pid).execute(tx.postgres().await?).await?;
    } else {
        sqlx::query(EFFECT).bind(id).bind(pid).execute(tx.sqlite().await?).await?;
    }
    Ok(())
}

/// Appends a line to the ledger, with one write, so that lines of several processes stay whole.
fn note(what: &str, id: &str) {
    let Some(ledger) = env::var_os("LEDGER") else { return };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let line = format!("{what} {id} {} {now}\n", std::process::id());
    let file = OpenOptions::new().append(true).create(true).open(ledger);
    if let Err(error) = file.and_then(|mut file| file.write_all(line.as_bytes())) {
        eprintln!("the ledger: {error}");
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let inbox = Inbox::builder(&env::var("DATABASE_URL")?)
        .lease(Duration::from_millis(env::var("LEASE")?.parse()?))
        .max_attempts(env::var("MAX_ATTEMPTS")?.parse()?)
        .backoff(Backoff::new(Duration::from_millis(100), Duration::from_secs(5)))
        .open()
        .await?;
    Webhooks::new().mount::<jobs>().inbox(inbox).serve("127.0.0.1:0").await?;
    Ok(())
}
