//! Tables of other versions: those of programs before this one, which go on to use them, and those
//! of programs to come.

use std::time::{Duration, Instant};

use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use webhook_runtime::inbox::{
    AttemptResult, DeliveryState, EnqueueResult, Filter, InboxError, postgres_migrations,
    sqlite_migrations,
};

use super::{
    Ran, all, delivery,
    place::{Engine, Place},
};

/// The migrations of the place's engine.
fn migrations(place: &Place) -> Vec<String> {
    match place.engine {
        Engine::Postgres => postgres_migrations(&place.schema).unwrap(),
        _ => sqlite_migrations(),
    }
}

/// An SQLite file has to be there before anything can be run in it.
fn make_file(place: &Place) {
    if place.engine == Engine::Sqlite {
        std::fs::write(place.file("inbox.db"), "").unwrap();
    }
}

/// Writes down a version that this program does not know.
async fn note_version(place: &Place, version: i64, oldest: i64) {
    let table = place.table("migrations");
    place.execute(format!("INSERT INTO {table} VALUES ({version}, 0, {oldest})")).await;
}

/// The tables of a next version have a column and a table more, and programs of this version can
/// work with them.
pub(crate) async fn the_next_version_can_be_used(place: Place) {
    let inbox = place.open().await;
    inbox.enqueue(delivery("before")).await.unwrap();
    let deliveries = place.table("deliveries");
    place.execute(format!("ALTER TABLE {deliveries} ADD COLUMN novelty text")).await;
    place.execute(format!("CREATE TABLE {} (id bigint)", place.table("novelties"))).await;
    note_version(&place, 5, 4).await;
    // What is open goes on, and what is started again works too.
    inbox.enqueue(delivery("meanwhile")).await.unwrap();
    let again = place.open().await;
    again.enqueue(delivery("after")).await.unwrap();
    let ran = Ran::default();
    assert_eq!(inbox.drain(&ran.with(AttemptResult::Completed)).await, Ok(3));
    assert_eq!(again.replay(&Filter::all()).await, Ok(3));
    assert_eq!(again.drain(&ran.with(AttemptResult::Completed)).await, Ok(3));
    let done = all(&again).await;
    assert!(done.iter().all(|record| record.state == DeliveryState::Completed), "{done:?}");
    let found = place.builder().migrations().await.unwrap();
    assert_eq!((found.found, found.wanted, found.sql.len()), (5, 4, 0));
    found.check().unwrap();
    assert_eq!(found.script(None), "");
    let result = place.builder().run_migrations().await.unwrap();
    assert_eq!((result.from, result.to), (5, 5));
}

pub(crate) async fn a_version_for_newer_programs_is_refused(place: Place) {
    drop(place.open().await);
    note_version(&place, 5, 4).await;
    note_version(&place, 6, 5).await;
    for builder in [place.builder(), place.builder().migrate(false)] {
        let error = builder.open().await.unwrap_err();
        assert!(matches!(error, InboxError::Open { .. }), "{error:?}");
        let told = error.to_string();
        assert!(told.contains("of version 6, for programs of version 5 and later"), "{told}");
        assert!(told.contains("this program is of version 4"), "{told}");
        assert!(told.contains("run a newer program, of version 5"), "{told}");
    }
    assert!(place.builder().run_migrations().await.is_err());
    let found = place.builder().migrations().await.unwrap();
    assert_eq!((found.found, found.wanted, found.sql.len()), (6, 4, 0));
    assert!(found.check().is_err());
}

pub(crate) async fn migrations_run_by_command(place: Place) {
    let found = place.builder().migrations().await.unwrap();
    assert_eq!((found.found, found.wanted, found.sql.len()), (0, 4, 4));
    assert!(found.check().is_err());
    assert_eq!(found.sql, migrations(&place));
    // Nothing was changed by the look.
    assert_eq!(place.builder().migrations().await.unwrap().found, 0);
    if place.engine == Engine::Sqlite {
        assert!(!place.file("inbox.db").exists());
    }
    // Two at once, as of two processes.
    let (first, second) = (place.builder(), place.builder());
    let (first, second) = tokio::join!(first.run_migrations(), second.run_migrations());
    let (first, second) = (first.unwrap(), second.unwrap());
    assert_eq!((first.from.min(second.from), first.to, second.to), (0, 4, 4));
    let found = place.builder().migrations().await.unwrap();
    assert_eq!((found.found, found.wanted, found.sql.len()), (4, 4, 0));
    let again = place.builder().run_migrations().await.unwrap();
    assert_eq!((again.from, again.to), (4, 4));
    let inbox = place.builder().migrate(false).open().await.unwrap();
    inbox.enqueue(delivery("a")).await.unwrap();
}

/// Old tables with what is in them.
pub(crate) async fn the_printed_script_migrates(place: Place) {
    make_file(&place);
    for migration in &migrations(&place)[..1] {
        place.execute(migration.clone()).await;
    }
    let error = place.builder().migrate(false).open().await.unwrap_err().to_string();
    assert!(error.contains("of version 1, and this program needs those of version 4"), "{error}");
    let found = place.builder().migrations().await.unwrap();
    assert_eq!((found.found, found.sql.len()), (1, 3));
    let role = (place.engine == Engine::Postgres).then_some("inbox");
    let script = found.script(role);
    assert_eq!(script.contains("GRANT"), role.is_some(), "{script}");
    place.execute(script).await;
    assert_eq!(place.builder().migrations().await.unwrap().found, 4);
    let inbox = place.builder().migrate(false).open().await.unwrap();
    inbox.enqueue(delivery("a")).await.unwrap();
}

/// A program of version 2 goes on after the tables were migrated, and can be started again; then a
/// program of this version finishes what it has left.
pub(crate) async fn programs_of_version_2_go_on(place: Place) {
    let (tables, statements) = of_version_2(&place);
    make_file(&place);
    place.execute(tables).await;
    match place.engine {
        Engine::Postgres => go_on_in_postgres(&place, &statements).await,
        _ => go_on_in_sqlite(&place, &statements).await,
    }
    // What a program of version 2 looks at when it is started.
    let versions = match place.engine {
        Engine::Postgres => place.table("versions"),
        _ => place.table("schema"),
    };
    assert_eq!(place.number(&format!("SELECT max(version) FROM {versions}")).await, 2);

    let inbox = place.open().await;
    assert_eq!(inbox.enqueue(delivery("a")).await, Ok(EnqueueResult::Duplicate(1)));
    assert!(matches!(inbox.enqueue(delivery("z")).await, Ok(EnqueueResult::Stored(5..))));
    let ran = Ran::default();
    assert_eq!(inbox.drain(&ran.with(AttemptResult::Completed)).await, Ok(3));
    let mut bodies = ran.all();
    bodies.sort_unstable();
    assert_eq!(bodies, ["a", "d", "z"]);
    let done = all(&inbox).await;
    assert!(done.iter().all(|record| record.state == DeliveryState::Completed), "{done:?}");
}

/// A migration that waits for a long transaction lets others use the tables meanwhile.
pub(crate) async fn a_long_transaction_stops_nobody(place: Place) {
    let (tables, _) = of_version_2(&place);
    place.execute(tables).await;
    let mut connection = PgConnection::connect(&place.url).await.unwrap();
    let mut long = connection.begin().await.unwrap();
    let deliveries = place.table("deliveries");
    let look = AssertSqlSafe(format!("SELECT count(*) FROM {deliveries}"));
    sqlx::query(look).execute(&mut *long).await.unwrap();
    let builder = place.builder();
    let migrating = tokio::spawn(async move { builder.run_migrations().await });
    for _ in 0..10 {
        let asked = Instant::now();
        place.execute(format!("UPDATE {deliveries} SET size = 1")).await;
        assert!(asked.elapsed() < Duration::from_secs(3), "{:?}", asked.elapsed());
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    assert!(!migrating.is_finished());
    long.commit().await.unwrap();
    let result = migrating.await.unwrap().unwrap();
    assert_eq!((result.from, result.to), (2, 4));
}

/// A statement of a program of version 2.
struct Old {
    name: &'static str,
    /// The number of rows that it returns, or that it changes.
    rows: Option<usize>,
    changes: Option<u64>,
    arguments: &'static str,
    text: String,
}

/// The tables and statements of a program of version 2.
fn of_version_2(place: &Place) -> (String, Vec<Old>) {
    let text = match place.engine {
        Engine::Postgres => include_str!("version_2/postgres.sql"),
        _ => include_str!("version_2/sqlite.sql"),
    };
    let schema = &place.schema;
    let named = |text: &str| text.replace("{s}", &format!("{schema}.")).replace("{schema}", schema);
    let (tables, statements) = text.split_once("-- STATEMENTS\n").expect("two parts");
    let statements = statements.split("## ").skip(1).map(|part| {
        let mut lines = part.lines();
        let mut title = lines.next().expect("a title").split(' ');
        let (name, kind) = (title.next().expect("a name"), title.next());
        let number: u64 = title.next().expect("a number").parse().unwrap();
        Old {
            name,
            rows: (kind == Some("rows")).then(|| number.try_into().unwrap()),
            changes: (kind == Some("done")).then_some(number),
            arguments: lines.next().expect("arguments"),
            text: named(lines.next().expect("a statement")),
        }
    });
    (named(tables), statements.collect())
}

/// Runs the statements that were prepared before the migration.
async fn go_on_in_postgres(place: &Place, statements: &[Old]) {
    let mut connection = PgConnection::connect(&place.url).await.unwrap();
    for Old { name, text, .. } in statements {
        let prepare = AssertSqlSafe(format!("PREPARE {name} AS {text}"));
        sqlx::raw_sql(prepare).execute(&mut connection).await.unwrap();
    }
    let result = place.builder().run_migrations().await.unwrap();
    assert_eq!((result.from, result.to), (2, 4));
    for Old { name, rows, changes, arguments, .. } in statements {
        let arguments = Some(format!(" ({arguments})")).filter(|all| all != " ()");
        let execute = format!("EXECUTE {name}{}", arguments.unwrap_or_default());
        let execute = sqlx::raw_sql(AssertSqlSafe(execute));
        let (rows_now, changes_now) = if rows.is_some() {
            let rows = execute.fetch_all(&mut connection).await;
            (Some(rows.unwrap_or_else(|error| panic!("{name}: {error}")).len()), None)
        } else {
            let done = execute.execute(&mut connection).await;
            (None, Some(done.unwrap_or_else(|error| panic!("{name}: {error}")).rows_affected()))
        };
        assert_eq!((rows_now, changes_now), (*rows, *changes), "{name}");
    }
}

/// Runs the statements on a connection that has run them before the migration.
async fn go_on_in_sqlite(place: &Place, statements: &[Old]) {
    let mut connection = SqliteConnection::connect(&place.url).await.unwrap();
    let mut tx = connection.begin().await.unwrap();
    for statement in statements {
        run_in_sqlite(&mut tx, statement).await;
    }
    tx.rollback().await.unwrap();
    let result = place.builder().run_migrations().await.unwrap();
    assert_eq!((result.from, result.to), (2, 4));
    for statement in statements {
        if statement.name == "delete_deliveries" {
            // What the new program has noted of a delivery goes with it.
            let note = "INSERT INTO webhook_attempts (delivery, claim, number, result) \
                        VALUES (2, 1, 1, 0); INSERT INTO webhook_duplicates VALUES (2, 1, 1, 1)";
            place.execute(note.to_owned()).await;
        }
        run_in_sqlite(&mut connection, statement).await;
    }
    let left = "SELECT count(*) FROM webhook_attempts, webhook_duplicates";
    assert_eq!(place.number(left).await, 0);
}

async fn run_in_sqlite(connection: &mut SqliteConnection, statement: &Old) {
    let Old { name, rows, changes, arguments, text } = statement;
    let mut query = sqlx::query(AssertSqlSafe(text.clone()));
    for argument in serde_json::from_str::<Vec<Value>>(arguments).unwrap() {
        query = match argument {
            Value::Null => query.bind(None::<String>),
            Value::Number(number) => query.bind(number.as_i64().unwrap()),
            Value::String(text) => query.bind(text),
            bytes => query.bind(from_hex(bytes["x"].as_str().unwrap())),
        };
    }
    let (rows_now, changes_now) = if rows.is_some() {
        let rows = query.fetch_all(connection).await;
        (Some(rows.unwrap_or_else(|error| panic!("{name}: {error}")).len()), None)
    } else {
        let done = query.execute(connection).await;
        (None, Some(done.unwrap_or_else(|error| panic!("{name}: {error}")).rows_affected()))
    };
    assert_eq!((rows_now, changes_now), (*rows, *changes), "{name}");
}

fn from_hex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
}
