//! The list of processes with workers.

use std::time::{Duration, SystemTime};

use webhook_runtime::inbox::{
    AttemptResult, EndpointOption, Inbox, JobHandlers, OptionOrigin, WorkerRecord,
};

use super::{Ran, delivery, place::Place, until};

async fn the_worker(inbox: &Inbox) -> WorkerRecord {
    until("it has a row", || async { inbox.worker_id().is_some() }).await;
    let workers = inbox.workers().await.unwrap();
    workers.into_iter().find(|worker| Some(worker.id) == inbox.worker_id()).unwrap()
}

pub(crate) async fn workers_are_listed(place: Place) {
    let named = place.builder().worker_name("one").program("shop 1.4.2").concurrency(3);
    let inbox = place.open_by(named).await.unwrap();
    assert_eq!(inbox.workers().await, Ok(Vec::new()));
    let never = |_, _| std::future::pending::<AttemptResult>();
    let handlers = JobHandlers::new().on("orders", never).on("a \"name\"\u{7}", never);
    let workers = inbox.start_workers(handlers);
    let endpoints = inbox.endpoints();
    let told: Vec<_> = endpoints.iter().map(|of| (&*of.name, of.concurrency, of.path)).collect();
    assert_eq!(told, [("a \"name\"\u{7}", 3, None), ("orders", 3, None)]);
    assert_eq!(endpoints[0].max_attempts, 15);
    assert_eq!(endpoints[0].origin(EndpointOption::Concurrency), OptionOrigin::Inbox);
    assert_eq!(endpoints[0].origin(EndpointOption::MaxAttempts), OptionOrigin::Default);
    let worker = the_worker(&inbox).await;
    assert_eq!((worker.name.as_str(), worker.program.as_str()), ("one", "shop 1.4.2"));
    assert_eq!((worker.pid, worker.slots, worker.running), (std::process::id(), 6, 0));
    assert_eq!(worker.endpoints, ["a \"name\"\u{7}", "orders"]);
    assert!(!worker.version.is_empty());
    let now = SystemTime::now();
    assert!(worker.is_alive(now) && !worker.is_alive(now + Duration::from_secs(120)));
    let age = now.duration_since(worker.started_at).unwrap_or_default();
    assert!(age < Duration::from_secs(30) && worker.seen_at >= worker.started_at);
    // More of them are told at once, and the end is.
    let more = inbox.start_workers(JobHandlers::new().on("more", never));
    until("they are told", || async { the_worker(&inbox).await.endpoints.len() == 3 }).await;
    inbox.enqueue(delivery("a")).await.unwrap();
    workers.shutdown(Duration::ZERO).await;
    assert!(the_worker(&inbox).await.is_alive(SystemTime::now()), "not all have stopped");
    drop(more);
    until("the end is told", || async { the_worker(&inbox).await.next_at.is_none() }).await;
    assert!(!the_worker(&inbox).await.is_alive(SystemTime::now()));
}

pub(crate) async fn each_process_has_a_row_of_its_own(place: Place) {
    let inboxes = place.open_several(2).await;
    let ran = Ran::default();
    let mut running = Vec::new();
    for inbox in &inboxes {
        running.push(inbox.start_workers(ran.with(AttemptResult::Completed)));
    }
    let (one, other) = (the_worker(&inboxes[0]).await, the_worker(&inboxes[1]).await);
    assert_ne!(one.id, other.id);
    assert!(!one.name.is_empty() && !one.program.is_empty());
    assert_eq!(inboxes[0].workers().await.unwrap().len(), 2);
    // The last heartbeat is committed before the inbox is closed.
    running.pop().unwrap().shutdown(Duration::from_secs(1)).await;
    inboxes[1].close().await.unwrap();
    let seen = inboxes[0].workers().await.unwrap();
    let alive: Vec<_> =
        seen.iter().filter(|worker| worker.is_alive(SystemTime::now())).map(|one| one.id).collect();
    assert_eq!(alive, [one.id]);
}

/// Rows that have been gone for an hour are deleted, and rows that were written by hand are shown.
pub(crate) async fn gone_workers_are_forgotten(place: Place) {
    let inbox = place.open().await;
    let table = place.table("workers");
    let row = |name: &str, seen: &str, next: &str| {
        format!(
            "INSERT INTO {table} (name, pid, program, version, endpoints, slots, running, started_at, \
             seen_at, next_at) VALUES ('{name}', -7, '', '', 'no list', 1, 1, 0, {seen}, {next})"
        )
    };
    let far = "9000000000000000000";
    for (name, seen, next) in
        [("gone", "5", "9"), ("stopped", "5", "0"), ("odd", "5", far), ("ahead", far, "0")]
    {
        place.execute(row(name, seen, next)).await;
    }
    let names = async || -> Vec<String> {
        inbox.workers().await.unwrap().into_iter().map(|worker| worker.name).collect()
    };
    assert_eq!(names().await, ["gone", "stopped", "odd", "ahead"]);
    let odd = inbox.workers().await.unwrap().remove(2);
    assert_eq!((odd.pid, odd.endpoints.len()), (0, 0));
    inbox.prune().await.unwrap();
    assert_eq!(names().await, ["odd", "ahead"]);
    // A process whose row is gone gets another one.
    let workers = inbox.start_workers(Ran::default().with(AttemptResult::Completed));
    let first = the_worker(&inbox).await.id;
    place.execute(format!("DELETE FROM {table}")).await;
    let more = inbox.start_workers(Ran::default().with(AttemptResult::Completed));
    until("it has a new row", || async {
        inbox.workers().await.unwrap().iter().any(|worker| worker.id > first)
    })
    .await;
    drop((workers, more));
}
