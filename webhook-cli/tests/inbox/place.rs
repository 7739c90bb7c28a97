//! A database with an inbox, and the program that looks after it.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _};
use tokio::runtime::Runtime;
use webhook_runtime::{
    Inbox,
    inbox::{
        AttemptResult, DeliveryState, Filter, NewDelivery, Record,
        store::{ClaimRequest, FinishedAttempt},
    },
};

use super::server;

/// A database that is gone when this is dropped.
pub(crate) struct Place {
    pub(crate) url: String,
    pub(crate) schema: String,
    directory: Option<PathBuf>,
}

fn count() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

/// The runtime of all inboxes.
pub(crate) fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().unwrap())
}

/// Runs something of the inbox to its end.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}

impl Place {
    pub(crate) fn sqlite() -> Self {
        let directory =
            env::temp_dir().join(format!("webhook-cli-{}-{}", std::process::id(), count()));
        fs::create_dir(&directory).unwrap();
        let url = format!("sqlite://{}/inbox.db", directory.display());
        Self { url, schema: "webhook".to_owned(), directory: Some(directory) }
    }

    pub(crate) fn postgres() -> Option<Self> {
        let url = server::server()?.url();
        Some(Self { url, schema: format!("inbox_{}", count()), directory: None })
    }

    pub(crate) fn is_file(&self) -> bool {
        self.directory.is_some()
    }

    /// A file beside the database.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.as_deref().unwrap_or(Path::new("/nowhere")).join(name)
    }

    pub(crate) fn inbox(&self) -> Inbox {
        wait(Inbox::builder(&self.url).schema(&self.schema).open()).unwrap()
    }

    /// The name of a table.
    pub(crate) fn table(&self, name: &str) -> String {
        if self.is_file() { format!("webhook_{name}") } else { format!("{}.{name}", self.schema) }
    }

    pub(crate) fn execute(&self, sql: String) {
        wait(async {
            if self.is_file() {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            } else {
                let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
                sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
            }
        });
    }

    /// Keeps everybody else from changing deliveries until it is dropped.
    pub(crate) fn locked(&self) -> Lock {
        wait(async {
            if self.is_file() {
                let mut connection = sqlx::SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
                Lock::File(Some(connection))
            } else {
                let mut connection = sqlx::PgConnection::connect(&self.url).await.unwrap();
                let lock =
                    format!("BEGIN; LOCK TABLE {} IN EXCLUSIVE MODE", self.table("deliveries"));
                sqlx::raw_sql(AssertSqlSafe(lock)).execute(&mut connection).await.unwrap();
                Lock::Server(Some(connection))
            }
        })
    }

    /// The arguments of a command.
    fn arguments<'a>(&'a self, arguments: &[&'a str]) -> Vec<&'a str> {
        [&["inbox"], arguments, &["--database", &self.url, "--schema", &self.schema]].concat()
    }

    /// `webhook inbox` with these arguments.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_webhook"));
        command.args(self.arguments(arguments)).env_remove("DATABASE_URL").stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Said {
        Said::of(self.command(arguments).output().unwrap())
    }

    /// The same, with the output as JSON.
    pub(crate) fn json(&self, arguments: &[&str]) -> Vec<Value> {
        let said = self.run(&[arguments, &["--output", "json"]].concat());
        said.json()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(directory) = &self.directory {
            let _ = fs::remove_dir_all(directory);
        }
    }
}

/// A transaction of somebody else.
pub(crate) enum Lock {
    File(Option<sqlx::SqliteConnection>),
    Server(Option<sqlx::PgConnection>),
}

impl Drop for Lock {
    fn drop(&mut self) {
        match self {
            Self::File(connection) => {
                wait(async { connection.take().unwrap().close().await.unwrap() });
            }
            Self::Server(connection) => {
                wait(async { connection.take().unwrap().close().await.unwrap() });
            }
        }
    }
}

/// The output of a command.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code(),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    pub(crate) fn json(&self) -> Vec<Value> {
        let lines = self.out.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A delivery to an endpoint, whose body is its key.
pub(crate) fn delivery(endpoint: &str, key: &str) -> NewDelivery {
    let (key, now) = (key.to_owned(), SystemTime::now());
    let mut delivery = NewDelivery::new(endpoint, "github", key.clone(), key, now);
    delivery.head.method = "POST".into();
    delivery.head.uri = format!("/{endpoint}");
    delivery
}

/// Stores deliveries, and returns their numbers.
pub(crate) fn store(inbox: &Inbox, deliveries: &[NewDelivery]) -> Vec<i64> {
    let stored = wait(inbox.store().enqueue(deliveries)).unwrap();
    stored.into_iter().map(webhook_runtime::inbox::EnqueueResult::id).collect()
}

/// Stores this many deliveries to an endpoint.
pub(crate) fn store_many(inbox: &Inbox, endpoint: &str, count: usize) -> Vec<i64> {
    let keys = (0..count).map(|number| format!("{endpoint}-{number}"));
    store(inbox, &keys.map(|key| delivery(endpoint, &key)).collect::<Vec<_>>())
}

/// Ends an attempt at everything of an endpoint that is due.
pub(crate) fn end(inbox: &Inbox, endpoint: &str, result: &AttemptResult) {
    end_by(inbox, endpoint, |_| (result.clone(), false));
}

/// The same, by the number of the delivery; true drops the body.
pub(crate) fn end_by(inbox: &Inbox, endpoint: &str, by: impl Fn(i64) -> (AttemptResult, bool)) {
    let wanted = ClaimRequest {
        endpoints: vec![endpoint.to_owned()],
        max: 10_000,
        lease: Duration::from_secs(60),
        max_attempts: 100,
        retries_first: true,
        running: Vec::new(),
        crash_suspect: false,
        tenants: None,
    };
    let jobs = wait(inbox.store().claim(&wanted)).unwrap().jobs;
    let ended = jobs.iter().map(|job| {
        let (result, drop_body) = by(job.id);
        let mut ended = FinishedAttempt::new(job.claim_token(), result);
        ended.drop_body = drop_body;
        ended
    });
    wait(inbox.store().finish(&ended.collect::<Vec<_>>())).unwrap();
}

/// The end of a dead letter.
pub(crate) fn dead(reason: &str) -> AttemptResult {
    AttemptResult::Dead { reason: reason.to_owned() }
}

pub(crate) fn all(inbox: &Inbox) -> Vec<Record> {
    wait(inbox.list(Filter::all()).collect()).unwrap()
}

/// The number of deliveries in a state.
pub(crate) fn number(inbox: &Inbox, state: DeliveryState) -> u64 {
    wait(inbox.count(&Filter::all().state(state), 100_000)).unwrap().number
}

pub(crate) fn interrupt(child: &std::process::Child) {
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &id]).status().unwrap().success());
}
