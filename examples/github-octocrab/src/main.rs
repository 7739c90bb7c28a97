//! The events of GitHub, decoded as the types of the crate `octocrab`: a complete set of types that
//! somebody else keeps is as good a payload as any.
//!
//! `GITHUB_SECRET` is the webhook's secret.

use octocrab::models::{
    Repository,
    webhook_events::payload::{
        IssuesWebhookEventAction, IssuesWebhookEventPayload, PushWebhookEventPayload,
    },
};
use serde::Deserialize;
use webhook_runtime::{Error, UnknownEvent, WebhookEvent, Webhooks, providers::GITHUB, webhook};

/// What `octocrab` says of an event, and the repository, which it keeps apart.
#[derive(Deserialize)]
struct In<T> {
    repository: Repository,
    #[serde(flatten)]
    event: T,
}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("push")]
    Push(Box<In<PushWebhookEventPayload>>),
    #[event("issues")]
    Issues(Box<In<IssuesWebhookEventPayload>>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(
    path = "/github",
    provider = GITHUB,
    secret_env = "GITHUB_SECRET",
    max_body = 25 * 1024 * 1024, // the most that GitHub sends
)]
async fn on_github(event: Event<'_>) -> String {
    match event {
        Event::Push(push) => {
            let commits = push.event.commits.len();
            format!("{}: {commits} commit(s) to {}", push.repository.name, push.event.r#ref)
        }
        Event::Issues(issues) => {
            let issue = &issues.event.issue;
            let what = match issues.event.action {
                IssuesWebhookEventAction::Opened => "opened",
                _ => "changed",
            };
            format!("{}: #{} {what}: {}", issues.repository.name, issue.number, issue.title)
        }
        Event::Other(other) => format!("passed over {}", other.name()),
    }
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    Webhooks::new().mount::<on_github>().serve("127.0.0.1:3000").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn events_of_github_are_events_of_octocrab() {
        let hooks = Webhooks::new().mount::<on_github>().test(());
        for (event, body, text) in [
            (
                "push",
                include_str!("../../../tests/fixtures/github/push.json"),
                "Hello-World: 1 commit(s) to refs/heads/master",
            ),
            (
                "issues",
                include_str!("../../../tests/fixtures/github/issues.opened.json"),
                "Hello-World: #1 opened: Spelling error in the README file",
            ),
            ("star", r#"{"action":"created"}"#, "passed over star"),
        ] {
            let answer = hooks.deliver::<on_github>().event(event).body(body).await;
            assert_eq!((answer.status().as_u16(), answer.text().as_str()), (200, text));
        }
    }
}
