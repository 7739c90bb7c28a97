//! `Cancellation`: functions that are told to end.

use std::{sync::Mutex, time::Duration};

use axum::{Router, extract::State};
use tokio::sync::oneshot;
use webhook_runtime::{
    Cancellation, Delivery, Inbox, Secret, Webhooks,
    inbox::{DeliveryState, Filter},
    webhook,
};

use crate::{Seen, common};

static BEGUN: Mutex<Option<oneshot::Sender<()>>> = Mutex::new(None);

#[webhook(path = "/long", inbox)]
async fn long(cancellation: Cancellation, State(seen): State<Seen>, _: &Delivery) {
    let begun = BEGUN.lock().expect("nobody panics holding it").take();
    begun.expect("it begins once").send(()).expect("the test waits");
    cancellation.cancelled().await;
    seen.note("told");
}

#[webhook(path = "/at-once")]
async fn at_once(cancellation: Cancellation, State(seen): State<Seen>, _: &Delivery) {
    seen.note(format!("{cancellation:?}"));
}

#[tokio::test]
async fn a_function_is_told_by_its_argument() {
    let (seen, inbox) =
        (Seen::default(), Inbox::builder("").open_in_memory().expect("it is right"));
    let (begins, begun) = oneshot::channel();
    *BEGUN.lock().expect("nobody panics holding it") = Some(begins);
    let secret = || [Secret::new(common::SECRET)];
    let hooks = Webhooks::new()
        .mount::<long>()
        .secrets::<long>(secret())
        .mount::<at_once>()
        .secrets::<at_once>(secret())
        .inbox(inbox.clone());
    let router: Router = hooks
        .with_state(seen.clone())
        .into_router()
        .expect("nothing is wrong with it")
        .with_state(seen.clone());
    assert_eq!(common::status(&router, common::delivery_to("/at-once", "{}")).await, 200);
    assert_eq!(seen.take(), ["Cancellation(false)"]);
    assert_eq!(common::status(&router, common::delivery_to("/long", "{}")).await, 202);
    begun.await.expect("it begins");
    assert_eq!(inbox.cancel(&Filter::all()).await, Ok(1));
    let told = async {
        while seen.take() != ["told"] {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), told).await.expect("it is told");
    let _ = inbox.shutdown(Duration::from_secs(5)).await;
    let records = inbox.list(Filter::all()).collect().await.expect("it works");
    assert_eq!(records[0].state, DeliveryState::Cancelled);
}
