//! What operators are told: attempts, duplicates, sums of minutes, causes, and dropped bodies.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, SystemTime},
};

use webhook_runtime::inbox::{
    AttemptEnd, AttemptResult, DeliveryState, EndpointOptions, EnqueueResult, Filter, Inbox, Job,
    JobHandlers, TxSource, store::FinishedAttempt,
};

use super::{
    Ran, delivery, failed,
    place::{Engine, Place},
    record,
    work::wanted,
};

async fn ends(inbox: &Inbox, id: i64) -> Vec<(u32, Option<AttemptEnd>)> {
    let attempts = inbox.attempts(id).await.unwrap();
    attempts.iter().map(|attempt| (attempt.number, attempt.end)).collect()
}

async fn drain_at_once(inbox: &Inbox, handlers: &JobHandlers) {
    for _ in 0..100 {
        inbox.drain(handlers).await.unwrap();
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub(crate) async fn every_attempt_is_told(place: Place) {
    let begun = SystemTime::now();
    let quick =
        webhook_runtime::inbox::Backoff::new(Duration::from_millis(1), Duration::from_millis(2));
    let inbox = place.open_by(place.builder().backoff(quick)).await.unwrap();
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let handlers = JobHandlers::new().on("orders", |job: Job, _: TxSource| async move {
        tokio::time::sleep(Duration::from_millis(3)).await;
        match job.attempt {
            1 => failed("first: caused by the second\nand a third"),
            2 => AttemptResult::Dead { reason: "x".repeat(3000) },
            _ => AttemptResult::Completed,
        }
    });
    drain_at_once(&inbox, &handlers).await;
    let attempts = inbox.attempts(id).await.unwrap();
    assert_eq!(
        ends(&inbox, id).await,
        [(1, Some(AttemptEnd::Retried)), (2, Some(AttemptEnd::Dead))]
    );
    let first = &attempts[0];
    assert_eq!(first.error.as_deref(), Some("first: caused by the second\nand a third"));
    assert_eq!(attempts[1].error.as_ref().unwrap().chars().count(), 2000, "it is bounded");
    for attempt in &attempts {
        let started_at = attempt.details.started_at.unwrap();
        assert!(started_at >= begun - Duration::from_millis(1) && started_at <= SystemTime::now());
        let took = attempt.details.duration.unwrap();
        assert!(took >= Duration::from_millis(3) && took < Duration::from_secs(20), "{took:?}");
    }
    // What ran before stays told when it runs again.
    inbox.retry(&Filter::all()).await.unwrap();
    let completes = Ran::default().with(AttemptResult::Completed);
    inbox.drain(&completes).await.unwrap();
    let last = inbox.attempts(id).await.unwrap().pop().unwrap();
    assert_eq!((last.number, last.end), (1, Some(AttemptEnd::Completed)));
    assert_eq!(record(&inbox, id).await.last_attempt, last.details);
    inbox.replay(&Filter::all()).await.unwrap();
    inbox.drain(&completes).await.unwrap();
    let found = ends(&inbox, id).await;
    let twice = [(1, Some(AttemptEnd::Completed)); 2];
    assert_eq!(found[2..], twice, "{found:?}");
    assert_eq!(inbox.attempts(id + 1).await.unwrap(), []);
}

pub(crate) async fn lost_attempts_are_told(place: Place) {
    let inbox = place.open().await;
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let mut request = wanted(1);
    request.lease = Duration::from_millis(1);
    assert_eq!(inbox.store().claim(&request).await.unwrap().jobs.len(), 1);
    let running = ends(&inbox, id).await;
    assert_eq!(running, [(1, None)], "it runs");
    tokio::time::sleep(Duration::from_millis(20)).await;
    inbox.drain(&Ran::default().with(AttemptResult::Completed)).await.unwrap();
    let found = ends(&inbox, id).await;
    assert_eq!(found, [(1, Some(AttemptEnd::Lost)), (2, Some(AttemptEnd::Completed))]);
    let error = inbox.attempts(id).await.unwrap()[0].error.clone().unwrap();
    assert!(error.contains("attempt 1 ended without an answer"), "{error}");
}

pub(crate) async fn a_snooze_costs_no_attempt(place: Place) {
    let inbox = place.open_by(place.builder().max_attempts(1)).await.unwrap();
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let snooze = Ran::default().with(AttemptResult::Snoozed { after: Duration::from_millis(500) });
    for _ in 0..3 {
        inbox.drain(&snooze).await.unwrap();
        tokio::time::sleep(Duration::from_millis(600)).await;
    }
    let waits = record(&inbox, id).await;
    assert_eq!((waits.state, waits.attempt), (DeliveryState::Pending, 0));
    let later = Ran::default().with(AttemptResult::Snoozed { after: Duration::from_secs(3600) });
    inbox.drain(&later).await.unwrap();
    let waits = record(&inbox, id).await;
    let wait = waits.due_at.unwrap().duration_since(SystemTime::now()).unwrap();
    assert!(wait > Duration::from_secs(3500), "{wait:?}");
    assert_eq!(waits.pause, Duration::from_secs(3600));
    let found = ends(&inbox, id).await;
    assert!(found.len() >= 4, "{found:?}");
    assert!(found.iter().all(|end| *end == (1, Some(AttemptEnd::Snoozed))), "{found:?}");
}

pub(crate) async fn many_attempts_are_cut(place: Place) {
    let inbox = place.open().await;
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let snooze = AttemptResult::Snoozed { after: Duration::ZERO };
    for _ in 0..130 {
        let jobs = inbox.store().claim(&wanted(1)).await.unwrap().jobs;
        let Some(job) = jobs.first() else { continue };
        let ended = FinishedAttempt::new(job.claim_token(), snooze.clone());
        inbox.store().finish(&[ended]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let kept = inbox.attempts(id).await.unwrap().len();
    assert_eq!(kept, 100, "the newest");
}

pub(crate) async fn duplicates_are_recorded(place: Place) {
    let inbox = place.open().await;
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    assert_eq!(inbox.duplicates(id).await.unwrap(), []);
    for _ in 0..3 {
        let copies = [delivery("a"), delivery("a")];
        assert_eq!(
            inbox.store().enqueue(&copies).await.unwrap(),
            [EnqueueResult::Duplicate(id); 2]
        );
    }
    assert_eq!(inbox.enqueue(delivery("a")).await, Ok(EnqueueResult::Duplicate(id)));
    let found = inbox.duplicates(id).await.unwrap();
    assert_eq!(found.iter().map(|minute| minute.count).sum::<u64>(), 7);
    assert!(found.len() <= 2, "a minute each");
    let age = SystemTime::now().duration_since(found[0].last).unwrap_or_default();
    assert!(age < Duration::from_secs(60), "{age:?}");
    // A copy of what was pruned is still a copy, and is noted nowhere.
    inbox.cancel(&Filter::all()).await.unwrap();
    let nothing = webhook_runtime::inbox::store::Retention {
        completed: Duration::ZERO,
        dead_letters: Duration::ZERO,
    };
    inbox.store().prune(&nothing, 10).await.unwrap();
    assert_eq!(inbox.enqueue(delivery("a")).await, Ok(EnqueueResult::Duplicate(id)));
    assert_eq!(inbox.duplicates(id).await.unwrap(), []);
}

pub(crate) async fn minutes_are_summed(place: Place) {
    let begun = SystemTime::now();
    let inbox = place.open_by(place.builder().max_attempts(1)).await.unwrap();
    let ran = std::sync::Arc::new(AtomicUsize::new(0));
    let counted = ran.clone();
    let handlers = JobHandlers::new().on("orders", move |job: Job, _: TxSource| {
        counted.fetch_add(1, Ordering::Relaxed);
        let fails = job.body.ends_with(b"0");
        std::future::ready(if fails { failed("no") } else { AttemptResult::Completed })
    });
    let workers = inbox.start_workers(handlers);
    for number in 0..30 {
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
    }
    inbox.enqueue(delivery("1")).await.unwrap();
    let summed = async |inbox: &Inbox| {
        let sums = inbox.sums(begun).await.unwrap();
        assert!(sums.iter().all(|sum| sum.endpoint == "orders"));
        sums.iter().fold((0, 0, 0), |all, sum| {
            (all.0 + sum.received, all.1 + sum.completed, all.2 + sum.failed)
        })
    };
    for _ in 0..200 {
        if summed(&inbox).await == (30, 27, 3) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(summed(&inbox).await, (30, 27, 3));
    workers.shutdown(Duration::from_secs(5)).await;
    let tomorrow = SystemTime::now() + Duration::from_secs(24 * 3600);
    assert_eq!(inbox.sums(tomorrow).await.unwrap(), []);
}

/// What happened in the last second is written when the inbox is closed.
pub(crate) async fn the_last_second_is_summed(place: Place) {
    let (inbox, begun) = (place.open().await, SystemTime::now());
    for key in ["a", "b", "c"] {
        inbox.enqueue(delivery(key)).await.unwrap();
    }
    inbox.close().await.unwrap();
    let again = place.open().await;
    let received: u64 = again.sums(begun).await.unwrap().iter().map(|sum| sum.received).sum();
    assert_eq!(received, 3);
}

pub(crate) async fn errors_are_grouped_by_cause(place: Place) {
    let inbox = place.open().await;
    for number in 0..12 {
        inbox.enqueue(delivery(number.to_string())).await.unwrap();
    }
    let ran = Ran::default().by(|job: &Job| {
        let reason = match super::body(job).as_str() {
            "3" => "503: the bank is closed".to_owned(),
            body => format!("500: order {body} has no stock"),
        };
        AttemptResult::Dead { reason }
    });
    inbox.drain(&ran).await.unwrap();
    let groups = inbox.causes().await.unwrap();
    let found: Vec<_> =
        groups.iter().map(|group| (group.count, &*group.text, &*group.endpoint)).collect();
    let expected =
        [(11, "500: order # has no stock", "orders"), (1, "503: the bank is closed", "orders")];
    assert_eq!(found, expected);
    let group = &groups[0];
    assert!(group.first <= group.last);
    let newest = record(&inbox, group.newest).await;
    assert_eq!(newest.last_error.as_deref(), Some(group.error.as_str()));
    let of_cause = Filter::all().cause(group.cause.unwrap()).state(DeliveryState::Dead);
    assert_eq!(inbox.count(&of_cause, 100).await.unwrap().number, 11);
    assert_eq!(inbox.discard(&of_cause).await, Ok(11));
    assert_eq!(inbox.causes().await.unwrap().len(), 1);

    let counts = inbox.endpoint_counts().await.unwrap();
    if let Some(orders) = counts.iter().find(|counts| counts.endpoint == "orders") {
        assert_eq!((orders.dead.number, orders.pending.number), (1, 0));
    }
}

/// Those that died a while ago are left out, and an index finds the others.
pub(crate) async fn recent_dead_letters_are_counted(place: Place) {
    let inbox = place.open().await;
    let begun = SystemTime::now() - Duration::from_secs(1);
    for number in 0..6 {
        let mut new = delivery(number.to_string());
        if number > 3 {
            new.endpoint = String::from("others");
        }
        inbox.enqueue(new).await.unwrap();
    }
    let dies = |job: &Job| match super::body(job).as_str() {
        "0" => AttemptResult::Completed,
        _ => AttemptResult::Dead { reason: "no stock".to_owned() },
    };
    inbox.drain(&Ran::default().by(dies)).await.unwrap();
    let other = JobHandlers::new().on("others", |_: Job, _: TxSource| {
        std::future::ready(AttemptResult::Dead { reason: "no stock".to_owned() })
    });
    inbox.drain(&other).await.unwrap();
    let told = async |since| {
        let deaths = inbox.recent_dead_letters(since).await.unwrap();
        deaths.into_iter().map(|of| (of.endpoint, of.count)).collect::<Vec<_>>()
    };
    let all = [("orders".to_owned(), 3), ("others".to_owned(), 2)];
    assert_eq!(told(begun).await, all);
    assert!(inbox.recent_dead_letters(begun).await.unwrap().iter().all(|of| of.last >= begun));
    assert_eq!(told(SystemTime::now() + Duration::from_secs(60)).await, []);
    assert_eq!(inbox.store().recent_dead_letters(begun, 2).await.unwrap().len(), 1);
    if !matches!(place.engine, Engine::Sqlite | Engine::Postgres) {
        return;
    }
    let deliveries = place.table("deliveries");
    let old = format!(
        "INSERT INTO {deliveries} (id, endpoint, provider, state, due_at, attempt, claims, \
         received_at, finished_at, size) WITH RECURSIVE n (i) AS (SELECT 100000 UNION ALL \
         SELECT i + 1 FROM n WHERE i < 130000) SELECT i, 'orders', 'acme', 4, 0, 1, 1, 0, i, 0 FROM n"
    );
    place.execute(old).await;
    if place.engine == Engine::Postgres {
        place.execute(format!("ANALYZE {deliveries}")).await;
    }
    assert_eq!(told(begun).await, all);
    let plan = inbox.store().explain_overview().await.unwrap();
    let by_index = match place.engine {
        Engine::Postgres => "using deliveries_finished",
        _ => "USING INDEX webhook_finished (state=? AND finished_at>?)",
    };
    assert!(plan.contains(by_index), "{plan}");
}

pub(crate) async fn endpoints_are_counted_by_state(place: Place) {
    let inbox = place.open().await;
    for key in ["a", "b", "c"] {
        inbox.enqueue(delivery(key)).await.unwrap();
    }
    for key in ["d", "e"] {
        inbox.enqueue(super::in_line("line", key)).await.unwrap();
    }
    let jobs = inbox.store().claim(&wanted(2)).await.unwrap().jobs;
    let after = Some(Duration::from_secs(3600));
    let retry = AttemptResult::Retry { after, reason: "later".to_owned() };
    let ended = FinishedAttempt::new(jobs[0].claim_token(), retry);
    inbox.store().finish(&[ended]).await.unwrap();
    let mut other = delivery("f");
    other.endpoint = String::from("others");
    inbox.enqueue(other).await.unwrap();
    let counts = inbox.endpoint_counts().await.unwrap();
    let found: Vec<_> = counts
        .iter()
        .map(|of| {
            let numbers = [of.pending, of.retrying, of.blocked, of.running, of.dead];
            (&*of.endpoint, numbers.map(|count| count.number))
        })
        .collect();
    assert_eq!(found, [("orders", [2, 1, 1, 1, 0]), ("others", [1, 0, 0, 0, 0])]);
    let orders = &counts[0];
    assert!(orders.oldest.is_some_and(|oldest| oldest <= SystemTime::now()));
    assert!(orders.first_due.is_some_and(|due| due <= SystemTime::now()), "one is due: {orders:?}");
    let few = inbox.store().endpoint_counts(1).await.unwrap();
    assert_eq!((few[0].pending.number, few[0].pending.more), (1, true), "it stops counting");
}

pub(crate) async fn bodies_are_dropped(place: Place) {
    let inbox = place.open().await;
    let mut ids = Vec::new();
    for key in ["dropped", "kept"] {
        ids.push(inbox.enqueue(delivery(key)).await.unwrap().id());
    }
    let jobs = inbox.store().claim(&wanted(2)).await.unwrap().jobs;
    let ended: Vec<_> = jobs
        .iter()
        .map(|job| {
            let mut ended = FinishedAttempt::new(job.claim_token(), AttemptResult::Completed);
            ended.drop_body = job.id == ids[0];
            ended
        })
        .collect();
    inbox.store().finish(&ended).await.unwrap();
    let dropped = inbox.get(ids[0]).await.unwrap().unwrap();
    assert!(dropped.body_dropped && dropped.body.is_empty());
    assert_eq!(dropped.record.body_len, 7);
    let kept = inbox.get(ids[1]).await.unwrap().unwrap();
    assert!(!kept.body_dropped && &kept.body[..] == b"kept");
    assert_eq!(inbox.replay(&Filter::all()).await, Ok(1), "only what still has its body");
    assert_eq!(record(&inbox, ids[0]).await.state, DeliveryState::Completed);
    let copy = inbox.enqueue(delivery("dropped")).await;
    assert_eq!(copy, Ok(EnqueueResult::Duplicate(ids[0])));
    let nothing = webhook_runtime::inbox::store::Retention {
        completed: Duration::ZERO,
        dead_letters: Duration::ZERO,
    };
    assert_eq!(inbox.store().prune(&nothing, 10).await.unwrap().records, 1);
}

/// Nobody finds a delivery that is completed and still has its body.
pub(crate) async fn bodies_are_dropped_with_the_completion(place: Place) {
    let inbox = place.open().await;
    let options = EndpointOptions::new().drop_body(true);
    let handlers = JobHandlers::new()
        .on_with("orders", options, |_: Job, _: TxSource| {
            std::future::ready(AttemptResult::Completed)
        })
        .unwrap();
    let id = inbox.enqueue(delivery("dropped")).await.unwrap().id();
    let pool = sqlx::PgPool::connect(&place.url).await.unwrap();
    let mut locking = pool.begin().await.unwrap();
    let lock = format!("SELECT 1 FROM {} FOR UPDATE", place.table("bodies"));
    sqlx::query(sqlx::AssertSqlSafe(lock)).execute(&mut *locking).await.unwrap();
    let workers = inbox.start_workers(handlers);
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert_ne!(record(&inbox, id).await.state, DeliveryState::Completed);
    locking.rollback().await.unwrap();
    super::until_state(&inbox, id, DeliveryState::Completed).await;
    assert!(inbox.get(id).await.unwrap().unwrap().body_dropped);
    workers.shutdown(Duration::from_secs(1)).await;
}

pub(crate) async fn those_of_one_ordering_key_are_told(place: Place) {
    let inbox = place.open().await;
    let mut ids = Vec::new();
    for key in ["a", "b", "c"] {
        ids.push(inbox.enqueue(super::in_line("line", key)).await.unwrap().id());
    }
    let other = inbox.enqueue(super::in_line("other", "d")).await.unwrap().id();
    let alone = inbox.enqueue(delivery("e")).await.unwrap().id();
    let told = async |id: i64| {
        let same = inbox.same_ordering_key(id).await.unwrap();
        same.into_iter().map(|record| record.id).collect::<Vec<_>>()
    };
    for id in &ids {
        assert_eq!(told(*id).await, ids);
    }
    assert_eq!((told(other).await, told(alone).await), (vec![other], vec![]));
    // One that has ended tells of those behind it.
    inbox.cancel(&Filter::all().ids([ids[0]])).await.unwrap();
    assert_eq!(told(ids[0]).await, ids[1..]);
    assert_eq!(inbox.store().same_ordering_key(ids[2], 1).await.unwrap()[0].id, ids[1]);
}

pub(crate) async fn neighbours_are_told_after_their_end(place: Place) {
    let inbox = place.open().await;
    let mut ids = Vec::new();
    for key in ["a", "b", "c", "d"] {
        ids.push(inbox.enqueue(super::in_line("line", key)).await.unwrap().id());
        inbox.enqueue(super::in_line("other", key)).await.unwrap();
    }
    inbox.cancel(&Filter::all().ids([ids[0], ids[2]])).await.unwrap();
    let told = async |id, max| {
        let near = inbox.store().neighbours(id, max).await.unwrap();
        near.into_iter().map(|record| record.id).collect::<Vec<_>>()
    };
    assert_eq!(told(ids[1], 5).await, [ids[0], ids[2], ids[3]]);
    assert_eq!(told(ids[3], 1).await, [ids[2]]);
    assert_eq!(inbox.neighbours(ids[0]).await.unwrap()[0].state, DeliveryState::Pending);
    let alone = inbox.enqueue(delivery("alone")).await.unwrap().id();
    assert!(told(alone, 5).await.is_empty());
    if place.engine == Engine::Sqlite {
        let plan = inbox.store().explain_overview().await.unwrap();
        let by_number = "SEARCH webhook_deliveries USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)";
        assert_eq!(plan.matches(by_number).count(), 2, "{plan}");
    }
}

pub(crate) async fn the_database_tells_of_itself(place: Place) {
    let inbox = place.open().await;
    inbox.enqueue(delivery("a")).await.unwrap();
    let info = inbox.store_info().await.unwrap();
    assert!(
        info.engine.starts_with("SQLite 3.") || info.engine.starts_with("PostgreSQL "),
        "{info:?}"
    );
    assert_eq!(info.schema_version, Some(4));
    assert!(info.size.is_some_and(|size| size > 10_000), "{info:?}");
    assert!(info.location.is_some_and(|location| !location.contains('@')));
    if info.engine.starts_with("PostgreSQL") {
        assert!(info.bodies.is_some_and(|bodies| bodies > 0));
        assert!(info.connections.is_some() && info.connections <= info.max_connections);
        let differs = info.clock_ahead.or(info.clock_behind).unwrap();
        assert!(differs < Duration::from_secs(5), "one machine, one clock: {differs:?}");
    } else {
        assert_eq!((info.clock_ahead, info.connections), (None, None));
        assert!(info.log.is_some());
    }
}
