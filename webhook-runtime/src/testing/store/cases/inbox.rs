//! An inbox on the store, and a store that is opened again.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{
    inbox::{
        AttemptResult, Backoff, DeliveryState, EnqueueResult, Filter, InboxBuilder, Job,
        JobHandlers, TxSource,
    },
    testing::store::{
        Failure, Verdict,
        bench::{Bench, bodies, delivery, must, ok, ordered, same, wanted},
        cases::Result,
    },
};

pub(in super::super) async fn an_inbox_works_on_it(bench: &Bench) -> Result {
    let builder = InboxBuilder::default()
        .max_attempts(3)
        .backoff(Backoff::new(Duration::from_millis(10), Duration::from_millis(50)))
        .poll_interval(Duration::from_millis(20));
    let inbox = ok("open_with_store", builder.open_with_store(Arc::clone(&bench.store)))?;
    let ran: Arc<Mutex<Vec<String>>> = Arc::default();
    let lines = Arc::clone(&ran);
    let workers =
        inbox.start_workers(JobHandlers::new().on("orders", move |job: Job, _: TxSource| {
            let body = bodies(std::slice::from_ref(&job)).concat();
            let end = match (&*body, job.attempt) {
                ("retried", 1 | 2) => {
                    AttemptResult::Retry { after: None, reason: "not yet".to_owned() }
                }
                ("dead", _) => AttemptResult::Dead { reason: "no".to_owned() },
                _ => AttemptResult::Completed,
            };
            if body.starts_with("x ") {
                lines.lock().unwrap_or_else(PoisonError::into_inner).push(body);
            }
            std::future::ready(end)
        }));
    let mut ids = Vec::new();
    for key in ["retried", "dead", "done"] {
        ids.push(ok("enqueue", inbox.enqueue(delivery(key)).await)?.id());
    }
    let expected: Vec<String> = (0..10).map(|number| format!("x {number}")).collect();
    for key in &expected {
        ids.push(ok("enqueue", inbox.enqueue(ordered("x", key)).await)?.id());
    }
    let again = ok("enqueue", inbox.enqueue(delivery("done")).await)?;
    same("a copy", &again, &EnqueueResult::Duplicate(ids[2]))?;
    let mut left = Vec::new();
    for _ in 0..1000 {
        let records = ok("list", inbox.list(Filter::all()).collect().await)?;
        left = records.into_iter().filter(|record| !record.state.is_finished()).collect();
        if left.is_empty() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    must(left.is_empty(), format!("not in time: {left:?}"))?;
    drop(workers);
    same("in order", &*ran.lock().unwrap_or_else(PoisonError::into_inner), &expected)?;
    let retried = bench.record(ids[0]).await?;
    same("state and attempt", &(retried.state, retried.attempt), &(DeliveryState::Completed, 3))?;
    same("the dead letter", &bench.state(ids[1]).await?, &DeliveryState::Dead)?;
    Ok(Verdict::Passed)
}

pub(in super::super) async fn it_is_there_after_closing(bench: &Bench) -> Result {
    let ids = bench.store(&["runs", "waits"].map(delivery)).await?;
    let job = bench.claim(&wanted(1)).await?.jobs.pop();
    ok("close", bench.store.close().await)?;
    let Some(again) = bench.another().await else {
        return Ok(Verdict::NotApplicable("the stores share nothing"));
    };
    let known = ok("enqueue", again.enqueue(&["waits", "new"].map(delivery)).await)?;
    let is_right = matches!(known[..], [EnqueueResult::Duplicate(known), EnqueueResult::Stored(new)]
        if known == ids[1] && new > ids[1]);
    must(is_right, format!("what was stored is known: {known:?}"))?;
    let due = ok("claim", again.claim(&wanted(10)).await)?;
    same("what is due", &bodies(&due.jobs), &vec!["waits".to_owned(), "new".to_owned()])?;
    let job = job.ok_or_else(|| Failure::new("one was due"))?;
    let extended = again.renew_leases(&[job.claim_token()], Duration::from_secs(60)).await;
    same("a claim of before is good", &ok("renew_leases", extended)?, &vec![ids[0]])?;
    Ok(Verdict::Passed)
}
