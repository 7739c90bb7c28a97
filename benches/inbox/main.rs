//! The inbox end to end: signed deliveries of 8 KB over loopback, 64 connections that are kept
//! alive, acknowledged once they are safe.
//!
//! Every program is a process of its own, so that its memory is its own. Programs that are compared
//! are driven in turn, in slices, so that whatever else the machine does hits all of them alike:
//! there and back again, and what is compared are the ratios of one round.
//!
//! `WEBHOOK_BENCH_SECONDS` says for how long each program is driven in all, `WEBHOOK_BENCH_ROUNDS`
//! in how many slices, `WEBHOOK_BENCH_BACKLOG` how many deliveries wait in the backlog, and `TMPDIR`
//! on which disk. `WEBHOOK_BENCH_IDLE_SECONDS` says for how long nothing happens. With `WEBHOOK_BENCH_BEFORE`, the executable of this benchmark in another commit, that
//! one is driven beside. After `cargo bench ... --`, words choose parts: `acknowledging`, `draining`,
//! `backlog`, `processes`, `inboxes`, `idle`, `lists`, and `sqlite` or `postgres`.
//! `WEBHOOK_BENCH_RECORDS` says how many records are listed.

mod client;
mod effects;
mod endpoints;
mod floor;
mod lists;
#[allow(clippy::unwrap_used, dead_code, reason = "it is what the tests use")]
#[path = "../../tests/tests/inbox/server.rs"]
mod postgres;
mod program;
mod rounds;
mod screens;
mod server;
mod watched;

use std::{env, time::Duration};

use webhook_benches::{Required, is_quick, setting, wanted};

use crate::{
    program::{Program, Store},
    rounds::{Rounds, drive},
    server::{Databases, before},
};

const MIB: f64 = 1024.0 * 1024.0;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let Some(program) = Program::from_arguments(&arguments) {
        program.serve();
    } else if wanted() {
        let databases = Databases::new();
        for part in [acknowledging, draining, backlog, processes, inboxes, idle, lists::lists] {
            part(&databases);
        }
    }
}

/// Whether a part was asked for: by its word, or by none.
fn asked(word: &str, among: &[&str]) -> bool {
    let mut words = env::args().filter(|argument| among.contains(&argument.as_str())).peekable();
    words.peek().is_none() || words.any(|one| one == word)
}

fn part(name: &str) -> bool {
    asked(name, &["acknowledging", "draining", "backlog", "processes", "inboxes", "idle", "lists"])
}

fn engines(databases: &Databases) -> Vec<Store> {
    let postgres = databases.postgres.is_some().then_some(Store::Postgres);
    let all = [Some(Store::Sqlite), postgres].into_iter().flatten();
    all.filter(|store| asked(store.name(), &["sqlite", "postgres"])).collect()
}

/// How long each program is driven in all.
fn time() -> Duration {
    Duration::from_secs(setting("WEBHOOK_BENCH_SECONDS", 2, 60))
}

fn line(what: &str, required: Required, figure: f64) {
    println!("{}", required.line(what, figure));
}

/// With nobody who runs what is stored.
fn acknowledging(databases: &Databases) {
    if !part("acknowledging") {
        return;
    }
    let alone = [Program::new(Store::None), Program::new(Store::Floor)];
    let stored = engines(databases).into_iter().flat_map(|store| {
        let grouped = Program::new(store);
        [grouped, Program { one_each: true, ..grouped }]
    });
    let programs: Vec<Program> = alone.into_iter().chain(stored).collect();
    let mut servers: Vec<_> = programs.iter().map(|one| vec![databases.start(*one)]).collect();
    let rounds = drive(&mut servers, time());
    let names = programs.iter().map(Program::name);
    Rounds::table("acknowledged", names.zip(&rounds));
    let of = |wanted: Program| {
        let at = programs.iter().position(|one| *one == wanted);
        &rounds[at.expect("it has been driven")]
    };
    for store in engines(databases) {
        let this = of(Program::new(store));
        let against = [
            ("one commit each", Program { one_each: true, ..Program::new(store) }, 5.0),
            ("the floor", Program::new(Store::Floor), 0.3),
            ("the endpoint without a store", Program::new(Store::None), 0.45),
        ];
        for (what, other, least) in against {
            let (ratio, noise) = this.ratio(of(other));
            let what = format!("{} : {what} (± {noise:.2})", store.name());
            line(&what, of_sqlite(store, Required::AtLeast(least)), ratio);
        }
        bounds(store, this);
    }
    println!();
}

/// What is required of SQLite alone: PostgreSQL's figures are those of its server's machine.
fn of_sqlite(store: Store, required: Required) -> Required {
    if store == Store::Sqlite { required } else { Required::Nothing }
}

fn bounds(store: Store, rounds: &Rounds) {
    let (p99, memory) = (rounds.percentile(99.0), rounds.memory / MIB);
    for (what, most, figure) in [("p99, ms", 50.0, p99), ("resident memory, MiB", 256.0, memory)] {
        let required = of_sqlite(store, Required::AtMost(most));
        line(&format!("{}: {what}", store.name()), required, figure);
    }
}

/// With workers that run what has been stored, in the same process.
fn draining(databases: &Databases) {
    if !part("draining") {
        return;
    }
    let (without, floor, one_by_one) =
        (Program::new(Store::None), Program::new(Store::Floor), Program::new(Store::Loop));
    let engines = engines(databases);
    let mut programs = vec![without, floor, one_by_one];
    for store in &engines {
        let plain = Program { draining: true, ..Program::new(*store) };
        for tx in [false, true] {
            programs.push(Program { tx, ..plain });
            if before().is_some() {
                programs.push(Program { tx, before: true, ..plain });
            }
        }
    }
    let mut servers: Vec<_> = programs.iter().map(|one| vec![databases.start(*one)]).collect();
    let rounds = drive(&mut servers, time());
    Rounds::table("acknowledged and run", programs.iter().map(Program::name).zip(&rounds));
    let of = |wanted: Program| {
        let at = programs.iter().position(|one| *one == wanted);
        at.map(|at| &rounds[at])
    };
    let show = |name: &str, what: &str, required: Required, (ratio, noise): (f64, f64)| {
        line(&format!("{name} : {what} (± {noise:.2})"), required, ratio);
    };
    for store in engines {
        let sqlite = store == Store::Sqlite;
        for tx in [false, true] {
            let program = Program { draining: true, tx, ..Program::new(store) };
            let (name, Some(this)) = (program.name(), of(program)) else { continue };
            line(
                &format!("{name}: run of acknowledged"),
                Required::AtLeast(0.95),
                this.run_of_acknowledged(),
            );
            if let Some(before) = of(Program { before: true, ..program }) {
                let least = if tx { Required::Nothing } else { Required::AtLeast(8.0) };
                show(&name, "before, run", least, this.runs_to_runs(before));
            }
            let Some(others) = of(one_by_one).zip(of(floor)).zip(of(without)) else { continue };
            let ((one_by_one, floor), without) = others;
            if tx {
                let required = of_sqlite(store, Required::AtLeast(4.0));
                show(&name, "one commit each, run", required, this.runs_to_runs(one_by_one));
                continue;
            }
            let required = of_sqlite(store, Required::AtLeast(0.4));
            show(&name, "append and fdatasync", required, this.runs_to_rates(floor));
            let required = of_sqlite(store, Required::AtLeast(0.24));
            show(&name, "without a store", required, this.ratio(without));
            let most = if sqlite { 25.0 } else { 40.0 };
            line(&format!("{name}: p99, ms"), Required::AtMost(most), this.percentile(99.0));
            if sqlite {
                line(&format!("{name}: log, MiB"), Required::AtMost(128.0), this.log / MIB);
            }
            let memory = this.memory / MIB;
            line(&format!("{name}: resident memory, MiB"), Required::AtMost(256.0), memory);
        }
    }
    println!();
}

/// Beside an empty table, one in which a lot waits.
fn backlog(databases: &Databases) {
    if !part("backlog") {
        return;
    }
    let rows = setting("WEBHOOK_BENCH_BACKLOG", 20_000, 1_000_000);
    for store in engines(databases) {
        for draining in [false, true] {
            let empty = Program { draining, ..Program::new(store) };
            let full = Program { backlog: rows, ..empty };
            let mut servers = [vec![databases.start(empty)], vec![databases.start(full)]];
            if !draining {
                println!("How {} finds what is due, with {rows} waiting:", store.name());
                println!("{}", servers[1][0].plan());
            }
            let rounds = drive(&mut servers, time());
            Rounds::table("backlog", [empty, full].iter().map(Program::name).zip(&rounds));
            let (ratio, noise) = rounds[1].ratio(&rounds[0]);
            let what = format!("{} : empty (± {noise:.2})", full.name());
            // A backlog in the quick run is none.
            let required = if is_quick() { Required::Nothing } else { Required::AtLeast(0.9) };
            line(&what, required, ratio);
            println!();
        }
    }
}

/// Several processes on one database beside one.
fn processes(databases: &Databases) {
    if !part("processes") || !engines(databases).contains(&Store::Postgres) {
        return;
    }
    for draining in [false, true] {
        let program = Program { draining, ..Program::new(Store::Postgres) };
        let groups = [1, 2, 4].map(|count| {
            let first = databases.start(program);
            let others: Vec<_> = (1..count).map(|_| first.beside()).collect();
            [vec![first], others].into_iter().flatten().collect::<Vec<_>>()
        });
        let mut servers = Vec::from(groups);
        let rounds = drive(&mut servers, time());
        let names = ["one process", "two processes", "four processes"].map(str::to_owned);
        Rounds::table(&program.name(), names.into_iter().zip(&rounds));
        for (many, at) in [("two", 1), ("four", 2)] {
            let (ratio, noise) = rounds[at].ratio(&rounds[0]);
            line(&format!("{many} : one (± {noise:.2})"), Required::Nothing, ratio);
        }
        println!();
    }
}

/// Two endpoints with an inbox each, in one process, beside one.
fn inboxes(databases: &Databases) {
    if !part("inboxes") || !engines(databases).contains(&Store::Sqlite) {
        return;
    }
    let one = Program { draining: true, ..Program::new(Store::Sqlite) };
    let two = Program { two_inboxes: true, ..one };
    let mut servers = [vec![databases.start(one)], vec![databases.start(two)]];
    let rounds = drive(&mut servers, time());
    Rounds::table("inboxes", [one, two].iter().map(Program::name).zip(&rounds));
    let (ratio, noise) = rounds[1].ratio(&rounds[0]);
    line(&format!("two inboxes : one (± {noise:.2})"), Required::Nothing, ratio);
    println!();
}

/// With nothing to do, after some work.
fn idle(databases: &Databases) {
    if !part("idle") {
        return;
    }
    let time = Duration::from_secs(setting("WEBHOOK_BENCH_IDLE_SECONDS", 3, 30));
    for store in engines(databases) {
        let mut servers =
            [vec![databases.start(Program { draining: true, ..Program::new(store) })]];
        drive(&mut servers, Duration::from_secs(1));
        let server = &servers[0][0];
        server.go_on();
        // The last checkpoint comes after up to 30 seconds, and statistics come late, too.
        std::thread::sleep(time + Duration::from_secs(5));
        let (wakes, transactions) = (server.wakes(), server.transactions());
        std::thread::sleep(time);
        let seconds = time.as_secs();
        let name = store.name();
        if store == Store::Postgres {
            let what = format!("{name}: transactions in {seconds} s");
            // The question is one itself.
            let transactions = server.transactions() - transactions - 1.0;
            line(&what, Required::AtMost(1.0), transactions);
        }
        let required = of_sqlite(store, Required::AtMost(0.0));
        line(&format!("{name}: wake-ups in {seconds} s"), required, server.wakes() - wakes);
    }
    println!();
}
