//! The operator's view: lists, counts, retries, replays and cancellations.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use webhook_runtime::inbox::{
    AttemptResult, DeliveryState, EnqueueResult, Filter, JobHandlers, NewDelivery,
    store::EndpointBacklog,
};

use super::{Ran, all, delivery, failed, place::Place, record};

fn with_event(key: &str, event: &str) -> NewDelivery {
    let mut delivery = delivery(key);
    delivery.event = Some(event.to_owned());
    delivery.provider_id = Some(format!("evt_{key}"));
    delivery
}

pub(crate) async fn records_are_found_and_paged(place: Place) {
    let inbox = place.open().await;
    let mut ids = Vec::new();
    for number in 0..450 {
        let event = if number % 2 == 0 { "even" } else { "odd" };
        ids.push(with_event(&number.to_string(), event));
    }
    let early = SystemTime::now() - Duration::from_secs(3600);
    ids[7].received_at = early;
    ids[9].endpoint = String::from("others");
    let mut stored = Vec::new();
    for delivery in ids {
        stored.push(inbox.enqueue(delivery).await.unwrap().id());
    }
    let found = |filter: Filter| {
        let inbox = inbox.clone();
        async move {
            let records = inbox.list(filter).collect().await.unwrap();
            records.into_iter().map(|record| record.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(found(Filter::all()).await, stored);
    assert_eq!(found(Filter::all().event("odd")).await.len(), 225);
    assert_eq!(found(Filter::all().provider_id("evt_3")).await, [stored[3]]);
    assert_eq!(found(Filter::all().endpoint("others")).await, [stored[9]]);
    assert_eq!(found(Filter::all().endpoint("others").event("even")).await, [0; 0]);
    assert_eq!(found(Filter::all().ids([stored[5], stored[2], -1])).await, [stored[2], stored[5]]);
    assert_eq!(found(Filter::all().ids([])).await, [0; 0]);
    let span = early - Duration::from_secs(1)..early + Duration::from_secs(1);
    assert_eq!(found(Filter::all().received(span)).await, [stored[7]]);
    assert_eq!(
        found(Filter::all().state(DeliveryState::Pending).state(DeliveryState::Completed))
            .await
            .len(),
        450
    );
    assert_eq!(found(Filter::all().state(DeliveryState::Dead)).await, [0; 0]);
    let mut listing = inbox.list(Filter::all());
    let first = listing.next().await.unwrap().unwrap();
    assert_eq!((first.id, first.event.as_deref()), (stored[0], Some("even")));
    assert_eq!((first.endpoint.as_str(), first.body_len), ("orders", 1));
}

pub(crate) async fn a_record_is_shown(place: Place) {
    let inbox = place.open().await;
    let id = inbox.enqueue(with_event("a", "paid")).await.unwrap().id();
    let shown = inbox.get(id).await.unwrap().unwrap();
    assert_eq!((shown.record.id, &shown.body[..]), (id, &b"a"[..]));
    assert!(inbox.get(id + 1).await.unwrap().is_none());
}

pub(crate) async fn dead_letters_are_retried(place: Place) {
    let inbox = place.open().await;
    for number in 0..1200 {
        let event = if number % 2 == 0 { "even" } else { "odd" };
        inbox.enqueue(with_event(&number.to_string(), event)).await.unwrap();
    }
    let ran = Ran::default();
    inbox.drain(&ran.with(AttemptResult::Dead { reason: "no".to_owned() })).await.unwrap();
    assert_eq!(inbox.stats().await.unwrap().depth.dead, 1200);
    assert_eq!(inbox.retry(&Filter::all().event("odd")).await, Ok(600));
    let ran = Ran::default();
    assert_eq!(inbox.drain(&ran.with(AttemptResult::Completed)).await, Ok(600));
    let done = inbox.list(Filter::all().state(DeliveryState::Completed)).collect().await.unwrap();
    assert!(done.iter().all(|record| record.event.as_deref() == Some("odd")));
    assert!(done.iter().all(|record| record.attempt == 1), "attempts begin anew");
    assert_eq!(inbox.retry(&Filter::all().event("odd")).await, Ok(0), "only what is dead");
}

pub(crate) async fn completed_deliveries_can_be_replayed(place: Place) {
    let inbox = place.open().await;
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    assert_eq!(inbox.replay(&Filter::all()).await, Ok(0), "it has yet to run");
    let ran = Ran::default();
    let processes = ran.with(AttemptResult::Completed);
    inbox.drain(&processes).await.unwrap();
    assert_eq!(inbox.replay(&Filter::all()).await, Ok(1));
    assert_eq!(inbox.drain(&processes).await, Ok(1));
    assert_eq!((ran.count(), record(&inbox, id).await.state), (2, DeliveryState::Completed));
}

pub(crate) async fn a_replay_has_a_key_of_its_own(place: Place) {
    let inbox = place.open().await;
    let keys = Arc::new(Mutex::new(Vec::new()));
    let results = Arc::new(Mutex::new(Vec::new()));
    let (seen, next) = (Arc::clone(&keys), Arc::clone(&results));
    let processes = Ran::default().by(move |job| {
        seen.lock().unwrap().push((job.replays, job.idempotency_key()));
        next.lock().unwrap().pop().unwrap_or(AttemptResult::Completed)
    });
    let dead = || AttemptResult::Dead { reason: "no".to_owned() };
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    // Claimed in the commit that stores it or not, failed, dead, retried by an operator, completed.
    *results.lock().unwrap() = vec![AttemptResult::Completed, dead(), failed("not yet")];
    while record(&inbox, id).await.state != DeliveryState::Dead {
        inbox.drain(&processes).await.unwrap();
    }
    assert_eq!(inbox.retry(&Filter::all()).await, Ok(1));
    inbox.drain(&processes).await.unwrap();
    assert_eq!(record(&inbox, id).await.replays, 0);
    // Replayed, dead, sent again, completed.
    *results.lock().unwrap() = vec![dead()];
    assert_eq!(inbox.replay(&Filter::all()).await, Ok(1));
    inbox.drain(&processes).await.unwrap();
    assert_eq!(inbox.enqueue(delivery("a")).await, Ok(EnqueueResult::Revived(id)));
    inbox.drain(&processes).await.unwrap();
    assert_eq!(inbox.replay(&Filter::all()).await, Ok(1));
    inbox.drain(&processes).await.unwrap();
    assert_eq!(record(&inbox, id).await.replays, 2);
    let (replays, keys): (Vec<_>, Vec<_>) = keys.lock().unwrap().clone().into_iter().unzip();
    assert_eq!(replays, [0, 0, 0, 1, 1, 2]);
    assert!(keys[..3].iter().all(|key| *key == keys[0]), "{keys:?}");
    assert!(!keys[..3].contains(&keys[3]) && !keys[..5].contains(&keys[5]), "{keys:?}");
    inbox.enqueue(delivery("b")).await.unwrap();
    let other = inbox.store().claim(&super::work::wanted(1)).await.unwrap().jobs.remove(0);
    assert!(!keys.contains(&other.idempotency_key()));
}

pub(crate) async fn cancelled_deliveries_cannot_complete(place: Place) {
    let inbox = place.open().await;
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let claimed = inbox.store().claim(&super::work::wanted(1)).await.unwrap();
    assert_eq!(inbox.cancel(&Filter::all().ids([id])).await, Ok(1));
    let finish = webhook_runtime::inbox::store::FinishedAttempt::new(
        claimed.jobs[0].claim_token(),
        webhook_runtime::inbox::AttemptResult::Completed,
    );
    assert_eq!(inbox.store().finish(&[finish]).await, Ok(vec![false]));
    assert_eq!(record(&inbox, id).await.state, DeliveryState::Cancelled);
    // A later copy is still a duplicate.
    assert_eq!(inbox.enqueue(delivery("a")).await, Ok(EnqueueResult::Duplicate(id)));
}

pub(crate) async fn keys_outlive_bodies(place: Place) {
    let builder = place
        .builder()
        .completed_retention(Duration::from_millis(1))
        .dead_letter_retention(Duration::MAX);
    let inbox = place.open_by(builder).await.unwrap();
    let id = inbox.enqueue(delivery("done")).await.unwrap().id();
    inbox.drain(&Ran::default().with(AttemptResult::Completed)).await.unwrap();
    let dead = inbox.enqueue(delivery("dead")).await.unwrap().id();
    let refused = AttemptResult::Dead { reason: "no".to_owned() };
    inbox.drain(&Ran::default().with(refused)).await.unwrap();
    let waiting = inbox.enqueue(delivery("waiting")).await.unwrap().id();
    tokio::time::sleep(Duration::from_millis(20)).await;
    let pruned = inbox.prune().await.unwrap();
    assert_eq!((pruned.records, pruned.dedup_keys), (1, 0));
    assert!(inbox.get(id).await.unwrap().is_none());
    let left: Vec<_> = all(&inbox).await.into_iter().map(|record| record.id).collect();
    assert_eq!(left, [dead, waiting]);
    assert_eq!(inbox.enqueue(delivery("done")).await, Ok(EnqueueResult::Duplicate(id)));
    // Ids are not reused.
    assert!(inbox.enqueue(delivery("new")).await.unwrap().id() > waiting);
}

pub(crate) async fn states_are_counted(place: Place) {
    let inbox = place.open().await;
    assert_eq!(inbox.stats().await.unwrap(), webhook_runtime::inbox::InboxStats::default());
    let mut old = delivery("old");
    old.received_at = SystemTime::now() - Duration::from_secs(100);
    inbox.enqueue(old).await.unwrap();
    inbox.enqueue(delivery("new")).await.unwrap();
    let counts = inbox.stats().await.unwrap();
    assert_eq!((counts.depth.pending, counts.stored), (2, 2));
    let lag = counts.depth.lag.as_secs();
    assert!((100..110).contains(&lag), "{lag}");
    inbox.store().claim(&super::work::wanted(1)).await.unwrap();
    let counts = inbox.stats().await.unwrap();
    assert_eq!((counts.depth.pending, counts.depth.running), (1, 1));
    assert!(counts.depth.lag.as_secs() < 10);
}

pub(crate) async fn hostile_sender_text_is_harmless(place: Place) {
    let inbox = place.open().await;
    let odd =
        ["'; DROP TABLE webhook_deliveries; --", "nul \0", "ü€😀", "\" \\ \n", &"x".repeat(9999)];
    for text in odd {
        let mut delivery = delivery(text);
        delivery.event = Some(text.to_owned());
        delivery.provider_id = Some(text.to_owned());
        delivery.ordering_key = Some(text.to_owned().into());
        let id = inbox.enqueue(delivery).await.unwrap().id();
        let found = inbox.list(Filter::all().event(text)).collect().await.unwrap();
        assert_eq!(found.iter().map(|record| record.id).collect::<Vec<_>>(), [id], "{text:?}");
    }
    let ran = Ran::default();
    let refused = AttemptResult::Dead { reason: odd.concat() };
    assert_eq!(inbox.drain(&ran.with(refused)).await, Ok(odd.len() as u64));
    assert!(all(&inbox).await[0].last_error.as_deref().unwrap().starts_with("'; DROP"));
}

pub(crate) async fn endpoints_are_counted(place: Place) {
    let inbox = place.open().await;
    assert_eq!(inbox.backlog().await, Ok(Vec::new()));
    let oldest = SystemTime::UNIX_EPOCH + Duration::from_secs(1_760_000_000);
    for number in 0..5 {
        let mut other = delivery(number.to_string());
        other.endpoint = String::from(if number < 2 { "gone" } else { "former" });
        other.ordering_key = (number > 2).then(|| "one line".into());
        other.received_at = oldest + Duration::from_secs(number);
        inbox.enqueue(other).await.unwrap();
    }
    for key in ["done", "waiting"] {
        let mut ours = delivery(key);
        ours.received_at = oldest;
        inbox.enqueue(ours).await.unwrap();
        if key == "done" {
            inbox.drain(&Ran::default().with(AttemptResult::Completed)).await.unwrap();
        }
    }
    let former = EndpointBacklog::new("former", 3, oldest + Duration::from_secs(2));
    let gone = EndpointBacklog::new("gone", 2, oldest);
    let ours = EndpointBacklog::new("orders", 1, oldest);
    let all = vec![former.clone(), gone.clone(), ours];
    assert_eq!(inbox.backlog().await, Ok(all.clone()));
    assert_eq!(inbox.unhandled().await, Ok(all.clone()));
    assert_eq!(gone.age(oldest + Duration::from_secs(9)), Duration::from_secs(9));
    // What a worker handles is not told.
    let never = |_, _| std::future::pending::<AttemptResult>();
    let workers = inbox.start_workers(JobHandlers::new().on("orders", never));
    assert_eq!(inbox.unhandled().await, Ok(vec![former, gone]));
    drop(workers);
    assert_eq!(inbox.unhandled().await, Ok(all));
}

/// Each replay keeps the attempt before it, and no more than the others.
pub(crate) async fn replays_are_cut(place: Place) {
    let inbox = place.open().await;
    let id = inbox.enqueue(delivery("a")).await.unwrap().id();
    let ran = Ran::default().with(AttemptResult::Completed);
    for _ in 0..110 {
        inbox.drain(&ran).await.unwrap();
        assert_eq!(inbox.replay(&Filter::all()).await, Ok(1));
    }
    assert_eq!(inbox.attempts(id).await.unwrap().len(), 100);
}
