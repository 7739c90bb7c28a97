//! A text that is the same for all attempts at a delivery.

use std::fmt;

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};

use crate::{
    inbox::record::{Job, millis},
    support::hash::PartsHash,
};

/// A text by which another system can tell a retry from something new: 32 hexadecimal digits.
///
/// It is the same for all attempts at a delivery, and for the attempts after an operator has
/// [retried](crate::Inbox::retry) a dead letter. It is another one after a
/// [replay](crate::Inbox::replay), whose purpose is that the effects happen once more, and for every
/// other delivery. A duplicate that lets a dead letter run again counts as another delivery, and so
/// does a delivery that is copied into another database.
///
/// Take it as an argument of a function behind an inbox, and hand it on: as the `Idempotency-Key` of a
/// request, or as the id of a message. [Handing over](crate::guide::handing_over) shows it at work.
///
/// ```
/// use webhook_runtime::{Delivery, IdempotencyKey, webhook};
///
/// #[webhook(path = "/orders", secret_env = "SECRET", inbox)]
/// async fn ship(key: IdempotencyKey, delivery: &Delivery) -> Result<(), String> {
///     post("/shipments", ("idempotency-key", key.as_str()), delivery.body()).await
/// }
/// # async fn post(_: &str, _: (&str, &str), _: &[u8]) -> Result<(), String> { Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// The key of a job. Numbers of records begin anew in every database, so the endpoint and the
    /// time belong to it.
    pub(crate) fn of(job: &Job) -> Self {
        let mut hash = PartsHash::new();
        hash.part(job.endpoint.as_bytes());
        hash.part(&job.id.to_be_bytes());
        hash.part(&millis(job.received_at).to_be_bytes());
        hash.part(&job.replays.to_be_bytes());
        Self(base16ct::lower::encode_string(&hash.finish()[..16]))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<S: Sync> FromRequestParts<S> for IdempotencyKey {
    type Rejection = MissingIdempotencyKey;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, MissingIdempotencyKey> {
        parts.extensions.get::<Self>().cloned().ok_or(MissingIdempotencyKey)
    }
}

/// An [`IdempotencyKey`] was extracted in a function that is not marked `inbox`. This is a mistake in
/// the program, and the response is 500.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingIdempotencyKey;

impl fmt::Display for MissingIdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(
            "`IdempotencyKey` can be extracted in functions marked `#[webhook(..., inbox)]`",
        )
    }
}

impl std::error::Error for MissingIdempotencyKey {}

impl IntoResponse for MissingIdempotencyKey {
    fn into_response(self) -> Response {
        tracing::error!("{self}");
        StatusCode::INTERNAL_SERVER_ERROR.into_response()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use bytes::Bytes;

    use super::*;
    use crate::inbox::{
        http::head::StoredRequest,
        record::{ClaimToken, DeliveryState, Record, StoredDelivery},
    };

    fn job(change: impl FnOnce(&mut Record)) -> Job {
        let received_at = SystemTime::UNIX_EPOCH + Duration::from_secs(1_760_000_000);
        let mut record = Record::new(7, "orders", "acme", DeliveryState::Running, received_at);
        change(&mut record);
        let delivery = StoredDelivery::new(record, StoredRequest::default(), Bytes::new());
        Job::new(ClaimToken::new(7, 3), delivery)
    }

    #[test]
    fn the_key_is_the_same_for_all_attempts() {
        let key = IdempotencyKey::of(&job(|_| ()));
        assert_eq!(IdempotencyKey::of(&job(|record| record.attempt = 9)), key);
        assert_eq!(key.as_str().len(), 32);
        assert!(key.as_str().bytes().all(|byte| byte.is_ascii_hexdigit()), "{key}");
    }

    #[test]
    fn what_is_new_has_another_key() {
        let second = Duration::from_secs(1);
        let keys = [
            job(|_| ()),
            job(|record| record.replays = 1),
            job(|record| record.replays = 2),
            job(|record| record.id = 8),
            job(|record| record.received_at += second),
            job(|record| record.endpoint = "others".to_owned()),
        ]
        .map(|job| IdempotencyKey::of(&job));
        for (at, key) in keys.iter().enumerate() {
            assert!(!keys[..at].contains(key), "{at}");
        }
    }
}
