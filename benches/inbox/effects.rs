//! The effects of functions: one row for each delivery.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use sqlx::{Connection as _, PgConnection, SqliteConnection};

const TABLE: &str = "CREATE TABLE effects (id BIGINT NOT NULL)";

pub(crate) async fn create_table(url: &str) {
    if url.starts_with("sqlite:") {
        let mut connection = SqliteConnection::connect(url).await.expect("the file");
        sqlx::query(TABLE).execute(&mut connection).await.expect("a table");
    } else {
        let mut connection = PgConnection::connect(url).await.expect("the server");
        sqlx::query(TABLE).execute(&mut connection).await.expect("a table");
    }
}

/// Commits as a function does that has no inbox and has to know copies: the delivery's id and the
/// effect in one commit, flushed. Nothing else happens in the process, and nobody waits for a connection.
pub(crate) async fn commit_in_a_loop(url: String, count: Arc<AtomicU64>) {
    let mut connection =
        SqliteConnection::connect(&format!("{url}?mode=rwc")).await.expect("a file");
    for sql in [
        "PRAGMA journal_mode = wal",
        "PRAGMA synchronous = full",
        TABLE,
        "CREATE TABLE seen (id BLOB PRIMARY KEY) WITHOUT ROWID",
    ] {
        sqlx::query(sql).execute(&mut connection).await.expect("a new file");
    }
    for id in 0_i64.. {
        let mut transaction = connection.begin().await.expect("nobody else is there");
        // Ids come in no order.
        let key = id.wrapping_mul(0x9e37_79b9_7f4a_7c15_u64.cast_signed()).to_be_bytes();
        let seen = sqlx::query("INSERT INTO seen VALUES (?)").bind(&key[..]);
        seen.execute(&mut *transaction).await.expect("a new id");
        let effect = sqlx::query("INSERT INTO effects VALUES (?)").bind(id);
        effect.execute(&mut *transaction).await.expect("a row");
        transaction.commit().await.expect("the disk works");
        count.fetch_add(1, Ordering::Relaxed);
    }
}
