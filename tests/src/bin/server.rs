//! A server as a separate process, for `tests/tests/load` and `tests/tests/serving`.
//!
//! `LISTEN` is an address, or `inherited`.

use std::env;

use webhook_runtime::{Delivery, Error, Listener, Webhooks, webhook};

#[webhook(path = "/webhook", secret_env = "SECRET")]
async fn hook(delivery: &Delivery) -> String {
    assert!(delivery.body() != "panic", "as it was told");
    format!("{} bytes", delivery.body().len())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let hooks = Webhooks::new().mount::<hook>();
    match env::var("LISTEN").as_deref() {
        Ok("inherited") => hooks.serve_on(Listener::from_systemd()?).await,
        Ok(address) => hooks.serve(address).await,
        Err(_) => hooks.serve("127.0.0.1:0").await,
    }
}
