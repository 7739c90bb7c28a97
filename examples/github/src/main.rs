//! A GitHub bot: webhooks inside an axum application that has state and pages of its own.
//!
//! In the repository's settings, under Webhooks: the public URL of `/github`, either content type,
//! and the secret in `GITHUB_SECRET`. While a secret is being replaced, the one before it stays
//! valid in `GITHUB_SECRET_OLD`.

use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
};

use axum::{Router, extract::State, routing::get};
use serde::Deserialize;
use tokio::net::TcpListener;
use webhook_runtime::{Delivery, Rejection, Webhooks, providers::GITHUB, webhook};

// What the bot reads of each event. GitHub sends much more, and what is not named here is skipped.

#[derive(Deserialize)]
struct Push<'a> {
    #[serde(borrow, rename = "ref")]
    reference: Cow<'a, str>,
    /// Nothing when the branch was deleted.
    head_commit: Option<Commit<'a>>,
    repository: Repository<'a>,
}

#[derive(Deserialize)]
struct Commit<'a> {
    #[serde(borrow)]
    message: Cow<'a, str>,
}

#[derive(Deserialize)]
struct IssueOpened<'a> {
    #[serde(borrow)]
    issue: Issue<'a>,
    repository: Repository<'a>,
}

#[derive(Deserialize)]
struct Issue<'a> {
    number: u64,
    #[serde(borrow)]
    title: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Repository<'a> {
    #[serde(borrow)]
    full_name: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Ping<'a> {
    #[serde(borrow)]
    zen: Cow<'a, str>,
}

/// What happened lately, newest last.
#[derive(Clone, Default)]
struct News(Arc<Mutex<Vec<String>>>);

impl News {
    fn tell(&self, line: String) {
        println!("{line}");
        let mut news = self.0.lock().expect("nobody panics holding it");
        if news.len() == 100 {
            news.remove(0);
        }
        news.push(line);
    }
}

/// Called once for every genuine delivery. What the event is decides what it is decoded as.
#[webhook(
    path = "/github",
    provider = GITHUB,
    secret_env = ["GITHUB_SECRET", "GITHUB_SECRET_OLD"],
    max_body = 25 * 1024 * 1024 // the most that GitHub sends
)]
async fn github(State(news): State<News>, delivery: &Delivery) -> Result<&'static str, Rejection> {
    match (delivery.event().as_deref(), delivery.action().as_deref()) {
        (Some("push"), _) => {
            let Push { reference, head_commit, repository } = delivery.decode()?;
            let head = head_commit.map_or("deleted".into(), |commit| commit.message);
            news.tell(format!("{} {reference}: {head}", repository.full_name));
        }
        (Some("issues"), Some("opened")) => {
            let IssueOpened { issue, repository } = delivery.decode()?;
            news.tell(format!("{} #{}: {}", repository.full_name, issue.number, issue.title));
        }
        (Some("ping"), _) => {
            news.tell(format!("connected: {}", delivery.decode::<Ping<'_>>()?.zen));
        }
        (event, action) => println!("passed over: {event:?} {action:?}"),
    }
    Ok("OK")
}

async fn home(State(news): State<News>) -> String {
    news.0.lock().expect("nobody panics holding it").join("\n")
}

#[tokio::main]
async fn main() -> Result<(), webhook_runtime::Error> {
    let hooks = Webhooks::new().mount::<github>().into_router()?;
    let app = Router::new().route("/", get(home)).merge(hooks).with_state(News::default());
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("bot on http://{}", listener.local_addr()?);
    axum::serve(listener, app).await?;
    Ok(())
}
