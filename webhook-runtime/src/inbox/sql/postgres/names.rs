//! The names of tables and locks in a PostgreSQL database, and statements with these names.

use sqlx::{AssertSqlSafe, PgConnection};

use crate::inbox::{error::InboxError, record::Digest, sql::postgres::session::Sessions};

/// SQL for the present time of the database, in milliseconds since 1970.
pub(super) const NOW: &str = "(extract(epoch FROM statement_timestamp()) * 1000)::bigint";

/// The names of one inbox. A database can hold several, each in its own schema.
#[derive(Clone)]
pub(super) struct Names {
    schema: String,
    /// Separates the advisory locks of this inbox from those of others.
    class: i32,
    sessions: Sessions,
}

impl Names {
    pub(super) fn new(schema: &str) -> Result<Self, InboxError> {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        let begins = schema.starts_with(|c: char| c.is_ascii_lowercase() || c == '_');
        if !begins || !schema.chars().all(plain) || schema.len() > 48 || schema.starts_with("pg_") {
            return Err(InboxError::InvalidOption {
                name: "schema",
                problem: "is not a plain name: use up to 48 lower-case letters, digits and `_`, \
                          not beginning with a digit or `pg_`"
                    .to_owned(),
            });
        }
        // FNV-1a: the same in every process and version.
        let hash = schema
            .bytes()
            .fold(0x811c_9dc5_u32, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193));
        Ok(Self { schema: schema.to_owned(), class: hash.cast_signed(), sessions: Sessions::Own })
    }

    pub(super) fn with_sessions(self, sessions: Sessions) -> Self {
        Self { sessions, ..self }
    }

    pub(super) fn sessions(&self) -> Sessions {
        self.sessions
    }

    /// Begins a transaction.
    pub(super) fn begin(&self) -> &'static str {
        self.sessions.begin()
    }

    pub(super) fn schema(&self) -> &str {
        &self.schema
    }

    /// The channel of notifications.
    pub(super) fn channel(&self) -> String {
        format!("{}_inbox", self.schema)
    }

    /// A statement of a template, with `{s}` for the schema before the name of a table, `{schema}` for
    /// its plain name, and `{now}` for the time. It contains nothing of a sender.
    pub(super) fn sql(&self, template: &str) -> AssertSqlSafe<String> {
        let schema = format!("\"{}\".", self.schema);
        AssertSqlSafe(
            template
                .replace("{s}", &schema)
                .replace("{schema}", &self.schema)
                .replace("{now}", NOW),
        )
    }

    /// Notifies other processes, and this one, when the transaction commits.
    pub(super) async fn notify(
        &self,
        connection: &mut PgConnection,
        messages: &[String],
    ) -> Result<(), sqlx::Error> {
        sqlx::query("SELECT pg_notify($1, f.message) FROM unnest($2::text[]) AS f (message)")
            .bind(self.channel())
            .bind(messages)
            .execute(connection)
            .await?;
        Ok(())
    }

    /// Keeps other processes from migrating tables until the end of the transaction.
    pub(super) async fn lock_migration(
        &self,
        connection: &mut PgConnection,
    ) -> Result<(), sqlx::Error> {
        self.lock(connection, vec![-1]).await
    }

    /// Keeps other processes from changing what comes next in these lines until the end of the
    /// transaction.
    pub(super) async fn lock_lines(
        &self,
        connection: &mut PgConnection,
        lines: &[Digest],
    ) -> Result<(), sqlx::Error> {
        if lines.is_empty() {
            return Ok(());
        }
        // A limited number of locks, always taken in the same order.
        let mut buckets: Vec<i32> = lines
            .iter()
            .map(|line| i32::from(u16::from_be_bytes([line[0], line[1]]) >> 6))
            .collect();
        buckets.sort_unstable();
        buckets.dedup();
        self.lock(connection, buckets).await
    }

    async fn lock(
        &self,
        connection: &mut PgConnection,
        objects: Vec<i32>,
    ) -> Result<(), sqlx::Error> {
        sqlx::query(
            "SELECT pg_advisory_xact_lock($1, f.object) FROM unnest($2::int[]) AS f (object)",
        )
        .bind(self.class)
        .bind(objects)
        .execute(connection)
        .await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_names_are_taken() {
        for good in ["webhook", "a", "_inbox2"] {
            assert!(Names::new(good).is_ok(), "{good}");
        }
        let long = "a".repeat(49);
        for bad in ["", "1a", "A", "a b", "a\"b", "a;b", "ü", "pg_inbox", long.as_str()] {
            assert!(Names::new(bad).is_err(), "{bad}");
        }
    }
}
