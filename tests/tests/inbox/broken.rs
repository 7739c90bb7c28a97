//! Rows that were changed by hand: each column with what it must not hold. They are given up or shown
//! as broken, and hinder nobody else.

use std::time::Duration;

use webhook_runtime::inbox::{AttemptResult, DeliveryState, EnqueueResult, Filter, Inbox};

use super::{
    Ran, all, delivery, in_line,
    place::{Engine, Place},
};

/// A value that cannot be read, and whether its row has to be read for its delivery to run.
struct Wrong {
    column: &'static str,
    value: &'static str,
    is_given_up: bool,
}

const fn wrong(column: &'static str, value: &'static str, is_given_up: bool) -> Wrong {
    Wrong { column, value, is_given_up }
}

/// A text of bytes that are no UTF-8.
const NO_TEXT: &str = "CAST(x'ff' AS TEXT)";

const SQLITE: &[Wrong] = &[
    wrong("attempt", "9999999999", true),
    wrong("attempt", "9223372036854775807", true),
    wrong("attempt", "2147483647", true),
    wrong("attempt", "-1", true),
    wrong("attempt", "'many'", true),
    wrong("attempt", "1.5", true),
    wrong("attempt", "x'00'", true),
    wrong("claims", "9223372036854775807", true),
    wrong("claims", "-1", true),
    wrong("claims", "'many'", true),
    wrong("claims", "1e300", true),
    wrong("counted", "'no'", true),
    wrong("unsure", "x'00'", true),
    wrong("provider", NO_TEXT, true),
    wrong("provider", "x'ff'", true),
    wrong("provider_id", NO_TEXT, true),
    wrong("received_at", "'today'", true),
    wrong("received_at", "1e300", true),
    wrong("event", NO_TEXT, false),
    wrong("reason", NO_TEXT, false),
    wrong("finished_at", "'today'", false),
    wrong("pause", "'long'", false),
    wrong("pause", "9223372036854775807", false),
    wrong("size", "'long'", false),
    wrong("size", "-1", false),
];

const POSTGRES: &[Wrong] = &[
    wrong("attempt", "2147483647", true),
    wrong("attempt", "-1", true),
    wrong("claims", "9223372036854775807", true),
    wrong("claims", "-1", true),
    wrong("pause", "9223372036854775807", false),
    wrong("pause", "-1", false),
    wrong("size", "-1", false),
];

fn list(place: &Place) -> &'static [Wrong] {
    if place.engine == Engine::Postgres { POSTGRES } else { SQLITE }
}

/// Stores a delivery, and changes its row in a table.
async fn store(place: &Place, inbox: &Inbox, key: &str, table: &str, change: &str) -> i64 {
    let id = inbox.enqueue(delivery(key)).await.unwrap().id();
    let table = place.table(table);
    place.execute(format!("UPDATE {table} SET {change} WHERE id = {id}")).await;
    id
}

pub(crate) async fn broken_rows_are_given_up_alone(place: Place) {
    let inbox = place.open().await;
    let mut ids = Vec::new();
    for Wrong { column, value, .. } in list(&place) {
        let key = format!("{column} {value}");
        ids.push(store(&place, &inbox, &key, "deliveries", &format!("{column} = {value}")).await);
        inbox.enqueue(delivery(format!("beside {key}"))).await.unwrap();
    }
    // They are all shown, and counted.
    assert_eq!(all(&inbox).await.len(), 2 * ids.len());
    let pending = u64::try_from(2 * ids.len()).unwrap();
    assert_eq!(inbox.stats().await.unwrap().depth.pending, pending);
    assert_eq!(inbox.backlog().await.unwrap()[0].count, pending);
    let ran = Ran::default();
    inbox.drain(&ran.with(AttemptResult::Completed)).await.unwrap();
    let ran = ran.all();
    for (Wrong { column, value, is_given_up }, id) in list(&place).iter().zip(&ids) {
        let key = format!("{column} {value}");
        assert!(ran.contains(&format!("beside {key}")), "{key}");
        assert_eq!(ran.contains(&key), !is_given_up, "{key}");
        let found = inbox.list(Filter::all().ids([*id])).collect().await.unwrap();
        if *is_given_up {
            assert_eq!(found[0].state, DeliveryState::Dead, "{key}");
            let reason = found[0].last_error.as_deref().unwrap();
            assert!(reason.ends_with(&format!("see its column `{column}`")), "{key}: {reason}");
        }
    }
    let dead = Filter::all().state(DeliveryState::Dead);
    let given_up = list(&place).iter().filter(|wrong| wrong.is_given_up).count() as u64;
    assert_eq!(inbox.discard(&dead).await, Ok(given_up), "they can be put aside");
}

pub(crate) async fn broken_parts_are_given_up_alone(place: Place) {
    let inbox = place.open().await;
    let mut ids = Vec::new();
    let (nothing, text) = match place.engine {
        Engine::Postgres => ("'\\x00'::bytea", "''::bytea"),
        _ => ("x'00'", "'a text'"),
    };
    for value in [nothing, text] {
        ids.push(store(&place, &inbox, value, "bodies", &format!("head = {value}")).await);
    }
    for unpacked in ["-1", "7", "2147483647"] {
        let change = format!("unpacked = {unpacked}");
        ids.push(store(&place, &inbox, &change, "bodies", &change).await);
    }
    if place.engine != Engine::Postgres {
        ids.push(store(&place, &inbox, "number", "bodies", "body = 7").await);
    }
    let missing = inbox.enqueue(delivery("missing")).await.unwrap().id();
    place.execute(format!("DELETE FROM {} WHERE id = {missing}", place.table("bodies"))).await;
    ids.push(missing);
    inbox.enqueue(delivery("beside")).await.unwrap();
    let ran = Ran::default();
    inbox.drain(&ran.with(AttemptResult::Completed)).await.unwrap();
    assert_eq!(ran.all(), ["beside"]);
    for record in inbox.list(Filter::all().ids(ids)).collect().await.unwrap() {
        assert_eq!((record.state, record.attempt), (DeliveryState::Dead, 1), "{record:?}");
        assert!(record.last_error.unwrap().contains("its stored form"));
    }
}

/// A key that leads nowhere is known all the same, and what is stored beside it is stored.
pub(crate) async fn broken_keys_hinder_nobody(place: Place) {
    let inbox = place.open().await;
    inbox.enqueue(delivery("a")).await.unwrap();
    let wrong = if place.engine == Engine::Postgres { "-1" } else { "'nowhere'" };
    place.execute(format!("UPDATE {} SET delivery = {wrong}", place.table("keys"))).await;
    let stored = inbox.store().enqueue(&[delivery("a"), delivery("b")]).await.unwrap();
    assert!(matches!(stored[..], [EnqueueResult::Duplicate(_), EnqueueResult::Stored(_)]));
}

/// A state that there is not, in a row that keeps the order of others.
pub(crate) async fn unknown_states_are_shown(place: Place) {
    let inbox = place.open().await;
    let states = match place.engine {
        Engine::Postgres => ["77", "-1", "32767", "-32768"],
        _ => ["77", "-1", "'done'", "99999999999"],
    };
    for state in states {
        let id = inbox.enqueue(in_line("x", state)).await.unwrap().id();
        let table = place.table("deliveries");
        place.execute(format!("UPDATE {table} SET state = {state} WHERE id = {id}")).await;
    }
    let records = all(&inbox).await;
    assert_eq!(records.len(), states.len());
    for record in records {
        let reason = record.last_error.unwrap();
        assert!(reason.ends_with("see its column `state`"), "{reason}");
        assert_eq!(record.state, DeliveryState::Dead);
    }
    inbox.enqueue(in_line("x", "next")).await.unwrap();
    let ran = Ran::default();
    inbox.drain(&ran.with(AttemptResult::Completed)).await.unwrap();
    assert_eq!(ran.all(), ["next"]);
    inbox.stats().await.unwrap();
    inbox.backlog().await.unwrap();
}

/// Times at the limits of a number, and times that are none.
pub(crate) async fn odd_times_hinder_nobody(place: Place) {
    let inbox = place.open().await;
    let mut changes = vec![
        "received_at = -9223372036854775808",
        "received_at = 9223372036854775807",
        "pause = 9223372036854775807, due_at = 1",
        "due_at = -9223372036854775808",
        "due_at = 9223372036854775807",
        "state = 1, due_at = 9223372036854775807",
    ];
    if place.engine != Engine::Postgres {
        changes.extend(["due_at = 'today'", "due_at = 1e300", "due_at = x'00'", "due_at = 0.5"]);
        changes.push("line = 'a text'");
    }
    for change in &changes {
        store(&place, &inbox, change, "deliveries", change).await;
    }
    inbox.stats().await.unwrap();
    assert_eq!(all(&inbox).await.len(), changes.len());
    let ran = Ran::default();
    let _workers = inbox.start_workers(ran.with(AttemptResult::Completed));
    // Workers reset the due times that lie too far ahead when they start.
    for change in changes {
        super::until(change, || async { ran.all().iter().any(|ran| ran == change) }).await;
    }
}

/// SQLite keeps what it is given, such as the time that `julianday` has calculated.
pub(crate) async fn fractions_are_pruned(place: Place) {
    let builder = place.builder().completed_retention(Duration::from_secs(1));
    let inbox = place.open_by(builder).await.unwrap();
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    inbox.cancel(&Filter::all().ids([id])).await.unwrap();
    let table = place.table("deliveries");
    place.execute(format!("UPDATE {table} SET finished_at = 1000.5")).await;
    assert_eq!(inbox.prune().await.unwrap().records, 1);
}
