//! The endpoints, by the attribute.

use axum::Router;
use webhook_runtime::{Secret, Webhook, Webhooks};

use crate::sample::SECRET;

/// The endpoints, with payloads that are borrowed from the body.
pub fn hooks() -> Webhooks {
    use with_borrowed::{commit_comment, pull_request_review, security_advisory};
    mounted::<security_advisory, commit_comment, pull_request_review>()
}

pub(crate) fn borrowed() -> Router {
    router(hooks())
}

pub(crate) fn owned() -> Router {
    use with_owned::{commit_comment, pull_request_review, security_advisory};
    router(mounted::<security_advisory, commit_comment, pull_request_review>())
}

fn router(hooks: Webhooks) -> Router {
    hooks.into_router().expect("nothing is wrong with the endpoints")
}

fn mounted<A: Webhook<()>, C: Webhook<()>, R: Webhook<()>>() -> Webhooks {
    Webhooks::new()
        .mount::<A>()
        .secrets::<A>([Secret::new(SECRET)])
        .mount::<C>()
        .secrets::<C>([Secret::new(SECRET)])
        .mount::<R>()
        .secrets::<R>([Secret::new(SECRET)])
}

mod with_borrowed {
    use webhook_runtime::{providers::GITHUB, webhook};

    use crate::payload::{Advisory, Comment, Review, Text, handled};

    #[webhook(path = "/security_advisory", provider = GITHUB)]
    pub(super) async fn security_advisory(payload: Advisory<Text<'_>>) -> &'static str {
        handled(&payload)
    }

    #[webhook(path = "/commit_comment", provider = GITHUB)]
    pub(super) async fn commit_comment(payload: Comment<Text<'_>>) -> &'static str {
        handled(&payload)
    }

    #[webhook(path = "/pull_request_review", provider = GITHUB)]
    pub(super) async fn pull_request_review(payload: Review<Text<'_>>) -> &'static str {
        handled(&payload)
    }
}

mod with_owned {
    use webhook_runtime::{providers::GITHUB, webhook};

    use crate::payload::{Advisory, Comment, Review, handled};

    #[webhook(path = "/security_advisory", provider = GITHUB)]
    pub(super) async fn security_advisory(payload: Advisory<String>) -> &'static str {
        handled(&payload)
    }

    #[webhook(path = "/commit_comment", provider = GITHUB)]
    pub(super) async fn commit_comment(payload: Comment<String>) -> &'static str {
        handled(&payload)
    }

    #[webhook(path = "/pull_request_review", provider = GITHUB)]
    pub(super) async fn pull_request_review(payload: Review<String>) -> &'static str {
        handled(&payload)
    }
}
