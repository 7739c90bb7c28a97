//! The guide, chapter by chapter.
//!
//! * [Quickstart](quickstart)
//! * [In an axum application](axum_application)
//! * [The attribute](attribute)
//! * [Providers and secrets](providers)
//! * [Payloads and forms](payloads)
//! * [Typed events and batches](events)
//! * [Handshakes and published keys](handshakes)
//! * [Slow handlers](slow_handlers)
//! * [The inbox](inbox)
//! * [Scaling the inbox](scaling)
//! * [A store of your own](own_store)
//! * [Handing over to a queue](handing_over)
//! * [Serving](serving)
//! * [Limits](limits)
//! * [Answers and errors](answers)
//! * [Your own provider or scheme](schemes)
//! * [Verifying without axum](verifying)
//! * [Testing and conformance](testing)
//! * [An OpenAPI document](openapi)
//! * [Operating](operating)
//! * [Developing locally](developing)
//! * [Troubleshooting a 401](troubleshooting)
//! * [Glossary](glossary)

#[doc = include_str!("quickstart.md")]
pub mod quickstart {}
#[doc = include_str!("axum_application.md")]
pub mod axum_application {}
#[doc = include_str!("attribute.md")]
pub mod attribute {}
#[doc = include_str!("providers.md")]
pub mod providers {}
#[doc = include_str!("payloads.md")]
pub mod payloads {}
#[doc = include_str!("events.md")]
pub mod events {}
#[doc = include_str!("handshakes.md")]
pub mod handshakes {}
#[doc = include_str!("slow_handlers.md")]
pub mod slow_handlers {}
#[doc = include_str!("inbox.md")]
pub mod inbox {}
#[doc = include_str!("scaling.md")]
pub mod scaling {}
#[doc = include_str!("own_store.md")]
pub mod own_store {}
#[doc = include_str!("handing_over.md")]
pub mod handing_over {}
#[doc = include_str!("serving.md")]
pub mod serving {}
#[doc = include_str!("limits.md")]
pub mod limits {}
#[doc = include_str!("answers.md")]
pub mod answers {}
#[doc = include_str!("schemes.md")]
pub mod schemes {}
#[doc = include_str!("verifying.md")]
pub mod verifying {}
#[doc = include_str!("testing.md")]
pub mod testing {}
#[doc = include_str!("openapi.md")]
pub mod openapi {}
#[doc = include_str!("operating.md")]
pub mod operating {}
#[doc = include_str!("developing.md")]
pub mod developing {}
#[doc = include_str!("troubleshooting.md")]
pub mod troubleshooting {}
#[doc = include_str!("glossary.md")]
pub mod glossary {}
