//! `commit_comment`.

use serde::Deserialize;

use super::common::{Installation, Organization, Repository, User};

/// A comment on a commit.
#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
#[expect(clippy::struct_field_names, reason = "GitHub named them")]
pub struct Comment<T> {
    action: T,
    comment: CommitComment<T>,
    repository: Repository<T>,
    organization: Option<Organization<T>>,
    sender: User<T>,
    installation: Option<Installation<T>>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
struct CommitComment<T> {
    url: T,
    html_url: T,
    id: u64,
    node_id: T,
    user: User<T>,
    position: Option<u64>,
    line: Option<u64>,
    path: Option<T>,
    commit_id: T,
    created_at: T,
    updated_at: T,
    author_association: T,
    body: T,
}
