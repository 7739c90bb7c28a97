//! Opening an inbox, and errors that prevent it.

use webhook_runtime::inbox::InboxError;

use super::{
    delivery,
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
