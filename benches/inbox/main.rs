//! The inbox end to end: signed deliveries of 8 KB over loopback, 64 connections that are kept
//! alive, acknowledged once they are safe.
//!
//! Every program is a process of its own, so that its memory is its own. Programs that are compared
//! are driven in turn, in slices, so that whatever else the machine does hits all of them alike:
//! there and back again, and what is compared are the ratios of one round.
//!
//! `WEBHOOK_BENCH_SECONDS` says for how long each program is driven in all, `WEBHOOK_BENCH_ROUNDS`
//! in how many slices, `WEBHOOK_BENCH_BACKLOG` how many deliveries wait in the backlog, and `TMPDIR`
//! on which disk. After `cargo bench ... --`, words choose parts: `acknowledging`, `draining`,
//! `backlog`, `processes`, and `sqlite` or `postgres`.

mod client;
mod floor;
#[allow(clippy::unwrap_used, dead_code, reason = "it is what the tests use")]
#[path = "../../tests/tests/inbox/server.rs"]
mod postgres;
mod program;
mod rounds;
mod server;

use std::{env, time::Duration};

use webhook_benches::{Required, is_quick, setting, wanted};

use crate::{
    program::{Program, Store},
    rounds::{Rounds, drive},
    server::Databases,
};

const MIB: f64 = 1024.0 * 1024.0;

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    if let Some(program) = Program::from_arguments(&arguments) {
        program.serve();
    } else if wanted() {
        let databases = Databases::new();
        for part in [acknowledging, draining, backlog, processes] {
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
    asked(name, &["acknowledging", "draining", "backlog", "processes"])
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
    let mut table = Vec::new();
    for store in engines(databases) {
        let program = Program { draining: true, ..Program::new(store) };
        // In one piece: what has been stored is run between slices, too.
        let mut servers = [vec![databases.start(program)]];
        let rounds = drive(&mut servers, time()).remove(0);
        table.push((program, rounds));
    }
    Rounds::table("acknowledged and run", table.iter().map(|(one, rounds)| (one.name(), rounds)));
    for (program, rounds) in &table {
        bounds(program.store, rounds);
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
            let required = if is_quick() { Required::Nothing } else { Required::AtLeast(0.8) };
            line(&what, required, ratio);
            println!();
        }
    }
}

/// Two processes on one database beside one.
fn processes(databases: &Databases) {
    if !part("processes") || !engines(databases).contains(&Store::Postgres) {
        return;
    }
    for draining in [false, true] {
        let program = Program { draining, ..Program::new(Store::Postgres) };
        let one = vec![databases.start(program)];
        let first = databases.start(program);
        let second = first.beside();
        let mut servers = [one, vec![first, second]];
        let rounds = drive(&mut servers, time());
        let names = ["one process", "two processes"].map(str::to_owned);
        Rounds::table(&program.name(), names.into_iter().zip(&rounds));
        let (ratio, noise) = rounds[1].ratio(&rounds[0]);
        let what = format!("two : one (± {noise:.2})");
        line(&what, Required::AtLeast(1.0), ratio);
        println!();
    }
}
