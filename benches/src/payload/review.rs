//! `pull_request_review`.

use serde::Deserialize;

use super::common::{Installation, Organization, Repository, User};

/// A review of a pull request.
#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
#[expect(clippy::struct_field_names, reason = "GitHub named them")]
pub struct Review<T> {
    action: T,
    review: PullRequestReview<T>,
    pull_request: PullRequest<T>,
    repository: Repository<T>,
    organization: Option<Organization<T>>,
    sender: User<T>,
    installation: Option<Installation<T>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct PullRequestReview<T> {
    id: u64,
    node_id: T,
    user: User<T>,
    body: Option<T>,
    commit_id: T,
    submitted_at: T,
    state: T,
    html_url: T,
    pull_request_url: T,
    author_association: T,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct PullRequest<T> {
    id: u64,
    node_id: T,
    number: u64,
    url: T,
    html_url: T,
    diff_url: T,
    state: T,
    locked: bool,
    title: T,
    user: User<T>,
    body: Option<T>,
    created_at: T,
    updated_at: T,
    closed_at: Option<T>,
    merged_at: Option<T>,
    merge_commit_sha: Option<T>,
    assignee: Option<User<T>>,
    assignees: Vec<User<T>>,
    requested_reviewers: Vec<User<T>>,
    labels: Vec<Label<T>>,
    draft: bool,
    head: Branch<T>,
    base: Branch<T>,
    author_association: T,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Label<T> {
    id: u64,
    node_id: T,
    url: T,
    name: T,
    color: T,
    default: bool,
    description: Option<T>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct Branch<T> {
    label: T,
    #[serde(rename = "ref")]
    name: T,
    sha: T,
    user: User<T>,
    repo: Repository<T>,
}
