//! A server as a separate process, for `tests/tests/load` and `tests/tests/serving`.
//!
//! `LISTEN` is an address, or `inherited`.

use std::{env, time::Duration};

use webhook_runtime::{
    Delivery, Error, Listener, Secret, SecretSource, SourceError, Tenant, Webhooks, webhook,
};

#[webhook(path = "/webhook", secret_env = "SECRET")]
async fn hook(delivery: &Delivery) -> String {
    assert!(delivery.body() != "panic", "as it was told");
    format!("{} bytes", delivery.body().len())
}

#[webhook(path = "/tenants/{tenant}")]
async fn tenants(_: &Delivery) {}

/// A source that takes two seconds for each tenant.
struct SlowSource;

impl SecretSource for SlowSource {
    async fn secrets(&self, _: &Tenant) -> Result<Vec<Secret>, SourceError> {
        tokio::time::sleep(Duration::from_secs(2)).await;
        Ok(vec![Secret::new("of the tenant")])
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let hooks =
        Webhooks::new().mount::<hook>().mount::<tenants>().secret_source::<tenants>(SlowSource);
    match env::var("LISTEN").as_deref() {
        Ok("inherited") => hooks.serve_on(Listener::from_systemd()?).await,
        Ok(address) => hooks.serve(address).await,
        Err(_) => hooks.serve("127.0.0.1:0").await,
    }
}
