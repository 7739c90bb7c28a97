//! Linear's [webhooks](https://linear.app/developers/webhooks) about changes of data: an event around
//! an issue, a comment, or a type of yours.
//!
//! An event always has an action, a type and its object, and the object has an id. Anything else may
//! be missing or `null`. Webhooks of other kinds, such as `OAuthApp`, `IssueSLA` and those for agents,
//! have no `data`, and are not here.
//!
//! Times are text, as in RFC 3339. `kind` and `action` are signed; the headers `Linear-Event` and
//! `Linear-Delivery` are not.

use std::borrow::Cow;

use serde::{Deserialize, de::IgnoredAny};

use super::{lenient, open_enum, open_number};

/// A change of some data.
///
/// `P` is what to read the previous values into.
///
/// ```
/// use std::borrow::Cow;
///
/// use serde::Deserialize;
/// use webhook_runtime::{
///     payloads::linear::{Action, Event, Issue},
///     providers::LINEAR,
///     webhook,
/// };
///
/// #[derive(Deserialize)]
/// #[serde(rename_all = "camelCase")]
/// struct Before<'a> {
///     #[serde(borrow)]
///     state_id: Option<Cow<'a, str>>,
/// }
///
/// #[webhook(path = "/linear", provider = LINEAR, secret_env = "LINEAR_SECRET")]
/// async fn issues(event: Event<'_, Issue<'_>, Before<'_>>) {
///     let moved = event.updated_from.is_some_and(|before| before.state_id.is_some());
///     if event.action == Action::Update && moved {
///         let state = event.data.state.and_then(|state| state.name);
///         println!("{:?} is {state:?} now", event.data.identifier);
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Event<'a, T, P = IgnoredAny> {
    /// The action.
    #[serde(borrow)]
    pub action: Action<'a>,
    /// The type of the object, such as `Issue`.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    /// The object, as it was after the change. A removed one is as it was before.
    pub data: T,
    /// The previous values of changed fields, only with the action `update`.
    pub updated_from: Option<P>,
    /// The cause of the change; `None` if Linear acted by itself.
    #[serde(borrow)]
    pub actor: Option<Actor<'a>>,
    /// The page of the object.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub url: Option<Cow<'a, str>>,
    /// The time of the change.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub created_at: Option<Cow<'a, str>>,
    /// The workspace.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub organization_id: Option<Cow<'a, str>>,
    /// The webhook.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub webhook_id: Option<Cow<'a, str>>,
    /// The time at which it was sent, in milliseconds since 1970.
    pub webhook_timestamp: Option<u64>,
}

open_enum! {
    /// The action on some data.
    Action {
        Create = "create",
        Remove = "remove",
        Update = "update",
    }
}

/// The cause of a change: a user, an application or an integration.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Actor<'a> {
    /// Its id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// Its kind.
    #[serde(borrow, rename = "type")]
    pub kind: Option<ActorKind<'a>>,
    /// The name; `None` for an integration.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// The address for mail of a user.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub email: Option<Cow<'a, str>>,
    /// The page of a user.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub url: Option<Cow<'a, str>>,
    /// The service of an integration, such as `github`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub service: Option<Cow<'a, str>>,
}

open_enum! {
    /// The kind of an actor. All words but `user` are *unconfirmed*.
    ActorKind {
        ExternalUser = "externalUser",
        Integration = "integration",
        OauthClient = "oauthClient",
        User = "user",
    }
}

/// An issue: the object of events of the type `Issue`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Issue<'a> {
    /// Its id.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// Its key and number, as people say it, such as `ENG-42`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub identifier: Option<Cow<'a, str>>,
    /// Its number in the team.
    pub number: Option<u64>,
    /// Its title.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub title: Option<Cow<'a, str>>,
    /// Its description, in Markdown.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub description: Option<Cow<'a, str>>,
    /// Its page.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub url: Option<Cow<'a, str>>,
    /// Its priority.
    pub priority: Option<Priority>,
    /// The name of the priority.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub priority_label: Option<Cow<'a, str>>,
    /// The estimate of its size.
    pub estimate: Option<f64>,
    /// The day on which it is due.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub due_date: Option<Cow<'a, str>>,
    /// The state in the team's workflow.
    #[serde(borrow)]
    pub state: Option<State<'a>>,
    /// The team.
    #[serde(borrow)]
    pub team: Option<Team<'a>>,
    /// The project.
    #[serde(borrow)]
    pub project: Option<Project<'a>>,
    /// The cycle.
    #[serde(borrow)]
    pub cycle: Option<Cycle<'a>>,
    /// Its labels.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub labels: Vec<Label<'a>>,
    /// The user that it is assigned to.
    #[serde(borrow)]
    pub assignee: Option<User<'a>>,
    /// The user that created it.
    #[serde(borrow)]
    pub creator: Option<User<'a>>,
    /// The issue that it is a part of.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub parent_id: Option<Cow<'a, str>>,
    /// It is in the trash.
    pub trashed: Option<bool>,
    /// The time of its creation.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub created_at: Option<Cow<'a, str>>,
    /// The time of the last change.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub updated_at: Option<Cow<'a, str>>,
    /// The time at which work on it started.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub started_at: Option<Cow<'a, str>>,
    /// The time at which it was completed.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub completed_at: Option<Cow<'a, str>>,
    /// The time at which it was canceled.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub canceled_at: Option<Cow<'a, str>>,
    /// The time at which it was archived.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub archived_at: Option<Cow<'a, str>>,
}

open_number! {
    /// The priority of an issue.
    Priority {
        NoPriority = 0,
        Urgent = 1,
        High = 2,
        Medium = 3,
        Low = 4,
    }
}

/// A state of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct State<'a> {
    /// Its id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// Its name, as the team chose it.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// Its kind.
    #[serde(borrow, rename = "type")]
    pub kind: Option<StateKind<'a>>,
    /// Its colour, such as `#f2c94c`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub color: Option<Cow<'a, str>>,
}

open_enum! {
    /// The kind of a state.
    StateKind {
        Backlog = "backlog",
        Canceled = "canceled",
        Completed = "completed",
        Duplicate = "duplicate",
        Started = "started",
        Triage = "triage",
        Unstarted = "unstarted",
    }
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Team<'a> {
    /// Its id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// The first part of its issues' identifiers, such as `ENG`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub key: Option<Cow<'a, str>>,
    /// Its name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
}

/// A project.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Project<'a> {
    /// Its id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// Its name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// Its page.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub url: Option<Cow<'a, str>>,
}

/// A cycle.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Cycle<'a> {
    /// Its id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// Its number in the team.
    pub number: Option<u64>,
    /// Its name, if it has one.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// Its begin.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub starts_at: Option<Cow<'a, str>>,
    /// Its end.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub ends_at: Option<Cow<'a, str>>,
}

/// A label.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Label<'a> {
    /// Its id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// Its name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// Its colour, such as `#f2c94c`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub color: Option<Cow<'a, str>>,
}

/// A user of the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct User<'a> {
    /// Its id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// The name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// The address for mail.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub email: Option<Cow<'a, str>>,
    /// The page.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub url: Option<Cow<'a, str>>,
}

/// A comment: the object of events of the type `Comment`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Comment<'a> {
    /// Its id.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// The text, in Markdown.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub body: Option<Cow<'a, str>>,
    /// The issue; `None` for a comment on something else.
    #[serde(borrow)]
    pub issue: Option<IssueReference<'a>>,
    /// The comment that it replies to.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub parent_id: Option<Cow<'a, str>>,
    /// The author; `None` if it is no user of the workspace.
    #[serde(borrow)]
    pub user: Option<User<'a>>,
    /// The time at which it was written.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub created_at: Option<Cow<'a, str>>,
    /// The time of the last change.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub updated_at: Option<Cow<'a, str>>,
    /// The time at which its text was last changed.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub edited_at: Option<Cow<'a, str>>,
    /// The time at which its thread was resolved.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub resolved_at: Option<Cow<'a, str>>,
}

/// An issue, as other objects name it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct IssueReference<'a> {
    /// Its id.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub id: Option<Cow<'a, str>>,
    /// Its key and number, as people say it, such as `ENG-42`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub identifier: Option<Cow<'a, str>>,
    /// Its title.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub title: Option<Cow<'a, str>>,
    /// Its page.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub url: Option<Cow<'a, str>>,
    /// The team.
    #[serde(borrow)]
    pub team: Option<Team<'a>>,
}
