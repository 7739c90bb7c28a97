//! Migrations of the tables, for programs and operators that run them at a time of their own.

use crate::inbox::{error::InboxError, sql::tables::Tables};

/// The versions of an inbox's tables, and the SQL that is missing. See
/// [`InboxBuilder::migrations`](crate::inbox::InboxBuilder::migrations).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Migrations {
    /// The version of the tables that are there; 0 if there are none.
    pub found: u32,
    /// The version that this program makes.
    pub wanted: u32,
    /// The migrations that are missing, in order. Each belongs into a transaction of its own, and
    /// writes down that it was run.
    pub sql: Vec<String>,
    pub(crate) tables: Tables,
    /// The schema in a PostgreSQL database.
    #[cfg(feature = "inbox-postgres")]
    pub(crate) schema: Option<String>,
}

impl Migrations {
    /// Checks that this program can work with the tables as they are.
    ///
    /// # Errors
    /// If a migration has to be run first, or a newer program is needed. The error names the
    /// versions.
    pub fn check(&self) -> Result<(), InboxError> {
        self.tables.check()
    }

    /// The script that is missing, to be run by a role that may create tables. On PostgreSQL, it
    /// grants `role` what a program needs, if there is one. Empty if there is nothing to do.
    #[must_use]
    pub fn script(&self, role: Option<&str>) -> String {
        let migrations =
            self.sql.iter().map(|sql| format!("BEGIN;\n{}\nCOMMIT;\n", sql.trim_end()));
        let grants = self.grants(role).into_iter().map(|grant| format!("{grant};\n"));
        migrations.chain(grants).collect()
    }

    #[cfg_attr(
        not(feature = "inbox-postgres"),
        allow(unused_variables, clippy::unused_self, reason = "a file needs no grants")
    )]
    fn grants(&self, role: Option<&str>) -> Vec<String> {
        #[cfg(feature = "inbox-postgres")]
        if let Some((schema, role)) = self.schema.as_deref().zip(role) {
            return crate::inbox::sql::postgres::postgres_grants(schema, role).unwrap_or_default();
        }
        Vec::new()
    }
}

/// The versions between which tables were migrated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct MigrationResult {
    /// The version before; 0 if there were no tables.
    pub from: u32,
    /// The version now.
    pub to: u32,
}
