//! The runtime under another name, where nothing is in scope.

#![no_implicit_prelude]
#![deny(warnings)]

mod hooks {
    pub use ::webhook_runtime as framework;
}

struct Result;
struct Option;
struct Box;

#[hooks::framework::webhook(
    path = "/webhook",
    secret_env = "SECRET",
    provider = hooks::framework::providers::GITHUB,
    tolerance = ::std::time::Duration::from_secs(60),
    max_body = 1024,
    crate = hooks::framework
)]
async fn order_paid(
    _: ::axum::http::HeaderMap,
    delivery: &hooks::framework::Delivery,
) -> ::axum::http::StatusCode {
    let _ = delivery;
    ::axum::http::StatusCode::OK
}

fn main() {
    let _ = (Result, Option, Box);
    let _: hooks::framework::Webhooks = hooks::framework::Webhooks::new().mount::<order_paid>();
}
