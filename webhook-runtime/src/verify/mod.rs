//! The verification of requests: secrets, schemes, handshakes and providers, as data and pure
//! functions.

mod body_format;
mod clock;
pub(crate) mod form;
pub mod handshake;
pub(crate) mod json;
pub(crate) mod multipart;
pub(crate) mod named;
pub(crate) mod provider;
pub mod providers;
pub mod scheme;
pub(crate) mod secret;
mod texts;

pub(crate) use body_format::{BodyFormat, body_format, is_form_type, is_labelled_form};
pub use clock::{Clock, SystemClock};
pub use provider::{BatchLayout, Deduplication, Field, Provider, ProviderVerifier, SuccessBody};
pub use secret::{Secret, SecretError};
