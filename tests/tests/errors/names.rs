//! Names of endpoints, by which stored deliveries find their function.

use std::time::Duration;

use axum::{Extension, Router};
use tokio::sync::mpsc;
use webhook_runtime::{
    Delivery, Inbox, Secret, StartProblem, Webhook, Webhooks, inbox::Filter, webhook,
};

use crate::{
    common::{SECRET, delivery_to, status},
    warnings::Warnings,
};

mod before {
    use super::*;

    #[webhook(path = "/orders", inbox)]
    pub(super) async fn orders(_: &Delivery) {}
}

mod after {
    use super::*;

    type Ran = mpsc::UnboundedSender<&'static str>;

    /// The function that was called `orders`.
    #[webhook(path = "/orders", name = "orders", inbox)]
    pub(super) async fn order_paid(Extension(ran): Extension<Ran>, delivery: Delivery, _: u8) {
        ran.send(delivery.endpoint()).expect("somebody listens");
    }

    #[webhook(path = "/refunds", name = "orders", inbox)]
    pub(super) async fn refund(_: &Delivery) {}

    #[webhook(path = "/orders", inbox)]
    pub(super) async fn renamed(_: &Delivery) {}
}

fn hooks<H: Webhook<()>>(inbox: &Inbox) -> Webhooks {
    Webhooks::new().mount::<H>().secrets::<H>([Secret::new(SECRET)]).inbox(inbox.clone())
}

fn router<H: Webhook<()>>(inbox: &Inbox) -> Router {
    hooks::<H>(inbox).into_router().expect("nothing is wrong with it")
}

fn memory() -> Inbox {
    Inbox::builder("").open_in_memory().expect("it opens")
}

#[tokio::test]
async fn a_renamed_function_finds_its_deliveries() {
    let inbox = memory();
    let earlier = router::<before::orders>(&inbox);
    let _ = inbox.shutdown(Duration::ZERO).await;
    assert_eq!(status(&earlier, delivery_to("/orders", "7")).await, 202);
    let (sender, mut ran) = mpsc::unbounded_channel();
    let hooks = hooks::<after::order_paid>(&inbox).verified_layer(Extension(sender));
    let _later = hooks.into_router().expect("nothing is wrong with it");
    let name = tokio::time::timeout(Duration::from_secs(10), ran.recv()).await;
    assert_eq!(name, Ok(Some("orders")));
    let records = inbox.list(Filter::all().endpoint("orders")).collect().await;
    assert_eq!(records.expect("it works").len(), 1);
}

#[tokio::test]
async fn the_name_is_in_the_trace() {
    #[webhook(path = "/orders", name = "shop/orders")]
    async fn paid(delivery: &Delivery) -> Result<(), &'static str> {
        Err(delivery.endpoint())
    }
    let hooks = Webhooks::new().mount::<paid>().secrets::<paid>([Secret::new(SECRET)]);
    let router = hooks.into_router().expect("nothing is wrong with it");
    let (warnings, _guard) = Warnings::start();
    assert_eq!(status(&router, delivery_to("/orders", "{}")).await, 500);
    let line = warnings.line();
    assert!(line.contains(r#"endpoint="shop/orders" status=500 reason="shop/orders""#), "{line}");
}

/// Options of one function are not those of another with the same name.
#[tokio::test]
async fn two_names_in_one_inbox_are_a_problem() {
    let inbox = memory();
    let both = hooks::<after::order_paid>(&inbox)
        .mount::<after::refund>()
        .secrets::<after::refund>([Secret::new("another")]);
    let error = both.into_router().expect_err("both are `orders`");
    assert_eq!(error.problems(), [StartProblem::DuplicateName { endpoint: "orders" }]);
    assert_eq!(
        error.to_string(),
        "the webhooks cannot start: `orders`: another endpoint of the inbox has this name, and \
         stored deliveries find their function by it; give one of them another: `name = \"...\"`"
    );
    // Nor in two routers of one inbox, as long as the first works.
    let _first = router::<before::orders>(&inbox);
    let error = hooks::<after::refund>(&inbox).into_router().expect_err("the name is taken");
    assert_eq!(error.problems(), [StartProblem::DuplicateName { endpoint: "orders" }]);
    let _again = router::<before::orders>(&inbox);
    let _ = inbox.shutdown(Duration::ZERO).await;
    let _other = router::<after::refund>(&inbox);
}

/// Problems name the function, which is where to mend them.
#[test]
fn problems_name_the_function() {
    #[webhook(path = "/orders", name = "shop/orders", secret_env = "NAMES_NOT_SET")]
    async fn paid(_: &Delivery) {}
    let error = Webhooks::<()>::new().mount::<paid>().into_router().expect_err("no secret");
    assert_eq!(
        error.problems(),
        [StartProblem::MissingVariable { endpoint: "paid", variable: "NAMES_NOT_SET" }]
    );
}

#[tokio::test]
async fn deliveries_that_nobody_handles_are_told_at_start() {
    let inbox = memory();
    let earlier = router::<before::orders>(&inbox);
    let _ = inbox.shutdown(Duration::ZERO).await;
    for body in ["1", "2"] {
        assert_eq!(status(&earlier, delivery_to("/orders", body)).await, 202);
    }
    let (warnings, _guard) = Warnings::start();
    let _later = router::<after::renamed>(&inbox);
    tokio::time::sleep(Duration::from_millis(500)).await;
    let line = warnings.line();
    assert!(line.starts_with("WARN stored deliveries of an endpoint that this process"), "{line}");
    assert!(line.ends_with(r#"endpoint="orders" count=2 oldest_seconds=0"#), "{line}");
    let unhandled = inbox.unhandled().await.expect("it works");
    assert_eq!((unhandled[0].endpoint.as_str(), unhandled[0].count), ("orders", 2));
    assert_eq!(unhandled.len(), 1);
}
