//! A console over an SQLite file of its own, and its viewers.

use std::{
    collections::BTreeMap,
    env, fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, SystemTime},
};

use axum::{Router, body::Body};
use http::{HeaderMap, Request, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use webhook_console::{Access, Console, Permission};
use webhook_runtime::{
    Inbox,
    inbox::{
        AttemptResult, DeliveryState, Filter, Job, JobHandlers, NewDelivery, Record, TxSource,
    },
};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A console.
pub(crate) struct Site {
    pub(crate) inbox: Inbox,
    pub(crate) router: Router,
    directory: PathBuf,
}

/// A response.
pub(crate) struct Page {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Page {
    pub(crate) fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }

    /// The value of a hidden field.
    pub(crate) fn field(&self, name: &str) -> String {
        let (_, rest) = self
            .text
            .split_once(&format!("name=\"{name}\" value=\""))
            .unwrap_or_else(|| panic!("no field {name}: {}", self.text));
        rest.split('"').next().unwrap().replace("&amp;", "&")
    }

    pub(crate) fn location(&self) -> &str {
        self.headers["location"].to_str().unwrap()
    }
}

/// A handler: a body that begins with `fail` fails, one with `bad` is given up at once.
async fn handle(job: Job, _: TxSource) -> AttemptResult {
    let text = String::from_utf8_lossy(&job.body).into_owned();
    if let Some(reason) = text.strip_prefix("fail ") {
        return AttemptResult::Retry { after: None, reason: reason.to_owned() };
    }
    if let Some(reason) = text.strip_prefix("bad ") {
        return AttemptResult::Dead { reason: reason.to_owned() };
    }
    AttemptResult::Completed
}

pub(crate) fn handlers() -> JobHandlers {
    JobHandlers::new().on("orders", handle).on("events", handle)
}

/// A delivery to `orders`.
pub(crate) fn delivery(key: u64, body: impl Into<String>) -> NewDelivery {
    let mut new = NewDelivery::new(
        "orders",
        "shopify",
        key.to_be_bytes().to_vec(),
        body.into(),
        SystemTime::now(),
    );
    new.event = Some("orders/paid".to_owned());
    new.provider_id = Some(format!("evt_{key}"));
    new.head.method = String::from("POST");
    new.head.uri = String::from("/hooks/shopify/acme");
    new.head.secret_name = String::from("SHOPIFY_SECRET");
    new.head.tenant = vec![("shop".to_owned(), "acme".to_owned())];
    new
}

impl Site {
    /// A console at `/console` for those whom the header `viewer` names: `ana`, who may do everything,
    /// and `ben`, who may look.
    pub(crate) async fn new() -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = env::temp_dir().join(format!("console-{number}-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        let url = format!("sqlite://{}", directory.join("inbox.db").display());
        let inbox = Inbox::builder(&url).max_attempts(1).open().await.unwrap();
        let access = Access::decide(|request| match request.headers.get("viewer") {
            Some(name) if name == "ana" => Permission::full("ana"),
            Some(name) if name == "ben" => Permission::read_only("ben"),
            _ => Permission::Forbidden,
        });
        let console = Console::new(inbox.clone(), access).title("tests <staging>");
        let router = Router::new().nest("/console", console.into_router());
        Self { inbox, router, directory }
    }

    /// Stores deliveries, and runs what is due.
    pub(crate) async fn run(&self, new: &[NewDelivery]) -> Vec<i64> {
        let stored = self.inbox.store().enqueue(new).await.unwrap();
        self.inbox.drain(&handlers()).await.unwrap();
        stored.into_iter().map(webhook_runtime::inbox::EnqueueResult::id).collect()
    }

    /// Stores deliveries that wait.
    pub(crate) async fn store(&self, new: &[NewDelivery]) -> Vec<i64> {
        let stored = self.inbox.store().enqueue(new).await.unwrap();
        stored.into_iter().map(webhook_runtime::inbox::EnqueueResult::id).collect()
    }

    /// Dead letters with these reasons.
    pub(crate) async fn dead(&self, count: u64) -> Vec<i64> {
        let new: Vec<_> =
            (0..count).map(|key| delivery(key, format!("bad 500: no stock for {key}"))).collect();
        self.run(&new).await
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Page {
        send(self.router.clone(), request).await
    }

    pub(crate) async fn get(&self, path: &str) -> Page {
        self.get_as("ana", path).await
    }

    pub(crate) async fn get_as(&self, viewer: &str, path: &str) -> Page {
        let request = Request::get(format!("/console{path}")).header("viewer", viewer);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    /// A form as a browser of ana sends it, with the token of a page.
    pub(crate) async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let token = self.token("ana").await;
        let mut all = vec![("token", &*token)];
        all.extend(fields);
        self.send(form("ana", path, &all, &[])).await
    }

    /// A token of a viewer with full access.
    pub(crate) async fn token(&self, viewer: &str) -> String {
        self.get_as(viewer, "/endpoints/orders/pause").await.field("token")
    }

    pub(crate) async fn state(&self, id: i64) -> DeliveryState {
        self.inbox.get(id).await.unwrap().unwrap().record.state
    }

    /// Everything that can be changed: to be compared.
    pub(crate) async fn all(&self) -> (Vec<Record>, Vec<String>) {
        let records = self.inbox.list(Filter::all()).collect().await.unwrap();
        let paused = self.inbox.paused().await.unwrap();
        (records, paused.into_iter().map(|pause| pause.endpoint).collect())
    }

    pub(crate) async fn counts(&self) -> BTreeMap<String, usize> {
        let mut counts = BTreeMap::new();
        for record in self.all().await.0 {
            *counts.entry(format!("{:?}", record.state)).or_default() += 1;
        }
        counts
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

async fn send(router: Router, request: Request<Body>) -> Page {
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    Page { status: parts.status, headers: parts.headers, text }
}

/// A page of the console at `/console` of a router.
pub(crate) async fn get(router: Router, path: &'static str) -> Page {
    let request = Request::get(format!("/console{path}"));
    send(router, request.body(Body::empty()).unwrap()).await
}

/// A form of the console at `/console` of a router, as a browser sends it.
pub(crate) async fn post(router: Router, path: &str, fields: &[(&str, &str)]) -> Page {
    send(router, form("ana", path, fields, &[("sec-fetch-site", "same-origin")])).await
}

/// A form.
pub(crate) fn form(
    viewer: &str,
    path: &str,
    fields: &[(&str, &str)],
    headers: &[(&str, &str)],
) -> Request<Body> {
    let mut body = String::new();
    for (name, value) in fields {
        let encode =
            |text: &str| text.bytes().map(|byte| format!("%{byte:02X}")).collect::<String>();
        body += &format!("{}={}&", encode(name), encode(value));
    }
    let mut request = Request::post(format!("/console{path}"))
        .header("viewer", viewer)
        .header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Body::from(body)).unwrap()
}

/// Waits for a moment.
pub(crate) async fn moment() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}
