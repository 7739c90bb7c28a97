//! The queue of the group commit under a model checker, which tries all interleavings of its
//! threads.
//!
//! The runtime's file is compiled again here, with the checker's lock.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

/// The module that the queue takes its lock from.
mod sync {
    pub(crate) use loom::sync::Mutex;
}

#[allow(dead_code, reason = "it is used where it is at home")]
#[path = "../../webhook-runtime/src/inbox/writer/queue.rs"]
mod queue;

use std::sync::atomic::{AtomicUsize, Ordering};

use loom::{
    future::block_on,
    sync::{Arc, Mutex},
    thread,
};
use queue::{Capacity, Queue, Refused};

const ROOMY: Capacity = Capacity { items: 8, weight: 100 };

/// The committed entries, in order.
type Ledger = Arc<Mutex<Vec<u32>>>;

/// The answers to the senders: each at most once, and only after the commit.
type Answers = Arc<Mutex<Vec<u32>>>;

/// The consumer, which works as the writer does: it commits a batch, then answers.
fn writer(queue: &Arc<Queue<u32>>, batch: Capacity) -> (Ledger, Answers, thread::JoinHandle<()>) {
    let (ledger, answers) = (Ledger::default(), Answers::default());
    let (queue, wrote, answered) = (Arc::clone(queue), Arc::clone(&ledger), Arc::clone(&answers));
    let writer = thread::spawn(move || {
        block_on(queue.commit_by(batch, |items| {
            assert!(!items.is_empty() && items.len() <= batch.items);
            wrote.lock().unwrap().extend(&items);
            let committed = wrote.lock().unwrap().clone();
            let mut answered = answered.lock().unwrap();
            for item in items {
                assert!(committed.contains(&item), "answered before it was committed");
                assert!(!answered.contains(&item), "answered twice");
                answered.push(item);
            }
            std::future::ready(())
        }));
    });
    (ledger, answers, writer)
}

/// Checks a model, and asserts that it has more than one interleaving. `INBOX_PREEMPTIONS` sets the
/// number of preemptions in each, 2 by default; `all` means no limit.
fn check(model: impl Fn() + Sync + Send + 'static) {
    let ways = std::sync::Arc::new(AtomicUsize::new(0));
    let count = std::sync::Arc::clone(&ways);
    let mut builder = loom::model::Builder::new();
    builder.preemption_bound =
        std::env::var("INBOX_PREEMPTIONS").map_or(Some(2), |bound| bound.parse().ok());
    builder.check(move || {
        count.fetch_add(1, Ordering::Relaxed);
        model();
    });
    let ways = ways.load(Ordering::Relaxed);
    println!("{ways} ways");
    assert!(ways > 1);
}

#[test]
fn each_entry_is_committed_and_answered_once() {
    check(|| {
        let queue = Arc::new(Queue::new(ROOMY));
        let (ledger, answers, writer) = writer(&queue, Capacity { items: 2, weight: 100 });
        let senders: Vec<_> = [[1, 2], [3, 4]]
            .into_iter()
            .map(|items| {
                let queue = Arc::clone(&queue);
                thread::spawn(move || items.map(|item| queue.push(item, 1)))
            })
            .collect();
        for sender in senders {
            assert_eq!(sender.join().unwrap(), [Ok(()), Ok(())]);
        }
        queue.close();
        writer.join().unwrap();
        let committed = ledger.lock().unwrap().clone();
        let of = |items: [u32; 2]| {
            committed.iter().copied().filter(|item| items.contains(item)).collect::<Vec<_>>()
        };
        assert_eq!(committed.len(), 4);
        assert_eq!((of([1, 2]), of([3, 4])), (vec![1, 2], vec![3, 4]), "in the order of each");
        assert_eq!(answers.lock().unwrap().len(), 4);
    });
}

#[test]
fn entries_accepted_while_closing_are_committed() {
    check(|| {
        let queue = Arc::new(Queue::new(ROOMY));
        let (ledger, answers, writer) = writer(&queue, ROOMY);
        let sender = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || [1, 2].map(|item| (item, queue.push(item, 1))))
        };
        queue.close();
        writer.join().unwrap();
        let mut taken_in = Vec::new();
        for (item, pushed) in sender.join().unwrap() {
            match pushed {
                Ok(()) => taken_in.push(item),
                Err(refused) => assert_eq!(refused, Refused::Closed),
            }
        }
        assert_eq!(*ledger.lock().unwrap(), taken_in);
        assert_eq!(*answers.lock().unwrap(), taken_in);
    });
}

#[test]
fn a_full_queue_rejects_and_loses_nothing() {
    check(|| {
        let queue = Arc::new(Queue::new(Capacity { items: 1, weight: 10 }));
        let (ledger, _, writer) = writer(&queue, ROOMY);
        let sender = {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                [(1, 1), (2, 50)].map(|(item, weight)| (item, queue.push(item, weight)))
            })
        };
        let own = queue.push(3, 1);
        let mut taken_in: Vec<u32> = Vec::new();
        for (item, pushed) in sender.join().unwrap().into_iter().chain([(3, own)]) {
            match pushed {
                Ok(()) => taken_in.push(item),
                Err(refused) => assert_eq!(refused, Refused::Full),
            }
        }
        queue.close();
        writer.join().unwrap();
        let mut committed = ledger.lock().unwrap().clone();
        committed.sort_unstable();
        taken_in.sort_unstable();
        assert_eq!(committed, taken_in);
        assert!(!committed.is_empty(), "an empty queue takes something in");
    });
}
