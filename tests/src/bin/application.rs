//! An application with state and routes beside its webhooks, as a separate process for
//! `tests/tests/serving`.
//!
//! `LISTEN` is an address. `SUBSCRIBER` installs a subscriber of `tracing` that writes nothing.

use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{Router, extract::State, routing::get};
use tracing::{Event, Metadata, Subscriber, span};
use webhook_runtime::{Delivery, Error, Webhooks, webhook};

/// The number of deliveries so far.
type Count = Arc<AtomicUsize>;

#[webhook(path = "/webhook", secret_env = "SECRET")]
async fn hook(State(count): State<Count>, delivery: &Delivery) -> Result<String, String> {
    count.fetch_add(1, Relaxed);
    match &delivery.body()[..] {
        b"fail" => return Err("no stock left\u{1b}[2J".to_owned()),
        b"sleep" => tokio::time::sleep(Duration::from_secs(60)).await,
        b"block" => std::thread::sleep(Duration::from_secs(60)),
        _ => {}
    }
    Ok("taken".to_owned())
}

async fn health(State(count): State<Count>) -> String {
    format!("{} deliveries", count.load(Relaxed))
}

/// More than the buffers of a connection hold.
async fn large() -> Vec<u8> {
    vec![b'x'; 64 * 1024 * 1024]
}

async fn slow() {
    tokio::time::sleep(Duration::from_secs(60)).await;
}

struct Silent;

impl Subscriber for Silent {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn event(&self, _: &Event<'_>) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    if env::var_os("SUBSCRIBER").is_some() {
        tracing::subscriber::set_global_default(Silent).expect("the first one");
    }
    Webhooks::new()
        .mount::<hook>()
        .merge(
            Router::new()
                .route("/health", get(health))
                .route("/large", get(large))
                .route("/slow", get(slow)),
        )
        .with_state(Count::default())
        .serve(env::var("LISTEN").as_deref().unwrap_or("127.0.0.1:0"))
        .await
}
