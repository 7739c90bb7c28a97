//! Ready-made payloads: of what a provider sends, the fields that most programs read and that have
//! been the same for years. Whatever else is in a body is passed over.
//!
//! ```
//! # #[cfg(feature = "payloads-github")] {
//! use webhook_runtime::{providers::GITHUB, payloads::github, webhook};
//!
//! #[webhook(path = "/github", provider = GITHUB, secret_env = "GITHUB_SECRET")]
//! async fn issues(event: github::IssuesEvent<'_>) {
//!     match event.action {
//!         github::IssuesAction::Opened => println!("#{} was opened", event.issue.number),
//!         other => println!("#{} was {}", event.issue.number, other.as_str()),
//!     }
//! }
//! # }
//! ```
//!
//! All of them are borrowed from the delivery: text is copied only where it has escapes. A field
//! named `type` is `kind` here, and `ref` is `reference`.
//!
//! A field that the handler does not read must not fail its delivery. So a missing or `null` field is
//! `None`, or an empty list, and `null` items of a list are skipped. Only the few fields without which
//! there is nothing to act on are plain: the documentation of each module names them. A time that is
//! sent as a number becomes the text of its digits. Fields that these types do not have may hold
//! anything.
//!
//! Where a provider may think of further words for a field, its type is an enum with the arm
//! `Unknown`, which keeps the text: a new word is no reason to refuse a delivery. The same holds for
//! numbers that stand for words.
//!
//! They are a place to start from, not a model of the provider's API. What needs more fields is a
//! struct of your own, in which these can be fields.

#[cfg(feature = "payloads-discord")]
pub mod discord;
#[cfg(feature = "payloads-github")]
pub mod github;
mod lenient;
#[cfg(feature = "payloads-linear")]
pub mod linear;
mod open;
#[cfg(feature = "payloads-paddle")]
pub mod paddle;
#[cfg(any(feature = "payloads-discord", feature = "payloads-slack"))]
mod sensitive;
#[cfg(feature = "payloads-shopify")]
pub mod shopify;
#[cfg(feature = "payloads-slack")]
pub mod slack;
#[cfg(feature = "payloads-standard-webhooks")]
pub mod standard_webhooks;
#[cfg(feature = "payloads-stripe")]
pub mod stripe;
#[cfg(feature = "payloads-whatsapp")]
pub mod whatsapp;

#[allow(unused_imports, reason = "not every feature has such words or numbers")]
use open::{open_enum, open_number};
