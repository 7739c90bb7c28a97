//! Opening an inbox, and errors that prevent it.

use webhook_runtime::inbox::{
    AttemptResult, EnqueueResult, Filter, Inbox, InboxError, Job, JobHandlers, TxSource,
    postgres_migrations, sqlite_migrations,
};

use sqlx::{AssertSqlSafe, Connection as _, PgConnection};

use super::{
    Ran, delivery,
    place::{Engine, Place},
};

pub(crate) async fn several_processes_start_at_once(place: Place) {
    let mut opening = Vec::new();
    for _ in 0..8 {
        let builder = place.builder();
        opening.push(tokio::spawn(builder.open()));
    }
    for opened in opening {
        let inbox = opened.await.unwrap().unwrap();
        inbox.enqueue(delivery("a")).await.unwrap();
    }
    assert_eq!(place.number(&format!("SELECT count(*) FROM {}", place.table("keys"))).await, 1);
}

/// The table in which migrations up to version 2 are written down.
fn versions(place: &Place) -> String {
    match place.engine {
        Engine::Postgres => place.table("versions"),
        _ => place.table("schema"),
    }
}

pub(crate) async fn a_newer_schema_is_refused(place: Place) {
    drop(place.open().await);
    place.execute(format!("INSERT INTO {} VALUES (99, 0)", versions(&place))).await;
    let error = place.builder().open().await.unwrap_err();
    assert!(matches!(error, InboxError::Open { .. }), "{error:?}");
    assert!(error.to_string().contains("of version 99"), "{error}");
    assert!(error.to_string().contains("run a newer program"), "{error}");
}

pub(crate) async fn missing_tables_are_an_error(place: Place) {
    let error = place.builder().migrate(false).open().await.unwrap_err();
    assert!(error.to_string().contains("run the migrations"), "{error}");
    let migrations = match place.engine {
        Engine::Postgres => postgres_migrations(&place.schema).unwrap(),
        _ => sqlite_migrations(),
    };
    for migration in migrations {
        place.execute(migration).await;
    }
    let inbox = place.builder().migrate(false).open().await.unwrap();
    inbox.enqueue(delivery("a")).await.unwrap();
}

/// Opens the inbox as a role of its own that may log in, and nothing else.
async fn open_as(place: &Place, role: &str) -> Result<Inbox, InboxError> {
    let url = place.url.replace("inbox@", &format!("{role}@"));
    Inbox::builder(&url).schema(place.schema.clone()).open().await
}

/// The SQL in a start-up error.
fn printed_sql(error: &InboxError) -> String {
    let text = error.to_string();
    let (before, sql) = text.split_once("\n\n").expect("SQL");
    assert!(before.contains("lacks rights"), "{text}");
    assert!(before.contains("Let a role that has them run this once"), "{text}");
    sql.to_owned()
}

async fn works(inbox: &Inbox) {
    inbox.enqueue(delivery("a")).await.unwrap();
    assert!(matches!(inbox.enqueue(delivery("a")).await, Ok(EnqueueResult::Duplicate(_))));
    let dead = AttemptResult::Dead { reason: "no".to_owned() };
    assert_eq!(inbox.drain(&Ran::default().with(dead)).await, Ok(1));
    assert!(matches!(inbox.enqueue(delivery("a")).await, Ok(EnqueueResult::Revived(_))));
    let processes = JobHandlers::new().on("orders", |_: Job, source: TxSource| async move {
        source.tx().unwrap().postgres().await.unwrap();
        AttemptResult::Completed
    });
    assert_eq!(inbox.drain(&processes).await, Ok(1));
    assert_eq!(inbox.replay(&Filter::all()).await, Ok(1));
    assert_eq!(inbox.stats().await.unwrap().depth.pending, 1);
    inbox.prune().await.unwrap();
}

pub(crate) async fn a_role_without_rights_is_told(place: Place) {
    let role = format!("nobody \"{}", place.schema);
    let quoted = role.replace('"', "\"\"");
    place.execute(format!("CREATE ROLE \"{quoted}\" LOGIN")).await;
    let encoded = role.replace(' ', "%20").replace('"', "%22");
    // Nothing is there: what is printed makes all of it.
    let error = open_as(&place, &encoded).await.unwrap_err();
    let sql = printed_sql(&error);
    assert!(sql.contains("CREATE TABLE") && sql.contains("GRANT"), "{sql}");
    place.execute(sql).await;
    works(&open_as(&place, &encoded).await.unwrap()).await;
    every_table_is_written(&place.url.replace("inbox@", &format!("{encoded}@")), &place).await;
    // A right is missing: what is printed gives it.
    let keys = place.table("keys");
    for (right, of) in [
        ("DELETE", keys.clone()),
        ("UPDATE", place.table("bodies")),
        ("SELECT", place.table("versions")),
        ("USAGE", format!("SEQUENCE {}", place.table("numbers"))),
        ("USAGE", format!("SCHEMA {}", place.schema)),
    ] {
        place.execute(format!("REVOKE {right} ON {of} FROM \"{quoted}\"")).await;
        let sql = printed_sql(&open_as(&place, &encoded).await.unwrap_err());
        assert!(!sql.contains("CREATE"), "{sql}");
        place.execute(sql).await;
        drop(open_as(&place, &encoded).await.unwrap());
    }
    // The tables are of an older version, and belong to somebody else.
    place.execute(format!("DROP TABLE {}", place.table("migrations"))).await;
    let sql = printed_sql(&open_as(&place, &encoded).await.unwrap_err());
    assert!(sql.contains("ALTER TABLE") && sql.contains("GRANT"), "{sql}");
    assert!(!sql.contains("CREATE SCHEMA"), "{sql}");
    // Not even the version may be read.
    place.execute(format!("REVOKE SELECT ON {} FROM \"{quoted}\"", place.table("versions"))).await;
    assert_eq!(printed_sql(&open_as(&place, &encoded).await.unwrap_err()), sql);
}

/// Writes, changes and deletes a row of each table that programs write to.
async fn every_table_is_written(url: &str, place: &Place) {
    let mut connection = PgConnection::connect(url).await.unwrap();
    let schema = &place.schema;
    let statements = format!(
        "INSERT INTO {schema}.attempts (delivery, claim, number, result) \
         SELECT id, 77, 1, 0 FROM {schema}.deliveries; \
         UPDATE {schema}.attempts SET result = 1 WHERE claim = 77; \
         DELETE FROM {schema}.attempts WHERE claim = 77; \
         INSERT INTO {schema}.duplicates SELECT id, 1, 1, 1 FROM {schema}.deliveries; \
         UPDATE {schema}.duplicates SET count = 2; \
         INSERT INTO {schema}.sums VALUES (1, 'orders', 1, 0, 0); \
         UPDATE {schema}.sums SET received = 2; DELETE FROM {schema}.sums; \
         INSERT INTO {schema}.workers (name, pid, program, version, endpoints, slots, running, \
         started_at, seen_at, next_at) VALUES ('n', 1, 'p', 'v', '[]', 1, 0, 0, 0, 0); \
         UPDATE {schema}.workers SET running = 1; DELETE FROM {schema}.workers; \
         INSERT INTO {schema}.endpoints (endpoint) VALUES ('orders'); \
         UPDATE {schema}.endpoints SET keep_dead = 1; DELETE FROM {schema}.endpoints; \
         SELECT max(version) FROM {schema}.migrations; \
         DELETE FROM {schema}.deliveries"
    );
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await.unwrap();
    // What belongs to a delivery goes with it.
    let left = AssertSqlSafe(format!("SELECT count(*) FROM {schema}.duplicates"));
    let left: i64 = sqlx::query_scalar(left).fetch_one(&mut connection).await.unwrap();
    assert_eq!(left, 0);
}

/// A schema that is there is not asked for again.
pub(crate) async fn a_role_may_have_nothing_but_its_schema(place: Place) {
    let role = format!("owner_{}", place.schema);
    let schema = &place.schema;
    place.execute(format!("CREATE ROLE {role} LOGIN; CREATE SCHEMA {schema}")).await;
    place.execute(format!("GRANT USAGE, CREATE ON SCHEMA {schema} TO {role}")).await;
    let inbox = open_as(&place, &role).await.unwrap();
    works(&inbox).await;
    drop(open_as(&place, &role).await.unwrap());
}
