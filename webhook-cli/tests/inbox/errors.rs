//! Mistakes, and their exit codes.

use std::process::{Command, Stdio};

use super::place::{Place, Said};

fn run(arguments: &[&str], variables: &[(&str, &str)]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_webhook"));
    command.args(arguments).env_remove("DATABASE_URL").envs(variables.iter().copied());
    Said::of(command.stdin(Stdio::null()).output().unwrap())
}

pub(crate) fn errors_have_exit_codes_and_no_passwords(place: &Place) {
    let missing = place.file("missing.db");
    let missing = missing.to_str().unwrap();
    for command in
        [&["list"][..], &["show", "1"], &["doctor"], &["retry"], &["tail"], &["backup", "x"]]
    {
        let said = run(&[&["inbox"], command, &["--database", missing]].concat(), &[]);
        assert_eq!((said.code, &*said.out), (Some(3), ""), "{command:?}: {said:?}");
        assert!(said.err.contains("there is no file"), "{said:?}");
    }
    assert!(!place.file("missing.db").exists(), "nothing is created");

    let none = run(&["inbox", "list"], &[]);
    assert_eq!(none.code, Some(2));
    assert!(none.err.contains("--database") && none.err.contains("DATABASE_URL"), "{none:?}");
    let unset = run(&["inbox", "list", "--database-env", "NO_SUCH"], &[]);
    assert_eq!(unset.code, Some(2), "{unset:?}");
    let both = run(&["inbox", "list", "--database", "a", "--database-env", "B"], &[]);
    assert_eq!(both.code, Some(2), "{both:?}");

    for (url, code) in [
        ("postgres://me:canary@127.0.0.1:1/app", 3),
        ("postgres://me:can?ary@127.0.0.1:1/canary@x", 2),
        ("mysql://me:canary@host/app", 2),
        ("sqlite://:memory:", 3),
    ] {
        let said = run(&["inbox", "list"], &[("DATABASE_URL", url)]);
        assert!(!said.err.contains("canary"), "{said:?}");
        assert_eq!(said.code, Some(code), "{url}: {said:?}");
    }
    // A file without an inbox is left as it is.
    std::fs::write(place.file("text.db"), "this is no database, but a text of some length")
        .unwrap();
    let text = run(&["inbox", "list", "--database", place.file("text.db").to_str().unwrap()], &[]);
    assert_eq!(text.code, Some(3), "{text:?}");
    std::fs::write(place.file("empty.db"), "").unwrap();
    let empty =
        run(&["inbox", "list", "--database", place.file("empty.db").to_str().unwrap()], &[]);
    assert_eq!(empty.code, Some(3), "{empty:?}");
    assert!(empty.err.contains("tables are missing") && empty.err.contains("migrate"), "{empty:?}");
    assert_eq!(std::fs::read(place.file("empty.db")).unwrap(), b"");

    // Every way to name a file.
    drop(place.inbox());
    let path = place.file("inbox.db").display().to_string();
    for name in [path.clone(), format!("sqlite:{path}"), format!("sqlite://{path}")] {
        assert_eq!(run(&["inbox", "list", "--database", &name], &[]).code, Some(0), "{name}");
        assert_eq!(run(&["inbox", "--database", &name, "list"], &[]).code, Some(0), "{name}");
        assert_eq!(run(&["inbox", "list"], &[("DATABASE_URL", &name)]).code, Some(0), "{name}");
        let named = run(&["inbox", "list", "--database-env", "OTHER"], &[("OTHER", &name)]);
        assert_eq!(named.code, Some(0), "{name}");
    }
}
