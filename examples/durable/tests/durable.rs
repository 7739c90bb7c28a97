//! The example with an inbox: killed at its work, started again, and looked at.

#[path = "../../harness/src/program.rs"]
mod program;

use std::{
    env, fs,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use program::{Program, ask, fails};
use sqlx::{Connection as _, SqliteConnection};
use webhook_runtime::{Secret, providers::STRIPE, scheme::Outgoing};

const DURABLE: &str = env!("CARGO_BIN_EXE_durable");
const SECRET: &str = "whsec_1";

/// An SQLite file in a directory of its own.
struct Store(PathBuf);

impl Store {
    fn new(name: &str) -> Self {
        let directory = env::temp_dir().join(format!("durable-{name}-{}", std::process::id()));
        fs::create_dir(&directory).expect("a directory");
        Self(directory)
    }

    fn start(&self, more: &[(&str, &str)]) -> Program {
        let url = self.url();
        let mut variables = vec![("STRIPE_SECRET", SECRET), ("DATABASE_URL", &url)];
        variables.extend(more);
        let program = Program::start(DURABLE, &variables, "webhooks");
        assert_eq!(program.line(), "  POST /stripe  payments  (stripe)");
        program
    }

    fn url(&self) -> String {
        let Self(directory) = self;
        format!("sqlite://{}", Path::new(directory).join("durable.db").display())
    }

    fn numbers(&self, sql: &'static str) -> Vec<i64> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let mut connection = SqliteConnection::connect(&self.url()).await.expect("a file");
            sqlx::query_scalar(sql).fetch_all(&mut connection).await.expect("a table")
        })
    }

    fn booked(&self) -> Vec<i64> {
        self.numbers("SELECT amount FROM payments ORDER BY amount")
    }

    fn wait_until_booked(&self, amounts: impl Iterator<Item = i64>) {
        let amounts: Vec<_> = amounts.collect();
        let deadline = Instant::now() + Duration::from_secs(60);
        while self.booked() != amounts {
            assert!(Instant::now() < deadline, "booked were {:?}", self.booked());
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn deliver(secret: &str, amount: &str) -> u16 {
    let body = format!(
        r#"{{"id":"evt_{amount}","type":"payment_intent.succeeded","created":1760000000,
            "livemode":false,"data":{{"object":{{"amount":{amount},"currency":"eur"}}}},"request":null}}"#
    );
    let signed = STRIPE.sign(&Secret::new(secret), &Outgoing::new(body.as_bytes()));
    let signed = signed.expect("signed").headers;
    let signature = signed["stripe-signature"].to_str().expect("text");
    let headers = [("stripe-signature", signature), ("content-type", "application/json")];
    ask("POST", "/stripe", &headers, body.as_bytes()).status
}

#[test]
fn what_was_acknowledged_is_booked_once_though_the_program_is_killed() {
    let store = Store::new("killed");
    // Nothing comes to its end in here.
    let program = store.start(&[("FAIL_ONE_IN", "1")]);
    for amount in 1..=20 {
        assert_eq!(deliver(SECRET, &amount.to_string()), 202);
    }
    assert_eq!(deliver("whsec_2", "21"), 401);
    drop(program); // by SIGKILL
    assert_eq!(store.booked(), [0; 0], "what failed was taken back");

    let program = store.start(&[("FAIL_ONE_IN", "5")]);
    for amount in 11..=30 {
        assert_eq!(deliver(SECRET, &amount.to_string()), 202);
    }
    drop(program);

    let program = store.start(&[]);
    // Those that ran when it was killed wait until their leases of five seconds have run out.
    store.wait_until_booked(1..=30);
    drop(program);
}

#[test]
fn what_cannot_be_booked_is_a_dead_letter() {
    let store = Store::new("dead");
    let program = store.start(&[]);
    for amount in ["12.5", "7"] {
        assert_eq!(deliver(SECRET, amount), 202);
    }
    store.wait_until_booked(std::iter::once(7));
    let deadline = Instant::now() + Duration::from_secs(10);
    let states = || store.numbers("SELECT state FROM webhook_deliveries ORDER BY id");
    while states() != [4, 3] {
        assert!(Instant::now() < deadline, "{:?}", states());
        thread::sleep(Duration::from_millis(50));
    }
    drop(program);
}

#[test]
fn it_says_what_is_wrong_with_its_store() {
    let output = fails(DURABLE, &[("STRIPE_SECRET", SECRET), ("DATABASE_URL", "mysql://here")]);
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(told.contains("write `sqlite://file.db` or `postgres://user@host/database`"), "{told}");
}
