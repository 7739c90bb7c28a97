//! Issues.

use std::borrow::Cow;

use serde::Deserialize;

use crate::payloads::{
    github::{Installation, Label, Milestone, Organization, Repository, State, User},
    lenient, open_enum,
};

/// The event [`issues`][docs]: something happened to an issue.
///
/// [docs]: https://docs.github.com/en/webhooks/webhook-events-and-payloads#issues
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct IssuesEvent<'a> {
    /// The action.
    #[serde(borrow)]
    pub action: IssuesAction<'a>,
    /// The issue, as it is now.
    #[serde(borrow)]
    pub issue: Issue<'a>,
    /// The label that was put on it or taken off.
    #[serde(borrow)]
    pub label: Option<Label<'a>>,
    /// The account that was assigned or unassigned.
    #[serde(borrow)]
    pub assignee: Option<User<'a>>,
    /// The milestone that it was put into or taken out of.
    #[serde(borrow)]
    pub milestone: Option<Milestone<'a>>,
    /// The repository that it happened in.
    #[serde(borrow)]
    pub repository: Repository<'a>,
    /// Its organization, if it is in one.
    #[serde(borrow)]
    pub organization: Option<Organization<'a>>,
    /// The account that caused the event.
    #[serde(borrow)]
    pub sender: Option<User<'a>>,
    /// The installation of the GitHub App that receives the event, if there is one.
    pub installation: Option<Installation>,
}

open_enum! {
    /// The action on an issue.
    IssuesAction {
        Assigned = "assigned",
        Closed = "closed",
        Deleted = "deleted",
        Demilestoned = "demilestoned",
        Edited = "edited",
        Labeled = "labeled",
        Locked = "locked",
        Milestoned = "milestoned",
        Opened = "opened",
        Pinned = "pinned",
        Reopened = "reopened",
        Transferred = "transferred",
        Typed = "typed",
        Unassigned = "unassigned",
        Unlabeled = "unlabeled",
        Unlocked = "unlocked",
        Unpinned = "unpinned",
        Untyped = "untyped",
    }
}

/// An issue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Issue<'a> {
    /// Its id, globally unique at GitHub.
    pub id: u64,
    /// Its number in the repository.
    pub number: u64,
    /// Its page.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub html_url: Option<Cow<'a, str>>,
    /// Its title.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub title: Option<Cow<'a, str>>,
    /// Its description.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub body: Option<Cow<'a, str>>,
    /// Open or closed.
    #[serde(borrow)]
    pub state: Option<State<'a>>,
    /// The reason why it was closed or reopened.
    #[serde(borrow)]
    pub state_reason: Option<StateReason<'a>>,
    /// The author; `None` if the account is deleted.
    #[serde(borrow)]
    pub user: Option<User<'a>>,
    /// Its labels.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub labels: Vec<Label<'a>>,
    /// The assigned accounts.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub assignees: Vec<User<'a>>,
    /// Its milestone.
    #[serde(borrow)]
    pub milestone: Option<Milestone<'a>>,
    /// Only collaborators can write to it.
    pub locked: Option<bool>,
    /// The number of comments.
    pub comments: Option<u64>,
    /// The time at which it was opened.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub created_at: Option<Cow<'a, str>>,
    /// The time of the last change.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub updated_at: Option<Cow<'a, str>>,
    /// The time at which it was closed.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub closed_at: Option<Cow<'a, str>>,
}

open_enum! {
    /// Why an issue is closed, or open again. The words are *unconfirmed*: the schema of the events
    /// has none.
    StateReason {
        Completed = "completed",
        Duplicate = "duplicate",
        NotPlanned = "not_planned",
        Reopened = "reopened",
    }
}
