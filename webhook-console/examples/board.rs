//! A console over an inbox with everything that it can show, for browser tests and pictures: endpoints of
//! several providers, one that fails, one that is paused, one that is idle, deliveries in every state, and
//! texts that are made of markup and control characters.
//!
//! `board [NUMBER]` adds this many deliveries that wait. It prints its address, listens on a free port of
//! 127.0.0.1, and ends when its standard input does. The header `viewer` says who looks: `ana` may do
//! everything, `ben` may look. Without the header it is ana.

use std::{
    env,
    error::Error,
    fs,
    io::Read as _,
    time::{Duration, SystemTime},
};

use axum::Router;
use http::{HeaderValue, StatusCode};
use tokio::net::TcpListener;
use webhook_console::{Access, Console, Permission};
use webhook_runtime::{
    Delivery, Inbox, Provider, Secret, Webhooks,
    inbox::{
        DeliveryState, Filter, MinuteSum, NewDelivery,
        store::{Heartbeat, Work},
    },
    providers::{GITHUB, LINEAR, OKTA, SHOPIFY, SLACK, STRIPE, TWILIO},
    webhook,
};

/// Does as the body of a delivery asks.
async fn obey(delivery: &Delivery) -> Result<(), Failure> {
    let text = String::from_utf8_lossy(delivery.body()).into_owned();
    let asked = serde_json::from_str::<serde_json::Value>(&text).unwrap_or_default();
    match (asked["do"].as_str(), asked["error"].as_str()) {
        (Some("wait"), _) => tokio::time::sleep(Duration::from_secs(86_400)).await,
        (Some("fail"), Some(error)) => return Err(error.to_owned().into()),
        _ => {}
    }
    Ok(())
}

type Failure = Box<dyn Error + Send + Sync>;

#[webhook(path = "/hooks/shopify/{shop}", provider = SHOPIFY, inbox(max_attempts = 2, backoff = "1s..1s", concurrency = 32, order_by = "/id"))]
async fn shopify_orders(delivery: &Delivery) -> Result<(), Failure> {
    obey(delivery).await
}

#[webhook(path = "/slack/events", provider = SLACK, inbox(concurrency = 8))]
async fn slack_events(delivery: &Delivery) -> Result<(), Failure> {
    obey(delivery).await
}

#[webhook(path = "/twilio", provider = TWILIO, inbox(backoff = "1h..1h"))]
async fn twilio_sms(delivery: &Delivery) -> Result<(), Failure> {
    obey(delivery).await
}

#[webhook(path = "/stripe", provider = STRIPE, inbox)]
async fn stripe_payments(delivery: &Delivery) -> Result<(), Failure> {
    obey(delivery).await
}

#[webhook(path = "/github", provider = GITHUB, inbox)]
async fn github_events(delivery: &Delivery) -> Result<(), Failure> {
    obey(delivery).await
}

#[webhook(path = "/linear", provider = LINEAR, inbox)]
async fn linear_issues(delivery: &Delivery) -> Result<(), Failure> {
    obey(delivery).await
}

#[webhook(path = "/okta", provider = OKTA, inbox)]
async fn okta_hooks(delivery: &Delivery) -> Result<(), Failure> {
    obey(delivery).await
}

/// Makes deliveries with numbers of their own.
struct Maker {
    number: u64,
    now: SystemTime,
}

impl Maker {
    fn make(
        &mut self,
        endpoint: &str,
        provider: &Provider,
        event: &str,
        body: &str,
    ) -> NewDelivery {
        self.number += 1;
        let number = self.number;
        // Over the last half hour, the newest last.
        let age = Duration::from_secs(1800_u64.saturating_sub(number));
        let key = number.to_be_bytes().to_vec();
        let mut new =
            NewDelivery::new(endpoint, provider.name(), key, body.to_owned(), self.now - age);
        new.event = Some(event.to_owned());
        new.provider_id = Some(format!(
            "{:08x}-bdd9-4b37-8a5f-{number:012x}",
            number * 2_654_435_761 % 4_294_967_296
        ));
        new.head.method = String::from("POST");
        new.head.uri = format!("/hooks/{endpoint}");
        new.head.secret_name = format!("{}_SECRET", provider.name().to_uppercase());
        new.head.headers.insert("content-type", HeaderValue::from_static("application/json"));
        new.head.headers.insert("user-agent", HeaderValue::from_static("Captain-Hook"));
        new.head
            .headers
            .insert("x-shopify-hmac-sha256", HeaderValue::from_static("bm90IGEgc2lnbmF0dXJl"));
        new
    }
}

const SHOPS: [&str; 5] =
    ["acme-tea", "northwind-outdoor", "kaffee-koenig", "étoile-papeterie", "<b>lamp</b> & sons"];

fn deliveries(now: SystemTime) -> Vec<NewDelivery> {
    let (mut maker, mut all) = (Maker { number: 0, now }, Vec::new());
    let refused = r#"{"do":"fail","id":ID,"error":"reserve stock: error communicating with database: Connection refused (os error 111)","email":"jo@example.com"}"#;
    for number in 0..120_usize {
        let event = ["orders/paid", "orders/create", "refunds/create"][number % 3];
        let body = refused.replace("ID", &number.to_string());
        let mut new = maker.make("shopify_orders", &SHOPIFY, event, &body);
        new.head.tenant = vec![("shop".to_owned(), SHOPS[number % 5].to_owned())];
        all.push(new);
    }
    for number in 0..18 {
        let body = r#"{"do":"fail","error":"line_items[0].price: invalid type: null, expected a string at line 1 column 2113"}"#;
        let mut new = maker.make("shopify_orders", &SHOPIFY, "orders/updated", body);
        new.head.tenant = vec![("shop".to_owned(), SHOPS[number % 5].to_owned())];
        all.push(new);
    }
    let hostile = "<script>alert(1)</script>\u{202e}\u{7} \"quoted\" & more ".repeat(6);
    let body = serde_json::json!({"do": "fail", "error": hostile, "note": format!("no. 7\u{202e}"), "total_price": 48.90, "tags": [true, null]});
    let mut new =
        maker.make("shopify_orders", &SHOPIFY, "<img src=x onerror=alert(1)>", &body.to_string());
    new.provider_id = Some("<b>".repeat(60));
    new.head.tenant = vec![("shop".to_owned(), "<script>alert(1)</script>".to_owned())];
    all.push(new);
    for _ in 0..11 {
        all.push(maker.make(
            "twilio_sms",
            &TWILIO,
            "message.status",
            r#"{"do":"fail","error":"timed out after 30 s"}"#,
        ));
    }
    for number in 0..40 {
        all.push(maker.make("slack_events", &SLACK, ["message", "app_mention"][number % 2], "{}"));
    }
    for number in 0..200 {
        let event = ["payment_intent.succeeded", "invoice.paid", "charge.refunded"][number % 3];
        all.push(maker.make("stripe_payments", &STRIPE, event, "{\"id\":1}"));
        all.push(maker.make(
            "github_events",
            &GITHUB,
            ["push", "pull_request.opened"][number % 2],
            "{}",
        ));
    }
    for _ in 0..3 {
        all.push(maker.make("linear_issues", &LINEAR, "Issue.update", r#"{"do":"wait"}"#));
    }
    for _ in 0..4 {
        let mut new = maker.make("linear_issues", &LINEAR, "Issue.create", r#"{"do":"wait"}"#);
        new.ordering_key = Some("LIN-1".into());
        new.head.tenant = vec![("team".to_owned(), String::from("team-1"))];
        all.push(new);
    }
    all
}

/// Sums of an hour that look like one.
fn sums(now: SystemTime) -> Vec<MinuteSum> {
    let mut sums = Vec::new();
    for minute in 0..60_u64 {
        let at = now - Duration::from_secs((59 - minute) * 60);
        let wave = (minute * 7919) % 97;
        for (endpoint, received, share) in [
            ("shopify_orders", 100 + wave, if minute > 20 { 45 } else { 1 }),
            ("stripe_payments", 360 + wave, 0),
            ("github_events", 200 + wave * 2, 0),
            ("slack_events", 12 + wave / 10, 0),
            ("twilio_sms", 7, 12),
        ] {
            let mut sum = MinuteSum::new(at, endpoint);
            let is_paused = endpoint == "slack_events" && minute > 35;
            sum.received = received;
            sum.failed = received * share / 100;
            sum.completed = if is_paused { 0 } else { received - sum.failed };
            sums.push(sum);
        }
    }
    sums
}

async fn fill(inbox: &Inbox, more: u64) -> Result<(), Failure> {
    let now = inbox.now();
    inbox.store().enqueue(&deliveries(now)).await?;
    let mut work = Work::default();
    work.sums = sums(now);
    inbox.store().commit(&work).await?;
    inbox.wake();
    // A process that has gone without a word.
    let mut beat = Heartbeat::default();
    (beat.name, beat.pid, beat.slots, beat.running) = ("web-3".to_owned(), 41_236, 16, 2);
    (beat.program, beat.version) = ("shop 1.14.2".to_owned(), "0.1.0".to_owned());
    inbox.store().heartbeat(&beat).await?;
    for endpoint in ["shopify_orders", "stripe_payments", "github_events"] {
        let due = Filter::all().endpoint(endpoint).state(DeliveryState::Pending);
        while inbox.count(&due, 1).await?.number > 0 {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }
    // They wait at the paused endpoint: nobody has to run them.
    let mut maker = Maker { number: 1_000_000, now };
    for _ in 0..more / 1000 {
        let some: Vec<_> =
            (0..1000).map(|_| maker.make("slack_events", &SLACK, "message", "{}")).collect();
        inbox.store().enqueue(&some).await?;
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let more = env::args().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0);
    let directory = env::temp_dir().join(format!("console-board-{}", std::process::id()));
    fs::create_dir(&directory)?;
    let url = format!("sqlite://{}", directory.join("inbox.db").display());
    let inbox = Inbox::builder(&url).worker_name("web-1").program("shop 1.14.3").open().await?;
    inbox.pause("slack_events", "ben", "rotating the signing secret").await?;
    let secret = || [Secret::new("whsec_Ym9hcmRib2FyZGJvYXJkYm9hcmRib2FyZA==")];
    let webhooks: Router = Webhooks::new()
        .mount::<shopify_orders>()
        .mount::<slack_events>()
        .mount::<twilio_sms>()
        .mount::<stripe_payments>()
        .mount::<github_events>()
        .mount::<linear_issues>()
        .mount::<okta_hooks>()
        .secrets::<shopify_orders>(secret())
        .secrets::<slack_events>(secret())
        .secrets::<twilio_sms>(secret())
        .secrets::<stripe_payments>(secret())
        .secrets::<github_events>(secret())
        .secrets::<linear_issues>(secret())
        .secrets::<okta_hooks>(secret())
        .public_url("http://127.0.0.1:3000")
        .inbox(inbox.clone())
        .into_router()?;
    fill(&inbox, more).await?;
    let access = Access::decide(|request| match request.headers.get("viewer") {
        Some(name) if name == "ben" => Permission::read_only("ben"),
        Some(name) if name == "nobody" => Permission::Forbidden,
        _ => Permission::full("ana"),
    });
    let console = Console::new(inbox.clone(), access).title("payments production");
    let missing = async || StatusCode::NOT_FOUND;
    let app = webhooks.nest("/console", console.into_router()).fallback(missing);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("http://{}/console", listener.local_addr()?);
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let serving = axum::serve(listener, app);
    tokio::select! {
        served = serving => served?,
        _ = ended => {}
    }
    let _ = tokio::time::timeout(Duration::from_secs(2), inbox.close()).await;
    fs::remove_dir_all(&directory)?;
    std::process::exit(0)
}
