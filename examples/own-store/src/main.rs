//! An inbox on a store of one's own: a single file, which is written anew with each change. That is
//! slow, and safe: what a delivery is acknowledged for is on the disk.
//!
//! `store.rs` implements the trait, `tables.rs` what a store has to know, and `file.rs` keeps it. The
//! test at the end of `store.rs` is the whole suite that the built-in stores pass.

mod file;
mod store;
mod tables;

use std::{env, error::Error, sync::Arc, time::Duration};

use serde::Deserialize;
use webhook_runtime::{
    Tx, Webhooks,
    inbox::{InboxBuilder, InboxError},
    webhook,
};

use crate::{file::Draft, store::FileStore};

#[derive(Deserialize)]
struct Order {
    id: u64,
}

/// Notes the order in the file of the inbox, together with the completion of its delivery.
#[webhook(path = "/orders", secret_env = "SECRET", inbox)]
async fn order_paid(mut tx: Tx, order: Order) -> Result<(), InboxError> {
    let draft: &mut Draft = tx.connection().await?;
    draft.tables().notes.push(format!("order {} is paid", order.id));
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let path = env::var_os("STORE").unwrap_or_else(|| "orders.json".into());
    let store = Arc::new(FileStore::open(path)?);
    let inbox = InboxBuilder::default().lease(Duration::from_secs(5)).open_with_store(store)?;
    Webhooks::new().mount::<order_paid>().inbox(inbox).serve("127.0.0.1:3000").await?;
    Ok(())
}
