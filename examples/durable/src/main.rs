//! Payments from Stripe that survive a crash: stored before they are acknowledged, and booked once.
//!
//! `STRIPE_SECRET` is the signing secret of the webhook, `whsec_…`; `DATABASE_URL` says where it is
//! all kept, `sqlite://durable.db` or `postgres://…`. With `FAIL_ONE_IN=5`, one attempt in five
//! fails, to watch how it is tried again.

use std::{
    borrow::Cow,
    env,
    error::Error,
    hash::{BuildHasher as _, RandomState},
    time::Duration,
};

use axum::http::StatusCode;
use serde::Deserialize;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use webhook_runtime::{
    Inbox, Tx, UnknownEvent, WebhookEvent, Webhooks, payloads::stripe::Event, providers::STRIPE,
    webhook,
};

#[derive(WebhookEvent)]
enum Stripe<'a> {
    #[event("payment_intent.succeeded")]
    Paid(Event<'a, Money<'a>>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[derive(Deserialize)]
struct Money<'a> {
    /// In the smallest unit of the currency.
    amount: i64,
    #[serde(borrow)]
    currency: Cow<'a, str>,
}

/// Nothing in it keeps an event from being booked twice: that it is not is the inbox's doing.
const TABLE: &str = "CREATE TABLE IF NOT EXISTS payments \
                     (event_id text NOT NULL, amount bigint NOT NULL, currency text NOT NULL)";
const BOOK: &str = "INSERT INTO payments (event_id, amount, currency) VALUES ($1, $2, $3)";

/// Runs after Stripe has its answer, and again until it succeeds.
#[webhook(path = "/stripe", provider = STRIPE, secret_env = "STRIPE_SECRET", inbox)]
async fn payments(mut tx: Tx, event: Stripe<'_>) -> Result<(), StatusCode> {
    let event = match event {
        Stripe::Paid(event) => event,
        // Money that was not understood: a dead letter at once, to be run again by a program that
        // understands it.
        Stripe::Other(other) if other.error().is_some() => {
            return Err(StatusCode::UNPROCESSABLE_ENTITY);
        }
        Stripe::Other(_) => return Ok(()),
    };
    book(&mut tx, &event).await.map_err(|error| {
        eprintln!("{} could not be booked: {error}", event.id);
        StatusCode::INTERNAL_SERVER_ERROR
    })?;
    // After the booking, so that what is tried again shows that it was taken back.
    if is_to_fail() {
        println!("{} fails, as it was asked to", event.id);
        return Err(StatusCode::INTERNAL_SERVER_ERROR);
    }
    println!("{} is booked", event.id);
    Ok(())
}

/// Commits together with the completion of the delivery, or not at all.
async fn book(tx: &mut Tx, event: &Event<'_, Money<'_>>) -> Result<(), Box<dyn Error>> {
    let Money { amount, currency } = &event.data.object;
    if is_postgres(&database_url()) {
        let book = sqlx::query(BOOK).bind(&*event.id).bind(amount).bind(&**currency);
        book.execute(tx.postgres().await?).await?;
    } else {
        let book = sqlx::query(BOOK).bind(&*event.id).bind(amount).bind(&**currency);
        book.execute(tx.sqlite().await?).await?;
    }
    Ok(())
}

fn is_to_fail() -> bool {
    let one_in = env::var("FAIL_ONE_IN").ok().and_then(|number| number.parse::<u64>().ok());
    one_in.is_some_and(|one_in| RandomState::new().hash_one(()).is_multiple_of(one_in))
}

fn database_url() -> String {
    env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite://durable.db".to_owned())
}

fn is_postgres(url: &str) -> bool {
    url.starts_with("postgres")
}

async fn create_table(url: &str) -> Result<(), sqlx::Error> {
    if is_postgres(url) {
        sqlx::query(TABLE).execute(&mut PgConnection::connect(url).await?).await?;
    } else {
        sqlx::query(TABLE).execute(&mut SqliteConnection::connect(url).await?).await?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let url = database_url();
    // To be watched without patience: what was running when the program was killed is run again
    // after five seconds, and a dead letter takes a few attempts.
    let inbox = Inbox::builder(&url).lease(Duration::from_secs(5)).max_attempts(5).open().await?;
    create_table(&url).await?;
    let address = env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    Webhooks::new().mount::<payments>().inbox(inbox).serve(address).await?;
    Ok(())
}
