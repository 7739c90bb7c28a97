//! Copying an inbox to another database.

use std::time::Duration;

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use webhook_runtime::inbox::{
    AttemptResult, DeliveryState, EnqueueResult, Filter, Inbox, InboxError, Record,
    store::ClaimRequest,
};

use super::{
    Ran, all, delivery, failed, in_line,
    place::{Engine, Place},
};

const DAY: Duration = Duration::from_secs(24 * 3600);

fn claim(max: u32, lease: Duration) -> ClaimRequest {
    ClaimRequest {
        endpoints: vec!["orders".to_owned()],
        max,
        lease,
        max_attempts: 9,
        retries_first: false,
        running: Vec::new(),
        crash_suspect: false,
        tenants: None,
    }
}

/// Deliveries in all states, with all columns filled.
async fn filled(place: &Place) -> Inbox {
    let builder = place.builder().completed_retention(Duration::ZERO);
    let inbox = place.open_by(builder).await.unwrap();
    inbox.enqueue(delivery("pruned")).await.unwrap();
    assert_eq!(inbox.drain(&Ran::default().with(AttemptResult::Completed)).await, Ok(1));
    assert_eq!(inbox.prune().await.unwrap().records, 1);
    // A lease that has run out.
    inbox.enqueue(delivery("lost")).await.unwrap();
    inbox.store().claim(&claim(1, Duration::from_millis(1))).await.unwrap();
    for name in ["done", "dead", "later", "waiting"] {
        inbox.enqueue(delivery(name)).await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(20)).await;
    let ran = Ran::default().by(|job| match &job.body[..] {
        b"done" => AttemptResult::Completed,
        b"dead" => AttemptResult::Dead { reason: "no <b>\"'".to_owned() },
        b"lost" => failed("not in time"),
        _ => AttemptResult::Retry { after: Some(DAY), reason: "later".to_owned() },
    });
    inbox.drain(&ran).await.unwrap();
    let waiting = all(&inbox).await.pop().unwrap().id;
    assert_eq!(inbox.cancel(&Filter::all().ids([waiting])).await, Ok(1));
    for name in ["first", "second", "third"] {
        inbox.enqueue(in_line("line", name)).await.unwrap();
    }
    let mut large = delivery("large");
    large.body = vec![b'x'; 100_000].into();
    large.event = Some("paid\0".to_owned());
    inbox.enqueue(large).await.unwrap();
    let (deliveries, attempts) = (place.table("deliveries"), place.table("attempts"));
    let (duplicates, endpoints) = (place.table("duplicates"), place.table("endpoints"));
    let bytes = if place.engine == Engine::Postgres { "'\\x0102'::bytea" } else { "x'0102'" };
    place
        .execute(format!(
            "UPDATE {deliveries} SET tenant_name = 'shop=acme', secret = 'SECRET', started_at = 5 + id, \
             took = 6, status = 503, worker = 7, cause = -8, tenant = {bytes}, \
             received_at = 1700000000000 + id, finished_at = COALESCE(finished_at, 9), \
             event = COALESCE(event, 'event'), provider_id = 'id', reason = COALESCE(reason, 'none'); \
             INSERT INTO {attempts} SELECT id, 101, 1, 1, 2, 3, 500, 4, 'no' FROM {deliveries}; \
             INSERT INTO {attempts} SELECT id, 102, 2, 1, 2, 3, NULL, NULL, NULL FROM {deliveries}; \
             INSERT INTO {duplicates} SELECT id, 10, 2, 11 FROM {deliveries}; \
             INSERT INTO {endpoints} VALUES ('orders', 1, 2, 3, 'Ann', 'down')"
        ))
        .await;
    inbox
}

/// All values of a table but for numbers that another database gives, as text.
async fn values(place: &Place, table: &str, order: &str) -> Vec<String> {
    let name = place.table(table);
    let columns = match place.engine {
        Engine::Postgres => format!(
            "SELECT column_name::text FROM information_schema.columns \
             WHERE table_schema = '{}' AND table_name = '{table}' ORDER BY 1",
            place.schema
        ),
        _ => format!("SELECT name FROM pragma_table_info('{name}') ORDER BY 1"),
    };
    let columns = texts(place, columns).await;
    let own = ["id", "delivery", "worker"];
    let columns = columns.iter().filter(|column| !own.contains(&column.as_str()));
    let shown = columns.map(|column| {
        let value = match (column.as_str(), place.engine) {
            ("line" | "tenant" | "head" | "body", Engine::Postgres) => {
                format!("encode({column}, 'hex')")
            }
            ("line" | "tenant" | "head" | "body", _) => format!("lower(hex({column}))"),
            _ => format!("CAST({column} AS text)"),
        };
        format!("'{column}=' || COALESCE({value}, '') || ' '")
    });
    let shown = shown.collect::<Vec<_>>().join(" || ");
    texts(place, format!("SELECT {shown} FROM {name} ORDER BY {order}")).await
}

async fn texts(place: &Place, sql: String) -> Vec<String> {
    let sql = AssertSqlSafe(sql);
    if place.engine == Engine::Postgres {
        let mut connection = PgConnection::connect(&place.url).await.unwrap();
        sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
    } else {
        let mut connection = SqliteConnection::connect(&place.url).await.unwrap();
        sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
    }
}

/// The records without their numbers, and without that of a worker, which means another one there.
fn without_ids(mut records: Vec<Record>) -> Vec<String> {
    records.sort_by_key(|record| record.received_at);
    let shown = records.into_iter().map(|mut record| {
        record.last_attempt.worker = None;
        let text = format!("{record:?}");
        text.replace(&format!("id: {},", record.id), "")
    });
    shown.collect()
}

async fn other_of(place: &Place) -> Option<Place> {
    if place.engine == Engine::Postgres { Place::sqlite().await } else { Place::postgres().await }
}

pub(crate) async fn everything_is_copied(place: Place) {
    let (from, Some(other)) = (filled(&place).await, other_of(&place).await) else { return };
    let to = other.open().await;
    // The numbers of the other one are not the same.
    let own = to.enqueue(delivery("own")).await.unwrap().id();
    let result = from.copy_to(&to).await.unwrap();
    assert_eq!((result.copied, result.known, result.unreadable), (9, 0, 0));

    let copied: Vec<_> = all(&to).await.into_iter().filter(|record| record.id != own).collect();
    assert!(copied.is_sorted_by_key(|record| record.received_at), "{copied:?}");
    assert_eq!(without_ids(copied), without_ids(all(&from).await));
    let deliveries = format!("DELETE FROM {} WHERE id = {own}", other.table("deliveries"));
    let bodies = format!("DELETE FROM {} WHERE id = {own}", other.table("bodies"));
    other.execute(format!("{deliveries}; {bodies}")).await;
    for (table, order) in [
        ("deliveries", "id"),
        ("bodies", "id"),
        ("attempts", "delivery, claim"),
        ("duplicates", "delivery"),
        ("endpoints", "endpoint"),
    ] {
        let (left, right) =
            (values(&place, table, order).await, values(&other, table, order).await);
        assert_eq!(left, right, "{table}");
        assert!(!left.is_empty(), "{table}");
    }

    // Known by the numbers that they have now, also where the delivery is gone.
    let done =
        all(&to).await.into_iter().find(|one| one.state == DeliveryState::Completed).unwrap();
    assert_eq!(to.enqueue(delivery("done")).await, Ok(EnqueueResult::Duplicate(done.id)));
    let pruned = to.enqueue(delivery("pruned")).await.unwrap();
    assert!(matches!(pruned, EnqueueResult::Duplicate(..0)), "{pruned:?}");

    // It runs on, each once, and in order. Nobody sees the pause here yet.
    other.execute(format!("DELETE FROM {}", other.table("endpoints"))).await;
    other
        .execute(format!("UPDATE {} SET due_at = 0 WHERE state = 0", other.table("deliveries")))
        .await;
    let ran = Ran::default();
    assert_eq!(to.drain(&ran.with(AttemptResult::Completed)).await, Ok(6));
    let mut bodies = ran.all();
    let lines: Vec<_> = bodies
        .iter()
        .filter(|body| ["first", "second", "third"].contains(&body.as_str()))
        .collect();
    assert_eq!(lines, ["first", "second", "third"]);
    bodies.sort_unstable();
    bodies.dedup();
    assert_eq!(bodies.len(), 6);
}

/// What was copied before an interruption, or was sent to the other one, is not copied again.
pub(crate) async fn copying_again_copies_the_rest(place: Place) {
    let (from, Some(other)) = (filled(&place).await, other_of(&place).await) else { return };
    let to = other.open().await;
    to.enqueue(delivery("dead")).await.unwrap();
    // The keys of dead letters are gone before they are.
    place.execute(format!("DELETE FROM {} WHERE delivery < 5", place.table("keys"))).await;
    let result = from.copy_to(&to).await.unwrap();
    assert_eq!((result.copied + result.known, result.unreadable), (9, 0));
    let before = all(&to).await;
    // As if the last three had not come.
    let (deliveries, keys) = (other.table("deliveries"), other.table("keys"));
    let last = before[before.len() - 3].id;
    other.execute(format!("DELETE FROM {keys} WHERE delivery >= {last}")).await;
    other.execute(format!("DELETE FROM {deliveries} WHERE id >= {last}")).await;
    other.execute(format!("DELETE FROM {} WHERE id >= {last}", other.table("bodies"))).await;
    let again = from.copy_to(&to).await.unwrap();
    assert_eq!((again.copied, again.known), (3, 6));
    assert_eq!(without_ids(all(&to).await), without_ids(before));
    let none = from.copy_to(&to).await.unwrap();
    assert_eq!((none.copied, none.known), (0, 9));
}

/// What the other one has of an ordering key comes first, and one at a time.
pub(crate) async fn lines_stay_lines(place: Place) {
    let (from, Some(other)) = (filled(&place).await, other_of(&place).await) else { return };
    let to = other.open().await;
    to.enqueue(in_line("line", "before")).await.unwrap();
    from.copy_to(&to).await.unwrap();
    let line = "SELECT count(*) FROM {} WHERE line IS NOT NULL AND state < 2";
    assert_eq!(other.number(&line.replace("{}", &other.table("deliveries"))).await, 1);
    to.enqueue(in_line("line", "after")).await.unwrap();
    let ran = Ran::default();
    assert_eq!(to.drain(&ran.with(AttemptResult::Completed)).await, Ok(0), "its pause came along");
    assert_eq!(to.resume("orders", "ann").await, Ok(true));
    to.drain(&ran.with(AttemptResult::Completed)).await.unwrap();
    let names = ["before", "first", "second", "third", "after"];
    let lines: Vec<_> = ran.all().into_iter().filter(|one| names.contains(&one.as_str())).collect();
    assert_eq!(lines, names);
}

pub(crate) async fn running_deliveries_are_not_copied(place: Place) {
    let from = place.open().await;
    from.enqueue(delivery("a")).await.unwrap();
    from.store().claim(&claim(1, DAY)).await.unwrap();
    let Some(other) = other_of(&place).await else { return };
    let to = other.open().await;
    let error = from.copy_to(&to).await.unwrap_err();
    assert!(error.to_string().contains("stop the programs"), "{error}");
    assert_eq!(from.cancel(&Filter::all()).await, Ok(1));
    let workers = from.start_workers(Ran::default().with(AttemptResult::Completed));
    assert!(from.copy_to(&to).await.is_err());
    workers.shutdown(Duration::from_secs(1)).await;
    assert!(from.copy_to(&from).await.is_err());
    assert_eq!(all(&to).await.len(), 0);
    let memory = Place::memory().await.unwrap().open().await;
    assert!(matches!(memory.copy_to(&to).await, Err(InboxError::Unsupported(_))));
    assert!(matches!(to.copy_to(&memory).await, Err(InboxError::Unsupported(_))));
}

/// Rows that were changed by hand are left out, and named.
pub(crate) async fn broken_rows_are_left_out(place: Place) {
    let from = filled(&place).await;
    let broken = all(&from).await[1].id;
    let deliveries = place.table("deliveries");
    place.execute(format!("UPDATE {deliveries} SET attempt = 'many' WHERE id = {broken}")).await;
    let text =
        format!("UPDATE {deliveries} SET reason = CAST(x'ff' AS TEXT) WHERE id = {broken} + 1");
    place.execute(text).await;
    let Some(other) = other_of(&place).await else { return };
    let to = other.open().await;
    let result = from.copy_to(&to).await.unwrap();
    assert_eq!((result.copied, result.unreadable), (7, 2));
    assert_eq!(result.unreadable_ids, [broken, broken + 1]);
    assert_eq!(all(&to).await.len(), 7);
}

/// By another handle, as when both URLs name one database.
pub(crate) async fn a_database_is_not_copied_to_itself(place: Place) {
    let (one, other) = (place.open().await, place.open().await);
    one.enqueue(delivery("a")).await.unwrap();
    // What no key detects any more would be copied again and again.
    place.execute(format!("DELETE FROM {}", place.table("keys"))).await;
    let refused = one.copy_to(&other).await.unwrap_err();
    assert!(refused.to_string().contains("to itself"), "{refused}");
    if place.engine == Engine::Sqlite {
        let link = place.file("link.db");
        std::os::unix::fs::symlink(place.file("inbox.db"), &link).unwrap();
        let linked = Inbox::open(&format!("sqlite://{}", link.display())).await.unwrap();
        linked.copy_to(&one).await.unwrap_err();
    }
    assert_eq!(all(&one).await.len(), 1);
}
