//! A backlog does not slow claims down.

use std::time::{Duration, Instant};

use webhook_runtime::inbox::store::{ClaimRequest, TenantTurns};

use super::{
    delivery,
    place::{Engine, Place},
    work::wanted,
};

/// `INBOX_BACKLOG` sets a larger number.
pub(crate) async fn a_backlog_is_claimed_by_index(place: Place) {
    let backlog: i64 = std::env::var("INBOX_BACKLOG")
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(50_000);
    let inbox = place.open().await;
    let rows = |part: i64, state: i64, due: &str, line: &str, endpoint: &str| {
        let from = 100_000_000 * part;
        format!(
            "INSERT INTO {} (id, endpoint, provider, state, due_at, attempt, claims, line, \
             received_at, size) WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 \
             FROM n WHERE i < {from} + {backlog} / 3) SELECT i, '{endpoint}', 'acme', {state}, \
             {due}, 0, 0, {line}, 0, 0 FROM n",
            place.table("deliveries"),
        )
    };
    let line = if place.engine == Engine::Postgres { "'\\x00'::bytea" } else { "x'00'" };
    // Retries that are not due, many deliveries with one ordering key, and jobs of other endpoints.
    place.execute(rows(1, 0, "4000000000000", "NULL", "orders")).await;
    place.execute(rows(2, 2, "0", line, "orders")).await;
    place.execute(rows(3, 0, "0", "NULL", "others")).await;
    let count = format!("SELECT count(*) FROM {}", place.table("deliveries"));
    assert!(place.number(&count).await >= backlog);
    for number in 0..10 {
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
    }
    if place.engine == Engine::Postgres {
        place.execute(format!("ANALYZE {}", place.table("deliveries"))).await;
    }
    let plan = inbox.store().explain(&["orders".to_owned()]).await.unwrap();
    println!("{plan}");
    let (by_index, whole_table) = match place.engine {
        Engine::Postgres => ("using deliveries_due", "Seq Scan on deliveries"),
        _ => (
            "USING COVERING INDEX webhook_due (endpoint=? AND state=? AND due_at>? AND due_at<?)",
            "SCAN d",
        ),
    };
    assert!(plan.contains(by_index), "{plan}");
    assert!(
        plan.contains(if place.engine == Engine::Postgres {
            "deliveries_lines"
        } else {
            "webhook_lines"
        }),
        "{plan}"
    );
    assert!(!plan.contains(whole_table), "{plan}");
    let begun = Instant::now();
    let claimed = inbox.store().claim(&wanted(10)).await.unwrap();
    assert_eq!(claimed.jobs.len(), 10);
    let took = begun.elapsed();
    assert!(took < Duration::from_millis(250), "{took:?}");
    assert!(claimed.jobs.is_sorted_by_key(|job| job.id));
}

/// Neither the backlog of one tenant nor thousands of tenants whose retries lie ahead.
pub(crate) async fn tenants_are_claimed_by_index(place: Place) {
    let inbox = place.open_by(place.builder().fair_tenants(true)).await.unwrap();
    let digest = |number: &str| match place.engine {
        Engine::Postgres => format!("decode(lpad(to_hex({number}), 32, '0'), 'hex')"),
        _ => format!("unhex(printf('%032x', {number}))"),
    };
    let rows = |part: i64, due: &str, tenant: &str| {
        let (from, count) = (100_000_000 * part, 20_000);
        format!(
            "INSERT INTO {} (id, endpoint, provider, state, due_at, attempt, claims, tenant, \
             received_at, size) WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 \
             FROM n WHERE i < {from} + {count}) SELECT i, 'orders', 'acme', 0, {due}, 0, 0, \
             {tenant}, 0, 0 FROM n",
            place.table("deliveries"),
        )
    };
    let one = digest("7");
    for sql in [rows(1, "0", &one), rows(2, "5", &one), rows(3, "4000000000000", &digest("i"))] {
        place.execute(sql).await;
    }
    let mut small = delivery("small");
    small.head.tenant = vec![("tenant".to_owned(), "small".to_owned())];
    inbox.enqueue(small).await.unwrap();
    if place.engine == Engine::Postgres {
        place.execute(format!("ANALYZE {}", place.table("deliveries"))).await;
    }
    let plan = inbox.store().explain(&["orders".to_owned()]).await.unwrap();
    println!("{plan}");
    let (indexes, whole_table) = match place.engine {
        Engine::Postgres => (
            ["using deliveries_new_by_tenant", "using deliveries_retries_by_tenant"],
            "Seq Scan on deliveries",
        ),
        _ => (
            [
                "USING INDEX webhook_new_by_tenant (endpoint=? AND tenant",
                "USING INDEX webhook_retries_by_tenant (endpoint=? AND tenant",
            ],
            "SCAN i",
        ),
    };
    for index in indexes {
        assert!(plan.matches(index).count() >= 2, "{index}: {plan}");
    }
    assert!(!plan.contains(whole_table) && !plan.contains("SCAN d"), "{plan}");
    let begun = Instant::now();
    let turns = TenantTurns::default();
    let wanted = ClaimRequest { tenants: Some(turns), retries_first: false, ..wanted(2) };
    let claimed = inbox.store().claim(&wanted).await.unwrap();
    let took = begun.elapsed();
    assert!(claimed.jobs.iter().any(|job| job.body == "small"), "{}", claimed.jobs.len());
    assert!(took < Duration::from_millis(250), "{took:?}");
}
