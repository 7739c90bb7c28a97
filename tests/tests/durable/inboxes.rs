//! Endpoints with an inbox of their own.

use std::time::Duration;

use axum::{Router, extract::State};
use webhook_runtime::{Delivery, Inbox, Secret, StartProblem, Webhooks, inbox::Filter, webhook};

use crate::{Seen, common, status};

mod orders {
    use super::*;

    #[webhook(path = "/orders", inbox)]
    pub(super) async fn stored(State(seen): State<Seen>, delivery: &Delivery) {
        seen.note(format!("order {}", String::from_utf8_lossy(delivery.body())));
    }
}

mod events {
    use super::*;

    #[webhook(path = "/events", inbox)]
    pub(super) async fn stored(State(seen): State<Seen>, delivery: &Delivery) {
        seen.note(format!("event {}", String::from_utf8_lossy(delivery.body())));
    }
}

#[webhook(path = "/at-once")]
async fn at_once(_: &Delivery) {}

fn memory() -> Inbox {
    Inbox::builder("").open_in_memory().expect("right")
}

fn both() -> Webhooks<Seen> {
    let secret = || [Secret::new(common::SECRET)];
    Webhooks::new()
        .mount::<orders::stored>()
        .secrets::<orders::stored>(secret())
        .mount::<events::stored>()
        .secrets::<events::stored>(secret())
}

async fn count(inbox: &Inbox) -> usize {
    inbox.list(Filter::all()).collect().await.expect("it works").len()
}

/// Both have the same name, which is no problem in different databases.
#[tokio::test]
async fn each_inbox_has_the_deliveries_of_its_endpoints() {
    let (seen, own) = (Seen::default(), memory());
    let hooks = both().inbox_on::<events::stored>(own.clone()).test(seen.clone());
    for n in 0..3 {
        assert_eq!(status(hooks.deliver::<events::stored>().body(format!("{n}"))).await, 202);
    }
    assert_eq!(status(hooks.deliver::<orders::stored>().body("0")).await, 202);
    assert_eq!((count(hooks.inbox()).await, count(&own).await), (1, 3));
    assert_eq!(hooks.drain().await, 4);
    let mut all = seen.take();
    all.sort_unstable();
    assert_eq!(all, ["event 0", "event 1", "event 2", "order 0"]);
}

#[tokio::test]
async fn the_workers_of_every_inbox_start() {
    let (seen, common, own) = (Seen::default(), memory(), memory());
    let hooks = both().inbox(common.clone()).inbox_on::<events::stored>(own.clone());
    let router: Router = hooks
        .with_state(seen.clone())
        .into_router()
        .expect("nothing is wrong with it")
        .with_state(seen.clone());
    for path in ["/orders", "/events"] {
        let delivery = common::delivery_to(path, "{}");
        assert_eq!(common::status(&router, delivery).await, 202);
    }
    let all = async {
        while seen.0.lock().expect("nobody panics holding it").len() < 2 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), all).await.expect("they run");
    for inbox in [common, own] {
        assert_eq!(count(&inbox).await, 1);
        let _ = inbox.shutdown(Duration::from_secs(5)).await;
    }
}

#[tokio::test]
async fn an_inbox_that_no_endpoint_uses_is_a_problem() {
    let secret = || [Secret::new(common::SECRET)];
    let hooks = Webhooks::<()>::new().mount::<at_once>().secrets::<at_once>(secret());
    let error = hooks.inbox_on::<at_once>(memory()).into_router().expect_err("it stores nothing");
    assert_eq!(error.problems(), [StartProblem::UnusedInbox { endpoint: "at_once" }]);
    assert_eq!(
        error.to_string(),
        "the webhooks cannot start: `at_once`: it has an inbox by `Webhooks::inbox_on`, but is not \
         marked `inbox`; add the word `inbox` to its attribute"
    );
    let hooks =
        Webhooks::<Seen>::new().mount::<orders::stored>().secrets::<orders::stored>(secret());
    let hooks = hooks.inbox(memory()).inbox_on::<events::stored>(memory());
    let error = hooks.with_state(Seen::default()).into_router().expect_err("it is not mounted");
    assert_eq!(error.problems(), [StartProblem::NotMounted { endpoint: "stored" }]);
}

/// One inbox for both: their names clash, as in the common one.
#[tokio::test]
async fn names_clash_within_one_inbox_only() {
    let own = memory();
    let hooks = both()
        .inbox_on::<orders::stored>(own.clone())
        .inbox_on::<events::stored>(own)
        .with_state(Seen::default());
    let error = hooks.into_router().expect_err("both are `stored`");
    assert_eq!(error.problems(), [StartProblem::DuplicateName { endpoint: "stored" }]);
    let hooks = both().inbox_on::<orders::stored>(memory()).with_state(Seen::default());
    let error = hooks.into_router().expect_err("the other has none");
    assert_eq!(error.problems(), [StartProblem::MissingInbox { endpoint: "stored" }]);
}
