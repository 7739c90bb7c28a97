//! A backlog does not slow claims down.

use std::time::{Duration, Instant};

use super::{
    delivery,
    place::{Engine, Place},
    work::wanted,
};

/// `INBOX_BACKLOG` asks for more.
pub(crate) async fn a_backlog_is_claimed_by_index(place: Place) {
    let backlog: i64 = std::env::var("INBOX_BACKLOG")
        .ok()
        .and_then(|number| number.parse().ok())
        .unwrap_or(50_000);
    let inbox = place.open().await;
    let row = |state: i64, due: &str, line: &str, endpoint: &str| {
        let (from, to) = (1_000_000 * (state + 1), 1_000_000 * (state + 1) + backlog / 4);
        format!(
            "INSERT INTO {} (id, endpoint, provider, state, due_at, attempt, claims, line, \
             received_at, size) WITH RECURSIVE n (i) AS (SELECT {from} UNION ALL SELECT i + 1 \
             FROM n WHERE i < {to}) SELECT i, '{endpoint}', 'acme', {}, {due}, 0, 0, {line}, 0, 0 \
             FROM n; ",
            place.table("deliveries"),
            state.min(2),
        )
    };
    let far = "4000000000000";
    let line = if place.url.starts_with("sqlite") { "x'00'" } else { "'\\x00'::bytea" };
    // Retries that are not due, a long line, another endpoint's, and more retries.
    place.execute(row(0, far, "NULL", "orders")).await;
    place.execute(row(2, "0", line, "orders")).await;
    place.execute(row(3, "0", "NULL", "others").replace("3, 0, 0, 0", "0, 0, 0, 0")).await;
    for number in 0..10 {
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
    }
    if place.engine == Engine::Postgres {
        place.execute(format!("ANALYZE {}", place.table("deliveries"))).await;
    }
    let plan = inbox.store().plan(&["orders".to_owned()]).await.unwrap();
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
