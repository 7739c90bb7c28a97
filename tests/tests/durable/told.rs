//! Events for operators: attempts with their status, tenant and secret, snoozes.

use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use serde_json::json;
use webhook_runtime::{
    Secret, SecretSource, SourceError, Tenant, Webhooks,
    inbox::{AttemptEnd, DeliveryState, Filter, Snooze},
    testing::TestHooks,
    webhook,
};

use crate::{Instruction, Seen, records, status};

#[webhook(path = "/shops/{shop}", inbox)]
async fn told(told: Instruction) -> StatusCode {
    StatusCode::from_u16(told.answer).expect("a status")
}

struct Shops;

impl SecretSource for Shops {
    async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        let shop = tenant.param("shop").unwrap_or_default();
        Ok(vec![Secret::new(format!("of {shop}")).with_name("2026-11")])
    }
}

#[tokio::test]
async fn attempts_have_their_status_and_records_their_tenant() {
    let hooks: TestHooks<()> =
        Webhooks::new().mount::<told>().secret_source::<told>(Shops).test(());
    for (shop, answer) in [("acme & sons", 503), ("other", 200)] {
        let delivery =
            hooks.deliver::<told>().param("shop", shop).json(&json!({ "answer": answer }));
        assert_eq!(status(delivery).await, 202);
    }
    assert_eq!(hooks.drain().await, 2);
    let inbox = hooks.inbox();
    let all = records(&hooks).await;
    let found: Vec<_> =
        all.iter().map(|one| (one.tenant.as_deref(), one.secret_name.as_deref())).collect();
    let month = Some("2026-11");
    assert_eq!(found, [(Some("shop=acme+%26+sons"), month), (Some("shop=other"), month)]);
    let failed = inbox.attempts(all[0].id).await.expect("the inbox works");
    assert_eq!((failed[0].end, failed[0].details.status), (Some(AttemptEnd::Retried), Some(503)));
    let completed = inbox.attempts(all[1].id).await.expect("the inbox works");
    assert_eq!(completed[0].details.status, Some(200));
    assert_eq!(all[1].last_attempt.status, Some(200));
    let of_other = inbox.list(Filter::all().tenant("shop=other")).collect().await;
    assert_eq!(of_other.expect("the inbox works").len(), 1);
}

#[webhook(path = "/snoozes", inbox(max_attempts = 1))]
async fn snoozes(State(seen): State<Seen>, told: Instruction) -> Result<(), Snooze> {
    seen.note("ran");
    match told.wait {
        Some(wait) => Err(Snooze::new(Duration::from_secs(wait.parse().expect("a number")))),
        None => Ok(()),
    }
}

#[tokio::test]
async fn a_snoozed_delivery_runs_later_and_costs_no_attempt() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<snoozes>().test(seen.clone());
    let told = json!({ "answer": 0, "wait": "60" });
    assert_eq!(status(hooks.deliver::<snoozes>().json(&told)).await, 202);
    for _ in 0..3 {
        assert_eq!(hooks.drain().await, 1);
        let waits = &records(&hooks).await[0];
        assert_eq!((waits.state, waits.attempt), (DeliveryState::Pending, 0));
        assert_eq!(waits.last_error, None, "nothing has failed");
        hooks.advance(Duration::from_secs(59));
        assert_eq!(hooks.drain().await, 0);
        hooks.advance(Duration::from_secs(1));
    }
    let attempts = hooks.inbox().attempts(records(&hooks).await[0].id).await;
    let attempts = attempts.expect("the inbox works");
    assert!(attempts.iter().all(|attempt| attempt.end == Some(AttemptEnd::Snoozed)));
    assert!(attempts.iter().all(|attempt| attempt.details.status == Some(503)));
    assert_eq!((attempts.len(), seen.take().len()), (3, 3));
}

/// Without an inbox, the provider is asked to send again.
#[webhook(path = "/direct")]
async fn direct(_: Instruction) -> Result<(), Snooze> {
    Err(Snooze::new(Duration::from_millis(1500)))
}

#[tokio::test]
async fn without_an_inbox_a_snooze_is_for_the_provider() {
    let hooks = Webhooks::new().mount::<direct>().test(());
    let answer = hooks.deliver::<direct>().json(&json!({ "answer": 0 })).await;
    assert_eq!(answer.status(), 503);
    assert_eq!(answer.headers().get("retry-after").expect("it says when"), "2");
}
