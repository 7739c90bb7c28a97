//! Public handlers in a crate that forbids itself everything.

#![deny(warnings, missing_docs, missing_debug_implementations, missing_copy_implementations)]
#![deny(unused_qualifications, unreachable_pub, single_use_lifetimes, elided_lifetimes_in_paths)]
#![deny(rust_2018_idioms, unnameable_types, let_underscore_drop, unused_results)]
#![deny(clippy::all, clippy::pedantic, clippy::nursery)]
#![forbid(unsafe_code)]

use axum::extract::{Path, State};
use serde::Deserialize;
use std::borrow::Cow;
use webhook_runtime::{Delivery, UnknownEvent, WebhookEvent, Webhooks, webhook};

/// A payload that borrows.
#[derive(Debug, Deserialize)]
pub struct Order<'a> {
    #[serde(borrow)]
    note: Cow<'a, str>,
}

/// A documented handler.
///
/// # Errors
/// When the note is too long.
#[webhook(path = "/orders/{team}/{id}", secret_env = ["NEW", "OLD"], max_body = 1 << 20)]
pub async fn order_paid(
    State(limit): State<usize>,
    State(again): State<usize>,
    Path((team, id)): Path<(String, u64)>,
    delivery: Delivery,
    order: Order<'_>,
) -> Result<String, &'static str> {
    std::future::ready(()).await;
    if order.note.len() > limit + again || delivery.body().is_empty() {
        return Err("too long");
    }
    Ok(format!("{team} {id} {}", order.note))
}

/// Events that a crate shows to others.
#[derive(Debug, WebhookEvent)]
#[event(strict)]
#[non_exhaustive]
pub enum Event<'a, T: Clone> {
    /// An order.
    #[event("order.paid")]
    Paid(Order<'a>),
    /// Whatever the caller wants.
    #[event("order")]
    Order(T),
    /// Nothing of interest.
    #[event("ping", "pong")]
    Ping,
    /// Everything else.
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[deprecated]
#[must_use]
#[webhook(path = "/old", secret_env = "SECRET")]
async fn old(order: Order<'_>) -> &'static str {
    if std::future::ready(order.note.is_empty()).await { "empty" } else { "OK" }
}

#[cfg(false)]
#[webhook(path = "/absent")]
async fn absent(order: Absent) {}

#[webhook(path = "/absent")]
#[cfg(false)]
async fn absent_too(order: Absent) {}

// The type is deprecated with its function.
#[allow(deprecated)]
fn main() {
    let hooks: Webhooks<usize> = Webhooks::new().mount::<order_paid>().mount::<old>();
    drop(hooks);
}
