//! The example's SQLite file, and the example on it.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use example_harness::Program;
use sqlx::{Connection as _, SqliteConnection};

pub(crate) const DURABLE: &str = env!("CARGO_BIN_EXE_durable");

/// An SQLite file in a directory of its own.
pub(crate) struct Store(PathBuf);

impl Store {
    pub(crate) fn new(name: &str) -> Self {
        let directory = env::temp_dir().join(format!("durable-{name}-{}", std::process::id()));
        fs::create_dir(&directory).expect("a directory");
        Self(directory)
    }

    pub(crate) fn start(&self, secret: &str, more: &[(&str, &str)]) -> Program {
        let url = self.url();
        let mut variables = vec![("STRIPE_SECRET", secret), ("DATABASE_URL", &url)];
        variables.extend(more);
        let program = Program::start(DURABLE, &variables, "webhooks");
        assert_eq!(program.line(), "  POST /stripe  payments  (stripe)");
        program
    }

    pub(crate) fn url(&self) -> String {
        let Self(directory) = self;
        format!("sqlite://{}", Path::new(directory).join("durable.db").display())
    }

    pub(crate) fn numbers(&self, sql: &'static str) -> Vec<i64> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        runtime.expect("a runtime").block_on(async {
            let mut connection = SqliteConnection::connect(&self.url()).await.expect("a file");
            sqlx::query_scalar(sql).fetch_all(&mut connection).await.expect("a table")
        })
    }

    pub(crate) fn booked(&self) -> Vec<i64> {
        self.numbers("SELECT amount FROM payments ORDER BY amount")
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
