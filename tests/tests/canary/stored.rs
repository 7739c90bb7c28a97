//! The inbox's storage: every byte of its files, and every column of its tables.

use std::{fs, time::Duration};

use webhook_runtime::{
    Inbox,
    inbox::{Backoff, Filter},
    providers::ALL,
};

use super::{
    inbox_of,
    receiver::{self, Heard, Stored, ask},
    recorder,
    scanner::Scanner,
    sender::{self, BESIDE_CANARY, Letter, Sender},
};
use inbox_of::place::{Engine, Place};

/// The providers whose signature is in the body, which is stored unchanged.
const IN_THE_BODY: [&str; 4] = ["adyen", "alipay", "dropbox-sign", "mailgun"];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_files_hold_no_secrets() {
    keeps_no_secret(Place::sqlite().await.expect("it is built in")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_tables_hold_no_secrets() {
    if let Some(place) = Place::postgres().await {
        keeps_no_secret(place).await;
    }
}

/// Stores deliveries of every provider, lets them run and fail in different ways, and scans
/// everything that is stored.
async fn keeps_no_secret(place: Place) {
    let mark = recorder::listen();
    let builder = place
        .builder()
        .max_attempts(2)
        // It tells the function what to do.
        .keep_headers(["x-do"])
        .backoff(Backoff::new(Duration::from_millis(1), Duration::from_millis(2)));
    let inbox = place.open_by(builder).await.expect("it is opened");
    let mut all = Scanner::new();
    all.add("what proves it as well", BESIDE_CANARY);
    let (mut in_bodies, mut stored) = (Scanner::new(), 0);
    let heard = Heard::default();
    for provider in ALL {
        let sender = Sender::new(provider);
        if !sender.can_sign() {
            continue;
        }
        let name = provider.name();
        if provider.scheme_info().needs_secret {
            all.add(name, sender.known.expose());
        }
        let scanner = if IN_THE_BODY.contains(&name) { &mut in_bodies } else { &mut all };
        let hooks = receiver::webhooks(&sender, &heard)
            .mount::<Stored>()
            .secrets::<Stored>([sender.known.clone().with_name("KNOWN")])
            .inbox(inbox.clone())
            .test(heard.clone());
        for letter in letters(&sender, scanner) {
            let answered = ask(hooks.router(), letter.request()).await;
            assert!((200..300).contains(&answered), "{name}: {answered}");
            stored += 1;
        }
        // Failed deliveries are retried.
        hooks.drain().await;
        tokio::time::sleep(Duration::from_millis(5)).await;
        hooks.drain().await;
    }
    let kept = inbox.list(Filter::all()).collect().await.expect("it lists");
    assert!(kept.len() >= stored / 2, "{} of {stored}", kept.len());
    assert!(kept.iter().any(|record| record.last_error.is_some()), "some have failed");
    all.asserts_silence("the records", format!("{kept:?} {inbox:?} {:?}", inbox.stats().await));
    for record in &kept {
        let shown = inbox.get(record.id).await.expect("it is read").expect("it is there");
        let kept = format!("{:?} {}", shown.head.headers, shown.head.uri);
        all.asserts_silence(&record.provider, kept);
    }
    for (what, bytes) in dump(&place).await {
        all.asserts_silence(&what, &bytes);
        let is_kept = what.contains("bodies") || what.contains("inbox.db");
        assert!(is_kept || in_bodies.find(&bytes).is_none(), "{what} has what a body has");
    }
    let written = mark.since();
    all.asserts_silence("what is written", &written);
    in_bodies.asserts_silence("what is written", &written);
    for said in heard.take() {
        all.asserts_silence("an answer", said.text);
    }
    inbox.shutdown(Duration::from_secs(5)).await;
    inbox.close().await.expect("it is closed");
    // Again, after the last checkpoint.
    if place.engine == Engine::Sqlite {
        for (what, bytes) in dump(&place).await {
            all.asserts_silence(&what, &bytes);
        }
    }
}

fn letters(sender: &Sender, scanner: &mut Scanner) -> Vec<Letter> {
    let mut letters = Vec::new();
    for does in ["", "panic", "fail", "refuse"] {
        letters.push(sender.genuine("/any", does).with("x-do", does));
        if !sender::is_credential(sender.provider)
            && !["figma", "microsoft-graph"].contains(&sender.provider.name())
            && let Some(expected) = sender.expected("/any", does)
            && expected.len() >= 12
        {
            scanner.add("a signature", expected);
        }
    }
    letters
}

/// Everything that is stored, by its place.
async fn dump(place: &Place) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    if place.engine == Engine::Sqlite {
        let file = place.url.strip_prefix("sqlite://").expect("a file");
        let directory = std::path::Path::new(file).parent().expect("a directory");
        for entry in fs::read_dir(directory).expect("it is read") {
            let path = entry.expect("it is read").path();
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            all.push((name, fs::read(&path).expect("it is read")));
        }
        assert!(!all.is_empty(), "there is a file");
        return all;
    }
    let pool = sqlx::PgPool::connect(&place.url).await.expect("it connects");
    let tables: Vec<String> = sqlx::query_scalar(
        "SELECT tablename::text FROM pg_tables WHERE schemaname = $1 ORDER BY tablename",
    )
    .bind(&place.schema)
    .fetch_all(&pool)
    .await
    .expect("it lists");
    for table in tables {
        // Bytes are printed in hex, which the scanner knows.
        let sql = format!("SELECT row_to_json(t)::text FROM {}.{table} t", place.schema);
        let rows: Vec<String> =
            sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(&pool).await.expect("it reads");
        all.push((table, rows.join("\n").into_bytes()));
    }
    assert!(all.len() >= 3, "the tables are there");
    all
}

/// Missing databases and invalid URLs.
#[tokio::test]
async fn inbox_open_errors_leak_no_passwords() {
    let mark = recorder::listen();
    let mut scanner = Scanner::new();
    let password = "canary-password-of-the-database-8e2d";
    scanner.add("the password", password);
    for url in [
        format!("postgres://me:{password}@127.0.0.1:1/inbox"),
        format!("postgres://me:{password}@127.0.0.1:1/inbox?passwort={password}"),
        format!("postgres://127.0.0.1:1/inbox?password={password}&user=me"),
        format!("postgres://me:?{password}@127.0.0.1:1/inbox"),
        format!("postgres://127.0.0.1:none/inbox?password={password}"),
        format!("postgres://me:{password}@127.0.0.1:none/inbox"),
        format!("postgres://me:a/b{password}@127.0.0.1/inbox"),
        format!("postgres://me:a?b{password}@127.0.0.1/inbox"),
        format!("postgres://me:a#b{password}@127.0.0.1/inbox"),
        format!("mysql://me:{password}@127.0.0.1/inbox"),
        format!("me:{password}@127.0.0.1/inbox"),
        format!("sqlite:///nowhere/at/all/inbox.db?key={password}"),
        format!("sqlite://:memory:?key={password}"),
    ] {
        let opened = Inbox::open(&url);
        let opened = tokio::time::timeout(Duration::from_secs(20), opened).await;
        let error = opened.expect("in time").expect_err("it cannot be opened");
        scanner.asserts_silence(&url, format!("{error} {error:?} {error:#?}"));
    }
    scanner.asserts_silence("what is written", mark.since());
}
