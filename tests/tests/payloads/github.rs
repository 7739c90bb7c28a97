//! GitHub.

use serde_json::{Value, json};
use webhook_runtime::{payloads::github, providers::GITHUB, webhook};

use crate::{answer, decode, read};

/// Asserts that a word of an example is known.
macro_rules! assert_known {
    ($words:ident: $word:expr) => {
        assert!(!matches!($word, github::$words::Unknown(_)), "{:?}", $word)
    };
}

/// Generates a test: every example of an event decodes, and passes these assertions.
macro_rules! examples {
    ($($test:ident: $count:literal $event:literal as $payload:ident $check:expr;)+) => {$(
        #[test]
        fn $test() {
            let file = read(concat!("fixtures/payloads/github/", $event, ".jsonl"));
            let mut count = 0;
            for body in file.lines() {
                let check: fn(github::$payload<'_>, &Value) = $check;
                check(decode(body), &decode(body));
                count += 1;
            }
            assert_eq!(count, $count);
        }
    )+};
}

examples! {
    pushes: 7 "push" as Push |push, json| {
        assert_eq!(push.reference, json["ref"].as_str().expect("text"));
        assert_eq!(push.after, json["after"].as_str().expect("text"));
        assert_eq!(push.deleted, Some(push.head_commit.is_none()));
        assert_eq!(push.commits.len(), json["commits"].as_array().expect("a list").len());
        assert_eq!(push.repository.full_name, "Codertocat/Hello-World");
        assert_eq!(push.pusher.and_then(|pusher| pusher.name).as_deref(), Some("Codertocat"));
        for commit in &push.commits {
            assert_eq!(commit.added.len() + commit.removed.len() + commit.modified.len(), 1);
            let author = commit.author.as_ref().expect("an author");
            assert_eq!(author.username.as_deref(), Some("Codertocat"));
        }
        assert_user(push.sender.as_ref(), &json["sender"]);
    };
    pull_requests: 29 "pull_request" as PullRequestEvent |event, json| {
        assert_known!(PullRequestAction: event.action);
        assert_eq!(event.action.as_str(), json["action"]);
        let (pull_request, json) = (event.pull_request, &json["pull_request"]);
        assert_eq!(Some(pull_request.number), event.number);
        let state = pull_request.state.expect("a state");
        assert_eq!(state.as_str(), json["state"]);
        assert_eq!(pull_request.title.expect("a title"), json["title"].as_str().expect("text"));
        assert_eq!(pull_request.body.as_deref(), json["body"].as_str());
        let head = pull_request.head.expect("a branch");
        assert_eq!(head.reference.as_deref(), json["head"]["ref"].as_str());
        assert_eq!(pull_request.additions, json["additions"].as_u64());
        assert_eq!(pull_request.draft, json["draft"].as_bool());
        assert_eq!(pull_request.labels.len(), json["labels"].as_array().expect("a list").len());
        assert_user(pull_request.user.as_ref(), &json["user"]);
    };
    issues: 29 "issues" as IssuesEvent |event, json| {
        assert_known!(IssuesAction: event.action);
        assert_eq!(event.action.as_str(), json["action"]);
        assert_eq!(event.label.is_some(), json["label"].is_object());
        let (issue, json) = (event.issue, &json["issue"]);
        assert_eq!(issue.number, json["number"].as_u64().expect("a number"));
        assert_eq!(issue.title.expect("a title"), json["title"].as_str().expect("text"));
        assert_eq!(issue.state.as_ref().map(github::State::as_str), json["state"].as_str());
        assert_eq!(issue.closed_at.as_deref(), json["closed_at"].as_str());
        assert_eq!(issue.assignees.len(), json["assignees"].as_array().expect("a list").len());
        assert_eq!(issue.milestone.is_some(), json["milestone"].is_object());
        assert_user(issue.user.as_ref(), &json["user"]);
    };
    pings: 4 "ping" as Ping |ping, json| {
        assert_eq!(ping.zen.as_deref(), Some("Anything added dilutes everything else."));
        let hook = ping.hook.expect("a webhook");
        assert_eq!(hook.id, json["hook"]["id"].as_u64());
        assert!(hook.id.is_some());
        assert_eq!(ping.hook_id, json["hook_id"].as_u64());
        assert_eq!(hook.kind.expect("a kind"), json["hook"]["type"].as_str().expect("text"));
        let config = hook.config.expect("a configuration");
        assert_eq!(config.url.as_deref(), json["hook"]["config"]["url"].as_str());
        assert!(!hook.events.is_empty());
    };
    releases: 13 "release" as ReleaseEvent |event, json| {
        assert_known!(ReleaseAction: event.action);
        assert_eq!(event.action.as_str(), json["action"]);
        assert_eq!(event.release.tag_name, "0.0.1");
        assert_eq!(event.release.name.as_deref(), json["release"]["name"].as_str());
        assert_eq!(event.release.prerelease, json["release"]["prerelease"].as_bool());
        assert_user(event.release.author.as_ref(), &json["release"]["author"]);
    };
    workflow_runs: 5 "workflow_run" as WorkflowRunEvent |event, json| {
        assert_known!(WorkflowRunAction: event.action);
        let (run, json) = (event.workflow_run, &json["workflow_run"]);
        let status = run.status.expect("a status");
        assert_known!(RunStatus: status);
        assert_eq!(status.as_str(), json["status"]);
        assert_eq!(
            run.conclusion.as_ref().map(github::Conclusion::as_str),
            json["conclusion"].as_str()
        );
        assert_eq!(run.run_number.expect("a number"), json["run_number"].as_u64().expect("a number"));
        assert_eq!(run.head_sha.expect("a commit"), json["head_sha"].as_str().expect("text"));
        let workflow = event.workflow.expect("a workflow");
        assert!(workflow.id.is_some());
        assert_eq!(workflow.id, run.workflow_id);
    };
}

fn assert_user(user: Option<&github::User<'_>>, json: &Value) {
    assert_eq!(user.and_then(|user| user.login.as_deref()), json["login"].as_str());
    assert_eq!(user.and_then(|user| user.id), json["id"].as_u64());
    assert_eq!(
        user.and_then(|user| user.kind.as_ref()).map(github::UserKind::as_str),
        json["type"].as_str()
    );
}

/// GitHub's schema allows these to be null or missing. The examples have values.
#[test]
fn optional_fields_may_be_null_or_missing() {
    let mut json: Value = decode(
        read("fixtures/payloads/github/pull_request.jsonl").lines().next().expect("an example"),
    );
    for pointer in ["user", "assignees", "milestone", "body", "merge_commit_sha"] {
        json["pull_request"][pointer] = Value::Null;
    }
    json["pull_request"]["head"]["repo"] = Value::Null;
    json["pull_request"]["head"]["user"] = Value::Null;
    for missing in ["merged", "additions", "draft", "assignees"] {
        json["pull_request"].as_object_mut().expect("an object").remove(missing);
    }
    json.as_object_mut().expect("an object").remove("sender");
    let body = json.to_string();
    let event: github::PullRequestEvent<'_> = decode(&body);
    assert_eq!(event.pull_request.user, None);
    assert_eq!(event.pull_request.assignees, []);
    let head = event.pull_request.head.expect("a branch");
    assert_eq!((head.repo, head.user), (None, None));
    assert_eq!(event.pull_request.merged, None);
    assert_eq!(event.sender, None);

    json["pull_request"]["assignees"] = Value::Null;
    assert_eq!(
        decode::<github::PullRequestEvent<'_>>(&json.to_string()).pull_request.assignees,
        []
    );
}

/// GitHub's schema allows the items of these lists to be null.
#[test]
fn null_items_of_lists_are_passed_over() {
    let file = read("fixtures/payloads/github/issues.jsonl");
    let mut json: Value = decode(file.lines().next().expect("an example"));
    let user = json["sender"].clone();
    json["issue"]["assignees"] = json!([null]);
    json["issue"]["labels"] = json!([null, { "name": "bug" }, null]);
    let body = json.to_string();
    let issue = decode::<github::IssuesEvent<'_>>(&body).issue;
    assert_eq!(issue.assignees, []);
    let names = issue.labels.iter().map(|label| label.name.as_deref());
    assert_eq!(names.collect::<Vec<_>>(), [Some("bug")]);
    json["issue"]["assignees"] = json!([null, user]);
    let body = json.to_string();
    let issue = decode::<github::IssuesEvent<'_>>(&body).issue;
    assert_eq!(issue.assignees.len(), 1);
    assert_user(issue.assignees.first(), &user);

    let file = read("fixtures/payloads/github/release.jsonl");
    let mut json: Value = decode(file.lines().next().expect("an example"));
    json["release"]["assets"] = json!([null, { "id": 3, "name": "a.zip" }]);
    let body = json.to_string();
    let release = decode::<github::ReleaseEvent<'_>>(&body).release;
    let ids = release.assets.iter().map(|asset| asset.id);
    assert_eq!(ids.collect::<Vec<_>>(), [Some(3)]);

    let file = read("fixtures/payloads/github/ping.jsonl");
    let mut json: Value = decode(file.lines().next().expect("an example"));
    json["hook"]["events"] = json!(["push", null]);
    let body = json.to_string();
    assert_eq!(decode::<github::Ping<'_>>(&body).hook.expect("a webhook").events, ["push"]);
}

#[test]
fn values_of_wrong_types_are_rejected() {
    let file = read("fixtures/payloads/github/issues.jsonl");
    let issue: Value = decode(file.lines().next().expect("an example"));
    for (pointer, wrong) in [
        ("/action", json!(7)),
        ("/issue/number", json!("7")),
        ("/issue/number", json!(-7)),
        ("/issue/title", json!(7)),
        ("/issue/number", Value::Null),
        ("/issue/state", json!({})),
        ("/issue/labels", json!("bug")),
        ("/issue/assignees", json!({})),
        ("/repository/full_name", json!(["a"])),
        ("/sender/id", json!(1.5)),
    ] {
        let mut body = issue.clone();
        *body.pointer_mut(pointer).expect("it is there") = wrong;
        let body = body.to_string();
        let error = serde_json::from_str::<github::IssuesEvent<'_>>(&body).expect_err(pointer);
        assert!(error.is_data(), "{pointer}: {error}");
    }
}

#[tokio::test]
async fn mismatches_name_their_json_path() {
    #[webhook(path = "/webhook", provider = GITHUB)]
    async fn issues(event: github::IssuesEvent<'_>) -> String {
        event.action.as_str().to_owned()
    }
    let file = read("fixtures/payloads/github/issues.jsonl");
    let example = file.lines().next().expect("an example");
    let right = answer::<issues>(&GITHUB, "application/json", example.to_owned()).await;
    assert_eq!(Some(right.text()), decode::<Value>(example)["action"].as_str());

    let mut json: Value = decode(example);
    json["issue"]["user"]["login"] = json!(7);
    let wrong = answer::<issues>(&GITHUB, "application/json", json.to_string()).await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.problem()["path"].as_str()),
        (422, Some("issue.user.login"))
    );

    let mut json: Value = decode(example);
    json["issue"]["labels"] = json!([null, { "name": 7 }]);
    let wrong = answer::<issues>(&GITHUB, "application/json", json.to_string()).await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.problem()["path"].as_str()),
        (422, Some("issue.labels[1].name"))
    );
}
