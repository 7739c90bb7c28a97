//! A database in which inboxes can be opened, as if by several processes.

use std::{
    env, fs,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use webhook_runtime::{
    Clock,
    inbox::{Backoff, Inbox, InboxBuilder, InboxError},
};
use webhook_test_store::Database;

use super::{bouncer::bouncer, server};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Memory,
    /// A store that is written outside of the runtime.
    Foreign,
    Sqlite,
    Postgres,
}

pub(crate) struct Place {
    pub(crate) engine: Engine,
    pub(crate) url: String,
    /// The pooler between the inboxes and the database.
    pooler: Option<String>,
    pub(crate) schema: String,
    /// Where the store is foreign.
    pub(crate) database: Arc<Database>,
    directory: Option<PathBuf>,
}

/// Limits the time of a test.
pub(crate) async fn in_time(case: impl Future<Output = ()>) {
    let more = ["INBOX_IDS", "INBOX_BACKLOG"].iter().any(|name| env::var_os(name).is_some());
    let limit = Duration::from_secs(if more { 3600 } else { 60 });
    tokio::time::timeout(limit, case).await.expect("it takes too long");
}

fn count() -> u32 {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    COUNT.fetch_add(1, Ordering::Relaxed)
}

#[allow(clippy::unused_async, reason = "all alike, for the macro")]
impl Place {
    pub(crate) async fn memory() -> Option<Self> {
        Some(Self::new(Engine::Memory, String::new()))
    }

    pub(crate) async fn foreign() -> Option<Self> {
        Some(Self::new(Engine::Foreign, String::new()))
    }

    /// The same, with a store that goes by this clock.
    pub(crate) fn foreign_by(clock: impl Clock) -> Self {
        let mut place = Self::new(Engine::Foreign, String::new());
        place.database = Arc::new(Database::new(clock));
        place
    }

    pub(crate) async fn sqlite() -> Option<Self> {
        let name = format!("inbox-sqlite-{}-{}", std::process::id(), count());
        let directory = env::temp_dir().join(name);
        fs::create_dir(&directory).unwrap();
        let url = format!("sqlite://{}/inbox.db", directory.display());
        let mut place = Self::new(Engine::Sqlite, url);
        place.directory = Some(directory);
        Some(place)
    }

    pub(crate) async fn postgres() -> Option<Self> {
        let url = tokio::task::spawn_blocking(|| server::server().map(server::Server::url))
            .await
            .unwrap()?;
        let mut place = Self::new(Engine::Postgres, url);
        place.schema = format!("inbox_{}", count());
        Some(place)
    }

    /// The same behind a pooler that gives each transaction another session.
    pub(crate) async fn pooled() -> Option<Self> {
        let mut place = Self::postgres().await?;
        let url = || Some(bouncer(server::server()?)?.url("postgres"));
        place.pooler = Some(tokio::task::spawn_blocking(url).await.unwrap()?);
        Some(place)
    }

    fn new(engine: Engine, url: String) -> Self {
        let (schema, database) = (String::new(), Arc::default());
        Self { engine, url, pooler: None, schema, database, directory: None }
    }

    /// A builder with short leases and short waits.
    pub(crate) fn builder(&self) -> InboxBuilder {
        let mut builder = Inbox::builder(self.pooler.as_ref().unwrap_or(&self.url))
            .lease(Duration::from_millis(600))
            .backoff(Backoff::new(Duration::from_millis(10), Duration::from_secs(60)))
            .poll_interval(Duration::from_millis(50));
        if self.engine == Engine::Postgres {
            builder = builder.schema(self.schema.clone());
        }
        builder
    }

    pub(crate) async fn open(&self) -> Inbox {
        self.open_by(self.builder()).await.unwrap()
    }

    pub(crate) async fn open_by(&self, builder: InboxBuilder) -> Result<Inbox, InboxError> {
        match self.engine {
            Engine::Memory => builder.open_in_memory(),
            Engine::Foreign => builder.open_with_store(self.database.connect()),
            Engine::Sqlite | Engine::Postgres => builder.open().await,
        }
    }

    /// Opens several inboxes, as several processes would.
    pub(crate) async fn open_several(&self, count: usize) -> Vec<Inbox> {
        let mut inboxes = Vec::new();
        for _ in 0..count {
            inboxes.push(self.open().await);
        }
        inboxes
    }

    /// The path of a file beside an SQLite file.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.as_ref().expect("an SQLite file").join(name)
    }

    /// The name of a table of the inbox.
    pub(crate) fn table(&self, name: &str) -> String {
        match self.engine {
            Engine::Postgres => format!("{}.{name}", self.schema),
            _ => format!("webhook_{name}"),
        }
    }

    /// Damages the stored form of these deliveries, so that it cannot be read.
    pub(crate) async fn damage(&self, ids: &[i64]) {
        let nothing = match self.engine {
            Engine::Foreign => return self.database.damage(ids).await,
            Engine::Postgres => "'\\x00'::bytea",
            _ => "x'00'",
        };
        let ids = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        let table = self.table("bodies");
        self.execute(format!("UPDATE {table} SET head = {nothing} WHERE id IN ({ids})")).await;
    }

    pub(crate) async fn execute(&self, sql: String) {
        let sql = sqlx::AssertSqlSafe(sql);
        if self.engine == Engine::Postgres {
            let pool = sqlx::PgPool::connect(&self.url).await.unwrap();
            sqlx::raw_sql(sql).execute(&pool).await.unwrap();
        } else {
            let pool = sqlx::SqlitePool::connect(&self.url).await.unwrap();
            sqlx::raw_sql(sql).execute(&pool).await.unwrap();
        }
    }

    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(sql.to_owned());
        if self.engine == Engine::Postgres {
            let pool = sqlx::PgPool::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap()
        } else {
            let pool = sqlx::SqlitePool::connect(&self.url).await.unwrap();
            sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap()
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(directory) = &self.directory {
            let _ = fs::remove_dir_all(directory);
        }
    }
}
