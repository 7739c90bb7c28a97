//! GitHub: the name of the event is in a header, its action in the body. The payloads are GitHub's own
//! samples; the first three are decoded nearly whole, of the others a program reads a little.
//!
//! Serde's tag has to be in the body. It is put there, in front, before anything is measured.

use std::{borrow::Cow, str};

use serde::Deserialize;
use serde_json::Value;
use webhook_benches::{
    Sample,
    payload::{Advisory, Comment, Review, Text},
};
use webhook_runtime::{
    Delivery, UnknownEvent, WebhookEvent,
    payloads::github::{PullRequestEvent, Push},
};

use crate::{
    case::{Case, contestants},
    delivery,
};

#[derive(WebhookEvent)]
#[expect(dead_code, reason = "decoding is what is measured")]
#[expect(clippy::large_enum_variant, reason = "a box would be measured, too")]
enum Event<'a> {
    #[event("security_advisory.published")]
    Advisory(Advisory<Text<'a>>),
    #[event("commit_comment.created")]
    Comment(Comment<Text<'a>>),
    #[event("pull_request_review.submitted")]
    Review(Review<Text<'a>>),
    #[event("push")]
    Push(Push<'a>),
    #[event("pull_request.opened")]
    Opened(PullRequestEvent<'a>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

/// The same for serde, and for those who write it by hand.
#[derive(Deserialize)]
#[serde(tag = "event")]
#[expect(dead_code, reason = "decoding is what is measured")]
#[expect(clippy::large_enum_variant, reason = "a box would be measured, too")]
enum Tagged<'a> {
    #[serde(rename = "security_advisory.published", borrow)]
    Advisory(Advisory<Text<'a>>),
    #[serde(rename = "commit_comment.created", borrow)]
    Comment(Comment<Text<'a>>),
    #[serde(rename = "pull_request_review.submitted", borrow)]
    Review(Review<Text<'a>>),
    #[serde(rename = "push", borrow)]
    Push(Push<'a>),
    #[serde(rename = "pull_request.opened", borrow)]
    Opened(PullRequestEvent<'a>),
    #[serde(other)]
    Other,
}

#[derive(Deserialize)]
struct Action<'a> {
    #[serde(borrow)]
    action: Option<Cow<'a, str>>,
}

/// What is delivered.
pub(crate) struct Sent {
    name: &'static str,
    delivery: Delivery,
    /// The body with serde's tag in it.
    tagged: String,
    is_known: bool,
}

impl Sent {
    pub(crate) fn all() -> Vec<Self> {
        macro_rules! fixture {
            ($name:literal) => {
                include_bytes!(concat!("../../tests/fixtures/github/", $name, ".json"))
            };
        }
        vec![
            Self::new("advisory", "security_advisory", Some("published"), Sample::Advisory.body()),
            Self::new("comment", "commit_comment", Some("created"), Sample::Comment.body()),
            Self::new("review", "pull_request_review", Some("submitted"), Sample::Review.body()),
            Self::new("push", "push", None, fixture!("push")),
            Self::new(
                "pull request",
                "pull_request",
                Some("opened"),
                fixture!("pull_request.opened"),
            ),
            Self::new(
                "unknown",
                "workflow_run",
                Some("completed"),
                fixture!("workflow_run.completed"),
            ),
        ]
    }

    fn new(
        name: &'static str,
        event: &'static str,
        action: Option<&str>,
        body: &'static [u8],
    ) -> Self {
        let body = str::from_utf8(body).expect("UTF-8");
        let tag = action.map_or_else(|| event.to_owned(), |action| format!("{event}.{action}"));
        let rest = body.strip_prefix('{').expect("an object");
        Self {
            name,
            delivery: delivery::of_github(event, body),
            tagged: format!(r#"{{"event":"{tag}",{rest}"#),
            is_known: name != "unknown",
        }
    }

    pub(crate) fn case(&self) -> Case<'_> {
        let is_known = self.is_known;
        let body = self.delivery.body();
        let derived = move || {
            let event = self.delivery.decode::<Event<'_>>();
            event.is_ok_and(|event| matches!(event, Event::Other(_)) != is_known)
        };
        let fits = move |event: Option<Tagged<'_>>| {
            event.is_some_and(|event| matches!(event, Tagged::Other) != is_known)
        };
        let tagged = move || {
            let body = str::from_utf8(self.tagged.as_bytes()).ok();
            fits(body.and_then(|body| serde_json::from_str(body).ok()))
        };
        let contestants = contestants(
            derived,
            move || fits(by_hand(&self.delivery)),
            tagged,
            move || match tree(&self.delivery) {
                Some(tree) => fits(from_tree(&self.delivery, &tree)),
                None => false,
            },
        );
        Case { name: self.name, bytes: body.len(), contestants }
    }
}

fn name(delivery: &Delivery) -> Option<&str> {
    delivery.headers().get("x-github-event")?.to_str().ok()
}

/// Looks for the action only where it matters, and decodes what it is then.
fn by_hand(delivery: &Delivery) -> Option<Tagged<'_>> {
    let name = name(delivery)?;
    let names =
        ["push", "security_advisory", "commit_comment", "pull_request_review", "pull_request"];
    if !names.contains(&name) {
        return Some(Tagged::Other);
    }
    let body = str::from_utf8(delivery.body()).ok()?;
    if name == "push" {
        return Some(Tagged::Push(serde_json::from_str(body).ok()?));
    }
    let Action { action } = serde_json::from_str(body).ok()?;
    Some(match (name, action.as_deref()) {
        ("security_advisory", Some("published")) => {
            Tagged::Advisory(serde_json::from_str(body).ok()?)
        }
        ("commit_comment", Some("created")) => Tagged::Comment(serde_json::from_str(body).ok()?),
        ("pull_request_review", Some("submitted")) => {
            Tagged::Review(serde_json::from_str(body).ok()?)
        }
        ("pull_request", Some("opened")) => Tagged::Opened(serde_json::from_str(body).ok()?),
        _ => Tagged::Other,
    })
}

fn tree(delivery: &Delivery) -> Option<Value> {
    serde_json::from_str(str::from_utf8(delivery.body()).ok()?).ok()
}

/// Borrowed from the tree, which costs less than to take it apart by `from_value`.
fn from_tree<'t>(delivery: &Delivery, tree: &'t Value) -> Option<Tagged<'t>> {
    Some(match (name(delivery)?, tree["action"].as_str()) {
        ("security_advisory", Some("published")) => {
            Tagged::Advisory(Deserialize::deserialize(tree).ok()?)
        }
        ("commit_comment", Some("created")) => {
            Tagged::Comment(Deserialize::deserialize(tree).ok()?)
        }
        ("pull_request_review", Some("submitted")) => {
            Tagged::Review(Deserialize::deserialize(tree).ok()?)
        }
        ("push", _) => Tagged::Push(Deserialize::deserialize(tree).ok()?),
        ("pull_request", Some("opened")) => Tagged::Opened(Deserialize::deserialize(tree).ok()?),
        _ => Tagged::Other,
    })
}
