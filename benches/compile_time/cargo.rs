//! A workspace of programs, and what building one of them costs.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

/// Where the programs are; kept, so that the next run finds the dependencies built.
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Writes programs as packages of that name, and builds all of them once.
    pub(crate) fn write(programs: &[(&str, String)]) -> Self {
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is in the workspace");
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("compile_time");
        let members: Vec<&str> = programs.iter().map(|(package, _)| *package).collect();
        put(&root.join("Cargo.toml"), &manifest_of_all(ours, &members));
        for (package, program) in programs {
            put(&root.join(package).join("Cargo.toml"), &manifest(package));
            put(&root.join(package).join("src/main.rs"), program);
        }
        // The versions that are tested, and nothing that would have to be downloaded.
        fs::copy(ours.join("Cargo.lock"), root.join("Cargo.lock")).expect("there is a lock file");
        let workspace = Self { root };
        workspace.cargo(&["build", "--workspace"]);
        workspace
    }

    /// Builds one package anew, and returns the processor time of `cargo` and all that it started.
    pub(crate) fn build(&self, package: &str) -> Duration {
        let program = self.root.join(package).join("src/main.rs");
        let program = fs::File::options().append(true).open(program).expect("it was written");
        program.set_modified(std::time::SystemTime::now()).expect("its time can be set");
        let before = time_of_children();
        self.cargo(&["build", "--package", package]);
        time_of_children().checked_sub(before).expect("time goes on")
    }

    fn cargo(&self, arguments: &[&str]) {
        let status = Command::new(env!("CARGO"))
            .args(arguments)
            .args(["--offline", "--quiet"])
            .current_dir(&self.root)
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .status()
            .expect("cargo starts");
        assert!(status.success(), "cargo {arguments:?} failed");
    }
}

fn put(file: &Path, text: &str) {
    fs::create_dir_all(file.parent().expect("it is in a directory")).expect("it can be made");
    fs::write(file, text).expect("it can be written");
}

/// The manifest of the workspace: our crates, and those of their dependencies that are used, in our
/// versions.
fn manifest_of_all(ours: &Path, members: &[&str]) -> String {
    let all = fs::read_to_string(ours.join("Cargo.toml")).expect("there is a manifest");
    let used = ["axum", "hmac", "serde", "serde_json", "sha2", "tokio"];
    let versions: Vec<&str> = all
        .lines()
        .filter(|line| line.split_once(" = ").is_some_and(|(name, _)| used.contains(&name)))
        .collect();
    assert_eq!(versions.len(), used.len(), "the versions of {used:?}");
    let runtime = ours.join("webhook-runtime");
    format!(
        "[workspace]\nresolver = \"3\"\nmembers = {members:?}\n[workspace.dependencies]\n\
         hex = \"0.4.3\"\nwebhook-runtime = {{ path = '{}' }}\n{}\n",
        runtime.display(),
        versions.join("\n")
    )
}

/// Both programs have the same dependencies, so that both are built upon the same crates.
fn manifest(package: &str) -> String {
    format!(
        r#"[package]
name = "{package}"
edition = "2024"

[dependencies]
axum = {{ workspace = true, features = ["http1", "tokio"] }}
hex.workspace = true
hmac.workspace = true
serde = {{ workspace = true, features = ["derive"] }}
serde_json.workspace = true
sha2.workspace = true
tokio = {{ workspace = true, features = ["macros", "net", "rt-multi-thread"] }}
webhook-runtime.workspace = true
"#
    )
}

/// The processor time of every process that this one started and waited for, and of theirs, as
/// Linux tells it: fields 16 and 17 of `/proc/self/stat`, in hundredths of a second.
fn time_of_children() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("this is measured on Linux only");
    // The name of the program is field 2, in parentheses, and may contain anything.
    let (_, fields) = stat.rsplit_once(") ").expect("the name is in parentheses");
    let ticks = fields.split(' ').skip(13).take(2).map(str::parse::<u64>);
    Duration::from_millis(10 * ticks.sum::<Result<u64, _>>().expect("they are numbers"))
}
