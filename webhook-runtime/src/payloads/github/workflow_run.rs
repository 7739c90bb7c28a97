//! Runs of workflows.

use std::borrow::Cow;

use serde::Deserialize;

use crate::payloads::{
    github::{Installation, Organization, Repository, User},
    lenient, open_enum,
};

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
    pub sender: Option<User<'a>>,
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
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub html_url: Option<Cow<'a, str>>,
    /// The name of the workflow.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// Its title.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub display_title: Option<Cow<'a, str>>,
    /// The id of the workflow.
    pub workflow_id: Option<u64>,
    /// The file of the workflow.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub path: Option<Cow<'a, str>>,
    /// The number of runs of the workflow, this one included.
    pub run_number: Option<u64>,
    /// The number of attempts of this run.
    pub run_attempt: Option<u64>,
    /// The event that it is run for.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub event: Option<Cow<'a, str>>,
    /// The status.
    #[serde(borrow)]
    pub status: Option<RunStatus<'a>>,
    /// The conclusion, after its end.
    #[serde(borrow)]
    pub conclusion: Option<Conclusion<'a>>,
    /// The branch that it is run on.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub head_branch: Option<Cow<'a, str>>,
    /// The commit that it is run on.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub head_sha: Option<Cow<'a, str>>,
    /// The account that started it.
    #[serde(borrow)]
    pub actor: Option<User<'a>>,
    /// The account that started this attempt.
    #[serde(borrow)]
    pub triggering_actor: Option<User<'a>>,
    /// The time at which it was requested.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub created_at: Option<Cow<'a, str>>,
    /// The time of the last change.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
    pub updated_at: Option<Cow<'a, str>>,
    /// The time at which this attempt started.
    #[serde(borrow, default, deserialize_with = "lenient::time")]
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
    pub id: Option<u64>,
    /// Its name.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub name: Option<Cow<'a, str>>,
    /// Its file.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub path: Option<Cow<'a, str>>,
    /// Its page.
    #[serde(borrow, default, deserialize_with = "lenient::text")]
    pub html_url: Option<Cow<'a, str>>,
}
