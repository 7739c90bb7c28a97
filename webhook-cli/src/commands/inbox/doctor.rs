//! Finds out what is wrong with an inbox, and says what to do.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use comfy_table::Cell;
use serde::Serialize;
use webhook_runtime::{
    Inbox,
    inbox::{EndpointBacklog, WorkerRecord},
};

use super::Context;
use crate::{
    error::{CliError, Ended, Outcome},
    inbox::{
        Database, check, failed,
        moment::{from_now, span},
    },
    output::{self, Output, Tone},
    values,
};

/// The log of an SQLite file stays below this.
const MAX_LOG: u64 = 128 << 20;

/// The free bytes of a disk below which it is as good as full.
const MIN_FREE: u64 = 512 << 20;

/// The part of a file that may be free before it is worth a word.
const MAX_UNUSED: u64 = 64 << 20;

/// Find out what is wrong with the inbox, and what to do
///
/// It looks at the tables and the rights, the workers, what waits and what died, and at the space. The exit
/// code is 1 if something is wrong. One row, that of its own sign of life, is written.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook inbox doctor --database inbox.db
  webhook inbox doctor --database-env DATABASE_URL --max-lag 1m --output json")]
pub(super) struct Args {
    /// The longest time that a due delivery may wait
    #[arg(long, value_name = "TIME", default_value = "5m", value_parser = values::duration)]
    max_lag: Duration,
}

/// The verdict of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum State {
    Good,
    Note,
    Wrong,
}

/// The result of a check.
#[derive(Serialize)]
struct Finding {
    check: &'static str,
    state: State,
    says: String,
    fix: Option<String>,
}

impl Finding {
    fn good(check: &'static str, says: impl Into<String>) -> Self {
        Self { check, state: State::Good, says: says.into(), fix: None }
    }

    fn note(check: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, state: State::Note, says: says.into(), fix: Some(fix.into()) }
    }

    fn wrong(check: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { check, state: State::Wrong, says: says.into(), fix: Some(fix.into()) }
    }
}

pub(super) async fn run(args: &Args, database: &Database, context: &Context) -> Ended {
    let findings = examine(args, database).await?;
    match context.form {
        Output::Json => findings.iter().try_for_each(output::json)?,
        Output::Human => print(&findings)?,
    }
    let wrong = findings.iter().filter(|it| it.state == State::Wrong).count();
    if wrong == 0 {
        return Ok(Outcome::Done);
    }
    eprintln!("{wrong} of {} checks found something wrong", findings.len());
    Ok(Outcome::Refused)
}

fn print(findings: &[Finding]) -> Result<(), CliError> {
    let mut table = output::table();
    for Finding { check, state, says, fix } in findings {
        let state = match state {
            State::Good => output::cell("good", Tone::Good),
            State::Note => output::cell("note", Tone::Neutral),
            State::Wrong => output::cell("WRONG", Tone::Bad),
        };
        let says = says.lines().map(output::shown).collect::<Vec<_>>().join("\n");
        let fix = fix.as_ref().map(|fix| format!("\n-> {fix}")).unwrap_or_default();
        table.add_row([state, Cell::new(check), Cell::new(format!("{says}{fix}"))]);
    }
    output::print_table(&table)
}

async fn examine(args: &Args, database: &Database) -> Result<Vec<Finding>, CliError> {
    let tables = database.look().await?;
    let mut findings = Vec::new();
    if let Err(CliError::Environment(problem)) = check(&tables) {
        findings.push(Finding::wrong(
            "tables",
            problem,
            "migrate, or use a program of that version",
        ));
        return Ok(findings);
    }
    findings.push(Finding::good("tables", format!("version {}", tables.found)));
    findings.extend(database.file().map(permissions));
    let inbox = match database.builder().open().await {
        Ok(inbox) => inbox,
        Err(error) => {
            let fix = "let a role that has the rights run the SQL, or mend the file";
            findings.push(Finding::wrong("rights", error.to_string(), fix));
            return Ok(findings);
        }
    };
    let looked = look(args, database, &inbox, &mut findings).await;
    let _ = inbox.close().await;
    looked.map(|()| findings)
}

async fn look(
    args: &Args,
    database: &Database,
    inbox: &Inbox,
    findings: &mut Vec<Finding>,
) -> Result<(), CliError> {
    let health = inbox.health().await;
    findings.push(match health.store {
        Ok(()) => Finding::good("writing", "something was written just now"),
        Err(error) => Finding::wrong(
            "writing",
            error.to_string(),
            "senders get 503 now: look at the disk, the rights, and the server",
        ),
    });
    let (now, backlog) = (SystemTime::now(), inbox.backlog().await.map_err(failed)?);
    let workers = inbox.workers().await.map_err(failed)?;
    let alive: Vec<_> = workers.iter().filter(|worker| worker.is_alive(now)).collect();
    let paused: BTreeSet<String> =
        health.paused.iter().map(|pause| pause.endpoint.clone()).collect();
    findings.push(working(&workers, &alive, &backlog));
    findings.extend(unhandled(&alive, &backlog, &paused));
    for pause in &health.paused {
        let waiting = backlog.iter().find(|it| it.endpoint == pause.endpoint);
        let waiting = waiting.map_or(0, |it| it.count);
        findings.push(Finding::note(
            "paused",
            format!(
                "{} by {}, {}: {waiting} wait",
                pause.endpoint,
                pause.by,
                from_now(pause.since)
            ),
            format!("`webhook inbox resume {}` lets it go on", output::shown(&pause.endpoint)),
        ));
    }
    let depth = inbox.stats().await.map_err(failed)?.depth;
    let max_lag = args.max_lag;
    let waits = format!(
        "{} pending, {} running, {} blocked; the oldest due one has waited {}",
        depth.pending,
        depth.running,
        depth.blocked,
        span(depth.lag)
    );
    findings.push(if depth.lag > max_lag {
        Finding::wrong(
            "lag",
            waits,
            "start workers, raise `concurrency`, or find out what their handlers wait for",
        )
    } else {
        Finding::good("lag", waits)
    });
    findings.push(dead(depth.dead, inbox).await?);
    findings.extend(space(database, inbox).await?);
    Ok(())
}

/// Looks for processes that work.
fn working(
    workers: &[WorkerRecord],
    alive: &[&WorkerRecord],
    backlog: &[EndpointBacklog],
) -> Finding {
    let described = |worker: &WorkerRecord| {
        let WorkerRecord { name, program, pid, running, slots, .. } = worker;
        format!("{program} on {name} (process {pid}): {running} of {slots} slots run")
    };
    if !alive.is_empty() {
        let lines: Vec<_> = alive.iter().map(|worker| described(worker)).collect();
        return Finding::good("workers", lines.join("\n"));
    }
    let last = workers.iter().max_by_key(|worker| worker.seen_at);
    let says = match last {
        Some(worker) => format!(
            "none is alive; the last one was {} on {}, {}",
            worker.program,
            worker.name,
            from_now(worker.seen_at)
        ),
        None => "none in the last hour".to_owned(),
    };
    if backlog.is_empty() {
        Finding::note("workers", says, "nothing waits, so nothing is late")
    } else {
        Finding::wrong("workers", says, "start the program that has the handlers")
    }
}

/// Looks for deliveries that no process handles.
fn unhandled(
    alive: &[&WorkerRecord],
    backlog: &[EndpointBacklog],
    paused: &BTreeSet<String>,
) -> Vec<Finding> {
    if alive.is_empty() {
        return Vec::new();
    }
    let handled: BTreeSet<&String> = alive.iter().flat_map(|worker| &worker.endpoints).collect();
    let lost = backlog
        .iter()
        .filter(|it| !handled.contains(&it.endpoint) && !paused.contains(&it.endpoint));
    lost.map(|it| {
        Finding::wrong(
            "endpoints",
            format!(
                "nobody handles {}: {} wait, the oldest came {}",
                it.endpoint,
                it.count,
                from_now(it.oldest)
            ),
            "if its function was renamed, give it the old name by `name = \"...\"`; else \
             `webhook inbox cancel --endpoint` puts them aside",
        )
    })
    .collect()
}

async fn dead(count: u64, inbox: &Inbox) -> Result<Finding, CliError> {
    if count == 0 {
        return Ok(Finding::good("dead letters", "none"));
    }
    let causes = inbox.causes().await.map_err(failed)?;
    let most = causes.first().map(|it| format!("; most at {}: {}", it.endpoint, it.text));
    Ok(Finding::wrong(
        "dead letters",
        format!("{count}{}", most.unwrap_or_default()),
        "`webhook inbox stats` groups them by cause; mend it, and `webhook inbox retry` or `discard`",
    ))
}

async fn space(database: &Database, inbox: &Inbox) -> Result<Vec<Finding>, CliError> {
    let info = inbox.store_info().await.map_err(failed)?;
    let Some(size) = info.size else { return Ok(Vec::new()) };
    let free = info.free.unwrap_or_default();
    let mut findings = Vec::new();
    let taken = size.saturating_sub(free);
    let used = format!("{} are used", bytes(taken));
    findings.push(if free > MAX_UNUSED && free > taken / 3 {
        Finding::note(
            "size",
            format!("{used}, and {} of the file are free", bytes(free)),
            "what comes next uses them; `Inbox::compact` gives them back",
        )
    } else {
        Finding::good("size", used)
    });
    let Some(file) = database.file() else { return Ok(findings) };
    let log = beside(file, "-wal").metadata().map_or(0, |log| log.len());
    if log > MAX_LOG {
        findings.push(Finding::wrong(
            "log",
            format!("the file `-wal` has {}", bytes(log)),
            "a connection reads one old state for long, such as an open transaction of a tool: end it",
        ));
    }
    findings.extend(disk(file));
    Ok(findings)
}

#[cfg(unix)]
fn disk(file: &Path) -> Option<Finding> {
    let disk = nix::sys::statvfs::statvfs(file).ok()?;
    // The types of these numbers differ from system to system.
    #[allow(clippy::useless_conversion, clippy::unnecessary_fallible_conversions)]
    let (blocks, size) =
        (u64::try_from(disk.blocks_available()).ok()?, u64::try_from(disk.fragment_size()).ok()?);
    let free = blocks.saturating_mul(size);
    let says = format!("{} are free", bytes(free));
    Some(if free < MIN_FREE {
        Finding::wrong("disk", says, "make room: when it is full, senders get 503")
    } else {
        Finding::good("disk", says)
    })
}

#[cfg(not(unix))]
fn disk(_: &Path) -> Option<Finding> {
    None
}

/// Looks at who can open the file.
#[cfg(unix)]
fn permissions(file: &Path) -> Finding {
    use std::os::unix::fs::MetadataExt as _;
    let files = ["", "-wal", "-shm"].map(|ending| beside(file, ending));
    let mode = |file: &PathBuf| file.metadata().map_or(0, |file| file.mode());
    if files.iter().any(|file| mode(file) & 0o007 != 0) {
        return Finding::wrong(
            "permissions",
            "everybody on this machine can open the file, with all deliveries in it",
            format!("chmod o= {}*", file.display()),
        );
    }
    Finding::good("permissions", format!("mode {:o}", mode(&files[0]) & 0o777))
}

#[cfg(not(unix))]
fn permissions(_: &Path) -> Finding {
    Finding::good("permissions", "the mode of a file does not tell here")
}

/// The path of a file that SQLite keeps beside its own.
fn beside(file: &Path, ending: &str) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

fn bytes(count: u64) -> String {
    match count {
        0..10_240 => format!("{count} bytes"),
        10_240..10_485_760 => format!("{} KiB", count >> 10),
        10_485_760..10_737_418_240 => format!("{} MiB", count >> 20),
        _ => format!("{} GiB", count >> 30),
    }
}
