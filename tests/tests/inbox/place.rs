//! A database in which inboxes can be opened, as if by several processes.

use std::{
    env, fs,
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use webhook_runtime::inbox::{Backoff, Inbox, InboxBuilder, InboxError};

use super::server;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    Memory,
    Sqlite,
    Postgres,
}

pub(crate) struct Place {
    pub(crate) engine: Engine,
    pub(crate) url: String,
    pub(crate) schema: String,
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
        let (url, schema) = (String::new(), String::new());
        Some(Self { engine: Engine::Memory, url, schema, directory: None })
    }

    pub(crate) async fn sqlite() -> Option<Self> {
        let name = format!("inbox-sqlite-{}-{}", std::process::id(), count());
        let directory = env::temp_dir().join(name);
        fs::create_dir(&directory).unwrap();
        let url = format!("sqlite://{}/inbox.db", directory.display());
        let schema = String::new();
        Some(Self { engine: Engine::Sqlite, url, schema, directory: Some(directory) })
    }

    pub(crate) async fn postgres() -> Option<Self> {
        let url = tokio::task::spawn_blocking(|| server::server().map(server::Server::url))
            .await
            .unwrap()?;
        let schema = format!("inbox_{}", count());
        Some(Self { engine: Engine::Postgres, url, schema, directory: None })
    }

    /// A builder with short leases and short waits.
    pub(crate) fn builder(&self) -> InboxBuilder {
        let mut builder = Inbox::builder(&self.url)
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

    /// The name of a table of the inbox.
    pub(crate) fn table(&self, name: &str) -> String {
        match self.engine {
            Engine::Postgres => format!("{}.{name}", self.schema),
            _ => format!("webhook_{name}"),
        }
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
