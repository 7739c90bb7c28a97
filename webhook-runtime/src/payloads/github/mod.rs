//! GitHub's [events](https://docs.github.com/en/webhooks/webhook-events-and-payloads), named by the
//! header `X-GitHub-Event`, which is [`Delivery::event`](crate::Delivery::event).
//!
//! An event always says what happened to which object, and where: `action`, the object with its `id`
//! and its number or tag, and the repository with its `id` and `full_name`; a push has its reference
//! with the commits before and after. GitHub's schema guarantees these, on github.com and on GitHub
//! Enterprise Server. A delivery without one of them is refused. Anything else is optional, even where
//! the schema guarantees it too. Times are text, as in RFC 3339. The previous values of an edit,
//! `changes`, are left out.

mod account;
mod issues;
mod labels;
mod ping;
mod pull_request;
mod push;
mod release;
mod repository;
mod workflow_run;

pub use account::{Installation, Organization, Team, User, UserKind};
pub use issues::{Issue, IssuesAction, IssuesEvent, StateReason};
pub use labels::{Label, Milestone, State};
pub use ping::{Hook, HookConfig, Ping};
pub use pull_request::{Branch, PullRequest, PullRequestAction, PullRequestEvent};
pub use push::{Author, Commit, Push};
pub use release::{Asset, Release, ReleaseAction, ReleaseEvent};
pub use repository::{Repository, Visibility};
pub use workflow_run::{
    Conclusion, RunStatus, Workflow, WorkflowRun, WorkflowRunAction, WorkflowRunEvent,
};
