//! Deliveries with one ordering key run one after another.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use webhook_runtime::inbox::{AttemptResult, DeliveryState, Filter, Job, JobHandlers, TxSource};

use super::{Ran, all, body, delivery, failed, in_line, place::Place, record, until, until_state};

pub(crate) async fn one_key_runs_in_order(place: Place) {
    let inbox = place.open().await;
    for number in 0..30 {
        inbox.enqueue(in_line("x", number.to_string())).await.unwrap();
    }
    let ran = Ran::default();
    let (counted, at_once) = (ran.clone(), Arc::new(AtomicBool::new(false)));
    let processes = JobHandlers::new().on("orders", move |job: Job, _: TxSource| {
        let (counted, at_once) = (counted.clone(), Arc::clone(&at_once));
        async move {
            assert!(!at_once.swap(true, Ordering::SeqCst), "two at once");
            tokio::time::sleep(Duration::from_millis(1)).await;
            counted.add(&job);
            at_once.store(false, Ordering::SeqCst);
            // Failed deliveries are not overtaken.
            if body(&job) == "7" && job.attempt < 3 {
                failed("again")
            } else {
                AttemptResult::Completed
            }
        }
    });
    let _workers = inbox.start_workers(processes);
    until("all", || async { ran.count() == 32 }).await;
    let mut expected: Vec<String> = (0..30).map(|number| number.to_string()).collect();
    expected.splice(7..8, ["7", "7", "7"].map(str::to_owned));
    assert_eq!(ran.all(), expected);
}

pub(crate) async fn a_dead_letter_unblocks_the_next(place: Place) {
    let inbox = place.open().await;
    let first = inbox.enqueue(in_line("x", "first")).await.unwrap().id();
    let second = inbox.enqueue(in_line("x", "second")).await.unwrap().id();
    assert_eq!(record(&inbox, second).await.state, DeliveryState::Blocked);
    let ran = Ran::default();
    let processes = ran.by(|job| match body(job).as_str() {
        "first" => AttemptResult::Dead { reason: "no".to_owned() },
        _ => AttemptResult::Completed,
    });
    assert_eq!(inbox.drain(&processes).await, Ok(2));
    assert_eq!(record(&inbox, first).await.state, DeliveryState::Dead);
    assert_eq!(record(&inbox, second).await.state, DeliveryState::Completed);
}

pub(crate) async fn keys_do_not_block_each_other(place: Place) {
    let inbox = place.open().await;
    for number in 0..5 {
        inbox.enqueue(in_line("slow", format!("slow {number}"))).await.unwrap();
    }
    let mut of_other_tenant = in_line("slow", "other tenant");
    of_other_tenant.head.tenant = vec![("tenant".to_owned(), "two".to_owned())];
    let others = [in_line("fast", "fast"), delivery("free"), of_other_tenant];
    for other in others {
        inbox.enqueue(other).await.unwrap();
    }
    let go = Arc::new(tokio::sync::Semaphore::new(0));
    let (ran, held) = (Ran::default(), Arc::clone(&go));
    let counted = ran.clone();
    let _workers =
        inbox.start_workers(JobHandlers::new().on("orders", move |job: Job, _: TxSource| {
            let (counted, held) = (counted.clone(), Arc::clone(&held));
            async move {
                if body(&job).starts_with("slow") {
                    let _ = held.acquire().await;
                }
                counted.add(&job);
                AttemptResult::Completed
            }
        }));
    until("the others", || async { ran.count() == 3 }).await;
    assert!(ran.all().iter().all(|body| !body.starts_with("slow")));
    until("one of the slow ones runs alone", || async {
        let now = inbox.stats().await.unwrap().depth;
        (now.blocked, now.running) == (4, 1)
    })
    .await;
    go.close();
    until("the slow ones", || async { ran.count() == 8 }).await;
}

pub(crate) async fn cancelling_unblocks_the_next(place: Place) {
    let inbox = place.open().await;
    let first = inbox.enqueue(in_line("x", "1")).await.unwrap().id();
    let second = inbox.enqueue(in_line("x", "2")).await.unwrap().id();
    let third = inbox.enqueue(in_line("x", "3")).await.unwrap().id();
    assert_eq!(inbox.cancel(&Filter::all().ids([second, first])).await, Ok(2));
    assert_eq!(record(&inbox, third).await.state, DeliveryState::Pending);
}

pub(crate) async fn a_retried_dead_letter_waits_for_its_key(place: Place) {
    let inbox = place.open().await;
    let first = inbox.enqueue(in_line("x", "1")).await.unwrap().id();
    let dead = AttemptResult::Dead { reason: "no".to_owned() };
    inbox.drain(&Ran::default().with(dead)).await.unwrap();
    let second = inbox.enqueue(in_line("x", "2")).await.unwrap().id();
    let third = inbox.enqueue(in_line("x", "3")).await.unwrap().id();
    assert_eq!(inbox.retry(&Filter::all().ids([first])).await, Ok(1));
    let states = all(&inbox).await.into_iter().map(|record| (record.id, record.state));
    let states: HashMap<i64, DeliveryState> = states.collect();
    assert_eq!(states[&first], DeliveryState::Blocked);
    assert_eq!((states[&second], states[&third]), (DeliveryState::Pending, DeliveryState::Blocked));
    let ran = Ran::default();
    inbox.drain(&ran.with(AttemptResult::Completed)).await.unwrap();
    assert_eq!(ran.all(), ["2", "1", "3"]);
}

pub(crate) async fn several_processes_keep_the_order(place: Place) {
    let inboxes = place.open_several(3).await;
    let (lines, each) = (["a", "b", "c", "d"], 25);
    let running: Arc<Mutex<HashMap<String, bool>>> = Arc::default();
    let ran = Ran::default();
    let (counted, now) = (ran.clone(), Arc::clone(&running));
    let processes = JobHandlers::new().on("orders", move |job: Job, _: TxSource| {
        let (counted, now) = (counted.clone(), Arc::clone(&now));
        async move {
            let line = body(&job)[..1].to_owned();
            assert_ne!(now.lock().unwrap().insert(line.clone(), true), Some(true), "two at once");
            tokio::time::sleep(Duration::from_millis(1)).await;
            counted.add(&job);
            now.lock().unwrap().insert(line, false);
            AttemptResult::Completed
        }
    });
    let _workers: Vec<_> =
        inboxes.iter().map(|inbox| inbox.start_workers(processes.clone())).collect();
    let (mut last, mut turn) = (0, 0);
    for number in 0..each {
        for line in lines {
            // Each one is sent after the last was acknowledged, to any process.
            turn = (turn + number + 1) % inboxes.len();
            let sent = in_line(line, format!("{line}{number:03}"));
            last = inboxes[turn].enqueue(sent).await.unwrap().id();
        }
    }
    until("all", || async { ran.count() == lines.len() * each }).await;
    until_state(&inboxes[0], last, DeliveryState::Completed).await;
    for line in lines {
        let of_line: Vec<_> = ran.all().into_iter().filter(|body| body.starts_with(line)).collect();
        assert!(of_line.is_sorted(), "{of_line:?}");
    }
}
