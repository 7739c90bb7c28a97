//! Endpoints with a reference for those who send to them: an `OpenAPI` document at `/openapi.json`, and a
//! page at `/` that shows it.
//!
//! All endpoints take the secret in `SECRET`, so that they can be tried out.

mod reference;

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use webhook_runtime::{
    Field, Provider, UnknownEvent, WebhookEvent, Webhooks,
    openapi::OpenApi,
    providers::{DROPBOX, GITHUB, LINE},
    scheme::{Scheme, Timestamp},
    webhook,
};

/// The shop's own way to sign: the time, a full stop, and the body.
const SHOP: Provider = Provider::new(
    "shop",
    Scheme::hmac_sha256()
        .header("x-shop-signature")
        .prefix("sha256=")
        .timestamp(Timestamp::header("x-shop-time"))
        .signed("{timestamp}.{body}"),
)
.with_id(Field::pointer("/id"))
.with_retry_period(Duration::from_secs(24 * 60 * 60));

/// An order of the shop.
#[derive(Deserialize, JsonSchema)]
struct Order {
    /// The number of the order. It is never used again.
    id: u64,
    /// A message from the customer.
    note: Option<String>,
    /// In the smallest unit of the currency.
    total: u64,
    currency: Currency,
    items: Vec<Item>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
enum Currency {
    Eur,
    Usd,
}

#[derive(Deserialize, JsonSchema)]
struct Item {
    /// The number of the article.
    article: String,
    #[schemars(range(min = 1))]
    count: u32,
}

/// Books a paid order.
///
/// Send each order once it is paid. An order that is sent again is booked again.
#[webhook(path = "/orders", provider = SHOP, secret_env = "SECRET", max_body = 64 * 1024)]
async fn order_paid(order: Order) -> &'static str {
    let count: u32 = order.items.iter().map(|item| item.count).sum();
    let articles: Vec<&str> = order.items.iter().map(|item| item.article.as_str()).collect();
    let Order { id, note, total, currency, .. } = &order;
    let note = note.as_deref().unwrap_or("no note");
    println!("order {id}: {total} {currency:?} for {count} of {articles:?} ({note})");
    "OK"
}

#[derive(Deserialize, JsonSchema)]
struct Push {
    /// The branch or tag, such as `refs/heads/main`.
    #[serde(rename = "ref")]
    reference: String,
    commits: Vec<Commit>,
}

#[derive(Deserialize, JsonSchema)]
struct Commit {
    id: String,
    message: String,
}

#[derive(Deserialize, JsonSchema)]
struct IssueEvent {
    issue: Issue,
}

#[derive(Deserialize, JsonSchema)]
struct Issue {
    number: u64,
    title: String,
}

#[derive(WebhookEvent)]
enum Github<'a> {
    /// Somebody has pushed.
    #[event("push")]
    Push(Push),
    /// An issue is new, or open again.
    #[event("issues.opened", "issues.reopened")]
    Issue(IssueEvent),
    /// The webhook was set up.
    #[event("ping")]
    Ping,
    #[event(other)]
    Other(UnknownEvent<'a>),
}

/// Follows a repository.
#[webhook(path = "/github", provider = GITHUB, secret_env = "SECRET")]
async fn github(event: Github<'_>) {
    match event {
        Github::Push(push) => {
            println!("{} commits on {}", push.commits.len(), push.reference);
            for commit in push.commits {
                println!("  {} {}", commit.id, commit.message);
            }
        }
        Github::Issue(IssueEvent { issue }) => println!("#{}: {}", issue.number, issue.title),
        Github::Ping => println!("ping"),
        Github::Other(other) => println!("passed over {}", other.name()),
    }
}

#[derive(Deserialize, JsonSchema)]
struct ChatEvent {
    /// `message`, `follow`, and more.
    #[serde(rename = "type")]
    kind: String,
    timestamp: u64,
}

/// Answers in a chat.
#[webhook(
    path = "/line", provider = LINE, secret_env = "SECRET", respond_within = Duration::from_secs(2)
)]
async fn chat(event: ChatEvent) {
    println!("{} at {}", event.kind, event.timestamp);
}

/// Follows the files of an account.
///
/// The type of this payload has no schema, and so the reference shows none.
#[webhook(path = "/files/{account}", provider = DROPBOX, secret_env = "SECRET")]
async fn files(changes: Changes) {
    println!("{} accounts have changed", changes.list_folder.accounts.len());
}

#[derive(Deserialize)]
struct Changes {
    list_folder: Accounts,
}

#[derive(Deserialize)]
struct Accounts {
    accounts: Vec<String>,
}

#[tokio::main]
async fn main() -> Result<(), webhook_runtime::Error> {
    let hooks =
        Webhooks::new().mount::<order_paid>().mount::<github>().mount::<chat>().mount::<files>();
    let document = OpenApi::new()
        .title("Shop")
        .version(env!("CARGO_PKG_VERSION"))
        .description("What this shop takes from others, and how they sign it.")
        .server("http://127.0.0.1:3000")
        .document(&hooks);
    hooks.merge(reference::routes(&document)).serve("127.0.0.1:3000").await
}
