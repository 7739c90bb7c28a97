//! A backlog does not slow claims down.

use std::time::{Duration, Instant};

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
