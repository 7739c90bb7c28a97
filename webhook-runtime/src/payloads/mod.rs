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
//! `Unknown`, which keeps the text: a new word is no reason to refuse a delivery.
//!
//! They are a place to start from, not a model of the provider's API. What needs more fields is a
//! struct of your own, in which these can be fields.

#[cfg(feature = "payloads-github")]
pub mod github;
mod lenient;
#[cfg(feature = "payloads-shopify")]
pub mod shopify;
#[cfg(feature = "payloads-slack")]
pub mod slack;
#[cfg(feature = "payloads-standard-webhooks")]
pub mod standard_webhooks;
#[cfg(feature = "payloads-stripe")]
pub mod stripe;

/// An enum of a provider's words, to which the provider may add more.
#[allow(unused_macros, reason = "not every feature has such words")]
macro_rules! open_enum {
    ($(#[$meta:meta])* $name:ident { $($arm:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name<'a> {
            $(
                #[doc = concat!("`", $text, "`")]
                $arm,
            )+
            /// A word without a variant, as it was sent.
            Unknown(std::borrow::Cow<'a, str>),
        }

        impl<'a> $name<'a> {
            /// The words with a variant. A later version may have more.
            pub const KNOWN: &'static [&'static str] = &[$($text),+];

            /// The word, as it was sent.
            #[must_use]
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$arm => $text,)+
                    Self::Unknown(text) => text,
                }
            }
        }

        impl<'a> From<std::borrow::Cow<'a, str>> for $name<'a> {
            fn from(text: std::borrow::Cow<'a, str>) -> Self {
                match &*text {
                    $($text => Self::$arm,)+
                    _ => Self::Unknown(text),
                }
            }
        }

        impl<'a> From<&'a str> for $name<'a> {
            fn from(text: &'a str) -> Self {
                std::borrow::Cow::Borrowed(text).into()
            }
        }

        impl<'de: 'a, 'a> serde::Deserialize<'de> for $name<'a> {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::payloads::lenient::Text::deserialize(from).map(|text| text.0.into())
            }
        }
    };
}
#[allow(unused_imports, reason = "not every feature has such words")]
use open_enum;
