//! `PgBouncer` in its transaction mode, before the server of the tests. It ends when they end.

use std::{
    env,
    fs::{self, File},
    os::unix::{fs::chown, net::UnixStream},
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::OnceLock,
    thread::sleep,
    time::Duration,
};

use super::server::{NOBODY, Server, is_root};

/// The port in the name of its socket.
const PORT: u16 = 6432;

pub(crate) struct Bouncer {
    directory: PathBuf,
    /// The shell's standard input keeps the pooler alive: it closes when this process ends.
    _keeper: Child,
}

/// The pooler of this test binary before this server, started on first use.
pub(crate) fn bouncer(server: &'static Server) -> Option<&'static Bouncer> {
    static BOUNCER: OnceLock<Option<Bouncer>> = OnceLock::new();
    BOUNCER.get_or_init(|| Some(Bouncer::start(&program()?, server))).as_ref()
}

fn program() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let places = env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    let found = places.map(|place| place.join("pgbouncer")).find(|program| program.exists());
    if found.is_none() {
        eprintln!("PgBouncer is not installed: its tests are left out");
    }
    found
}

impl Bouncer {
    fn start(program: &Path, server: &Server) -> Self {
        let directory = env::temp_dir().join(format!("inbox-pgbouncer-{}", std::process::id()));
        fs::create_dir(&directory).unwrap();
        // Few sessions for many connections, which are dealt out in turn: no transaction has the
        // session of the one before.
        let settings = format!(
            "[databases]\n* = host={} user=inbox\n[pgbouncer]\npool_mode = transaction\n\
             default_pool_size = 5\nserver_round_robin = 1\nmax_client_conn = 500\n\
             auth_type = any\nlisten_addr =\nlisten_port = {PORT}\nunix_socket_dir = {}\n",
            server.directory().display(),
            directory.display()
        );
        fs::write(directory.join("pgbouncer.ini"), settings).unwrap();
        if is_root() {
            chown(&directory, Some(NOBODY), Some(NOBODY)).unwrap();
        }
        let script = r#"trap '' INT TERM HUP
            "$1" --quiet "$2/pgbouncer.ini" &
            read -r _
            kill $!
            rm -rf "$2""#;
        let log = File::create(directory.join("log")).unwrap();
        let keeper = Server::command("sh")
            .args(["-c", script, "keeper"])
            .arg(program)
            .arg(&directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let bouncer = Self { directory, _keeper: keeper };
        bouncer.wait();
        bouncer
    }

    fn wait(&self) {
        for _ in 0..200 {
            if UnixStream::connect(self.directory.join(format!(".s.PGSQL.{PORT}"))).is_ok() {
                return;
            }
            sleep(Duration::from_millis(50));
        }
        let log = fs::read_to_string(self.directory.join("log")).unwrap_or_default();
        panic!("PgBouncer does not answer: {log}");
    }

    /// The address of a database, through the pooler.
    pub(crate) fn url(&self, database: &str) -> String {
        format!(
            "postgres://inbox@localhost/{database}?host={}&port={PORT}",
            self.directory.display()
        )
    }
}
