//! Durable payments from Stripe, and a console at `/console` for those who run them.
//!
//! `STRIPE_SECRET` is the signing secret of the webhook, `whsec_…`; `DATABASE_URL` says where it is all
//! kept, `sqlite://console.db` or `postgres://…`. `CONSOLE_USER` and `CONSOLE_PASSWORD` open the console:
//! without them, the program does not start. An inbox that is empty gets some deliveries to look at, and
//! some of them fail.

mod samples;

use std::{borrow::Cow, env, error::Error, fmt, time::Duration};

use axum::Router;
use serde::Deserialize;
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use webhook_console::{Access, Console};
use webhook_runtime::{
    Inbox, Tx, UnknownEvent, WebhookEvent, Webhooks, inbox::Backoff, payloads::stripe::Event,
    providers::STRIPE, webhook,
};

#[derive(WebhookEvent)]
#[event(strict)]
enum Stripe<'a> {
    #[event("payment_intent.succeeded", "charge.refunded")]
    Money(Event<'a, Money<'a>>),
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

/// The reason why a payment is not booked.
#[derive(Debug)]
enum Refused {
    /// The bank's line is down.
    Bank(BankError),
    Database(Box<dyn Error + Send + Sync>),
}

/// An error of the bank.
#[derive(Debug)]
struct BankError;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bank(_) => "ask the bank",
            Self::Database(_) => "book the payment",
        })
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Bank(error) => Some(error),
            Self::Database(error) => Some(&**error),
        }
    }
}

impl fmt::Display for BankError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("connection refused")
    }
}

impl Error for BankError {}

const TABLE: &str = "CREATE TABLE IF NOT EXISTS payments \
                     (event_id text NOT NULL, amount bigint NOT NULL, currency text NOT NULL)";
const BOOK: &str = "INSERT INTO payments (event_id, amount, currency) VALUES ($1, $2, $3)";

/// Runs after Stripe has its answer, and again until it succeeds.
#[webhook(path = "/stripe", provider = STRIPE, secret_env = "STRIPE_SECRET", inbox)]
async fn payments(mut tx: Tx, event: Stripe<'_>) -> Result<(), Box<dyn Error + Send + Sync>> {
    let event = match event {
        Stripe::Money(event) => event,
        Stripe::Other(other) => {
            println!("{} is nothing to book", other.name());
            return Ok(());
        }
    };
    book(&mut tx, &event).await.map_err(Refused::Database)?;
    // The bank does not answer for large amounts: the booking above is taken back.
    if event.data.object.amount >= samples::TOO_LARGE {
        return Err(Box::new(Refused::Bank(BankError)));
    }
    Ok(())
}

/// Commits together with the completion of the delivery, or not at all.
async fn book(
    tx: &mut Tx,
    event: &Event<'_, Money<'_>>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    let Money { amount, currency } = &event.data.object;
    let book = sqlx::query(BOOK);
    if is_postgres(&database_url()) {
        let book = sqlx::query(BOOK).bind(&*event.id).bind(amount).bind(&**currency);
        book.execute(tx.postgres().await?).await?;
    } else {
        let book = book.bind(&*event.id).bind(amount).bind(&**currency);
        book.execute(tx.sqlite().await?).await?;
    }
    Ok(())
}

fn database_url() -> String {
    env::var("DATABASE_URL").unwrap_or_else(|_| "sqlite://console.db".to_owned())
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
    // Before anything else: a console without a password is open to all.
    let access = Access::basic_env("CONSOLE_USER", "CONSOLE_PASSWORD")?;
    let url = database_url();
    // Dead letters come soon, to be looked at without patience.
    let backoff = Backoff::new(Duration::from_secs(1), Duration::from_secs(5));
    let inbox = Inbox::builder(&url).max_attempts(4).backoff(backoff).open().await?;
    create_table(&url).await?;
    let address = env::var("ADDRESS").unwrap_or_else(|_| "127.0.0.1:3000".to_owned());
    if samples::is_empty(&inbox).await? {
        tokio::spawn(samples::send(address.clone()));
    }
    let console = Console::new(inbox.clone(), access).title("payments example");
    let console = Router::new().nest("/console", console.into_router());
    eprintln!("console on http://{address}/console");
    Webhooks::new().mount::<payments>().inbox(inbox).merge(console).serve(address).await?;
    Ok(())
}
