//! Deduplication: a duplicate is not stored again.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use bytes::Bytes;
use webhook_runtime::inbox::{AttemptResult, EnqueueResult, Filter, Record, store::LOST_ATTEMPT};

use super::{Ran, all, delivery, in_line, place::Place};

pub(crate) async fn duplicates_are_detected(place: Place) {
    let inbox = place.open().await;
    let first = inbox.enqueue(delivery("a")).await.unwrap();
    let EnqueueResult::Stored(id) = first else { panic!("{first:?}") };
    assert_eq!(inbox.enqueue(delivery("a")).await, Ok(EnqueueResult::Duplicate(id)));
    let second = inbox.enqueue(delivery("b")).await.unwrap();
    assert!(matches!(second, EnqueueResult::Stored(other) if other > id), "{second:?}");
    let mut elsewhere = delivery("a");
    elsewhere.endpoint = String::from("others");
    assert!(matches!(inbox.enqueue(elsewhere).await, Ok(EnqueueResult::Stored(_))));
    let counts = inbox.stats().await.unwrap();
    assert_eq!((counts.stored, counts.duplicates), (3, 1));
}

/// A stranger may have written the unsigned part of the first copy, which died of it.
pub(crate) async fn copies_revive_dead_letters(place: Place) {
    let inbox = place.open().await;
    let mut first = in_line("line", "a");
    first.event = Some("ping".to_owned());
    first.dedup_key = Bytes::from("key");
    let id = inbox.enqueue(first.clone()).await.unwrap().id();
    let refused = AttemptResult::Dead { reason: "no".to_owned() };
    inbox.drain(&Ran::default().with(refused.clone())).await.unwrap();

    let mut copy = in_line("line", "b");
    (copy.event, copy.provider_id) = (Some("push".to_owned()), Some("7".to_owned()));
    copy.dedup_key = first.dedup_key.clone();
    "/copy".clone_into(&mut copy.head.uri);
    copy.received_at += Duration::from_secs(3600);
    let enqueued = inbox.store().enqueue(&[copy.clone(), copy.clone()]).await.unwrap();
    assert_eq!(enqueued, [EnqueueResult::Revived(id), EnqueueResult::Duplicate(id)]);
    let revived = inbox.get(id).await.unwrap().expect("it is there");
    assert_eq!((revived.head.uri.as_str(), &revived.body[..]), ("/copy", &b"b"[..]));
    let Record { event, provider_id, attempt, finished_at, received_at, .. } = revived.record;
    assert_eq!((event.as_deref(), provider_id.as_deref()), (Some("push"), Some("7")));
    assert_eq!((attempt, finished_at), (0, None));
    // It is as old as the copy: it is not too old for its endpoint.
    let earlier = copy.received_at.duration_since(received_at).unwrap_or_default();
    assert!(earlier < Duration::from_secs(1), "{earlier:?}");
    // A delivery with the same ordering key waits for it.
    inbox.enqueue(in_line("line", "later")).await.unwrap();
    let ran = Ran::default();
    inbox.drain(&ran.with(AttemptResult::Completed)).await.unwrap();
    assert_eq!(ran.all(), ["b", "later"]);

    // A completed or cancelled delivery does not run again.
    assert_eq!(inbox.enqueue(copy).await, Ok(EnqueueResult::Duplicate(id)));
    let id = inbox.enqueue(delivery("cancelled")).await.unwrap().id();
    inbox.cancel(&Filter::all().ids([id])).await.unwrap();
    assert_eq!(inbox.enqueue(delivery("cancelled")).await, Ok(EnqueueResult::Duplicate(id)));
    // What ended its process is not tried again: whoever recorded it could end the next one.
    let id = inbox.enqueue(delivery("ends it")).await.unwrap().id();
    let lost = AttemptResult::Dead { reason: LOST_ATTEMPT.replace('#', "15") };
    inbox.drain(&Ran::default().with(lost)).await.unwrap();
    assert_eq!(inbox.enqueue(delivery("ends it")).await, Ok(EnqueueResult::Duplicate(id)));
    assert_eq!(inbox.cancel(&Filter::all().ids([id])).await, Ok(0), "it has ended");
    inbox.discard(&Filter::all().ids([id])).await.unwrap();
    // One that dies again can be revived again, and the worker notices it.
    let id = inbox.enqueue(delivery("dies")).await.unwrap().id();
    inbox.drain(&Ran::default().with(refused)).await.unwrap();
    assert_eq!(inbox.enqueue(delivery("dies")).await, Ok(EnqueueResult::Revived(id)));
    assert_eq!(inbox.stats().await.unwrap().depth.dead, 0);
}

pub(crate) async fn concurrent_duplicates_are_one(place: Place) {
    let inbox = place.open().await;
    let mut tasks = Vec::new();
    for copy in 0..400 {
        let inbox = inbox.clone();
        tasks.push(tokio::spawn(async move {
            let key = copy % 50;
            (key, inbox.enqueue(delivery(key.to_string())).await.unwrap())
        }));
    }
    let mut ids: HashMap<i32, HashSet<i64>> = HashMap::new();
    let mut stored = 0;
    for task in tasks {
        let (key, enqueued) = task.await.unwrap();
        ids.entry(key).or_default().insert(enqueued.id());
        stored += usize::from(matches!(enqueued, EnqueueResult::Stored(_)));
    }
    assert_eq!(stored, 50);
    assert!(ids.values().all(|ids| ids.len() == 1), "each copy was told the same number");
    assert_eq!(all(&inbox).await.len(), 50);
}

/// `INBOX_IDS`, `INBOX_COPIES` and `INBOX_PROCESSES` set larger numbers.
pub(crate) async fn several_processes_store_once(place: Place) {
    let asked = |name, default| {
        std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(default)
    };
    let (ids, copies) = (asked("INBOX_IDS", 200), asked("INBOX_COPIES", 4));
    let inboxes = place.open_several(asked("INBOX_PROCESSES", 3)).await;
    let mut tasks = Vec::new();
    for inbox in &inboxes {
        for _ in 0..copies {
            let inbox = inbox.clone();
            tasks.push(tokio::spawn(async move {
                let mut stored = 0;
                for id in 0..ids {
                    let enqueued = inbox.enqueue(delivery(id.to_string())).await.unwrap();
                    stored += usize::from(matches!(enqueued, EnqueueResult::Stored(_)));
                }
                stored
            }));
        }
    }
    let mut stored = 0;
    for task in tasks {
        stored += task.await.unwrap();
    }
    assert_eq!(stored, ids);
    assert_eq!(all(&inboxes[0]).await.len(), ids);
}

pub(crate) async fn tenants_have_separate_keys(place: Place) {
    let inbox = place.open().await;
    for tenant in ["one", "two"] {
        let mut delivery = delivery("a");
        delivery.head.tenant = vec![("tenant".to_owned(), tenant.to_owned())];
        let enqueued = inbox.enqueue(delivery).await.unwrap();
        assert!(matches!(enqueued, EnqueueResult::Stored(_)), "{tenant}");
    }
}

pub(crate) async fn keys_expire_after_their_retention(place: Place) {
    let inbox =
        place.open_by(place.builder().dedup_retention(Duration::from_millis(1))).await.unwrap();
    let mut kept = delivery("kept");
    kept.dedup_retention = Duration::from_secs(60);
    inbox.enqueue(kept.clone()).await.unwrap();
    inbox.enqueue(delivery("forgotten")).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    inbox.prune().await.unwrap();
    assert!(matches!(inbox.enqueue(delivery("forgotten")).await, Ok(EnqueueResult::Stored(_))));
    assert!(matches!(inbox.enqueue(kept).await, Ok(EnqueueResult::Duplicate(_))));
}
