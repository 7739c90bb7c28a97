//! The rights that a role needs, for programs whose role may not create tables.

use sqlx::{PgConnection, Row as _};

use crate::inbox::{error::InboxError, sql::postgres::names::Names};

/// The rights that a role needs to use an inbox in a schema of this name, once its tables are there.
///
/// # Errors
/// If the name of the schema is not a plain identifier.
pub fn postgres_grants(schema: &str, role: &str) -> Result<Vec<String>, InboxError> {
    Ok(grants(&Names::new(schema)?, role))
}

/// The tables, and what is done in them.
const RIGHTS: [(&str, &str, &str); 3] = [
    ("SELECT", "TABLE", "versions"),
    ("SELECT, INSERT, UPDATE, DELETE", "TABLE", "deliveries, bodies, keys, endpoints, workers"),
    ("USAGE", "SEQUENCE", "numbers"),
];

pub(super) fn grants(names: &Names, role: &str) -> Vec<String> {
    let (schema, role) = (names.schema(), format!("\"{}\"", role.replace('"', "\"\"")));
    let of_schema = format!("GRANT USAGE ON SCHEMA \"{schema}\" TO {role}");
    let on_tables = RIGHTS.map(|(rights, kind, tables)| {
        let tables: Vec<_> =
            tables.split(", ").map(|table| format!("\"{schema}\".{table}")).collect();
        format!("GRANT {rights} ON {kind} {} TO {role}", tables.join(", "))
    });
    [of_schema].into_iter().chain(on_tables).collect()
}

/// The name of the role that a connection has.
pub(super) async fn role(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    let role = sqlx::query("SELECT current_user::text").persistent(false);
    role.fetch_one(connection).await?.try_get(0)
}

/// True if the role of a connection has all rights. The names of tables are looked up in the
/// catalogue, which everybody may read.
pub(super) async fn are_given(
    connection: &mut PgConnection,
    names: &Names,
) -> Result<bool, sqlx::Error> {
    let given = sqlx::query(
        "SELECT has_schema_privilege(n.oid, 'USAGE') AND coalesce((SELECT bool_and(CASE c.relname \
         WHEN 'versions' THEN has_table_privilege(c.oid, 'SELECT') \
         WHEN 'numbers' THEN has_sequence_privilege(c.oid, 'USAGE') \
         ELSE has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT') \
         AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE') END) \
         FROM pg_catalog.pg_class AS c WHERE c.relnamespace = n.oid \
         AND c.relname IN ('versions', 'numbers', 'deliveries', 'bodies', 'keys', 'endpoints', 'workers')), true) \
         FROM pg_catalog.pg_namespace AS n WHERE n.nspname = $1",
    )
    .bind(names.schema())
    .fetch_optional(connection)
    .await?;
    // A schema that is not there yet will be the role's own.
    given.map_or(Ok(true), |row| row.try_get(0))
}
