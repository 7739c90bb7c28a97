//! The questions of operators to a large inbox: the plan of each, and its time.

use std::{
    fmt::Write as _,
    time::{Duration, Instant, SystemTime},
};

use sqlx::Connection as _;
use webhook_benches::{Required, setting};
use webhook_runtime::{
    Inbox,
    inbox::{DeliveryState, Filter, InboxError, StoredRequest, store::Window},
};

use crate::{engines, part, program::Store, screens::screens, server::Databases, watched::watched};

/// The number of times that each question is asked; the median counts.
const TIMES: usize = 7;

/// Asks an inbox with many records.
pub(crate) fn lists(databases: &Databases) {
    if !part("lists") {
        return;
    }
    let rows = setting("WEBHOOK_BENCH_RECORDS", 20_000, 1_000_000);
    let runtime = tokio::runtime::Runtime::new().expect("the runtime starts");
    for store in engines(databases) {
        let url = databases.url(store);
        println!("{}, {rows} records: median of {TIMES}, and how they are found", store.name());
        runtime.block_on(async {
            let inbox = Inbox::builder(&url).open().await.expect("the inbox opens");
            fill(store, &url, rows).await;
            ask_all(&inbox, rows).await;
            screens(&inbox, rows).await;
            watched(&inbox).await;
            inbox.close().await.expect("it closes");
        });
        println!();
    }
}

/// Records as an inbox has them after some days: mostly completed, some of everything else, one
/// endpoint and one event that are rare.
async fn fill(store: Store, url: &str, rows: u64) {
    let (table, attempts, sums, bodies) = match store {
        Store::Postgres => {
            ("webhook.deliveries", "webhook.attempts", "webhook.sums", "webhook.bodies")
        }
        _ => ("webhook_deliveries", "webhook_attempts", "webhook_sums", "webhook_bodies"),
    };
    let mut head = String::new();
    for byte in StoredRequest::default().to_bytes() {
        let _ = write!(head, "{byte:02x}");
    }
    let head = match store {
        Store::Postgres => format!("decode('{head}', 'hex')"),
        _ => format!("x'{head}'"),
    };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("it is later");
    let now = now.as_millis();
    let series = |last: u64| match store {
        Store::Postgres => format!("generate_series(1, {last}::bigint) AS n (i)"),
        _ => format!(
            "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {last}) \
             SELECT i FROM n)"
        ),
    };
    // Of 1,000: 960 completed, 10 new, 5 retrying, 2 running, 3 blocked, 15 dead, 5 cancelled.
    let state = "CASE WHEN i % 1000 < 960 THEN 3 WHEN i % 1000 < 975 THEN 0 WHEN i % 1000 < 977 \
                 THEN 1 WHEN i % 1000 < 980 THEN 2 WHEN i % 1000 < 995 THEN 4 ELSE 5 END";
    let fails = "(i % 1000 BETWEEN 970 AND 974 OR i % 1000 BETWEEN 980 AND 994)";
    let line = match store {
        Store::Postgres => "decode(lpad(to_hex(i % 50), 32, '0'), 'hex')",
        _ => "unhex(printf('%032x', i % 50))",
    };
    let fill = [
        format!(
            "INSERT INTO {table} (id, endpoint, provider, event, provider_id, state, due_at, \
             attempt, claims, line, reason, received_at, finished_at, size, tenant_name, secret, \
             cause, started_at, took, status, worker) SELECT i, \
             CASE WHEN i % 50000 = 7 THEN 'rare' ELSE 'endpoint_' || (i % 8) END, 'github', \
             CASE WHEN i % 50000 = 9 THEN 'rare' ELSE 'event_' || (i % 20) END, \
             'evt_' || ((i * 7919) % 1000003) || '_' || i, {state}, \
             CASE WHEN i % 1000 BETWEEN 970 AND 974 THEN {now} + 60000 + i \
             WHEN i % 1000 BETWEEN 975 AND 976 THEN {now} + 30000 ELSE 0 END, \
             CASE WHEN i % 1000 BETWEEN 960 AND 969 THEN 0 ELSE 1 END, 1, \
             CASE WHEN i % 1000 BETWEEN 977 AND 979 THEN {line} END, \
             CASE WHEN {fails} THEN '500: no stock left for order ' || i END, \
             {now} - ({rows} - i) * 100, \
             CASE WHEN {state} > 2 THEN {now} - ({rows} - i) * 100 + 40 END, 8000, \
             'shop=' || (i % 5000), 'SECRET', CASE WHEN {fails} THEN 1 + i % 12 END, \
             {now} - ({rows} - i) * 100, 4000, 200, 1 FROM {}",
            series(rows)
        ),
        format!(
            "INSERT INTO {attempts} (delivery, claim, number, result, reason) \
             SELECT 1, i, i, 1, 'no' FROM {}",
            series(100)
        ),
        format!("INSERT INTO {bodies} (id, head, body) VALUES ({}, {head}, '{{}}')", shown(rows)),
        format!(
            "INSERT INTO {sums} (minute, endpoint, received, completed, failed) \
             SELECT {now} - {now} % 60000 - (i / 8) * 60000, 'endpoint_' || (i % 8), 10, 9, 1 FROM {}",
            series(8 * 1440 - 1)
        ),
    ];
    if store == Store::Postgres {
        let next = format!("SELECT setval('webhook.numbers', {rows})");
        let mut connection = sqlx::PgConnection::connect(url).await.expect("it connects");
        for sql in fill.into_iter().chain([next, "VACUUM ANALYZE".to_owned()]) {
            let sql = sqlx::AssertSqlSafe(sql);
            sqlx::raw_sql(sql).execute(&mut connection).await.expect("it is filled");
        }
    } else {
        let mut connection = sqlx::SqliteConnection::connect(url).await.expect("it connects");
        for sql in fill {
            let sql = sqlx::AssertSqlSafe(sql);
            sqlx::raw_sql(sql).execute(&mut connection).await.expect("it is filled");
        }
    }
}

/// The number of the one delivery that is shown: a dead letter.
pub(crate) fn shown(rows: u64) -> u64 {
    rows - 20
}

/// A question about records, and what is looked for.
fn questions(rows: u64) -> Vec<(&'static str, Filter)> {
    let all = Filter::all;
    let dead = || all().state(DeliveryState::Dead);
    let now = SystemTime::now();
    let ago = |minutes: u64| now - Duration::from_secs(minutes * 60);
    let last = i64::try_from(rows).expect("small");
    vec![
        ("everything", all()),
        ("an endpoint", all().endpoint("endpoint_3")),
        ("a rare endpoint", all().endpoint("rare")),
        ("an event", all().event("event_3")),
        ("a rare event", all().event("rare")),
        ("an endpoint and its event", all().endpoint("endpoint_3").event("event_3")),
        ("a tenant", all().tenant("shop=77")),
        ("a provider's id", all().provider_id(format!("evt_{}_77", 77 * 7919))),
        ("no such provider's id", all().provider_id("evt_none")),
        ("dead letters", dead()),
        ("dead letters of an endpoint", dead().endpoint("endpoint_4")),
        ("dead letters of a cause", dead().cause(5)),
        ("an error's text", all().error("order 987")),
        ("no such text of an error", all().error("no such thing")),
        ("pending", all().state(DeliveryState::Pending).attempted(false)),
        ("retrying", all().retrying()),
        ("running", all().state(DeliveryState::Running)),
        ("blocked", all().state(DeliveryState::Blocked)),
        ("completed", all().state(DeliveryState::Completed)),
        ("cancelled", all().state(DeliveryState::Cancelled)),
        ("received in 15 minutes", all().received(ago(15)..now)),
        ("received an hour ago, dead", dead().received(ago(70)..ago(60))),
        ("one by its number", all().ids([last / 2])),
    ]
}

async fn ask_all(inbox: &Inbox, rows: u64) {
    for (name, filter) in questions(rows) {
        let plan = inbox.store().explain_list(&filter, Window::newest_first(50)).await;
        for newest_first in [true, false] {
            let mut window = Window::newest_first(50);
            window.newest_first = newest_first;
            let order = if newest_first { "newest first" } else { "oldest first" };
            show(&format!("{name}, {order}"), async || inbox.page(&filter, window).await).await;
        }
        show(&format!("{name}, counted"), async || inbox.count(&filter, 10_000).await).await;
        println!("{}", indented(&plan.expect("there is a plan")));
    }
    show("causes", async || inbox.causes().await).await;
    show("counts by endpoint", async || inbox.endpoint_counts().await).await;
    let hour = SystemTime::now() - Duration::from_secs(3600);
    show("sums of an hour", async || inbox.sums(hour).await).await;
    let day = SystemTime::now() - Duration::from_secs(24 * 3600);
    show("sums of a day", async || inbox.sums(day).await).await;
    show("attempts", async || inbox.attempts(1).await).await;
    show("duplicates", async || inbox.duplicates(1).await).await;
    show("stats", async || inbox.stats().await).await;
    show("backlog", async || inbox.backlog().await).await;
    show("one ordering key", async || inbox.same_ordering_key(77).await).await;
    show("its neighbours", async || inbox.neighbours(77).await).await;
    show("recent dead letters", async || {
        inbox.recent_dead_letters(inbox.now() - Duration::from_secs(600)).await
    })
    .await;
    show("the database", async || inbox.store_info().await).await;
    let plan = inbox.store().explain_overview().await.expect("there is a plan");
    println!("{}", indented(&plan));
}

async fn show<T>(name: &str, ask: impl AsyncFn() -> Result<T, InboxError>) {
    let mut took = Vec::new();
    for _ in 0..TIMES {
        let begun = Instant::now();
        ask().await.expect("the store answers");
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    let median = took[TIMES / 2].as_secs_f64() * 1000.0;
    crate::line(&format!("{name}, ms"), Required::AtMost(50.0), median);
}

fn indented(plan: &str) -> String {
    plan.lines().flat_map(|line| ["      ", line, "\n"]).collect()
}
