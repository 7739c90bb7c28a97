//! Compile errors: one mistake per file in `ui/`, with the expected message. The files in `ui/pass`
//! must compile.
//!
//! After a change of messages, run `TRYBUILD=overwrite cargo test -p webhook-tests --test ui`, and
//! read the diff. For one file, run `cargo test -p webhook-tests --test ui -- fail
//! trybuild=path-missing`.

#[path = "ui/suggestions.rs"]
mod suggestions;

use std::{env, fs, io, path::Path, process::Command};

/// The compiler that wrote the `.stderr` files. Others word their messages differently.
const WRITTEN_BY: &str = "rustc 1.95.";

const CAUSES: [&str; 6] = ["option", "function", "argument", "types", "event", "check"];

#[test]
fn pass() {
    let (program, count) = suggestions::program(Path::new("ui"), &CAUSES);
    println!("{count} suggestions");
    assert!(count > 75, "the suggestions are found");
    let suggestions = Path::new(env!("CARGO_TARGET_TMPDIR")).join("suggestions.rs");
    fs::write(&suggestions, program).expect("the suggestions can be written");
    let cases = trybuild::TestCases::new();
    cases.pass("ui/pass/*.rs");
    // Every piece of code that a message suggests.
    cases.pass(suggestions);
}

#[test]
fn fail() {
    if compiler().starts_with(WRITTEN_BY) {
        compile_fail("ui");
    } else {
        fail_with_any_words();
    }
}

fn compile_fail(dir: &str) {
    let cases = trybuild::TestCases::new();
    for cause in CAUSES {
        cases.compile_fail(format!("{dir}/{cause}/*.rs"));
    }
}

/// Runs `fail_in_copy` in a child process with `TRYBUILD=overwrite`: there, every mistake must be
/// reported, in any words.
fn fail_with_any_words() {
    let copy = Path::new(env!("CARGO_TARGET_TMPDIR")).join("ui");
    let _ = fs::remove_dir_all(&copy);
    for cause in CAUSES {
        copy_sources(&Path::new("ui").join(cause), &copy.join(cause)).expect("a copy of the tests");
    }
    let test = env::current_exe().expect("the path of this test");
    let status = Command::new(test)
        .args(["--exact", "fail_in_copy", "--ignored", "--nocapture"])
        .env("TRYBUILD", "overwrite")
        .env("UI_COPY", &copy)
        .status()
        .expect("this test runs itself");
    assert!(status.success(), "a mistake compiles under {}", compiler());
}

#[test]
#[ignore = "part of `fail`, under compilers other than the one of the `.stderr` files"]
fn fail_in_copy() {
    if let Ok(copy) = env::var("UI_COPY") {
        compile_fail(&copy);
    }
}

fn copy_sources(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for file in fs::read_dir(from)? {
        let file = file?;
        if file.path().extension().is_some_and(|extension| extension == "rs") {
            fs::copy(file.path(), to.join(file.file_name()))?;
        }
    }
    Ok(())
}

fn compiler() -> String {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).arg("--version").output().expect("`rustc --version`");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
