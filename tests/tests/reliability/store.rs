//! A database for one test, and a directory for its files.

use std::{
    collections::{BTreeSet, HashMap},
    env, fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use webhook_runtime::{
    Inbox,
    inbox::{DeliveryState, Filter, Record},
};

use crate::{
    bouncer::bouncer,
    server::{self, Server},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
    Postgres,
}

pub(crate) struct Store {
    pub(crate) engine: Engine,
    pub(crate) url: String,
    /// The address of a pooler before the database, for the programs.
    pooler: Option<String>,
    pub(crate) directory: PathBuf,
}

/// Runs a closure on a connection of the store's engine.
macro_rules! on_connection {
    ($self:ident, |$connection:ident| $operation:expr) => {
        match $self.engine {
            Engine::Sqlite => {
                let mut own = SqliteConnection::connect(&$self.url).await.unwrap();
                let $connection = &mut own;
                let done = $operation;
                // Closed explicitly, since dropping is slow.
                own.close().await.unwrap();
                done
            }
            Engine::Postgres => {
                let mut own = PgConnection::connect(&$self.url).await.unwrap();
                let $connection = &mut own;
                let done = $operation;
                // Closed explicitly, since dropping is slow.
                own.close().await.unwrap();
                done
            }
        }
    };
}

impl Store {
    #[allow(clippy::unused_async, reason = "as the other engine, for the macro")]
    pub(crate) async fn sqlite() -> Option<Self> {
        let directory = directory();
        let url = format!("sqlite://{}/inbox.db", directory.display());
        Some(Self { engine: Engine::Sqlite, url, pooler: None, directory })
    }

    /// A new database on the shared server.
    pub(crate) async fn postgres() -> Option<Self> {
        Self::on(tokio::task::spawn_blocking(server::server).await.unwrap()?).await
    }

    /// The same, which the programs reach through a pooler that gives each transaction another
    /// session.
    pub(crate) async fn pooled() -> Option<Self> {
        let mut store = Self::postgres().await?;
        let bouncer = || bouncer(server::server()?);
        let bouncer = tokio::task::spawn_blocking(bouncer).await.unwrap()?;
        let database = store.url.split('/').find_map(|part| part.split_once('?')).unwrap().0;
        store.pooler = Some(bouncer.url(database));
        Some(store)
    }

    /// The address for the programs.
    pub(crate) fn program_url(&self) -> &str {
        self.pooler.as_ref().unwrap_or(&self.url)
    }

    /// A database on a server.
    pub(crate) async fn on(server: &Server) -> Option<Self> {
        Some(Self::at_url(&server.url()).await)
    }

    /// A database on the server of this URL.
    pub(crate) async fn at_url(url: &str) -> Self {
        let directory = directory();
        let name = format!("reliability_{}", count());
        let mut connection = PgConnection::connect(url).await.unwrap();
        let create = AssertSqlSafe(format!("CREATE DATABASE {name}"));
        sqlx::raw_sql(create).execute(&mut connection).await.unwrap();
        let url = url.replace("/postgres?", &format!("/{name}?"));
        Self { engine: Engine::Postgres, url, pooler: None, directory }
    }

    /// Creates the table for effects, without a unique key, so that doubled effects show.
    pub(crate) async fn with_effects(self) -> Self {
        if self.engine == Engine::Sqlite {
            // Opening the inbox creates the file with the right settings.
            Inbox::open(&self.url).await.unwrap().close().await.unwrap();
        }
        self.execute("CREATE TABLE effects (id text NOT NULL, pid bigint NOT NULL)").await;
        self
    }

    /// The same directory, with another database.
    pub(crate) fn at(mut self, url: String) -> Self {
        self.url = url;
        self
    }

    pub(crate) async fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        on_connection!(self, |connection| sqlx::raw_sql(sql).execute(connection).await.map(|_| ()))
            .unwrap();
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        on_connection!(self, |connection| sqlx::query_scalar(sql).fetch_one(connection).await)
            .unwrap()
    }

    pub(crate) async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        on_connection!(self, |connection| sqlx::query_scalar(sql).fetch_all(connection).await)
            .unwrap()
    }

    /// The ids of all effects, doubled ones twice.
    pub(crate) async fn effects(&self) -> Vec<String> {
        self.texts("SELECT id FROM effects").await
    }

    /// The table of the inbox.
    pub(crate) fn deliveries(&self) -> &'static str {
        match self.engine {
            Engine::Sqlite => "webhook_deliveries",
            Engine::Postgres => "webhook.deliveries",
        }
    }

    /// All stored deliveries, by the ids in their bodies.
    pub(crate) async fn records(&self) -> Vec<(String, Record)> {
        let inbox = Inbox::open(&self.url).await.unwrap();
        let mut records = Vec::new();
        for record in inbox.list(Filter::all()).collect().await.unwrap() {
            let body = inbox.get(record.id).await.unwrap().expect("it has a body").body;
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            records.push((body["id"].as_str().unwrap().to_owned(), record));
        }
        inbox.close().await.unwrap();
        records
    }

    /// The same ids, and for each whether it is completed.
    pub(crate) async fn jobs(&self) -> HashMap<String, Vec<bool>> {
        let mut jobs: HashMap<String, Vec<bool>> = HashMap::new();
        for (id, record) in self.records().await {
            jobs.entry(id).or_default().push(record.state == DeliveryState::Completed);
        }
        jobs
    }

    /// The ids of effects without exactly one completed delivery, and of completed deliveries
    /// without exactly one effect.
    pub(crate) async fn apart(&self, jobs: &HashMap<String, Vec<bool>>) -> Vec<String> {
        let mut effects: HashMap<String, usize> = HashMap::new();
        for id in self.effects().await {
            *effects.entry(id).or_default() += 1;
        }
        let completed = |id: &String| {
            jobs.get(id).map_or(0, |states| states.iter().filter(|completed| **completed).count())
        };
        let ids: BTreeSet<&String> = effects.keys().chain(jobs.keys()).collect();
        let apart = ids.into_iter().filter(|id| {
            let (effects, completed) = (effects.get(*id).copied().unwrap_or(0), completed(id));
            (effects, completed) != (0, 0) && (effects, completed) != (1, 1)
        });
        apart.cloned().collect()
    }

    /// Counts the deliveries in this state.
    pub(crate) async fn count(&self, states: &str) -> i64 {
        let table = self.deliveries();
        self.number(&format!("SELECT count(*) FROM {table} WHERE state IN ({states})")).await
    }

    /// Waits until nothing is pending, running or blocked.
    pub(crate) async fn wait_until_all_is_finished(&self) {
        let mut before = (i64::MAX, 0);
        // A backlog may take long, but must shrink.
        while before.1 < 600 {
            let left = self.count("0, 1, 2").await;
            if left == 0 {
                return;
            }
            before = if left < before.0 { (left, 0) } else { (before.0, before.1 + 1) };
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{} deliveries do not come to an end", before.0);
    }

    pub(crate) fn ledger(&self) -> PathBuf {
        self.directory.join("ledger")
    }

    /// The lines of the ledger.
    pub(crate) fn notes(&self) -> Vec<Note> {
        let text = fs::read_to_string(self.ledger()).unwrap_or_default();
        // Skips an unfinished last line.
        text.split_inclusive('\n').filter(|line| line.ends_with('\n')).map(Note::parse).collect()
    }

    /// Waits for such a line, and returns the first one.
    pub(crate) async fn noted(&self, what: &str, id: &str, by: Option<u32>) -> Note {
        for _ in 0..3000 {
            let mut notes = self.notes().into_iter();
            let note = notes.find(|note| {
                note.what == what && note.id == id && by.is_none_or(|pid| note.pid == pid)
            });
            if let Some(note) = note {
                return note;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("no {what} of {id} by {by:?}");
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let errors = fs::read_to_string(self.directory.join("errors")).unwrap_or_default();
            let errors: Vec<_> = errors.lines().rev().take(20).collect();
            eprintln!("the last errors of the programs: {errors:#?}");
        }
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A line of the ledger.
#[derive(Debug)]
pub(crate) struct Note {
    pub(crate) what: String,
    pub(crate) id: String,
    pub(crate) pid: u32,
    /// Milliseconds since 1970.
    pub(crate) at: u64,
}

impl Note {
    fn parse(line: &str) -> Self {
        let parts: Vec<_> = line.trim_end().split(' ').collect();
        let [what, id, pid, at] = parts[..] else { panic!("{line:?}") };
        Self {
            what: what.to_owned(),
            id: id.to_owned(),
            pid: pid.parse().unwrap(),
            at: at.parse().unwrap(),
        }
    }
}

fn directory() -> PathBuf {
    let name = format!("reliability-{}-{}", std::process::id(), count());
    let directory = env::temp_dir().join(name);
    fs::create_dir(&directory).unwrap();
    directory
}

fn count() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}
