//! Deduplication: a duplicate is not stored again.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use webhook_runtime::inbox::EnqueueResult;

use super::{all, delivery, place::Place};

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
