//! The processes of the programs, and the databases that they store in.

use std::{
    cell::Cell,
    env, fs,
    io::{BufRead as _, BufReader, Write as _},
    path::PathBuf,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use crate::{
    postgres,
    program::{DONE, PLAN, Program, Store},
};

/// Where databases are made, all of them new, and removed with this.
pub(crate) struct Databases {
    directory: PathBuf,
    pub(crate) postgres: Option<postgres::Server>,
    count: Cell<u32>,
}

impl Databases {
    pub(crate) fn new() -> Self {
        let directory = env::temp_dir().join(format!("inbox-bench-{}", std::process::id()));
        fs::create_dir_all(&directory).expect("a directory");
        let postgres = postgres::programs().map(|programs| postgres::Server::start(&programs));
        Self { directory, postgres, count: Cell::new(0) }
    }

    /// Starts a program on a new database.
    pub(crate) fn start(&self, program: Program) -> Server {
        let url = self.url(program.store);
        Server::start(program, url, Some(self.file()))
    }

    /// The file of the last database, where it is one.
    fn file(&self) -> PathBuf {
        self.directory.join(self.count.get().to_string())
    }

    /// The URL of a new database.
    pub(crate) fn url(&self, store: Store) -> String {
        self.count.set(self.count.get() + 1);
        let file = self.file();
        match (store, &self.postgres) {
            (Store::None, _) => String::new(),
            (Store::Floor, _) => file.display().to_string(),
            (Store::Postgres, Some(server)) => server.new_database(self.count.get()),
            (Store::Sqlite | Store::Postgres | Store::Loop, _) => {
                format!("sqlite://{}", file.display())
            }
        }
    }
}

impl Drop for Databases {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.directory);
    }
}

impl postgres::Server {
    /// The URL of a database of this server that has just been made.
    fn new_database(&self, number: u32) -> String {
        let url = self.url();
        let name = format!("bench{number}");
        let made = Command::new(postgres::programs().expect("it is installed").join("createdb"))
            .args(["--maintenance-db", &url, &name])
            .status();
        assert!(made.is_ok_and(|status| status.success()), "createdb failed");
        url.replace("/postgres?", &format!("/{name}?"))
    }
}

/// This benchmark, built from another commit.
pub(crate) fn before() -> Option<PathBuf> {
    env::var_os("WEBHOOK_BENCH_BEFORE").map(PathBuf::from)
}

/// A running program. It ends with its standard input, so it never outlives the benchmark.
pub(crate) struct Server {
    pub(crate) port: u16,
    program: Program,
    url: String,
    process: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// What is removed when it ends: other databases need the room.
    file: Option<PathBuf>,
}

impl Server {
    fn start(program: Program, url: String, file: Option<PathBuf>) -> Self {
        let this = if program.before { before() } else { env::current_exe().ok() };
        let mut process = Command::new(this.expect("this program has a path"))
            .args(program.arguments())
            .env("DATABASE_URL", &url)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let questions = process.stdin.take().expect("it is piped");
        let mut answers = BufReader::new(process.stdout.take().expect("it is piped"));
        let mut port = String::new();
        answers.read_line(&mut port).expect("the server says its port");
        let port = port.trim().parse().expect("a port");
        Self { port, program, url, process, questions, answers, file }
    }

    /// A second process of the same program on the same database.
    pub(crate) fn beside(&self) -> Self {
        Self::start(self.program, self.url.clone(), None)
    }

    /// Lets it do nothing at all until [`go_on`](Self::go_on).
    pub(crate) fn halt(&self) {
        self.signal("-STOP");
    }

    pub(crate) fn go_on(&self) {
        self.signal("-CONT");
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.process.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "kill failed");
    }

    pub(crate) fn has_two_inboxes(&self) -> bool {
        self.program.two_inboxes
    }

    /// The transactions that its database of PostgreSQL has seen.
    pub(crate) fn transactions(&self) -> f64 {
        if !self.url.starts_with("postgres") {
            return 0.0;
        }
        let psql = postgres::programs().expect("it is installed").join("psql");
        let counted = "SELECT xact_commit + xact_rollback FROM pg_stat_database \
                       WHERE datname = current_database()";
        let said = Command::new(psql).args(["-XAt", "-c", counted, &self.url]).output();
        let said = said.expect("psql runs").stdout;
        String::from_utf8_lossy(&said).trim().parse().unwrap_or_default()
    }

    /// The wake-ups of the threads of its inbox and of its SQLite file, as Linux tells it; none
    /// elsewhere.
    pub(crate) fn wakes(&self) -> f64 {
        let threads = fs::read_dir(format!("/proc/{}/task", self.process.id()));
        let of_thread = |thread: std::io::Result<fs::DirEntry>| {
            let status = fs::read_to_string(thread.ok()?.path().join("status")).ok()?;
            let field = |name| status.lines().find_map(|line| line.strip_prefix(name));
            let name = field("Name:")?.trim();
            let is_its = name.starts_with("webhook-inbox") || name.starts_with("sqlx-sqlite");
            let count = is_its.then(|| field("voluntary_ctxt_switches:")).flatten()?;
            count.trim().parse::<f64>().ok()
        };
        threads.into_iter().flatten().filter_map(of_thread).sum()
    }

    /// The length of the log of its SQLite file, in bytes.
    pub(crate) fn log(&self) -> f64 {
        let file = self.file.as_ref().map(|file| format!("{}-wal", file.display()));
        let length = file.and_then(|file| fs::metadata(file).ok()).map_or(0, |file| file.len());
        f64::from(u32::try_from(length / 1024).unwrap_or(u32::MAX)) * 1024.0
    }

    /// How many deliveries it has run.
    pub(crate) fn done(&mut self) -> f64 {
        self.ask(DONE).trim().parse().unwrap_or_default()
    }

    /// How the database finds what is due.
    pub(crate) fn plan(&mut self) -> String {
        self.ask(PLAN)
    }

    fn ask(&mut self, question: &str) -> String {
        writeln!(self.questions, "{question}").expect("the server lives");
        let mut answer = String::new();
        loop {
            let before = answer.len();
            self.answers.read_line(&mut answer).expect("the server answers");
            if answer[before..].trim().is_empty() {
                return answer;
            }
        }
    }

    /// The processor time of all threads, in microseconds, as Linux tells it; nothing elsewhere.
    pub(crate) fn processor_time(&self) -> f64 {
        let threads = fs::read_dir(format!("/proc/{}/task", self.process.id()));
        let of_thread = |thread: std::io::Result<fs::DirEntry>| {
            let text = fs::read_to_string(thread.ok()?.path().join("schedstat")).ok()?;
            text.split(' ').next()?.parse::<f64>().ok()
        };
        threads.into_iter().flatten().filter_map(of_thread).sum::<f64>() / 1000.0
    }

    /// How much it has written, in bytes, as Linux tells it; nothing elsewhere.
    pub(crate) fn written(&self) -> f64 {
        let io = fs::read_to_string(format!("/proc/{}/io", self.process.id())).unwrap_or_default();
        let line = io.lines().find_map(|line| line.strip_prefix("write_bytes: "));
        line.and_then(|bytes| bytes.parse().ok()).unwrap_or_default()
    }

    /// The most memory that it has had, in bytes, as Linux tells it; nothing elsewhere.
    pub(crate) fn memory(&self) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()));
        let status = status.unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        kib.unwrap_or_default() * 1024.0
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        if let Some(file) = &self.file {
            for of in ["", "-second"] {
                for end in ["", "-wal", "-shm"] {
                    let _ = fs::remove_file(format!("{}{of}{end}", file.display()));
                }
            }
        }
    }
}
