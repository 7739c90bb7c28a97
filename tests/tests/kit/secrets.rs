//! The secrets that the kit signs with, and its clock.

use std::time::{Duration, SystemTime};

use axum::{extract::Path, http::StatusCode};
use webhook_runtime::{
    Delivery, Rejection, Secret, SecretSource, SourceError, Tenant, Webhooks,
    providers::STANDARD_WEBHOOKS, scheme::VerifyError, webhook,
};

use crate::{Of, PROVIDER, Seen};

/// Secrets of two tenants. Others are unknown.
pub(crate) struct Tenants;

impl SecretSource for Tenants {
    async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        match tenant.param("tenant") {
            Some(tenant @ ("acme" | "globex & co/1")) => {
                Ok(vec![Secret::new(format!("of {tenant}")), Secret::new("old")])
            }
            _ => Err(SourceError::NotFound),
        }
    }
}

#[webhook(path = "/{tenant}/hooks")]
pub(crate) async fn tenants(Path(tenant): Path<String>, _: &Delivery) -> String {
    tenant
}

#[tokio::test]
async fn tenant_deliveries_use_tenant_secrets() {
    let hooks = Webhooks::new().mount::<tenants>().secret_source::<tenants>(Tenants).test(());
    for tenant in ["acme", "globex & co/1"] {
        let answer = hooks.deliver::<tenants>().param("tenant", tenant).await;
        assert_eq!((answer.status(), answer.text()), (StatusCode::OK, tenant.to_owned()));
    }
    let acme = || hooks.deliver::<tenants>().param("tenant", "acme");
    assert_eq!(acme().signed_with(Secret::new("old")).await.status(), 200);
    assert_eq!(acme().signed_with(Secret::new("of globex & co/1")).await.status(), 401);
    let stranger = hooks.deliver::<tenants>().param("tenant", "initech");
    assert_eq!(stranger.signed_with(Secret::new("any")).await.status(), 401);
}

#[tokio::test]
async fn given_secrets_sign_deliveries() {
    #[webhook(path = "/webhook", secret_env = "A_VARIABLE_THAT_IS_NOT_SET")]
    async fn hook(delivery: &Delivery) -> String {
        delivery.secret_name().to_owned()
    }
    let secrets = ["new", "old"].map(|text| Secret::new(text).with_name(text));
    let hooks = Webhooks::new().mount::<hook>().secrets::<hook>(secrets).test(());
    assert_eq!(hooks.deliver::<hook>().await.text(), "new");
    assert_eq!(hooks.deliver::<hook>().signed_with(Secret::new("old")).await.text(), "old");
    let forged = hooks.deliver::<hook>().forged().await;
    assert_eq!(forged.rejection(), Some(&Rejection::Unauthorized(VerifyError::InvalidSignature)));
}

#[tokio::test]
async fn tests_control_the_clock() {
    let hour = Duration::from_secs(3600);
    let start = SystemTime::UNIX_EPOCH + Duration::from_secs(1_760_000_000);
    PROVIDER.set(&STANDARD_WEBHOOKS);
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<Of>().clock(start).test(seen.clone());
    hooks.deliver::<Of>().await;
    assert_eq!(seen.last().received_at(), start);
    hooks.advance(hour);
    hooks.deliver::<Of>().await;
    assert_eq!(seen.last().signed_at(), Some(start + hour));
    hooks.set_time(start - hour);
    assert_eq!(hooks.deliver::<Of>().await.status(), 200);
    let window = Duration::from_secs(300);
    for (age, status) in [(window, 200), (window + Duration::from_secs(1), 401)] {
        let now = hooks.clock().now();
        assert_eq!(hooks.deliver::<Of>().at(now - age).await.status(), status);
        assert_eq!(hooks.deliver::<Of>().at(now + age).await.status(), status);
    }
    let stale = hooks.deliver::<Of>().at(start - hour - window - window).await;
    assert_eq!(stale.rejection(), Some(&Rejection::Unauthorized(VerifyError::TimestampTooOld)));
}
