//! The conformance suite on endpoints of this framework: on handlers like those of users, and on an
//! endpoint of every provider.

use std::{
    borrow::Cow,
    cell::RefCell,
    fmt::Write as _,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Router,
    extract::{Path, State},
    routing::get,
};
use serde::Deserialize;
use serde_json::json;
use webhook_runtime::{
    __private::{HandlerFuture, HandlerInput},
    Delivery, Endpoint, Provider, Rejection, Secret, SecretSource, SourceError, Tenant, Webhook,
    Webhooks,
    inbox::Inbox,
    providers::{
        self, ADYEN, GITHUB, GITLAB, HMAC_SHA256_HEX, LINE, MAILGUN, SHOPIFY, SLACK, SQUARE,
        STANDARD_WEBHOOKS, STRIPE, TWILIO,
    },
    testing::conformance::{self, CASES, Target},
    webhook,
};

/// The handler of the quickstart.
#[derive(Deserialize)]
struct Order<'a> {
    id: u64,
    #[serde(borrow)]
    note: Cow<'a, str>,
}

#[webhook(path = "/webhook", secret_env = "NOT_SET")]
async fn order_paid(order: Order<'_>) -> String {
    format!("order {} paid: {}", order.id, order.note)
}

webhook_runtime::testing::conformance!(
    order_paid,
    sample = |delivery| delivery.json(&json!({ "id": 7, "note": "with care" })),
);

#[derive(Clone, Default)]
struct App;

#[webhook(path = "/github", provider = GITHUB, max_body = 64 * 1024)]
async fn github(State(_): State<App>, delivery: &Delivery) -> Result<(), Rejection> {
    #[derive(Deserialize)]
    struct Push<'a> {
        #[serde(borrow)]
        r#ref: Cow<'a, str>,
    }
    match delivery.event().as_deref() {
        Some("push") => drop(delivery.decode::<Push<'_>>()?.r#ref),
        _ => return Err(Rejection::Forbidden),
    }
    Ok(())
}

webhook_runtime::testing::conformance!(
    mod github_events,
    github,
    state = App,
    sample = |delivery| delivery.event("push").json(&json!({ "ref": "main" })),
);

webhook_runtime::testing::conformance!(
    mod github_forms,
    github,
    state = App,
    sample = |delivery| delivery.event("push").form(&[("payload", r#"{"ref":"main"}"#)]),
);

/// A complete application, tested like any other receiver.
fn subject() -> Target {
    let secret = Secret::new("the secret of this test");
    let hooks = Webhooks::new().mount::<github>().secrets::<github>([secret.clone()]);
    let hooks = hooks.into_router().expect("it starts");
    let app = Router::new().route("/", get(async || "home")).merge(hooks).with_state(App);
    Target::service(app, &GITHUB, secret, "/github")
        .sample(|delivery| delivery.event("push").json(&json!({ "ref": "main" })))
        .max_body(64 * 1024)
        .strict()
}

webhook_runtime::testing::conformance!(mod whole_application, target = subject());

/// Handlers that accept any genuine delivery, one for each provider.
macro_rules! endpoints {
    ($($module:ident $name:ident $provider:ident $sample:expr;)*) => {$(
        #[webhook(path = "/hook", provider = $provider)]
        async fn $name(_: &Delivery) {}

        webhook_runtime::testing::conformance!(mod $module, $name, sample = $sample);
    )*};
}

endpoints! {
    of_stripe stripe STRIPE |delivery| delivery.event("invoice.paid").id("evt_1");
    of_slack slack SLACK |delivery| delivery.event("message");
    of_standard_webhooks standard STANDARD_WEBHOOKS |delivery| delivery.id("msg_1");
    of_shopify shopify SHOPIFY |delivery| delivery.event("orders/paid");
    of_gitlab gitlab GITLAB |delivery| delivery.event("Push Hook");
    of_square square SQUARE |delivery| delivery.event("payment.updated").query("a=1&b=2");
    of_line line LINE |delivery| delivery.json(&json!({ "events": [{ "type": "message" }, { "type": "follow" }] }));
    of_twilio twilio TWILIO |delivery| delivery.form(&[("From", "+1"), ("Body", "a b")]);
    of_adyen adyen ADYEN |delivery| delivery.items([json!({}), json!({})]);
}

/// A provider whose signature is in the body, and which names no time window.
#[webhook(path = "/mailgun", provider = MAILGUN, tolerance = std::time::Duration::from_secs(300))]
async fn mailgun(_: &Delivery) {}

const IN_BODY: [&str; 8] = [
    "tampered_body_is_refused",
    "altered_signatures_are_refused",
    "truncated_signatures_are_refused",
    "extended_signatures_are_refused",
    "empty_signature_is_refused",
    "delivery_inside_the_window_is_accepted",
    "stale_delivery_is_refused",
    "changed_timestamp_is_refused",
];

webhook_runtime::testing::conformance!(
    mod of_mailgun,
    mailgun,
    sample = |delivery| delivery.event("delivered"),
    expect_cases = IN_BODY,
);

webhook_runtime::testing::conformance!(
    mod of_mailgun_forms,
    mailgun,
    sample = |delivery| delivery.form(&[("recipient", "a@example.com"), ("subject", "a b")]),
    expect_cases = IN_BODY.into_iter().filter(|name| *name != "tampered_body_is_refused"),
);

/// An endpoint during rotation.
#[webhook(path = "/rotated", provider = STANDARD_WEBHOOKS)]
async fn rotated(_: &Delivery) {}

webhook_runtime::testing::conformance!(
    mod of_two_secrets,
    rotated,
    hooks = Webhooks::new()
        .mount::<rotated>()
        .secrets::<rotated>(["bmV3", "b2xk"].map(|text| Secret::new(format!("whsec_{text}"))))
        .test(()),
    expect_cases = ["every_live_secret_is_accepted", "good_signature_among_others_is_accepted"],
);

/// With an inbox, workers handle deliveries after the response.
#[tokio::test]
async fn inbox_endpoints_pass_every_case() {
    #[derive(Clone, Default)]
    struct Handled(Arc<AtomicUsize>);
    #[webhook(path = "/stored", provider = STRIPE, inbox)]
    async fn stored(State(handled): State<Handled>, _: &Delivery) {
        handled.0.fetch_add(1, Ordering::SeqCst);
    }
    for is_counted in [true, false] {
        let place = std::env::temp_dir()
            .join(format!("conformance-{}-{is_counted}.db", std::process::id()));
        let url = format!("sqlite://{}", place.display());
        let inbox = Inbox::open(&url).await.expect("an inbox");
        let handled = Handled::default();
        let hooks = Webhooks::new().mount::<stored>().inbox(inbox.clone());
        let subject = if is_counted {
            // In the test kit, stored deliveries run on demand.
            let secret = Secret::new("whsec_of this test");
            let hooks = hooks.secrets::<stored>([secret.clone()]).with_state(handled.clone());
            let router = hooks.into_router().expect("right").with_state(handled.clone());
            let count = handled.clone();
            Target::service(router, &STRIPE, secret, "/stored")
                .handled_count(move || count.0.load(Ordering::SeqCst))
        } else {
            Target::of::<stored, _>(hooks.test(handled.clone()))
        };
        let subject = subject
            .sample(|delivery| delivery.event("invoice.paid"))
            .expect_cases(["genuine_delivery_is_accepted", "stale_delivery_is_refused"]);
        for case in CASES {
            if let Err(failure) = case.run(&subject).await {
                panic!("{}: {failure}", case.name());
            }
        }
        inbox.shutdown(std::time::Duration::from_secs(5)).await;
        assert_eq!(handled.0.load(Ordering::SeqCst) > 0, is_counted);
        inbox.close().await.expect("it closes");
        std::fs::remove_file(place).expect("it was there");
    }
}

/// A secret for each tenant.
struct Tenants;

impl SecretSource for Tenants {
    async fn secrets(&self, tenant: &Tenant) -> Result<Vec<Secret>, SourceError> {
        match tenant.param("tenant") {
            Some(tenant @ ("acme" | "globex")) => Ok(vec![Secret::new(format!("of {tenant}"))]),
            _ => Err(SourceError::NotFound),
        }
    }
}

#[webhook(path = "/hooks/{tenant}", provider = STRIPE)]
async fn tenants(Path(_tenant): Path<String>, _: &Delivery) {}

webhook_runtime::testing::conformance!(
    mod of_tenants,
    tenants,
    hooks = Webhooks::new().mount::<tenants>().secret_source::<tenants>(Tenants).test(()),
    sample = |delivery| delivery.param("tenant", "acme"),
    other_tenant = |delivery| delivery.param("tenant", "globex"),
);

thread_local! {
    static PROVIDER: RefCell<&'static Provider> = const { RefCell::new(&HMAC_SHA256_HEX) };
}

#[webhook(path = "/any")]
async fn any(_: &Delivery) {}

/// [`any`] with whatever provider it is about.
enum Of {}

impl Webhook<()> for Of {
    fn endpoint() -> Endpoint {
        let provider = PROVIDER.with_borrow(|provider| *provider);
        Endpoint::new("any", module_path!(), "/any").provider(provider).max_body(64 * 1024)
    }

    fn call(verified: HandlerInput<()>) -> HandlerFuture {
        <any as Webhook<()>>::call(verified)
    }
}

#[test]
fn every_provider_passes_every_case() {
    // The others sign with keys that only they have.
    let all: Vec<&'static Provider> =
        providers::ALL.iter().copied().filter(|it| !it.scheme_info().fetches_keys).collect();
    let threads = std::thread::available_parallelism().map_or(2, usize::from);
    let failures: String = std::thread::scope(|scope| {
        // Interleaved, because slow providers are neighbours.
        let threads: Vec<_> = (0..threads)
            .map(|first| {
                let providers = all.iter().copied().skip(first).step_by(threads);
                scope.spawn(move || providers.map(failures_of).collect::<String>())
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("nobody panics")).collect()
    });
    assert!(failures.is_empty(), "{failures}");
}

fn failures_of(provider: &'static Provider) -> String {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().expect("a runtime");
    let mut failures = String::new();
    PROVIDER.set(provider);
    for case in CASES {
        let subject = Target::of::<Of, _>(Webhooks::new().mount::<Of>().test(()));
        if let Err(failure) = runtime.block_on(case.run(&subject)) {
            writeln!(failures, "{}, {}: {failure}", provider.name(), case.name()).expect("text");
        }
    }
    failures
}

/// The table in the documentation lists all cases.
#[test]
fn every_case_is_documented() {
    let text = include_str!("../../webhook-runtime/src/testing/conformance/mod.rs");
    let rows = text.lines().filter_map(|line| line.strip_prefix("//! | `"));
    let names: Vec<&str> = rows.filter_map(|row| Some(row.split_once('`')?.0)).collect();
    assert_eq!(names, CASES.iter().map(conformance::Case::name).collect::<Vec<_>>());
}
