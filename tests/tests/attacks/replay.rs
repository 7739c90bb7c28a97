//! Replays: recorded deliveries that are sent again.

use std::{
    env, fs,
    path::PathBuf,
    time::{Duration, UNIX_EPOCH},
};

use tokio::time::timeout;
use webhook_runtime::{
    Delivery, Inbox, Secret, Webhooks,
    inbox::{DeliveryState, Filter},
    providers::{GITHUB, STRIPE},
    scheme::RequestToSign,
    testing::TestClock,
    webhook,
};

use crate::{
    server::Server,
    tally,
    time::{NOW, SECONDS, SECRET, signed_at},
    wire::{PATIENCE, Request},
};

/// An SQLite file in a directory of its own.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = env::temp_dir().join(format!("attacks-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    async fn inbox(&self) -> Inbox {
        let url = format!("sqlite://{}", self.0.join("inbox.db").display());
        Inbox::builder(&url).poll_interval(Duration::from_millis(20)).open().await.unwrap()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Waits until every delivery is completed.
async fn finished(inbox: &Inbox) {
    let done = async {
        loop {
            let all = inbox.list(Filter::all()).collect().await.unwrap();
            if all.iter().all(|record| record.state == DeliveryState::Completed) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, done).await.expect("it is done");
}

#[webhook(path = "/stripe", provider = STRIPE, inbox)]
async fn booked(_: &Delivery) {}

/// Elsewhere, a recorded delivery had its effect again, because there was no time window
/// (Pulsefy#1333, open-mercato#3928), or because deduplication forgot everything at a restart
/// (CVE-2026-28449).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_replay_has_one_effect_across_restarts() {
    let folder = Folder::new("replay");
    let clock = TestClock::new(UNIX_EPOCH + NOW);
    let body = r#"{"id":"evt_1","type":"payment"}"#;
    let recorded = signed_at("stripe", &SECONDS.to_string(), "", body);
    let mut effects = 0;
    for _ in 0..3 {
        let inbox = folder.inbox().await;
        let hooks = Webhooks::new().mount::<booked>().clock(clock.clone()).inbox(inbox.clone());
        let hooks = hooks.secrets::<booked>([Secret::from_key(SECRET)]);
        let server = Server::start(hooks).await;
        for _ in 0..3 {
            assert_eq!(server.client().ask(&recorded).await.status, 202);
        }
        // Whoever recorded it can change everything that is not signed.
        let unsigned = recorded
            .clone()
            .with("idempotency-key", "another")
            .with("x-request-id", "another")
            .set("content-type", "text/plain");
        assert_eq!(server.client().ask(&unsigned).await.status, 202);
        finished(&inbox).await;
        assert_eq!(inbox.list(Filter::all()).collect().await.unwrap().len(), 1);
        effects += server.effects();
        clock.advance(Duration::from_secs(100));
        drop(server);
        inbox.shutdown(PATIENCE).await;
        inbox.close().await.unwrap();
    }
    assert_eq!(effects, 1);

    // The fourth time, it is 301 seconds old.
    clock.advance(Duration::from_secs(1));
    let inbox = folder.inbox().await;
    let hooks = Webhooks::new().mount::<booked>().clock(clock).inbox(inbox.clone());
    let server = Server::start(hooks.secrets::<booked>([Secret::from_key(SECRET)])).await;
    for _ in 0..5 {
        server.refuses("stripe", "a recorded delivery, too late", &recorded, &[401]).await;
    }
    inbox.shutdown(PATIENCE).await;
    tally::tell();
}

#[webhook(path = "/github", provider = GITHUB, inbox)]
async fn pushed(_: &Delivery) {}

/// Elsewhere, the deduplication key was random (CVE-2026-32053), unsigned (open-mercato#1343,
/// openlinker#1721), or the id of the request (idiomatic-critter-stack#9). Whoever had recorded a
/// delivery could have it handled again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_unsigned_id_is_still_a_duplicate() {
    let folder = Folder::new("ids");
    let inbox = folder.inbox().await;
    let hooks = Webhooks::new().mount::<pushed>().secrets::<pushed>([Secret::new(SECRET)]);
    let server = Server::start(hooks.inbox(inbox.clone())).await;
    let body = br#"{"ref":"refs/heads/main"}"#;
    let signed = GITHUB.sign(&Secret::new(SECRET), &RequestToSign::new(body)).unwrap();
    let recorded = Request::json("/github", body).with_all(&signed.headers);
    let recorded = recorded.set("x-github-event", "push");
    let bare = recorded.clone().without("x-github-delivery");
    let mut all = vec![recorded.clone(), recorded.clone(), bare.clone()];
    for fresh in 0..20 {
        let id = format!("72d3162e-cc78-11e3-81ab-{fresh:012}");
        all.push(recorded.clone().set("x-github-delivery", &id));
        for name in [
            "x-request-id",
            "x-correlation-id",
            "traceparent",
            "idempotency-key",
            "webhook-id",
            "x-github-hook-id",
            "x-forwarded-for",
            "user-agent",
            "date",
        ] {
            all.push(bare.clone().with(name, &id));
        }
        all.push(bare.clone().to(&format!("/github?id={id}")));
    }
    all.push(recorded.clone().set("x-github-delivery", ""));
    all.push(recorded.clone().set("x-github-delivery", "x".repeat(4_000)));
    all.push(recorded.clone().with("x-github-delivery", "two"));
    for request in &all {
        let answer = server.client().ask(request).await;
        assert_eq!(answer.status, 202, "{answer:?}");
    }
    finished(&inbox).await;
    assert_eq!(server.effects(), 1, "of {} requests", all.len());
    assert_eq!(inbox.list(Filter::all()).collect().await.unwrap().len(), 1);
    inbox.shutdown(PATIENCE).await;
    tally::tell();
}
