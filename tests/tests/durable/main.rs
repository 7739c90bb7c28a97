//! Endpoints with an inbox: deliveries are acknowledged when stored, and handled later as in a
//! request.

#[path = "../common/mod.rs"]
mod common;

mod acknowledgement;
mod batches;
mod cancellation;
mod copies;
mod headers;
mod idempotency;
mod inboxes;
mod options;
mod outcomes;
mod requests;
mod start;
mod told;
mod transactions;

use std::sync::{Arc, Mutex};

use axum::extract::State;
use serde::Deserialize;
use webhook_runtime::{
    Delivery,
    inbox::{Filter, Record},
    providers::{GITHUB, STRIPE},
    testing::{TestDelivery, TestHooks},
    webhook,
};

/// The handlers' notes, in order.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    fn note(&self, line: impl Into<String>) {
        self.0.lock().expect("nobody panics holding it").push(line.into());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().expect("nobody panics holding it"))
    }
}

/// Sends a delivery, and returns the status.
async fn status(delivery: TestDelivery<'_>) -> u16 {
    let answer = delivery.await;
    assert!(!answer.handler_ran(), "the handler runs afterwards");
    answer.status().as_u16()
}

async fn records<S>(hooks: &TestHooks<S>) -> Vec<Record> {
    hooks.inbox().list(Filter::all()).collect().await.expect("the inbox works")
}

#[webhook(path = "/github", provider = GITHUB, inbox)]
async fn unsigned_id(State(seen): State<Seen>, delivery: &Delivery) {
    seen.note(String::from_utf8_lossy(delivery.body()));
}

#[webhook(path = "/stripe", provider = STRIPE, inbox)]
async fn id_in_body(State(seen): State<Seen>, delivery: &Delivery) {
    seen.note(delivery.id().unwrap_or_default());
}

#[derive(Deserialize)]
struct Instruction {
    answer: u16,
    #[serde(default)]
    wait: Option<String>,
}
