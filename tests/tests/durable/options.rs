//! Options of endpoints: in the attribute, and in code.

use std::time::Duration;

use axum::extract::State;
use http::StatusCode;
use serde_json::json;
use webhook_runtime::{
    Delivery, Field, Inbox, Secret, StartProblem, Webhooks,
    inbox::{Backoff, DeliveryState as Stands, EndpointOptions, Rate, Record},
    providers::{GITHUB, LINE, MAILGUN},
    testing::TestHooks,
    webhook,
};

use crate::{Instruction, Seen, common, records, status};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

#[webhook(
    path = "/own",
    inbox(
        max_attempts = 2,
        backoff = "10s..10s",
        timeout = "200ms",
        max_age = "1h",
        keep = "7d",
        keep_dead = "90d"
    )
)]
async fn own(State(seen): State<Seen>, told: Instruction) -> StatusCode {
    seen.note(told.answer.to_string());
    if told.answer == 999 {
        std::future::pending::<()>().await;
    }
    StatusCode::from_u16(told.answer).expect("a status")
}

#[webhook(path = "/plain", inbox)]
async fn plain(_: &Delivery) {}

fn hooks() -> Webhooks<Seen> {
    Webhooks::new().mount::<own>()
}

async fn send(hooks: &TestHooks<Seen>, answer: u16) {
    assert_eq!(status(hooks.deliver::<own>().json(&json!({ "answer": answer }))).await, 202);
}

async fn only(hooks: &TestHooks<Seen>) -> Record {
    let mut records = records(hooks).await;
    assert_eq!(records.len(), 1);
    records.remove(0)
}

#[tokio::test]
async fn attempts_and_pauses_are_those_of_the_attribute() {
    let hooks = hooks().test(Seen::default());
    send(&hooks, 500).await;
    assert_eq!(hooks.drain().await, 1);
    assert_eq!(only(&hooks).await.state, Stands::Pending);
    hooks.advance(Duration::from_secs(4));
    assert_eq!(hooks.drain().await, 0, "at least half of the pause");
    hooks.advance(Duration::from_secs(6));
    assert_eq!(hooks.drain().await, 1);
    let dead = only(&hooks).await;
    assert_eq!((dead.state, dead.attempt), (Stands::Dead, 2));
}

#[tokio::test]
async fn a_handler_that_hangs_fails_after_its_timeout() {
    let hooks = hooks().test(Seen::default());
    send(&hooks, 999).await;
    assert_eq!(hooks.drain().await, 1);
    let reason = only(&hooks).await.last_error.expect("a reason");
    assert!(reason.contains("longer than 0.2 s"), "{reason}");
}

#[tokio::test]
async fn what_is_too_old_is_not_started() {
    let seen = Seen::default();
    let hooks = hooks().test(seen.clone());
    send(&hooks, 200).await;
    hooks.advance(HOUR + Duration::from_secs(1));
    assert_eq!(hooks.drain().await, 0);
    let dead = only(&hooks).await;
    assert_eq!((dead.state, dead.attempt, seen.take().len()), (Stands::Dead, 0, 0));
    let reason = dead.last_error.expect("a reason");
    assert!(reason.contains("too old") && reason.contains("`max_age`"), "{reason}");
}

/// The inbox keeps completed deliveries for a day, and dead letters for 30.
#[tokio::test]
async fn finished_deliveries_are_kept_as_the_attribute_says() {
    let hooks = hooks().mount::<plain>().test(Seen::default());
    send(&hooks, 200).await;
    send(&hooks, 404).await;
    assert_eq!(status(hooks.deliver::<plain>().body("x")).await, 202);
    assert_eq!(hooks.drain().await, 3);
    let mut kept = Vec::new();
    for days in [2, 4, 2, 60, 30] {
        hooks.advance(days * DAY);
        let _ = hooks.inbox().prune().await.expect("it works");
        kept.push(records(&hooks).await.len());
    }
    assert_eq!(kept, [2, 2, 1, 1, 0], "after 2, 6, 8, 68 and 98 days");
}

#[tokio::test]
async fn options_in_code_override_those_of_the_attribute() {
    let pause = Duration::from_secs(20);
    let options = EndpointOptions::new()
        .max_attempts(3)
        .backoff(Backoff::new(pause, pause))
        .order_by(Field::pointer("/wait"));
    // Whatever comes first.
    let hooks = Webhooks::new().inbox_options::<own>(options).mount::<own>();
    let hooks = hooks.test(Seen::default());
    for n in 0..2 {
        let told = json!({ "answer": 500, "wait": "one key", "n": n });
        assert_eq!(status(hooks.deliver::<own>().json(&told)).await, 202);
    }
    let states: Vec<_> = records(&hooks).await.iter().map(|record| record.state).collect();
    assert_eq!(states, [Stands::Pending, Stands::Blocked]);
    for _ in 0..2 {
        assert_eq!(hooks.drain().await, 1);
        assert_eq!(records(&hooks).await[0].state, Stands::Pending);
        hooks.advance(Duration::from_secs(9));
        assert_eq!(hooks.drain().await, 0);
        hooks.advance(Duration::from_secs(11));
    }
    assert!(hooks.drain().await >= 1);
    let dead = records(&hooks).await.remove(0);
    assert_eq!((dead.state, dead.attempt), (Stands::Dead, 3));
    // An option that is not overridden stays.
    hooks.advance(HOUR);
    assert_eq!(hooks.drain().await, 0);
    assert_eq!(records(&hooks).await[1].state, Stands::Dead);
}

#[webhook(path = "/alone", inbox(concurrency = 1, rate = "6/h"))]
async fn alone(State(seen): State<Seen>, _: &Delivery) {
    seen.note("begin");
    tokio::time::sleep(Duration::from_millis(2)).await;
    seen.note("end");
}

/// A test does not wait for a rate.
#[tokio::test]
async fn drain_runs_as_many_at_a_time_as_there_are_slots() {
    let seen = Seen::default();
    let hooks = Webhooks::new().mount::<alone>().mount::<plain>().test(seen.clone());
    for n in 0..8 {
        assert_eq!(status(hooks.deliver::<alone>().body(n.to_string())).await, 202);
        assert_eq!(status(hooks.deliver::<plain>().body(n.to_string())).await, 202);
    }
    assert_eq!(hooks.drain().await, 16);
    assert_eq!(seen.take(), ["begin", "end"].repeat(8));
}

#[webhook(path = "/batch", provider = LINE, inbox(max_age = "1min", keep = "30d"))]
async fn event_of_a_batch(_: serde_json::Value) {}

#[tokio::test]
async fn options_hold_for_each_event_of_a_batch() {
    let hooks = Webhooks::new().mount::<event_of_a_batch>().test(Seen::default());
    let batch = |from: u8| {
        let event = |n: u8| json!({ "webhookEventId": n.to_string(), "n": n });
        json!({ "events": (from..from + 3).map(event).collect::<Vec<_>>() })
    };
    assert_eq!(status(hooks.deliver::<event_of_a_batch>().json(&batch(0))).await, 202);
    hooks.advance(2 * HOUR);
    assert_eq!(status(hooks.deliver::<event_of_a_batch>().json(&batch(3))).await, 202);
    assert_eq!(hooks.drain().await, 3);
    let states: Vec<_> = records(&hooks).await.iter().map(|record| record.state).collect();
    assert_eq!(states, [[Stands::Dead; 3], [Stands::Completed; 3]].concat());
    hooks.advance(20 * DAY);
    let _ = hooks.inbox().prune().await.expect("it works");
    assert_eq!(records(&hooks).await.len(), 6);
    hooks.advance(11 * DAY);
    let _ = hooks.inbox().prune().await.expect("it works");
    assert!(records(&hooks).await.is_empty());
}

const NONE: usize = 0;

#[webhook(path = "/none", inbox(concurrency = NONE, timeout = Duration::ZERO))]
async fn none(_: &Delivery) {}

#[webhook(path = "/at-once")]
async fn at_once(_: &Delivery) {}

#[tokio::test]
async fn impossible_options_fail_the_start() {
    let secret = || [Secret::new(common::SECRET)];
    let mounted = || {
        Webhooks::<()>::new()
            .mount::<none>()
            .secrets::<none>(secret())
            .inbox(Inbox::builder("").open_in_memory().expect("right"))
    };
    let rate = EndpointOptions::new().rate(Rate::per_second(0)).concurrency(1);
    let hooks = mounted()
        .mount::<at_once>()
        .secrets::<at_once>(secret())
        .inbox_options::<none>(rate)
        .inbox_options::<at_once>(EndpointOptions::new())
        .inbox_options::<plain>(EndpointOptions::new());
    let error = hooks.into_router().expect_err("they are impossible");
    let invalid =
        |option, problem| StartProblem::InvalidInboxOption { endpoint: "none", option, problem };
    let timeout = invalid("timeout", "is 0, and no attempt could succeed");
    assert_eq!(
        error.problems(),
        [
            StartProblem::NotMounted { endpoint: "plain" },
            invalid("rate", "is 0, and nothing would run"),
            timeout.clone(),
            StartProblem::UnusedInboxOptions { endpoint: "at_once" },
        ]
    );
    let error = mounted().into_router().expect_err("they are impossible");
    assert_eq!(error.problems(), [invalid("concurrency", "is 0, and nothing would run"), timeout]);
    assert!(
        error
            .to_string()
            .contains("`none`: the option `concurrency` of `inbox` is 0, and nothing would run"),
        "{error}"
    );
}

#[webhook(path = "/github", provider = GITHUB, inbox(order_by = "/issue/id"))]
async fn github(_: &Delivery) {}

#[webhook(path = "/mailgun", provider = MAILGUN, inbox(order_by = "/event-data/id"))]
async fn mailgun(_: &Delivery) {}

#[tokio::test]
async fn an_unsigned_ordering_key_fails_the_start() {
    let secret = || [Secret::new(common::SECRET)];
    let problems = |order_by| {
        let hooks = Webhooks::new()
            .mount::<github>()
            .secrets::<github>(secret())
            .inbox_options::<github>(EndpointOptions::new().order_by(order_by))
            .mount::<mailgun>()
            .secrets::<mailgun>(secret())
            .inbox(Inbox::builder("").open_in_memory().expect("right"))
            .with_state(());
        hooks.into_router().expect_err("they are not signed").problems().to_vec()
    };
    let unsigned = |endpoint| StartProblem::InvalidInboxOption {
        endpoint,
        option: "order_by",
        problem: "names a value that the provider does not sign",
    };
    // Mailgun's scheme is code, which the compiler cannot ask.
    assert_eq!(problems(Field::pointer("/issue/number")), [unsigned("mailgun")]);
    let header = Field::header("x-github-event");
    assert_eq!(problems(header), [unsigned("github"), unsigned("mailgun")]);
}
