//! A PostgreSQL server for the tests, which ends when they end.

use std::{
    env, fs,
    io::Write as _,
    os::unix::{fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::OnceLock,
    thread::sleep,
    time::Duration,
};

/// The server's user if the tests run as root, which PostgreSQL refuses.
pub(crate) const NOBODY: u32 = 65_534;

pub(crate) struct Server {
    programs: PathBuf,
    directory: PathBuf,
    /// The shell's standard input keeps the server alive: it closes when this process ends.
    _keeper: Child,
}

/// The server of this test binary, started on first use.
pub(crate) fn server() -> Option<&'static Server> {
    static SERVER: OnceLock<Option<Server>> = OnceLock::new();
    SERVER.get_or_init(|| Some(Server::start(&programs()?))).as_ref()
}

/// The directory of `initdb` and `postgres`.
pub(crate) fn programs() -> Option<PathBuf> {
    let on_path = env::var_os("PATH")
        .into_iter()
        .flat_map(|path| env::split_paths(&path).collect::<Vec<_>>());
    let of_debian = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let found =
        on_path.chain(of_debian.map(|version| version.path().join("bin"))).find(|directory| {
            ["initdb", "pg_ctl", "pg_isready", "postgres"]
                .iter()
                .all(|name| directory.join(name).exists())
        });
    if found.is_none() {
        eprintln!("PostgreSQL is not installed: its tests are left out");
    }
    found
}

impl Server {
    pub(crate) fn start(programs: &Path) -> Self {
        let mut initdb = Command::new(programs.join("initdb"));
        initdb.args([
            "--username=inbox",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
            "--no-sync",
        ]);
        Self::start_on(programs, initdb)
    }

    /// Starts a standby of this server, which follows it.
    pub(crate) fn standby(&self) -> Self {
        let mut copy = Command::new(self.programs.join("pg_basebackup"));
        copy.args(["--username=inbox", "--checkpoint=fast", "--no-sync", "--write-recovery-conf"]);
        copy.arg("--host").arg(&self.directory);
        Self::start_on(&self.programs, copy)
    }

    /// Starts a server on the files that a command makes.
    fn start_on(programs: &Path, mut files: Command) -> Self {
        static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let count = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let directory = env::temp_dir().join(format!("inbox-pg-{}-{count}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        if is_root() {
            chown(&directory, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let made = as_nobody(&mut files)
            .arg("--pgdata")
            .arg(directory.join("data"))
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(made.success(), "there are no files");
        let keeper = keep(programs, &directory);
        let server = Self { programs: programs.to_owned(), directory, _keeper: keeper };
        server.wait();
        server
    }

    /// The address: a Unix socket, so that no port is taken.
    pub(crate) fn url(&self) -> String {
        format!("postgres://inbox@localhost/postgres?host={}", self.directory.display())
    }

    /// Adds a line to the configuration of a running server.
    pub(crate) fn configure(&self, line: &str) {
        let file = self.directory.join("data/postgresql.conf");
        let mut file = fs::OpenOptions::new().append(true).open(file).unwrap();
        writeln!(file, "{line}").unwrap();
        let done = as_nobody(&mut Command::new(self.programs.join("pg_ctl")))
            .args(["reload", "--silent", "--pgdata"])
            .arg(self.directory.join("data"))
            .status()
            .unwrap();
        assert!(done.success());
    }

    /// Makes a standby the first server.
    pub(crate) fn promote(&self) {
        let done = as_nobody(&mut Command::new(self.programs.join("pg_ctl")))
            .args(["promote", "--silent", "--wait", "--pgdata"])
            .arg(self.directory.join("data"))
            .status()
            .unwrap();
        assert!(done.success());
    }

    /// Starts a server that has ended again, as a standby.
    pub(crate) fn start_as_standby(&self) {
        let signal = self.directory.join("data/standby.signal");
        fs::write(&signal, "").unwrap();
        if is_root() {
            chown(&signal, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        self.start_again();
    }

    fn wait(&self) {
        for _ in 0..600 {
            let ready = Command::new(self.programs.join("pg_isready"))
                .arg("--quiet")
                .arg("--host")
                .arg(&self.directory)
                .status()
                .unwrap();
            if ready.success() {
                return;
            }
            sleep(Duration::from_millis(50));
        }
        panic!("the server does not answer");
    }

    /// Ends the server as a crash would, without notice to its clients.
    pub(crate) fn crash(&self) {
        self.control("stop", "immediate");
    }

    /// Ends the server as an administrator would.
    pub(crate) fn stop(&self) {
        self.control("stop", "fast");
    }

    pub(crate) fn start_again(&self) {
        self.start_with(&[]);
    }

    /// Starts the server again, with these environment variables.
    pub(crate) fn start_with(&self, variables: &[(&str, &Path)]) {
        let started = as_nobody(&mut Command::new(self.programs.join("pg_ctl")))
            .envs(variables.iter().copied())
            .args(["start", "--silent", "--wait", "--options"])
            .arg(options(&self.directory))
            .arg("--pgdata")
            .arg(self.directory.join("data"))
            .arg("--log")
            .arg(self.directory.join("log"))
            .status()
            .unwrap();
        let log = || fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        assert!(started.success(), "{}", log());
        self.wait();
    }

    /// The directory that holds `data`.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// A command that runs as the owner of the server's files.
    pub(crate) fn command(program: &str) -> Command {
        let mut command = Command::new(program);
        as_nobody(&mut command);
        command
    }

    /// Ends all of its processes at the same moment. `meanwhile` runs between their stop and their
    /// end.
    pub(crate) fn kill(&self, meanwhile: impl FnOnce()) {
        let file = fs::read_to_string(self.directory.join("data/postmaster.pid")).unwrap();
        let first = file.lines().next().expect("its process").to_owned();
        signal("STOP", std::slice::from_ref(&first));
        let mut all = children(&first);
        signal("STOP", &all);
        meanwhile();
        all.push(first);
        signal("KILL", &all);
        while all.iter().any(|id| !is_gone(id)) {
            sleep(Duration::from_millis(5));
        }
        // The files that name running processes are stale now.
        for lock in ["data/postmaster.pid", ".s.PGSQL.5432.lock"] {
            fs::remove_file(self.directory.join(lock)).unwrap();
        }
    }

    fn control(&self, action: &str, mode: &str) {
        let done = as_nobody(&mut Command::new(self.programs.join("pg_ctl")))
            .args([action, "--silent", "--wait", "--mode", mode, "--pgdata"])
            .arg(self.directory.join("data"))
            .status()
            .unwrap();
        assert!(done.success());
    }
}

fn signal(name: &str, ids: &[String]) {
    // A server that ended by itself needs no signal.
    let _ = Command::new("kill").args(["-s", name]).args(ids).stderr(Stdio::null()).status();
}

fn children(of: &str) -> Vec<String> {
    let all = fs::read_dir("/proc").unwrap().flatten();
    let ids = all.filter_map(|entry| entry.file_name().into_string().ok());
    ids.filter(|id| status(id).is_some_and(|(_, parent)| parent == of)).collect()
}

fn is_gone(id: &str) -> bool {
    status(id).is_none_or(|(state, _)| state == "Z")
}

/// The state and the parent of a process.
fn status(id: &str) -> Option<(String, String)> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut parts = text.rsplit_once(") ")?.1.split(' ');
    Some((parts.next()?.to_owned(), parts.next()?.to_owned()))
}

/// A shell that outlives this process for a moment, to end the server and remove its files.
fn keep(programs: &Path, directory: &Path) -> Child {
    let script = r#"trap '' INT TERM HUP
        "$1/postgres" -D "$2/data" $3 >"$2/log" 2>&1 &
        read -r _
        "$1/pg_ctl" stop --silent --mode immediate --pgdata "$2/data"
        rm -rf "$2"/* "$2"/.s*
        rmdir "$2" 2>/dev/null"#;
    as_nobody(&mut Command::new("sh"))
        .args(["-c", script, "keeper"])
        .arg(programs)
        .arg(directory)
        .arg(options(directory))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .unwrap()
}

fn options(directory: &Path) -> String {
    format!("-k {} -c listen_addresses= -c max_connections=200", directory.display())
}

fn as_nobody(command: &mut Command) -> &mut Command {
    command.current_dir("/");
    if is_root() { command.uid(NOBODY).gid(NOBODY) } else { command }
}

pub(crate) fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0)
}
