//! Sources of secrets: what is in the cache, and what is fetched.

use webhook_runtime::{Delivery, Secret, SecretSource, SourceError, Tenant, Webhooks, webhook};

use crate::{
    common::{SECRET, delivery_to, status},
    recorder::{everything, install, value},
};

struct Tenants;

impl SecretSource for Tenants {
    async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        match tenant.param("tenant") {
            Some("acme") => Ok(vec![Secret::new(SECRET)]),
            Some("down") => Err(SourceError::unavailable("the database is down")),
            _ => Err(SourceError::NotFound),
        }
    }
}

#[webhook(path = "/of/{tenant}")]
async fn of_tenant(_: &Delivery) {}

#[tokio::test]
async fn lookups_are_counted_by_their_end() {
    install();
    let hooks = Webhooks::new().mount::<of_tenant>().secret_source::<of_tenant>(Tenants);
    let router = hooks.into_router().unwrap();
    for (tenant, code) in
        [("acme", 200), ("acme", 200), ("acme", 200), ("nobody-knows", 401), ("down", 503)]
    {
        assert_eq!(status(&router, delivery_to(&format!("/of/{tenant}"), "{}")).await, code);
    }
    for (outcome, expected) in [("hit", 2.0), ("miss", 1.0), ("not_found", 1.0), ("failed", 1.0)] {
        let labels = format!("endpoint=of_tenant,kind=secret,outcome={outcome}");
        let series = format!("webhook_source_lookups_total{{{labels}}}");
        assert_eq!(value(&series), Some(expected), "{series}");
    }
    assert!(!everything().contains("nobody-knows"), "a stranger writes the tenant");
}
