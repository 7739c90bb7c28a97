//! A process is stopped for longer than its lease, and wakes after another one has done its job.

use std::time::Duration;

use crate::{load::Sender, number_from_env, program::Program, store::Store};

/// `WEBHOOK_STOPS` sets a larger number.
pub(crate) async fn stale(store: Store) {
    let rounds = number_from_env("WEBHOOK_STOPS", 2);
    let first = Program::start(&store).await;
    for round in 0..rounds {
        let id = format!("job-{round}");
        // With an effect, the transaction finds that the claim is lost; without one, the completion
        // does.
        let idle = round % 2 == 1;
        let body = format!(r#"{{"id":"{id}","before":400,"idle":{idle}}}"#);
        assert_eq!(Sender::default().send(first.address, &body).await.unwrap(), 202);
        store.noted("begun", &id, Some(first.id())).await;
        // Waits until its start is counted: on SQLite, a process that is stopped within a commit
        // keeps the file locked for all others.
        tokio::time::sleep(Duration::from_millis(100)).await;
        first.signal("STOP");

        let second = Program::start(&store).await;
        store.noted("ended", &id, Some(second.id())).await;
        store.wait_until_all_is_finished().await;
        let done = everything(&store).await;
        first.signal("CONT");
        let end = if idle { "ended" } else { "refused" };
        store.noted(end, &id, Some(first.id())).await;
        // Waits until it has tried to settle its claim.
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(everything(&store).await, done, "{round}: a stale completion changed something");
        second.kill();
    }
    let effects = store.effects().await.len();
    println!("{:?}: {rounds} of {rounds}, 0 rows changed", store.engine);
    assert_eq!(effects, rounds.div_ceil(2));
}

/// Everything that a stale completion could change, as text.
async fn everything(store: &Store) -> Vec<String> {
    let table = store.deliveries();
    let rows = format!(
        "SELECT id || ' ' || state || ' ' || attempt || ' ' || claims || ' ' || due_at || ' ' || \
         coalesce(CAST(finished_at AS text), '') || ' ' || coalesce(reason, '') \
         FROM {table} ORDER BY id"
    );
    let effects = "SELECT id || ' ' || pid FROM effects ORDER BY id, pid";
    let mut all = store.texts(&rows).await;
    all.extend(store.texts(effects).await);
    all
}
