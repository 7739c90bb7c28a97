//! Migrations, rights and backups.

use webhook_runtime::{
    Inbox,
    inbox::{postgres_migrations, sqlite_migrations},
};

use super::place::{Place, store_many, wait};

fn first_migration(place: &Place) -> String {
    if place.is_file() {
        std::fs::write(place.file("inbox.db"), "").unwrap();
        sqlite_migrations().remove(0)
    } else {
        postgres_migrations(&place.schema).unwrap().remove(0)
    }
}

pub(crate) fn tables_are_migrated(place: &Place) {
    let dry = place.run(&["migrate", "--dry-run"]);
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert!(dry.out.starts_with("BEGIN;\n") && dry.out.contains("CREATE TABLE"), "{dry:?}");
    assert!(!place.file("inbox.db").exists(), "a dry run creates nothing");
    let done = place.run(&["migrate"]);
    assert_eq!((done.code, &*done.out), (Some(0), "the tables are created, in version 4\n"));
    let again = place.run(&["migrate"]);
    assert_eq!(again.out, "the tables are of version 4: nothing to do\n");
    let line = &place.json(&["migrate", "--dry-run"])[0];
    assert_eq!(
        (&line["from"], &line["to"], &line["sql"]),
        (&4.into(), &4.into(), &serde_json::json!([]))
    );
    assert_eq!(place.run(&["list"]).code, Some(0));
}

pub(crate) fn other_versions_are_told(place: &Place) {
    place.execute(first_migration(place));
    for command in ["list", "stats", "retry"] {
        let said = place.run(&[command]);
        assert_eq!((said.code, &*said.out), (Some(3), ""), "{command}: {said:?}");
        assert!(
            said.err.contains("of version 1") && said.err.contains("inbox migrate"),
            "{said:?}"
        );
    }
    let doctor = place.run(&["doctor"]);
    assert_eq!(doctor.code, Some(1), "{doctor:?}");
    assert!(doctor.out.contains("of version 1"), "{doctor:?}");
    let done = place.run(&["migrate"]);
    assert_eq!(done.out, "the tables are migrated from version 1 to 4\n", "{done:?}");
    // Tables of a program to come.
    place.execute(format!("INSERT INTO {} VALUES (9, 0, 9)", place.table("migrations")));
    for command in ["list", "migrate"] {
        let said = place.run(&[command]);
        assert_eq!(said.code, Some(3), "{command}: {said:?}");
        assert!(said.err.contains("of version 9") && said.err.contains("newer"), "{said:?}");
    }
}

pub(crate) fn rights_are_printed(place: &Place) {
    let said = place.run(&["grants", "app"]);
    if place.is_file() {
        assert_eq!((said.code, &*said.out), (Some(2), ""));
        assert!(said.err.contains("no roles"), "{said:?}");
        return;
    }
    let schema = &place.schema;
    assert!(
        said.out.starts_with(&format!("GRANT USAGE ON SCHEMA \"{schema}\" TO \"app\";\n")),
        "{said:?}"
    );
    // A role with these rights can do everything but migrate.
    drop(place.inbox());
    let role = format!("cli_{schema}");
    place.execute(format!("CREATE ROLE {role} LOGIN"));
    let mut other = Place::postgres().unwrap();
    (other.url, other.schema) = (place.url.replace("inbox@", &format!("{role}@")), schema.clone());
    let denied = other.run(&["list"]);
    assert_eq!(denied.code, Some(3), "{denied:?}");
    assert!(denied.err.contains("GRANT"), "{denied:?}");
    assert_eq!(other.run(&["doctor"]).code, Some(1));
    place.execute(place.run(&["grants", &role]).out);
    assert_eq!(other.run(&["list"]).code, Some(0));
}

pub(crate) fn backups_are_of_files(place: &Place) {
    let inbox = place.inbox();
    store_many(&inbox, "orders", 5);
    if !place.is_file() {
        let said = place.run(&["backup", "/nowhere/copy.db"]);
        assert_eq!(said.code, Some(2), "{said:?}");
        assert!(said.err.contains("pg_dump"), "{said:?}");
        return;
    }
    let copy = place.file("copy.db").display().to_string();
    let said = place.run(&["backup", &copy]);
    assert_eq!(said.code, Some(0), "{said:?}");
    let opened = wait(Inbox::open(&format!("sqlite://{copy}"))).unwrap();
    assert_eq!(super::place::all(&opened).len(), 5);
    let again = place.run(&["backup", &copy]);
    assert_eq!((again.code, &*again.out), (Some(3), ""));
    assert!(again.err.contains("not overwritten"), "{again:?}");
}
