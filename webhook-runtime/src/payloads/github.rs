//! GitHub's [events](https://docs.github.com/en/webhooks/webhook-events-and-payloads), named by the
//! header `X-GitHub-Event`, which is [`Delivery::event`](crate::Delivery::event).
//!
//! Optional fields may be missing or `null` by GitHub's published schema or in its examples. Times
//! are text, as in RFC 3339. The previous values of an edit, `changes`, are left out.

use std::borrow::Cow;

use serde::Deserialize;

use super::{open_enum, text};

/// The event [`push`][docs]: commits or a tag were pushed, or a branch or a tag was deleted.
///
/// [docs]: https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Push<'a> {
    /// The reference that was pushed to, such as `refs/heads/main`.
    #[serde(borrow, rename = "ref")]
    pub reference: Cow<'a, str>,
    /// The commit that it was at before; all zeros if it is new.
    #[serde(borrow)]
    pub before: Cow<'a, str>,
    /// The commit that it is at now; all zeros if it is deleted.
    #[serde(borrow)]
    pub after: Cow<'a, str>,
    /// The reference that a new one was made from.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub base_ref: Option<Cow<'a, str>>,
    /// It is new.
    pub created: bool,
    /// It is deleted.
    pub deleted: bool,
    /// It was a force push: commits may be gone.
    pub forced: bool,
    /// A page that shows the difference.
    #[serde(borrow)]
    pub compare: Cow<'a, str>,
    /// The commits, oldest first; of a large push, not all of them.
    #[serde(borrow, default)]
    pub commits: Vec<Commit<'a>>,
    /// The last one; none if the reference is deleted.
    #[serde(borrow)]
    pub head_commit: Option<Commit<'a>>,
    /// The Git identity that pushed.
    #[serde(borrow)]
    pub pusher: Author<'a>,
    /// The repository that it happened in.
    #[serde(borrow)]
    pub repository: Repository<'a>,
    /// Its organization, if it is in one.
    #[serde(borrow)]
    pub organization: Option<Organization<'a>>,
    /// The GitHub account that pushed.
    #[serde(borrow)]
    pub sender: Option<User<'a>>,
    /// The installation of the GitHub App that receives the event, if there is one.
    pub installation: Option<Installation>,
}

/// A commit that was pushed.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Commit<'a> {
    /// Its hash.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// The hash of its tree.
    #[serde(borrow)]
    pub tree_id: Cow<'a, str>,
    /// It was not in any branch before.
    pub distinct: bool,
    /// Its description.
    #[serde(borrow)]
    pub message: Cow<'a, str>,
    /// The time of its creation.
    #[serde(borrow)]
    pub timestamp: Cow<'a, str>,
    /// Its page.
    #[serde(borrow)]
    pub url: Cow<'a, str>,
    /// The author.
    #[serde(borrow)]
    pub author: Author<'a>,
    /// The committer.
    #[serde(borrow)]
    pub committer: Author<'a>,
    /// Files that it added.
    #[serde(borrow, default, deserialize_with = "text::list")]
    pub added: Vec<Cow<'a, str>>,
    /// Files that it removed.
    #[serde(borrow, default, deserialize_with = "text::list")]
    pub removed: Vec<Cow<'a, str>>,
    /// Files that it changed.
    #[serde(borrow, default, deserialize_with = "text::list")]
    pub modified: Vec<Cow<'a, str>>,
}

/// A Git identity.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Author<'a> {
    /// The name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// The mail address.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub email: Option<Cow<'a, str>>,
    /// The GitHub account, if there is one.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub username: Option<Cow<'a, str>>,
}

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
    pub number: u64,
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
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub before: Option<Cow<'a, str>>,
    /// After a push to it, the commit now.
    #[serde(borrow, default, deserialize_with = "text::optional")]
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
        EnqueueResult = "enqueued",
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
    #[serde(borrow)]
    pub html_url: Cow<'a, str>,
    /// Its title.
    #[serde(borrow)]
    pub title: Cow<'a, str>,
    /// Its description.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub body: Option<Cow<'a, str>>,
    /// Open or closed.
    #[serde(borrow)]
    pub state: State<'a>,
    /// It is a draft.
    #[serde(default)]
    pub draft: bool,
    /// It was merged.
    pub merged: Option<bool>,
    /// The time at which it was merged.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub merged_at: Option<Cow<'a, str>>,
    /// The commit that merged it or, before, would.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub merge_commit_sha: Option<Cow<'a, str>>,
    /// The author; `None` if the account is deleted.
    #[serde(borrow)]
    pub user: Option<User<'a>>,
    /// The branch that will be merged.
    #[serde(borrow)]
    pub head: Branch<'a>,
    /// The branch that it will be merged into.
    #[serde(borrow)]
    pub base: Branch<'a>,
    /// Its labels.
    #[serde(borrow, default)]
    pub labels: Vec<Label<'a>>,
    /// The assigned accounts.
    #[serde(borrow, default, deserialize_with = "text::list_or_null")]
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
    #[serde(borrow)]
    pub created_at: Cow<'a, str>,
    /// The time of the last change.
    #[serde(borrow)]
    pub updated_at: Cow<'a, str>,
    /// The time at which it was closed.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub closed_at: Option<Cow<'a, str>>,
}

/// One end of a pull request.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Branch<'a> {
    /// The branch.
    #[serde(borrow, rename = "ref")]
    pub reference: Cow<'a, str>,
    /// The commit that it is at.
    #[serde(borrow)]
    pub sha: Cow<'a, str>,
    /// The branch behind its owner, as in `octocat:main`.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub label: Option<Cow<'a, str>>,
    /// Its repository; none if that is deleted.
    #[serde(borrow)]
    pub repo: Option<Repository<'a>>,
    /// The owner.
    #[serde(borrow)]
    pub user: Option<User<'a>>,
}

open_enum! {
    /// The state of an issue, a pull request or a milestone.
    State {
        Open = "open",
        Closed = "closed",
    }
}

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
    pub sender: User<'a>,
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
    #[serde(borrow)]
    pub html_url: Cow<'a, str>,
    /// Its title.
    #[serde(borrow)]
    pub title: Cow<'a, str>,
    /// Its description.
    #[serde(borrow, default, deserialize_with = "text::optional")]
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
    #[serde(borrow, default)]
    pub labels: Vec<Label<'a>>,
    /// The assigned accounts.
    #[serde(borrow, default, deserialize_with = "text::list_or_null")]
    pub assignees: Vec<User<'a>>,
    /// Its milestone.
    #[serde(borrow)]
    pub milestone: Option<Milestone<'a>>,
    /// Only collaborators can write to it.
    #[serde(default)]
    pub locked: bool,
    /// The number of comments.
    pub comments: u64,
    /// The time at which it was opened.
    #[serde(borrow)]
    pub created_at: Cow<'a, str>,
    /// The time of the last change.
    #[serde(borrow)]
    pub updated_at: Cow<'a, str>,
    /// The time at which it was closed.
    #[serde(borrow, default, deserialize_with = "text::optional")]
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

/// The event [`ping`][docs]: the webhook was set up.
///
/// [docs]: https://docs.github.com/en/webhooks/webhook-events-and-payloads#ping
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Ping<'a> {
    /// A random saying.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub zen: Option<Cow<'a, str>>,
    /// The id of the webhook.
    pub hook_id: Option<u64>,
    /// The webhook.
    #[serde(borrow)]
    pub hook: Option<Hook<'a>>,
    /// The repository, if it is a repository's.
    #[serde(borrow)]
    pub repository: Option<Repository<'a>>,
    /// The organization, if it is in one.
    #[serde(borrow)]
    pub organization: Option<Organization<'a>>,
    /// The account that created it.
    #[serde(borrow)]
    pub sender: Option<User<'a>>,
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Hook<'a> {
    /// Its id.
    pub id: u64,
    /// The kind of owner, such as `Repository`, `Organization` or `App`.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    /// It is active.
    pub active: bool,
    /// The events that it delivers; `*` for all.
    #[serde(borrow, default, deserialize_with = "text::list")]
    pub events: Vec<Cow<'a, str>>,
    /// The configuration of its deliveries.
    #[serde(borrow)]
    pub config: HookConfig<'a>,
}

/// The configuration of a webhook's deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct HookConfig<'a> {
    /// The URL that it delivers to.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub url: Option<Cow<'a, str>>,
    /// As JSON, `json`, or in a form, `form`.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub content_type: Option<Cow<'a, str>>,
}

/// The event [`release`][docs]: something happened to a release.
///
/// [docs]: https://docs.github.com/en/webhooks/webhook-events-and-payloads#release
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct ReleaseEvent<'a> {
    /// The action.
    #[serde(borrow)]
    pub action: ReleaseAction<'a>,
    /// The release, as it is now.
    #[serde(borrow)]
    pub release: Release<'a>,
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
    /// The action on a release.
    ReleaseAction {
        Created = "created",
        Deleted = "deleted",
        Edited = "edited",
        Prereleased = "prereleased",
        Published = "published",
        Released = "released",
        Unpublished = "unpublished",
    }
}

/// A release.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Release<'a> {
    /// Its id.
    pub id: u64,
    /// Its page.
    #[serde(borrow)]
    pub html_url: Cow<'a, str>,
    /// Its tag.
    #[serde(borrow)]
    pub tag_name: Cow<'a, str>,
    /// The branch or commit that the tag is made at, if there is none yet.
    #[serde(borrow)]
    pub target_commitish: Cow<'a, str>,
    /// Its title.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub name: Option<Cow<'a, str>>,
    /// Its description.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub body: Option<Cow<'a, str>>,
    /// It is a draft, not published yet.
    pub draft: bool,
    /// It is a prerelease.
    pub prerelease: bool,
    /// The author; `None` if the account is deleted.
    #[serde(borrow)]
    pub author: Option<User<'a>>,
    /// Its files.
    #[serde(borrow, default)]
    pub assets: Vec<Asset<'a>>,
    /// The time of its commit.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub created_at: Option<Cow<'a, str>>,
    /// The time at which it was published.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub published_at: Option<Cow<'a, str>>,
}

/// A file of a release.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Asset<'a> {
    /// Its id.
    pub id: u64,
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Its label.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub label: Option<Cow<'a, str>>,
    /// The media type of the file.
    #[serde(borrow)]
    pub content_type: Cow<'a, str>,
    /// Its size, in bytes.
    pub size: u64,
    /// The URL to download it.
    #[serde(borrow)]
    pub browser_download_url: Cow<'a, str>,
}

/// The event [`workflow_run`][docs]: a run of a workflow was asked for, has begun or is over.
///
/// [docs]: https://docs.github.com/en/webhooks/webhook-events-and-payloads#workflow_run
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct WorkflowRunEvent<'a> {
    /// The action.
    #[serde(borrow)]
    pub action: WorkflowRunAction<'a>,
    /// The run.
    #[serde(borrow)]
    pub workflow_run: WorkflowRun<'a>,
    /// The workflow.
    #[serde(borrow)]
    pub workflow: Option<Workflow<'a>>,
    /// The repository that it happened in.
    #[serde(borrow)]
    pub repository: Repository<'a>,
    /// Its organization, if it is in one.
    #[serde(borrow)]
    pub organization: Option<Organization<'a>>,
    /// The account that caused the event.
    #[serde(borrow)]
    pub sender: User<'a>,
    /// The installation of the GitHub App that receives the event, if there is one.
    pub installation: Option<Installation>,
}

open_enum! {
    /// The action on a run.
    WorkflowRunAction {
        Completed = "completed",
        InProgress = "in_progress",
        Requested = "requested",
    }
}

/// A run of a workflow.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct WorkflowRun<'a> {
    /// Its id.
    pub id: u64,
    /// Its page.
    #[serde(borrow)]
    pub html_url: Cow<'a, str>,
    /// The name of the workflow.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub name: Option<Cow<'a, str>>,
    /// Its title.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub display_title: Option<Cow<'a, str>>,
    /// The id of the workflow.
    pub workflow_id: u64,
    /// The file of the workflow.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub path: Option<Cow<'a, str>>,
    /// The number of runs of the workflow, this one included.
    pub run_number: u64,
    /// The number of attempts of this run.
    pub run_attempt: u64,
    /// The event that it is run for.
    #[serde(borrow)]
    pub event: Cow<'a, str>,
    /// The status.
    #[serde(borrow)]
    pub status: RunStatus<'a>,
    /// The conclusion, after its end.
    #[serde(borrow)]
    pub conclusion: Option<Conclusion<'a>>,
    /// The branch that it is run on.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub head_branch: Option<Cow<'a, str>>,
    /// The commit that it is run on.
    #[serde(borrow)]
    pub head_sha: Cow<'a, str>,
    /// The account that started it.
    #[serde(borrow)]
    pub actor: Option<User<'a>>,
    /// The account that started this attempt.
    #[serde(borrow)]
    pub triggering_actor: Option<User<'a>>,
    /// The time at which it was requested.
    #[serde(borrow)]
    pub created_at: Cow<'a, str>,
    /// The time of the last change.
    #[serde(borrow)]
    pub updated_at: Cow<'a, str>,
    /// The time at which this attempt started.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub run_started_at: Option<Cow<'a, str>>,
}

open_enum! {
    /// The status of a run.
    RunStatus {
        Completed = "completed",
        InProgress = "in_progress",
        Pending = "pending",
        Queued = "queued",
        Requested = "requested",
        Waiting = "waiting",
    }
}

open_enum! {
    /// The conclusion of a run.
    Conclusion {
        ActionRequired = "action_required",
        Cancelled = "cancelled",
        Failure = "failure",
        Neutral = "neutral",
        Skipped = "skipped",
        Stale = "stale",
        StartupFailure = "startup_failure",
        Success = "success",
        TimedOut = "timed_out",
    }
}

/// A workflow.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Workflow<'a> {
    /// Its id.
    pub id: u64,
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Its file.
    #[serde(borrow)]
    pub path: Cow<'a, str>,
    /// Its page.
    #[serde(borrow)]
    pub html_url: Cow<'a, str>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct User<'a> {
    /// Its id, which stays the same when it is renamed.
    pub id: u64,
    /// Its name in URLs.
    #[serde(borrow)]
    pub login: Cow<'a, str>,
    /// The kind of account.
    #[serde(borrow, rename = "type")]
    pub kind: Option<UserKind<'a>>,
    /// Its page.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub html_url: Option<Cow<'a, str>>,
}

open_enum! {
    /// The kind of an account.
    UserKind {
        Bot = "Bot",
        Mannequin = "Mannequin",
        Organization = "Organization",
        User = "User",
    }
}

/// A repository.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Repository<'a> {
    /// Its id, which stays the same when it is renamed.
    pub id: u64,
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Its name behind its owner's, as in `octocat/hello`.
    #[serde(borrow)]
    pub full_name: Cow<'a, str>,
    /// The owner.
    #[serde(borrow)]
    pub owner: Option<User<'a>>,
    /// Its page.
    #[serde(borrow)]
    pub html_url: Cow<'a, str>,
    /// Its description.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub description: Option<Cow<'a, str>>,
    /// The branch that it is shown at.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub default_branch: Option<Cow<'a, str>>,
    /// It is private.
    pub private: bool,
    /// Its visibility.
    #[serde(borrow)]
    pub visibility: Option<Visibility<'a>>,
    /// It is a fork.
    pub fork: bool,
    /// It is read-only.
    #[serde(default)]
    pub archived: bool,
}

open_enum! {
    /// The visibility of a repository.
    Visibility {
        Internal = "internal",
        Private = "private",
        Public = "public",
    }
}

/// An organization.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Organization<'a> {
    /// Its id.
    pub id: u64,
    /// Its name in URLs.
    #[serde(borrow)]
    pub login: Cow<'a, str>,
}

/// An installation of a GitHub App.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Installation {
    /// Its id, which the app needs to get a token.
    pub id: u64,
}

/// A label.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Label<'a> {
    /// Its id.
    pub id: u64,
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Its colour, as six hexadecimal digits.
    #[serde(borrow)]
    pub color: Cow<'a, str>,
    /// The purpose of the label.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub description: Option<Cow<'a, str>>,
}

/// A milestone.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Milestone<'a> {
    /// Its id.
    pub id: u64,
    /// Its number in the repository.
    pub number: u64,
    /// Its title.
    #[serde(borrow)]
    pub title: Cow<'a, str>,
    /// Open or closed.
    #[serde(borrow)]
    pub state: State<'a>,
    /// Its due date.
    #[serde(borrow, default, deserialize_with = "text::optional")]
    pub due_on: Option<Cow<'a, str>>,
}

/// A team.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Team<'a> {
    /// Its id.
    pub id: u64,
    /// Its name.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Its name in URLs.
    #[serde(borrow)]
    pub slug: Cow<'a, str>,
}
