//! The example with a job queue, on a real PostgreSQL server. Without PostgreSQL's programs, these
//! tests say so and pass.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by it")]

#[allow(dead_code, reason = "shared with other tests")]
#[path = "../../../tests/tests/inbox/server.rs"]
mod server;

use std::time::{Duration, Instant};

use example_harness::{
    Program,
    attacks::{UNSET_OR_BLANK, refuses_to_start},
    request,
};
use sqlx::{AssertSqlSafe, Connection as _, PgConnection};
use webhook_runtime::{Secret, providers::STRIPE, scheme::RequestToSign};

const JOBS: &str = env!("CARGO_BIN_EXE_jobs");
const SECRET: &str = "whsec_1";

/// A database of a test's own.
struct Database(String);

impl Database {
    async fn new(name: &str) -> Option<Self> {
        let url = server::server()?.url();
        let mut connection = PgConnection::connect(&url).await.unwrap();
        let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(create).execute(&mut connection).await.unwrap();
        Some(Self(url.replace("/postgres?", &format!("/{name}?"))))
    }

    fn start(&self, more: &[(&str, &str)]) -> Program {
        let Self(url) = self;
        let mut variables = vec![("STRIPE_SECRET", SECRET), ("DATABASE_URL", url)];
        variables.extend(more);
        let program = Program::start(JOBS, &variables, "webhooks");
        assert_eq!(program.line(), "  POST /stripe  payments  (stripe)");
        program
    }

    async fn connect(&self) -> PgConnection {
        PgConnection::connect(&self.0).await.unwrap()
    }

    async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.connect().await).await.unwrap()
    }

    async fn wait_for(&self, wanted: i64, sql: &'static str) {
        let deadline = Instant::now() + Duration::from_mins(3);
        loop {
            let number = self.number(sql).await;
            if number == wanted {
                return;
            }
            assert!(Instant::now() < deadline, "{number} instead of {wanted}: {sql}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

const ALL_JOBS: &str = "SELECT count(*) FROM apalis.jobs";
const DONE_JOBS: &str = "SELECT count(*) FROM apalis.jobs WHERE status = 'Done'";
const COMPLETED: &str = "SELECT count(*) FROM webhook.deliveries WHERE state = 3";

fn deliver(number: u64) {
    let body = format!(
        r#"{{"id":"evt_{number}","type":"payment_intent.succeeded","created":1760000000,
            "livemode":false,"data":{{"object":{{"amount":{number},"currency":"eur"}}}},"request":null}}"#
    );
    let to_sign = RequestToSign::new(body.as_bytes());
    let signed = STRIPE.sign(&Secret::new(SECRET), &to_sign).unwrap().headers;
    let signature = signed["stripe-signature"].to_str().unwrap();
    let headers = [("stripe-signature", signature), ("content-type", "application/json")];
    assert_eq!(request("POST", "/stripe", &headers, body.as_bytes()).status, 202);
}

#[tokio::test]
async fn each_payment_has_one_job_that_runs() {
    let Some(database) = Database::new("each").await else { return };
    let program = database.start(&[("FAIL_ONE_IN", "5")]);
    for number in 1..=20 {
        deliver(number);
        deliver(number); // a copy
    }
    database.wait_for(20, DONE_JOBS).await;
    database.wait_for(20, COMPLETED).await;
    assert_eq!(database.number(ALL_JOBS).await, 20);
    let mut receipts = Vec::new();
    while receipts.len() < 20 {
        receipts.extend(Some(program.line()).filter(|line| line.starts_with("receipt")));
    }
    let more = program.lines_so_far();
    assert!(!more.iter().any(|line| line.starts_with("receipt")), "{more:?}");
    receipts.sort();
    let mut wanted: Vec<_> =
        (1..=20).map(|number| format!("receipt for evt_{number}: {number} eur")).collect();
    wanted.sort();
    assert_eq!(receipts, wanted);
    program.signal("TERM");
    assert!(program.wait().success());
}

#[tokio::test]
async fn a_handler_that_fails_leaves_no_job() {
    let Some(database) = Database::new("fails").await else { return };
    let program = database.start(&[("FAIL_ONE_IN", "1")]);
    deliver(1);
    assert_eq!(program.line(), "evt_1 fails, as it was asked to");
    assert_eq!(program.line(), "evt_1 fails, as it was asked to", "it is tried again");
    drop(program); // by SIGKILL
    assert_eq!((database.number(ALL_JOBS).await, database.number(COMPLETED).await), (0, 0));
    let program = database.start(&[]);
    assert_eq!(program.line(), "receipt for evt_1: 1 eur");
    database.wait_for(1, DONE_JOBS).await;
    assert_eq!((database.number(ALL_JOBS).await, database.number(COMPLETED).await), (1, 1));
    drop(program);
}

/// Killed after the job was added and before the commit.
#[tokio::test]
async fn a_crash_in_the_transaction_leaves_one_job() {
    let Some(database) = Database::new("crash").await else { return };
    drop(database.start(&[])); // creates the tables
    let mut connection = database.connect().await;
    let slow = "CREATE FUNCTION be_slow() RETURNS trigger LANGUAGE plpgsql AS \
                $$ BEGIN PERFORM pg_sleep(3); RETURN NULL; END $$; \
                CREATE TRIGGER slow AFTER INSERT ON apalis.jobs EXECUTE FUNCTION be_slow()";
    sqlx::raw_sql(slow).execute(&mut connection).await.unwrap();
    let program = database.start(&[]);
    deliver(1);
    database
        .wait_for(1, "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'")
        .await;
    drop(program); // by SIGKILL
    // Waits for the transaction, which ends without a commit.
    let quick = "DROP TRIGGER slow ON apalis.jobs";
    sqlx::raw_sql(quick).execute(&mut connection).await.unwrap();
    assert_eq!((database.number(ALL_JOBS).await, database.number(COMPLETED).await), (0, 0));
    let program = database.start(&[]);
    assert_eq!(program.line(), "receipt for evt_1: 1 eur");
    database.wait_for(1, DONE_JOBS).await;
    assert_eq!((database.number(ALL_JOBS).await, database.number(COMPLETED).await), (1, 1));
    drop(program);
}

#[tokio::test]
async fn blank_secrets_prevent_the_start() {
    let Some(database) = Database::new("blank").await else { return };
    refuses_to_start(JOBS, &[("DATABASE_URL", &database.0)], "STRIPE_SECRET", UNSET_OR_BLANK);
}
