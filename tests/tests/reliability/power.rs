//! The power of the machine fails.
//!
//! Then the disk holds what a completed sync covered, and any part of later writes, in any order.
//! `tests/tools/power.c`, loaded into the receiver, keeps a copy of the synced state beside the
//! files. After a `kill -9`, random sectors of later writes are added, so torn records and pages
//! are the rule.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
    time::Duration,
};

use sqlx::{Connection as _, SqliteConnection};
use webhook_runtime::Inbox;

use crate::{
    load::Load,
    number_from_env,
    program::{Program, Starting, receiver},
    random,
    server::Server,
    store::Store,
    up_to,
};

/// The size that a disk writes whole or not at all.
const SECTOR: usize = 512;

/// The number of cuts after which a new file starts, since large files are slow to check.
const CUTS_OF_ONE: usize = 4;

const FILES: [&str; 2] = ["inbox.db", "inbox.db-wal"];

/// Power cuts with an SQLite file. `WEBHOOK_CUTS` sets the number.
pub(crate) async fn sqlite_survives() {
    let cuts = number_from_env("WEBHOOK_CUTS", 8);
    let Some(library) = Library::build() else { return };
    let (mut acknowledged, mut torn) = (0, 0);
    let mut machine = Machine::new(&library).await;
    for cut in 0..cuts {
        if cut % CUTS_OF_ONE == 0 {
            machine = Machine::new(&library).await;
        }
        torn += machine.run(cut, false).await;
        let lost = machine.lost().await;
        assert_eq!(lost, 0, "cut {cut}: of {} acknowledged", machine.acknowledged.len());
        if (cut + 1) % CUTS_OF_ONE == 0 || cut + 1 == cuts {
            acknowledged += machine.acknowledged.len();
        }
    }
    // The check works: a loss would be noticed.
    let mut lying = Machine::new(&library).await;
    lying.run(cuts, true).await;
    let lost = lying.lost().await;
    println!(
        "Sqlite: {cuts} cuts, {torn} sectors torn off, {acknowledged} acknowledged, 0 lost; \
         with a disk that lies, {lost} of {} lost",
        lying.acknowledged.len()
    );
    assert!(lost > 0, "a disk that lies loses nothing: the test proves nothing");
}

/// A disk with a database file, and the acknowledged deliveries.
struct Machine {
    store: Store,
    library: PathBuf,
    /// The synced state.
    certain: PathBuf,
    acknowledged: Vec<String>,
}

impl Machine {
    async fn new(library: &Library) -> Self {
        let store = Store::sqlite().await.expect("a directory").with_effects().await;
        let certain = store.directory.join("certain");
        fs::create_dir(&certain).unwrap();
        fs::create_dir(store.directory.join("disk")).unwrap();
        for directory in ["disk", "certain"] {
            let file = store.directory.join(directory).join("inbox.db");
            fs::copy(store.directory.join("inbox.db"), file).unwrap();
        }
        let url = format!("sqlite://{}/disk/inbox.db", store.directory.display());
        let store = store.at(url);
        Self { store, library: library.0.clone(), certain, acknowledged: Vec::new() }
    }

    fn disk(&self) -> PathBuf {
        self.store.directory.join("disk")
    }

    /// Receives for a while until the power fails, and returns the number of lost sectors.
    async fn run(&mut self, number: usize, lies: bool) -> usize {
        let mut command = receiver();
        command.env("LD_PRELOAD", &self.library);
        command.env("POWER_FROM", self.disk()).env("POWER_TO", &self.certain);
        if lies {
            command.env("POWER_LIES", "1");
        }
        let program = Starting::spawn(&self.store, command).ready().await.expect("it starts");
        let load = Load::of(16, usize::MAX, &format!("{number}-"), 8000);
        load.to(Some(program.address));
        load.reach(20).await;
        tokio::time::sleep(up_to(Duration::from_millis(800))).await;
        program.kill();
        self.acknowledged.extend(load.stop().await);
        let mut torn = 0;
        for file in FILES {
            // All later writes are lost, none of them, or random sectors.
            let odds = [0, 50, 90, 100][usize::try_from(random() % 4).unwrap()];
            let odds = if lies { 0 } else { odds };
            torn += fail(&self.disk().join(file), &self.certain.join(file), odds);
        }
        // It is rebuilt from the log.
        let _ = fs::remove_file(self.disk().join("inbox.db-shm"));
        torn
    }

    /// Counts the acknowledged deliveries that are missing. The rest must be intact.
    async fn lost(&self) -> usize {
        let mut connection = SqliteConnection::connect(&self.store.url).await.unwrap();
        let check: String =
            sqlx::query_scalar("PRAGMA integrity_check").fetch_one(&mut connection).await.unwrap();
        assert_eq!(check, "ok");
        connection.close().await.unwrap();
        let stored = self.store.jobs().await;
        assert_eq!(
            self.store.apart(&stored).await,
            [""; 0],
            "effects without completions, or twice"
        );
        // The check itself has written to a working disk, so this state is durable now.
        for file in FILES {
            let _ = fs::remove_file(self.certain.join(file));
            let _ = fs::copy(self.disk().join(file), self.certain.join(file));
        }
        self.acknowledged.iter().filter(|id| !stored.contains_key(*id)).count()
    }
}

/// Power cuts with a PostgreSQL server. `WEBHOOK_CUTS` sets the number.
pub(crate) async fn postgres_survives(programs: PathBuf) {
    let cuts = number_from_env("WEBHOOK_CUTS", 2);
    let Some(library) = Library::build() else { return };
    let start = move || Arc::new(Server::start(&programs));
    let server = tokio::task::spawn_blocking(start).await.unwrap();
    let store = Store::on(&server).await.expect("a server").with_effects().await;
    // The tables exist before the first cut.
    Inbox::open(&store.url).await.unwrap().close().await.unwrap();
    let other = Arc::clone(&server);
    tokio::task::spawn_blocking(move || other.stop()).await.unwrap();
    let directory = server.directory().to_owned();
    let (data, certain) = (directory.join("data"), directory.join("certain"));
    let copied = Server::command("cp").arg("-a").arg(&data).arg(&certain).status();
    assert!(copied.unwrap().success());

    let (mut acknowledged, mut torn) = (Vec::new(), 0);
    // The last disk lies about syncs, which must be noticed.
    for cut in 0..=cuts {
        let lies = cut == cuts;
        let (other, library) = (Arc::clone(&server), library.0.clone());
        let (from, to) = (data.clone(), certain.clone());
        tokio::task::spawn_blocking(move || {
            let mut variables: Vec<(&str, &Path)> = vec![
                ("LD_PRELOAD", &library),
                ("POWER_FROM", &from),
                ("POWER_TO", &to),
                ("POWER_WHOLE", Path::new("1")),
            ];
            if lies {
                variables.push(("POWER_LIES", Path::new("1")));
            }
            other.start_with(&variables);
        })
        .await
        .unwrap();
        let program = Program::start(&store).await;
        let load = Load::of(16, usize::MAX, &format!("{cut}-"), 2000);
        load.to(Some(program.address));
        load.reach(20).await;
        tokio::time::sleep(up_to(Duration::from_millis(800))).await;
        let other = Arc::clone(&server);
        tokio::task::spawn_blocking(move || other.kill(|| program.kill())).await.unwrap();
        acknowledged.extend(load.stop().await);
        torn += fail_all(&data, &certain, lies);

        let other = Arc::clone(&server);
        tokio::task::spawn_blocking(move || other.start_again()).await.unwrap();
        let lost = lost_by_the_server(&store, &acknowledged).await;
        if lies {
            println!(
                "Postgres: {cuts} cuts, {torn} sectors torn off, {} acknowledged, 0 lost; with a \
                 disk that lies, {lost} lost",
                acknowledged.len()
            );
            assert!(lost > 0, "a disk that lies loses nothing: the test proves nothing");
            return;
        }
        assert_eq!(lost, 0, "cut {cut}: of {} acknowledged", acknowledged.len());
        let other = Arc::clone(&server);
        tokio::task::spawn_blocking(move || other.stop()).await.unwrap();
        // The check ran on a working disk, so this state is durable now.
        let copied = Server::command("sh")
            .args(["-c", r#"rm -r "$2" && cp -a "$1" "$2""#, "sh"])
            .args([&data, &certain])
            .status();
        assert!(copied.unwrap().success());
    }
}

/// Like [`fail`], for all files of a directory.
fn fail_all(directory: &Path, certain: &Path, lies: bool) -> usize {
    let mut torn = 0;
    for entry in fs::read_dir(directory).unwrap() {
        let (file, entry) = (entry.as_ref().unwrap().path(), entry.as_ref().unwrap());
        let certain = certain.join(entry.file_name());
        torn += if entry.file_type().unwrap().is_dir() {
            fail_all(&file, &certain, lies)
        } else if certain.exists() {
            let odds = [0, 50, 90, 100][usize::try_from(random() % 4).unwrap()];
            fail(&file, &certain, if lies { 0 } else { odds })
        } else {
            // Its name exists, as on a journaling file system, but it is empty.
            fs::write(&file, "").unwrap();
            0
        };
    }
    torn
}

async fn lost_by_the_server(store: &Store, acknowledged: &[String]) -> usize {
    let stored = store.jobs().await;
    assert_eq!(store.apart(&stored).await, [""; 0], "effects without completions, or twice");
    acknowledged.iter().filter(|id| !stored.contains_key(*id)).count()
}

/// Keeps the synced part of a file, and each later sector with this probability in percent.
fn fail(file: &Path, certain: &Path, odds: u64) -> usize {
    let Ok(written) = fs::read(file) else { return 0 };
    let Ok(mut left) = fs::read(certain) else {
        fs::remove_file(file).unwrap();
        return written.len().div_ceil(SECTOR);
    };
    let mut torn = 0;
    for (at, sector) in written.chunks(SECTOR).enumerate() {
        let from = at * SECTOR;
        let old = left.get(from..from + sector.len());
        if old == Some(sector) {
            continue;
        }
        if random() % 100 >= odds {
            torn += 1;
            continue;
        }
        if left.len() < from + sector.len() {
            // As far as the disk knows, the part between was never written.
            left.resize(from + sector.len(), 0);
        }
        left[from..from + sector.len()].copy_from_slice(sector);
    }
    fs::write(file, &left).unwrap();
    fs::write(certain, &left).unwrap();
    torn
}

/// The library that is loaded into the receiver, in a temporary directory.
pub(crate) struct Library(pub(crate) PathBuf);

impl Library {
    /// Compiled with the compiler that also built SQLite.
    pub(crate) fn build() -> Option<Self> {
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/power.c");
        let library =
            std::env::temp_dir().join(format!("power-{}-{}.so", std::process::id(), random()));
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(&library)
            .arg(source)
            .arg("-ldl")
            .status();
        if built.is_ok_and(|status| status.success()) {
            return Some(Self(library));
        }
        eprintln!("there is no C compiler: no power fails");
        None
    }
}

impl Drop for Library {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}
