//! Generic code, compiled here for the types that most programs use. In builds without optimisation the
//! compiler shares it between crates, so that programs do not compile it again each time they change.

use std::{borrow::Cow, collections::HashMap};

use axum::Router;

use crate::{Delivery, Rejection, StartError, Webhooks};

/// The whole way from a request to a handler, without a state.
#[allow(clippy::missing_errors_doc, reason = "not for users")]
pub fn router() -> Result<Router, StartError> {
    Webhooks::new().into_router()
}

/// The decoders of common types.
#[allow(clippy::missing_errors_doc, reason = "not for users")]
pub fn decoders(delivery: &Delivery) -> Result<(), Rejection> {
    delivery.decode::<(Option<bool>, Option<char>, Option<String>, Option<Cow<'_, str>>)>()?;
    delivery.decode::<(Option<i64>, Option<i32>, Option<u64>, Option<u32>, Option<u8>)>()?;
    delivery.decode::<(Option<f64>, Option<&str>, Vec<String>, HashMap<String, String>)>()?;
    delivery.decode::<serde_json::Value>()?;
    Ok(())
}
