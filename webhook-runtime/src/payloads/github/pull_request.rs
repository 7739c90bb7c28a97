//! Pull requests.

use std::borrow::Cow;

use serde::Deserialize;

use crate::payloads::{
    github::{Installation, Label, Milestone, Organization, Repository, State, Team, User},
    lenient, open_enum,
};

/// The event [`pull_request`][docs]: something happened to a pull request.
///
/// [docs]: https://docs.github.com/en/webhooks/webhook-events-and-payloads#pull_request
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PullRequestEvent<'a> {
    /// The action.
    #[serde(borrow)]
    pub action: PullRequestAction<'a>,
    /// The number of the pull request.
    pub number: Option<u64>,
    /// The pull request, as it is now.
    #[serde(borrow)]
    pub pull_request: PullRequest<'a>,
    /// The label that was put on it or taken off.
    #[serde(borrow)]
    pub label: Option<Label<'a>>,
    /// The account that was assigned or unassigned.
    #[serde(borrow)]
    pub assignee: Option<User<'a>>,
    /// The person whose review was requested, or is no longer.
    #[serde(borrow)]
    pub requested_reviewer: Option<User<'a>>,
    /// The team whose review was requested, or is no longer.
    #[serde(borrow)]
    pub requested_team: Option<Team<'a>>,
    /// After a push to it, the commit before.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub before: Option<Cow<'a, str>>,
    /// After a push to it, the commit now.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub after: Option<Cow<'a, str>>,
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
    /// The action on a pull request.
    PullRequestAction {
        Assigned = "assigned",
        AutoMergeDisabled = "auto_merge_disabled",
        AutoMergeEnabled = "auto_merge_enabled",
        Closed = "closed",
        ConvertedToDraft = "converted_to_draft",
        Demilestoned = "demilestoned",
        Dequeued = "dequeued",
        Edited = "edited",
        Enqueued = "enqueued",
        Labeled = "labeled",
        Locked = "locked",
        Milestoned = "milestoned",
        Opened = "opened",
        ReadyForReview = "ready_for_review",
        Reopened = "reopened",
        ReviewRequestRemoved = "review_request_removed",
        ReviewRequested = "review_requested",
        Synchronize = "synchronize",
        Unassigned = "unassigned",
        Unlabeled = "unlabeled",
        Unlocked = "unlocked",
    }
}

/// A pull request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct PullRequest<'a> {
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
    /// It is a draft.
    pub draft: Option<bool>,
    /// It was merged.
    pub merged: Option<bool>,
    /// The time at which it was merged.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub merged_at: Option<Cow<'a, str>>,
    /// The commit that merged it or, before, would.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub merge_commit_sha: Option<Cow<'a, str>>,
    /// The author; `None` if the account is deleted.
    #[serde(borrow)]
    pub user: Option<User<'a>>,
    /// The branch that will be merged.
    #[serde(borrow)]
    pub head: Option<Branch<'a>>,
    /// The branch that it will be merged into.
    #[serde(borrow)]
    pub base: Option<Branch<'a>>,
    /// Its labels.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub labels: Vec<Label<'a>>,
    /// The assigned accounts.
    #[serde(borrow, default, deserialize_with = "lenient::list")]
    pub assignees: Vec<User<'a>>,
    /// Its milestone.
    #[serde(borrow)]
    pub milestone: Option<Milestone<'a>>,
    /// The number of commits.
    pub commits: Option<u64>,
    /// The number of added lines.
    pub additions: Option<u64>,
    /// The number of removed lines.
    pub deletions: Option<u64>,
    /// The number of changed files.
    pub changed_files: Option<u64>,
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

/// One end of a pull request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Branch<'a> {
    /// The branch.
    #[serde(borrow, rename = "ref", default, deserialize_with = "lenient::text")]
    pub reference: Option<Cow<'a, str>>,
    /// The commit that it is at.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub sha: Option<Cow<'a, str>>,
    /// The branch behind its owner, as in `octocat:main`.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub label: Option<Cow<'a, str>>,
    /// Its repository; none if that is deleted.
    #[serde(borrow)]
    pub repo: Option<Repository<'a>>,
    /// The owner.
    #[serde(borrow)]
    pub user: Option<User<'a>>,
}
