//! What several events have in common.

use serde::Deserialize;

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
pub(crate) struct User<T> {
    login: T,
    id: u64,
    node_id: T,
    avatar_url: T,
    url: T,
    html_url: T,
    #[serde(rename = "type")]
    kind: T,
    site_admin: bool,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
pub(crate) struct Repository<T> {
    id: u64,
    node_id: T,
    name: T,
    full_name: T,
    private: bool,
    owner: User<T>,
    html_url: T,
    description: Option<T>,
    fork: bool,
    url: T,
    created_at: T,
    updated_at: T,
    pushed_at: T,
    git_url: T,
    ssh_url: T,
    clone_url: T,
    homepage: Option<T>,
    size: u64,
    stargazers_count: u64,
    language: Option<T>,
    forks_count: u64,
    archived: bool,
    open_issues_count: u64,
    visibility: T,
    default_branch: T,
    topics: Vec<T>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
pub(crate) struct Organization<T> {
    login: T,
    id: u64,
    node_id: T,
    url: T,
    avatar_url: T,
    description: Option<T>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "decoding is what is measured")]
pub(crate) struct Installation<T> {
    id: u64,
    node_id: T,
}
