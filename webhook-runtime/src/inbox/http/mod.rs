//! From a request to what is stored of it, and back.

mod dedup_key;
pub(crate) mod deliver;
pub(crate) mod head;
pub(crate) mod idempotency_key;
pub(crate) mod kept_headers;
pub(crate) mod run;
pub(crate) mod snooze;
