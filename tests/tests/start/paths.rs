//! Paths.

use webhook_runtime::{Delivery, Secret, StartProblem, webhook};

use crate::{
    common::{SECRET, webhooks},
    plain,
    secrets::in_code,
};

#[test]
fn a_path_has_one_endpoint() {
    #[webhook(path = "/plain")]
    async fn another(_: &Delivery) {}
    let error = webhooks::<plain>()
        .mount::<another>()
        .secrets::<another>([Secret::new(SECRET)])
        .into_router()
        .expect_err("the path is taken");
    let [StartProblem::PathTaken { endpoint, path, taken_by }] = error.problems() else {
        panic!("{error}")
    };
    assert_eq!((*endpoint, *path), ("another", "/plain"));
    assert!(!taken_by.is_empty());
    assert!(
        error.to_string().contains("`another`: the path /plain is taken by "),
        "both are named: {error}"
    );
}

/// The message names the function that has the path.
#[test]
fn a_taken_path_names_its_function() {
    #[webhook(path = "/plain")]
    async fn another(_: &Delivery) {}
    let error = webhooks::<plain>()
        .mount::<another>()
        .secrets::<another>([Secret::new(SECRET)])
        .into_router()
        .expect_err("the path is taken");
    assert!(error.to_string().contains("`plain`"), "{error}");
}

#[test]
fn overlapping_paths_clash() {
    #[webhook(path = "/shops/{shop}")]
    async fn by_shop(_: &Delivery) {}
    #[webhook(path = "/shops/{id}")]
    async fn by_id(_: &Delivery) {}
    #[webhook(path = "/shops/first")]
    async fn first(_: &Delivery) {}
    let secret = || [Secret::new(SECRET)];
    let both = || webhooks::<by_shop>().mount::<first>().secrets::<first>(secret());
    assert!(both().into_router().is_ok(), "the more exact path goes first");
    let clash = both().mount::<by_id>().secrets::<by_id>(secret()).into_router();
    let error = clash.expect_err("a parameter by any other name");
    assert!(
        matches!(error.problems(), [StartProblem::PathTaken { endpoint: "by_id", .. }]),
        "{error}"
    );
}

#[test]
fn a_function_is_mounted_once() {
    let error = webhooks::<in_code>().mount::<in_code>().into_router().expect_err("it is twice");
    assert!(
        matches!(error.problems(), [StartProblem::PathTaken { endpoint: "in_code", .. }]),
        "{error}"
    );
}

/// The attribute rejects such paths at compile time, so the problem is built by hand.
#[test]
fn an_unroutable_path_names_the_reason() {
    let detail = "a path starts with `/`".to_owned();
    assert_eq!(
        StartProblem::InvalidPath { endpoint: "hook", path: "hook", detail }.to_string(),
        "`hook`: the path hook cannot be routed: a path starts with `/`"
    );
}
