//! Background workers, and the requirements of an inbox.

use std::time::Duration;

use axum::extract::State;
use webhook_runtime::{Delivery, Inbox, Secret, StartProblem, Webhooks, webhook};

use crate::{Seen, common};

/// Without the test kit, workers run in the background, and end on shutdown.
#[tokio::test]
async fn background_workers_handle_stored_deliveries() {
    let seen = Seen::default();
    let inbox = Inbox::builder("").open_in_memory().expect("right");
    let router = Webhooks::new()
        .mount::<noted>()
        .secrets::<noted>([Secret::new(common::SECRET)])
        .inbox(inbox.clone())
        .with_state(seen.clone())
        .into_router()
        .expect("right")
        .with_state(seen.clone());
    for n in 0..10 {
        assert_eq!(common::status(&router, common::delivery(n.to_string())).await, 202);
    }
    let all = async {
        while seen.0.lock().expect("nobody panics holding it").len() < 10 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), all).await.expect("they run");
    let _ = inbox.shutdown(Duration::from_secs(5)).await;
    assert_eq!(common::status(&router, common::delivery("late")).await, 202);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(seen.take().len(), 10);
}

#[webhook(path = "/webhook", inbox)]
async fn noted(State(seen): State<Seen>, delivery: &Delivery) {
    seen.note(String::from_utf8_lossy(delivery.body()));
}

mod namesake {
    use super::*;

    #[webhook(path = "/namesake", inbox)]
    pub(super) async fn noted(_: &Delivery) {}
}

#[tokio::test]
async fn missing_inbox_requirements_fail_the_start() {
    let secret = || [Secret::new(common::SECRET)];
    let error = Webhooks::<Seen>::new()
        .mount::<noted>()
        .secrets::<noted>(secret())
        .mount::<namesake::noted>()
        .secrets::<namesake::noted>(secret())
        .into_router()
        .expect_err("there is no inbox");
    assert_eq!(
        error.problems(),
        [
            StartProblem::MissingInbox { endpoint: "noted" },
            StartProblem::MissingInbox { endpoint: "noted" },
            StartProblem::MissingState { endpoint: "noted" },
            StartProblem::MissingState { endpoint: "noted" },
            StartProblem::DuplicateName { endpoint: "noted" },
        ]
    );
    let inbox = Inbox::builder("").open_in_memory().expect("right");
    let hooks = Webhooks::new().mount::<noted>().secrets::<noted>(secret()).inbox(inbox);
    let hooks = hooks.with_state(Seen::default());
    let elsewhere = std::thread::spawn(move || hooks.into_router().expect_err("no runtime"));
    let error = elsewhere.join().expect("no panic");
    assert_eq!(error.problems(), [StartProblem::MissingRuntime]);
}
