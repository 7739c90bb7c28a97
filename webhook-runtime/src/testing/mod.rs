//! The test kit: sends signed deliveries to handlers, without a server, with a clock that the test
//! controls.
//!
//! [`Webhooks::test`](crate::Webhooks::test) prepares webhooks for a test, and
//! [`deliver`](TestHooks::deliver) signs with the scheme that verifies:
//!
//! ```
//! use std::time::Duration;
//!
//! use webhook_runtime::{Delivery, Webhooks, providers::STRIPE, webhook};
//!
//! #[webhook(path = "/stripe", provider = STRIPE, secret_env = "STRIPE_SECRET")]
//! async fn stripe(delivery: &Delivery) -> String {
//!     format!("{:?}", delivery.event().as_deref())
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() {
//! let hooks = Webhooks::new().mount::<stripe>().test(());
//!
//! let response = hooks.deliver::<stripe>().event("invoice.paid").id("evt_1").await;
//! assert_eq!(response.text(), r#"Some("invoice.paid")"#);
//!
//! let five_minutes_ago = hooks.deliver::<stripe>().at(hooks.clock().now());
//! hooks.advance(Duration::from_secs(301));
//! assert_eq!(five_minutes_ago.await.status(), 401);
//! # }
//! ```

mod clock;
pub mod conformance;
mod delivery;
mod handshake;
mod hooks;
mod keys;
mod macros;
mod recorded;
mod recording;
mod request;
mod response;
pub mod store;
mod target;

#[doc(inline)]
pub use crate::__conformance as conformance;
#[doc(inline)]
pub use crate::__recorded as recorded;
#[doc(inline)]
pub use crate::__store as store;
pub(crate) use crate::webhooks::put;
pub use clock::TestClock;
pub use delivery::TestDelivery;
pub use hooks::TestHooks;
pub use recorded::RecordedDelivery;
#[doc(hidden)]
pub use recorded::{check_directory, check_recording};
pub use response::TestResponse;
