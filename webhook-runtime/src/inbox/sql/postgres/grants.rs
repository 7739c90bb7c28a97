//! The rights that a role needs, for programs whose role may not create tables.

use sqlx::{AssertSqlSafe, PgConnection, Row as _};

use crate::inbox::{
    error::InboxError,
    sql::{
        postgres::names::Names,
        tables::{Tables, WANTED},
    },
};

/// The rights that a role needs to use an inbox in a schema of this name, once its tables are there.
///
/// # Errors
/// If the name of the schema is not a plain identifier.
pub fn postgres_grants(schema: &str, role: &str) -> Result<Vec<String>, InboxError> {
    Ok(grants(&Names::new(schema)?, role))
}

/// The tables, and what is done in them. The identity of `workers` needs no right of its own.
const RIGHTS: [(&str, &str, &str); 3] = [
    ("SELECT", "TABLE", "versions, migrations"),
    (
        "SELECT, INSERT, UPDATE, DELETE",
        "TABLE",
        "deliveries, bodies, keys, attempts, duplicates, sums, workers, endpoints",
    ),
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

/// The rights that the role of a connection has in a schema. A schema or a table that is not there
/// yet will be the role's own.
pub(super) struct Rights {
    /// All that are needed.
    all: bool,
    /// Those that finding the version needs.
    pub(super) may_look: bool,
    /// The version of the tables as far as their names tell: those of version 1 tell 2.
    pub(super) by_names: u32,
}

impl Rights {
    /// The problem, if a right is missing.
    pub(super) fn problem(&self, names: &Names) -> Option<String> {
        (!self.all).then(|| format!("not all rights in `{}`", names.schema()))
    }

    /// The tables of a role that may not look.
    pub(super) fn tables(&self) -> Tables {
        Tables::of_version(if self.by_names > 2 { WANTED } else { self.by_names })
    }
}

/// Finds the rights of the role of a connection. The names of tables are looked up in the
/// catalogue, which everybody may read, and which is not cached, unlike the answer of `to_regclass`.
pub(super) async fn given(
    connection: &mut PgConnection,
    names: &Names,
) -> Result<Rights, sqlx::Error> {
    let wanted = RIGHTS.iter().flat_map(|(rights, _, tables)| {
        let of =
            move |table| rights.split(", ").map(move |right| format!("('{table}', '{right}')"));
        tables.split(", ").flat_map(of)
    });
    let wanted = wanted.collect::<Vec<_>>().join(", ");
    let select = format!(
        "WITH g AS (SELECT c.relname, CASE c.relkind \
         WHEN 'S' THEN has_sequence_privilege(c.oid, r.wanted) \
         ELSE has_table_privilege(c.oid, r.wanted) END AS given \
         FROM (VALUES {wanted}) AS r (name, wanted) \
         JOIN pg_catalog.pg_class AS c ON c.relname = r.name \
         JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace WHERE n.nspname = $1), \
         s AS (SELECT coalesce((SELECT has_schema_privilege(oid, 'USAGE') \
         FROM pg_catalog.pg_namespace WHERE nspname = $1), true) AS given) \
         SELECT s.given AND coalesce((SELECT bool_and(given) FROM g), true), \
         s.given AND coalesce((SELECT bool_and(given) FROM g \
         WHERE relname IN ('versions', 'migrations')), true), \
         CASE WHEN EXISTS (SELECT FROM g WHERE relname = 'migrations') THEN 3 \
         WHEN EXISTS (SELECT FROM g WHERE relname = 'versions') THEN 2 ELSE 0 END FROM s"
    );
    let row = sqlx::query(AssertSqlSafe(select))
        .persistent(false)
        .bind(names.schema())
        .fetch_one(connection)
        .await?;
    let by_names: i32 = row.try_get(2)?;
    Ok(Rights {
        all: row.try_get(0)?,
        may_look: row.try_get(1)?,
        by_names: by_names.unsigned_abs(),
    })
}
