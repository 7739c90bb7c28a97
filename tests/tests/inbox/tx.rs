//! Writes through `Tx` commit with the completion, or not at all.

use std::{collections::HashSet, time::Duration};

use sqlx::Executor as _;
use webhook_runtime::inbox::{
    AttemptResult, Backoff, DeliveryState, Filter, Inbox, InboxError, Job, JobHandlers, Tx,
    TxSource,
};
use webhook_test_store::Connection;

use super::{
    body, delivery, failed, in_line,
    place::{Engine, Place},
    record, until, until_state,
};

/// An application table without a unique key, so that doubled effects show.
async fn with_effects(place: &Place) -> Inbox {
    let backoff = Backoff::new(Duration::from_millis(300), Duration::from_secs(60));
    let builder = place.builder().max_attempts(4).backoff(backoff);
    let inbox = place.open_by(builder).await.unwrap();
    if place.engine != Engine::Foreign {
        place.execute(format!("CREATE TABLE {} (name text NOT NULL)", effects(place))).await;
    }
    inbox
}

fn effects(place: &Place) -> String {
    match place.engine {
        Engine::Postgres => place.table("effects"),
        _ => "effects".to_owned(),
    }
}

async fn count(place: &Place) -> i64 {
    if place.engine == Engine::Foreign {
        return i64::try_from(place.database.effects().await.len()).unwrap();
    }
    place.number(&format!("SELECT count(*) FROM {}", effects(place))).await
}

async fn count_distinct(place: &Place) -> i64 {
    if place.engine == Engine::Foreign {
        let effects: HashSet<String> = place.database.effects().await.into_iter().collect();
        return i64::try_from(effects.len()).unwrap();
    }
    place.number(&format!("SELECT count(DISTINCT name) FROM {}", effects(place))).await
}

async fn write(engine: Engine, table: &str, tx: &mut Tx, name: &str) -> Result<(), InboxError> {
    let insert = sqlx::AssertSqlSafe(format!("INSERT INTO {table} VALUES ('{name}')"));
    let failed = |error: sqlx::Error| InboxError::Store(error.to_string());
    let written = match engine {
        Engine::Foreign => return tx.connection::<Connection>().await?.write(name),
        Engine::Postgres => tx.postgres().await?.execute(insert).await.map(|_| ()),
        _ => tx.sqlite().await?.execute(insert).await.map(|_| ()),
    };
    written.map_err(failed)
}

/// Writes an effect, and then ends with this outcome.
fn writing(
    place: &Place,
    end: impl Fn(&Job) -> AttemptResult + Clone + Send + Sync + 'static,
) -> JobHandlers {
    let (engine, table) = (place.engine, effects(place));
    JobHandlers::new().on("orders", move |job: Job, source: TxSource| {
        let (table, end) = (table.clone(), end.clone());
        async move {
            let mut tx = source.tx().expect("it is free");
            match write(engine, &table, &mut tx, &body(&job)).await {
                Ok(()) => end(&job),
                Err(error) => failed(&error.to_string()),
            }
        }
    })
}

pub(crate) async fn an_effect_commits_with_the_completion(place: Place) {
    let inbox = with_effects(&place).await;
    for number in 0..20 {
        let line = if number % 2 == 0 { "even" } else { "odd" };
        inbox.enqueue(in_line(line, number.to_string())).await.unwrap();
    }
    assert_eq!(inbox.drain(&writing(&place, |_| AttemptResult::Completed)).await, Ok(20));
    assert_eq!(count(&place).await, 20);
    let done = inbox.list(Filter::all().state(DeliveryState::Completed)).collect().await.unwrap();
    assert_eq!(done.len(), 20);
    assert_eq!(inbox.stats().await.unwrap().completed, 20);
}

pub(crate) async fn a_failure_rolls_the_effect_back(place: Place) {
    let inbox = with_effects(&place).await;
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let workers = inbox.start_workers(writing(&place, |job| match job.attempt {
        1 => failed("no"),
        2 => panic!("not this time"),
        _ => AttemptResult::Completed,
    }));
    let done = until_state(&inbox, id, DeliveryState::Completed).await;
    assert_eq!((done.attempt, count(&place).await), (3, 1));
    workers.shutdown(Duration::from_secs(5)).await;
    let id = inbox.enqueue(delivery("b")).await.unwrap().id();
    inbox
        .drain(&writing(&place, |_| AttemptResult::Dead { reason: "no".to_owned() }))
        .await
        .unwrap();
    assert_eq!((record(&inbox, id).await.state, count(&place).await), (DeliveryState::Dead, 1));
}

pub(crate) async fn a_lost_claim_rolls_the_effect_back(place: Place) {
    let inbox = with_effects(&place).await;
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let stale = inbox.store().claim(&super::work::wanted(1)).await.unwrap().jobs.pop().unwrap();
    tokio::time::sleep(Duration::from_millis(250)).await;
    inbox.drain(&writing(&place, |_| AttemptResult::Completed)).await.unwrap();
    assert_eq!(
        (record(&inbox, id).await.state, count(&place).await),
        (DeliveryState::Completed, 1)
    );
    assert!(matches!(inbox.store().begin(stale.claim_token()).await, Err(InboxError::StaleClaim)));
    // Cancelled while it waits to write: it cannot begin.
    let id = inbox.enqueue(delivery("b")).await.unwrap().id();
    let (engine, table, clone) = (place.engine, effects(&place), inbox.clone());
    let processes = JobHandlers::new().on("orders", move |_: Job, source: TxSource| {
        let (inbox, table) = (clone.clone(), table.clone());
        async move {
            inbox.cancel(&Filter::all().ids([id])).await.unwrap();
            let mut tx = source.tx().unwrap();
            let written = write(engine, &table, &mut tx, "b").await;
            assert_eq!(written, Err(InboxError::StaleClaim));
            AttemptResult::Completed
        }
    });
    inbox.drain(&processes).await.unwrap();
    assert_eq!(
        (record(&inbox, id).await.state, count(&place).await),
        (DeliveryState::Cancelled, 1)
    );
}

pub(crate) async fn one_job_has_one_transaction(place: Place) {
    let inbox = with_effects(&place).await;
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let (engine, table) = (place.engine, effects(&place));
    let processes = JobHandlers::new().on("orders", move |_: Job, source: TxSource| {
        let table = table.clone();
        async move {
            let mut tx = source.tx().unwrap();
            assert!(source.tx().is_none());
            write(engine, &table, &mut tx, "first").await.unwrap();
            let wrong = tx.connection::<u8>().await;
            assert!(matches!(wrong, Err(InboxError::Unsupported(_))), "{wrong:?}");
            let wrong = match engine {
                Engine::Postgres => tx.sqlite().await.map(|_| ()),
                _ => tx.postgres().await.map(|_| ()),
            };
            assert!(matches!(wrong, Err(InboxError::Unsupported(_))), "{wrong:?}");
            drop(tx);
            // The same transaction, not another.
            write(engine, &table, &mut source.tx().unwrap(), "second").await.unwrap();
            AttemptResult::Completed
        }
    });
    inbox.drain(&processes).await.unwrap();
    assert_eq!(
        (record(&inbox, id).await.state, count(&place).await),
        (DeliveryState::Completed, 2)
    );
}

pub(crate) async fn several_processes_have_each_effect_once(place: Place) {
    let inbox = with_effects(&place).await;
    let others = place.open_several(2).await;
    let processes = writing(&place, |job| match job.id % 5 {
        0 if job.attempt == 1 => failed("no"),
        _ => AttemptResult::Completed,
    });
    let _workers: Vec<_> =
        others.iter().chain([&inbox]).map(|inbox| inbox.start_workers(processes.clone())).collect();
    for number in 0..150 {
        let inbox = if number % 2 == 0 { &inbox } else { &others[0] };
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
    }
    until("all are done", || async {
        let now = inbox.stats().await.unwrap().depth;
        now.pending + now.running + now.dead == 0
    })
    .await;
    assert_eq!((count(&place).await, count_distinct(&place).await), (150, 150));
}

pub(crate) async fn an_aborted_transaction_completes_nothing(place: Place) {
    let inbox = with_effects(&place).await;
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let (engine, table) = (place.engine, effects(&place));
    let processes = JobHandlers::new().on("orders", move |job: Job, source: TxSource| {
        let table = table.clone();
        async move {
            let mut tx = source.tx().unwrap();
            write(engine, &table, &mut tx, "a").await.unwrap();
            // The function ignores this error, but it aborts the transaction.
            if job.attempt == 1 && engine == Engine::Foreign {
                tx.connection::<Connection>().await.unwrap().abort();
            } else if job.attempt == 1 {
                let wrong = tx.postgres().await.unwrap().execute("SELECT 1 / 0").await;
                assert!(wrong.is_err());
            }
            AttemptResult::Completed
        }
    });
    inbox.drain(&processes).await.unwrap();
    let failed = record(&inbox, id).await;
    assert_eq!((failed.state, count(&place).await), (DeliveryState::Pending, 0));
    assert!(failed.last_error.unwrap().contains("was not committed"));
    tokio::time::sleep(Duration::from_millis(400)).await;
    inbox.drain(&processes).await.unwrap();
    assert_eq!(
        (record(&inbox, id).await.state, count(&place).await),
        (DeliveryState::Completed, 1)
    );
}

/// Statements with arguments, which the driver prepares, in one transaction after the other.
pub(crate) async fn bound_arguments_are_written(place: Place) {
    let inbox = with_effects(&place).await;
    let (engine, table) = (place.engine, effects(&place));
    let handlers = JobHandlers::new().on("orders", move |job: Job, source: TxSource| {
        let insert = sqlx::AssertSqlSafe(format!("INSERT INTO {table} VALUES ($1)"));
        async move {
            let mut tx = source.tx().unwrap();
            let written = if engine == Engine::Postgres {
                let connection = tx.postgres().await.unwrap();
                let name: String = sqlx::query_scalar("SELECT $1 || ' '")
                    .bind(body(&job))
                    .fetch_one(&mut *connection)
                    .await
                    .unwrap();
                sqlx::query(insert).bind(name).execute(connection).await.map(|_| ())
            } else {
                let connection = tx.sqlite().await.unwrap();
                sqlx::query(insert).bind(body(&job)).execute(connection).await.map(|_| ())
            };
            match written {
                Ok(()) => AttemptResult::Completed,
                Err(error) => failed(&error.to_string()),
            }
        }
    });
    let others = place.open_several(2).await;
    let _workers: Vec<_> =
        others.iter().map(|inbox| inbox.start_workers(handlers.clone())).collect();
    for number in 0..100 {
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
    }
    let completed = Filter::all().state(DeliveryState::Completed);
    until("all are done", || async {
        inbox.list(completed.clone()).collect().await.unwrap().len() == 100
    })
    .await;
    assert!(super::all(&inbox).await.iter().all(|record| record.attempt == 1));
    assert_eq!((count(&place).await, count_distinct(&place).await), (100, 100));
}
