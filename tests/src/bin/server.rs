//! A server as a separate process, for `tests/tests/load` and `tests/tests/serving`.
//!
//! `LISTEN` is an address, `inherited`, or `axum` for axum's own server.

use std::{env, net::SocketAddr, time::Duration};

use webhook_runtime::{
    Delivery, Listener, Secret, SecretSource, SourceError, Tenant, Webhooks, webhook,
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
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let hooks =
        Webhooks::new().mount::<hook>().mount::<tenants>().secret_source::<tenants>(SlowSource);
    match env::var("LISTEN").as_deref() {
        Ok("inherited") => hooks.serve_on(Listener::from_systemd()?).await?,
        Ok("axum") => serve_by_axum(hooks).await?,
        Ok(address) => hooks.serve(address).await?,
        Err(_) => hooks.serve("127.0.0.1:0").await?,
    }
    Ok(())
}

async fn serve_by_axum(hooks: Webhooks) -> Result<(), Box<dyn std::error::Error>> {
    let app = hooks.into_router()?.into_make_service_with_connect_info::<SocketAddr>();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    println!("webhooks on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
