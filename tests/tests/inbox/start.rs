//! Opening an inbox, and errors that prevent it.

use webhook_runtime::inbox::{
    AttemptResult, EnqueueResult, Filter, Inbox, InboxError, Job, JobHandlers, TxSource,
};

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
    if place.engine == Engine::Postgres {
        use webhook_runtime::inbox::{postgres_migrations, postgres_versions};
        place.execute(postgres_versions(&place.schema).unwrap()).await;
        for (migration, number) in postgres_migrations(&place.schema).unwrap().into_iter().zip(1..)
        {
            place.execute(migration).await;
            let versions = versions(&place);
            place.execute(format!("INSERT INTO {versions} VALUES ({number}, 0)")).await;
        }
    } else {
        use webhook_runtime::inbox::{SQLITE_MIGRATIONS, SQLITE_VERSIONS};
        place.execute(SQLITE_VERSIONS.to_owned()).await;
        for (migration, number) in SQLITE_MIGRATIONS.iter().zip(1..) {
            place.execute((*migration).to_owned()).await;
            place.execute(format!("INSERT INTO webhook_schema VALUES ({number}, 0)")).await;
        }
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
    let versions = place.table("versions");
    let newest = format!("SELECT max(version) FROM {versions}");
    place.execute(format!("DELETE FROM {versions} WHERE version = ({newest})")).await;
    let sql = printed_sql(&open_as(&place, &encoded).await.unwrap_err());
    assert!(sql.contains("ALTER TABLE") && !sql.contains("CREATE TABLE webhook"), "{sql}");
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
