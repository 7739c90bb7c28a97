//! Handlers inside functions, also generic ones, and of the same name in each.

#![deny(warnings)]

use axum::extract::State;
use webhook_runtime::{Delivery, Webhooks, webhook};

fn hooks<S, T>() -> Webhooks<u8>
where
    T: Default,
    S: From<T>,
{
    #[webhook(path = "/nested")]
    async fn nested(State(_): State<u8>, _: &Delivery) {}

    let _ = S::from(T::default());
    Webhooks::new().mount::<nested>()
}

fn main() {
    #[webhook(path = "/nested")]
    async fn nested(_: &Delivery) {}

    let _: Webhooks<u8> = hooks::<u16, u8>();
    let _: Webhooks = Webhooks::new().mount::<nested>();
}
