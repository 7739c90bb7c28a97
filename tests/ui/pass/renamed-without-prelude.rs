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

#[derive(hooks::framework::WebhookEvent)]
#[event(strict)]
#[event(crate = hooks::framework)]
enum Event<'a, T> {
    #[event("push")]
    Push(T),
    #[event("ping")]
    Ping,
    #[event(other)]
    Other(hooks::framework::UnknownEvent<'a>),
}

#[hooks::framework::webhook(
    path = "/events",
    secret_env = "SECRET",
    provider = hooks::framework::providers::GITHUB,
    crate = hooks::framework
)]
async fn events(event: Event<'_, u8>) {
    match event {
        Event::Push(_) | Event::Ping => {}
        Event::Other(other) => ::core::mem::drop(other),
    }
}

fn main() {
    let _ = (Result, Option, Box);
    let _: hooks::framework::Webhooks = hooks::framework::Webhooks::new().mount::<order_paid>().mount::<events>();
}
