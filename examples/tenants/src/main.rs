//! Webhooks for many customers: each has a path and secrets of its own.
//!
//! `TENANTS` is a directory with a file for each tenant, one secret a line, the newest first. To
//! bring in a tenant is to write a file; to rotate a secret, to add a line and later take one away.
//! Neither needs a restart, as files are read again after 30 seconds at the latest.
//!
//! `GET /health` says that the program is well, and how many orders it has seen.

use std::{
    borrow::Cow,
    env,
    io::ErrorKind,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use axum::{Router, extract::State, routing::get};
use serde::Deserialize;
use webhook_runtime::{Delivery, Secret, SecretSource, SourceError, Tenant, Webhooks, webhook};

#[derive(Deserialize)]
struct Order<'a> {
    id: u64,
    #[serde(borrow)]
    note: Cow<'a, str>,
}

/// The number of paid orders: the state of the handler and of the page.
type Paid = Arc<AtomicU64>;

/// Called for deliveries that a secret of the tenant in the path has signed.
#[webhook(path = "/hooks/{tenant}")]
async fn order_paid(
    State(paid): State<Paid>,
    delivery: Delivery,
    order: Order<'_>,
) -> &'static str {
    paid.fetch_add(1, Relaxed);
    let tenant = delivery.tenant().param("tenant").unwrap_or_default();
    println!("{tenant}: order {} paid: {} ({})", order.id, order.note, delivery.secret_name());
    "OK"
}

async fn health(State(paid): State<Paid>) -> String {
    format!("{} orders paid\n", paid.load(Relaxed))
}

/// The directory of secrets.
struct Directory(PathBuf);

impl SecretSource for Directory {
    async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        // Anybody can ask for any name: what is no plain name leads nowhere in the file system.
        let tenant = tenant.param("tenant").filter(|tenant| is_plain(tenant));
        let tenant = tenant.ok_or(SourceError::NotFound)?;
        let text = tokio::fs::read_to_string(self.0.join(tenant)).await;
        let text = text.map_err(|error| match error.kind() {
            ErrorKind::NotFound => SourceError::NotFound,
            // The provider is asked to send again, and the reason is in the trace.
            _ => SourceError::unavailable(error),
        })?;
        let lines = text.lines().enumerate();
        Ok(lines
            .map(|(at, line)| Secret::new(line).with_name(format!("{tenant}:{}", at + 1)))
            .collect())
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

#[tokio::main]
async fn main() -> Result<(), webhook_runtime::Error> {
    let directory = Directory(env::var_os("TENANTS").unwrap_or_else(|| "tenants".into()).into());
    Webhooks::new()
        .mount::<order_paid>()
        .secret_source::<order_paid>(directory)
        .merge(Router::new().route("/health", get(health)))
        .with_state(Paid::default())
        .serve("127.0.0.1:3000")
        .await
}
