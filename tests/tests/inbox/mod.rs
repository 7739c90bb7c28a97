//! Test cases for every engine, and the places to run them.

pub(crate) mod bouncer;
pub(crate) mod broken;
pub(crate) mod cancel;
pub(crate) mod claim;
pub(crate) mod commit;
pub(crate) mod copy;
pub(crate) mod dedupe;
pub(crate) mod file;
pub(crate) mod health;
pub(crate) mod hold;
pub(crate) mod hooks;
pub(crate) mod lists;
pub(crate) mod log;
pub(crate) mod moved;
pub(crate) mod operate;
pub(crate) mod options;
pub(crate) mod order;
pub(crate) mod pair;
pub(crate) mod pause;
pub(crate) mod place;
pub(crate) mod plan;
pub(crate) mod server;
pub(crate) mod shut;
pub(crate) mod slots;
pub(crate) mod start;
pub(crate) mod tell;
pub(crate) mod turns;
pub(crate) mod tx;
pub(crate) mod versions;
pub(crate) mod work;
pub(crate) mod workers;

use std::{
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use webhook_runtime::inbox::{
    AttemptResult, DeliveryState, Filter, Inbox, Job, JobHandlers, NewDelivery, Record, TxSource,
};

/// A delivery to the endpoint `orders`, whose key is also its body.
pub(crate) fn delivery(key: impl Into<String>) -> NewDelivery {
    let key = key.into();
    NewDelivery::new("orders", "acme", key.clone(), key, SystemTime::now())
}

/// The same with an ordering key.
pub(crate) fn in_line(line: &'static str, key: impl Into<String>) -> NewDelivery {
    let mut delivery = delivery(key);
    delivery.ordering_key = Some(line.into());
    delivery
}

/// Records what ran.
#[derive(Clone, Default)]
pub(crate) struct Ran(Arc<Mutex<Vec<String>>>);

impl Ran {
    pub(crate) fn add(&self, job: &Job) {
        self.0.lock().unwrap().push(body(job));
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    /// Runs the deliveries of `orders`, with one outcome for all.
    pub(crate) fn with(&self, outcome: AttemptResult) -> JobHandlers {
        self.by(move |_| outcome.clone())
    }

    /// Runs the deliveries of `orders`.
    pub(crate) fn by(
        &self,
        outcome: impl Fn(&Job) -> AttemptResult + Send + Sync + 'static,
    ) -> JobHandlers {
        let ran = self.clone();
        JobHandlers::new().on("orders", move |job: Job, _: TxSource| {
            ran.add(&job);
            std::future::ready(outcome(&job))
        })
    }
}

pub(crate) fn body(job: &Job) -> String {
    String::from_utf8(job.body.to_vec()).unwrap()
}

pub(crate) fn failed(reason: &str) -> AttemptResult {
    AttemptResult::Retry { after: None, reason: reason.to_owned() }
}

pub(crate) async fn all(inbox: &Inbox) -> Vec<Record> {
    inbox.list(Filter::all()).collect().await.unwrap()
}

pub(crate) async fn record(inbox: &Inbox, id: i64) -> Record {
    inbox.get(id).await.unwrap().expect("it is there").record
}

/// Waits until a condition holds, and panics if it takes too long.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut holds: impl FnMut() -> F) {
    for _ in 0..1500 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{what}: not in time");
}

pub(crate) async fn until_state(inbox: &Inbox, id: i64, state: DeliveryState) -> Record {
    until(&format!("{id} {state:?}"), || async { record(inbox, id).await.state == state }).await;
    record(inbox, id).await
}
