//! Changes of many deliveries.

use std::{
    io::{Read as _, Write as _},
    process::{Command, Output, Stdio},
    thread,
    time::Duration,
};

use serde_json::json;
use webhook_runtime::{
    Inbox,
    inbox::{AttemptResult, DeliveryState, Record, store::EndpointRetention},
};

use super::place::{Place, Said, all, dead, end, end_by, interrupt, number, store_many, wait};

/// One delivery of each kind: dead, completed, pending.
fn three(inbox: &Inbox) -> Vec<i64> {
    let mut ids = store_many(inbox, "orders", 1);
    end(inbox, "orders", &dead("500: no"));
    ids.extend(store_many(inbox, "paid", 1));
    end(inbox, "paid", &AttemptResult::Completed);
    ids.extend(store_many(inbox, "waits", 1));
    ids
}

fn states(inbox: &Inbox) -> Vec<DeliveryState> {
    all(inbox).iter().map(|record| record.state).collect()
}

pub(crate) fn dead_letters_are_retried(place: &Place) {
    use DeliveryState::{Completed, Pending};
    let inbox = place.inbox();
    three(&inbox);
    let said = place.run(&["retry"]);
    assert_eq!((said.code, &*said.out), (Some(0), "1 dead letter set to run again\n"));
    assert_eq!(said.err, "1 dead letter matches\n");
    assert_eq!(states(&inbox), [Pending, Completed, Pending]);
    let again = place.run(&["retry"]);
    assert_eq!((again.code, &*again.out), (Some(0), "no dead letter matches: nothing to do\n"));
    // The filters.
    store_many(&inbox, "others", 3);
    end(&inbox, "others", &dead("503: later"));
    assert_eq!(place.json(&["retry", "--endpoint", "orders"])[0]["matched"], 0);
    let done = place.json(&["retry", "--error", "LATER"]);
    let expected = json!({"command": "retry", "matched": 3, "changed": 3, "dry_run": false,
        "interrupted": false, "after": null});
    assert_eq!(done, [expected]);
    assert_eq!(number(&inbox, Pending), 5);
}

pub(crate) fn named_deliveries_are_told_apart(place: &Place) {
    let inbox = place.inbox();
    let ids = three(&inbox);
    let [dead, completed] = [ids[0].to_string(), ids[1].to_string()];
    let said = place.run(&["retry", &dead, &completed, "999"]);
    assert_eq!((said.code, &*said.out), (Some(1), "1 dead letter set to run again\n"));
    assert!(said.err.contains(&format!("{completed} is completed")), "{said:?}");
    assert!(said.err.contains("there is no delivery 999"), "{said:?}");
    assert_eq!(place.run(&["cancel", &dead, "--yes"]).code, Some(0));
    assert_eq!(states(&inbox)[0], DeliveryState::Cancelled);
    let wrong = place.run(&["retry", "--state", "pending"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.err.contains("applies to deliveries that are dead"), "{wrong:?}");
}

pub(crate) fn what_destroys_needs_a_yes(place: &Place) {
    use DeliveryState::{Cancelled, Completed, Pending};
    let inbox = place.inbox();
    three(&inbox);
    let before = all(&inbox);
    for (command, matched) in [
        ("replay", "2 finished deliveries"),
        ("cancel", "1 unfinished delivery"),
        ("discard", "1 dead letter"),
    ] {
        let said = place.run(&[command]);
        assert_eq!((said.code, &*said.out), (Some(2), ""), "{command}: {said:?}");
        assert!(said.err.contains(matched) && said.err.contains("--yes"), "{command}: {said:?}");
    }
    let said = place.run(&["prune", "--keep", "0s"]);
    assert_eq!(said.code, Some(2));
    assert!(said.err.contains("1 delivery") && said.err.contains("--yes"), "{said:?}");
    assert_eq!(all(&inbox), before);
    assert_eq!(place.run(&["discard", "--yes"]).out, "1 dead letter put aside\n");
    assert_eq!(place.run(&["cancel", "--yes"]).out, "1 unfinished delivery put aside\n");
    assert_eq!(states(&inbox), [Cancelled, Completed, Cancelled]);
    let said = place.run(&["replay", "--yes", "--state", "cancelled"]);
    assert_eq!((said.code, &*said.out), (Some(0), "2 finished deliveries set to run again\n"));
    assert_eq!(states(&inbox), [Pending, Completed, Pending]);
}

/// The command in a terminal, by the program `script`.
fn in_terminal(place: &Place, arguments: &[&str], typed: &str) -> Said {
    let line = [&[env!("CARGO_BIN_EXE_webhook"), "inbox"], arguments].concat().join(" ");
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .env("DATABASE_URL", &place.url)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut out, mut terminal) = (Vec::new(), child.stdout.take().unwrap());
    let mut byte = [0];
    while !out.ends_with(b"[y/N]") {
        terminal.read_exact(&mut byte).unwrap();
        out.extend(byte);
    }
    child.stdin.as_mut().unwrap().write_all(typed.as_bytes()).unwrap();
    terminal.read_to_end(&mut out).unwrap();
    let ended = child.wait_with_output().unwrap();
    Said::of(Output { stdout: out, ..ended })
}

pub(crate) fn a_terminal_is_asked(place: &Place) {
    use DeliveryState::{Cancelled, Completed, Dead, Pending};
    if !place.is_file() || Command::new("script").arg("--version").output().is_err() {
        eprintln!("without `script` there is no terminal");
        return;
    }
    let inbox = place.inbox();
    three(&inbox);
    for answer in ["n\n", "\n", "yikes\n"] {
        let said = in_terminal(place, &["discard"], answer);
        assert!(said.out.contains("1 dead letter would be put aside. Do it? [y/N]"), "{said:?}");
        assert!(said.out.contains("nothing is changed"), "{said:?}");
        assert_eq!((said.code, states(&inbox)), (Some(1), vec![Dead, Completed, Pending]));
    }
    // Ctrl-C.
    let said = in_terminal(place, &["discard"], "\u{3}");
    assert_eq!(
        (said.code, states(&inbox)),
        (Some(130), vec![Dead, Completed, Pending]),
        "{said:?}"
    );
    let said = in_terminal(place, &["discard"], "y\n");
    assert!(said.out.contains("1 dead letter put aside"), "{said:?}");
    assert_eq!((said.code, states(&inbox)), (Some(0), vec![Cancelled, Completed, Pending]));
}

pub(crate) fn a_dry_run_changes_nothing(place: &Place) {
    let inbox = place.inbox();
    three(&inbox);
    let before: Vec<Record> = all(&inbox);
    for command in ["retry", "replay", "cancel", "discard"] {
        let said = place.run(&[command, "--dry-run"]);
        assert_eq!((said.code, &*said.err), (Some(0), ""), "{command}: {said:?}");
        assert!(
            said.out.contains("would be") && said.out.contains("nothing is changed"),
            "{said:?}"
        );
        let line = &place.json(&[command, "--dry-run", "--yes"])[0];
        assert_eq!((&line["dry_run"], &line["changed"]), (&json!(true), &json!(0)), "{line}");
    }
    let said = place.run(&["prune", "--keep", "0s", "--keep-dead", "0s", "--dry-run"]);
    assert!(said.out.starts_with("2 deliveries were kept"), "{said:?}");
    assert_eq!(place.run(&["migrate", "--dry-run"]).code, Some(0));
    assert_eq!(all(&inbox), before);
}

pub(crate) fn what_lost_its_body_is_left_alone(place: &Place) {
    let inbox = place.inbox();
    let ids = store_many(&inbox, "orders", 3);
    end_by(&inbox, "orders", |id| (AttemptResult::Completed, id == ids[1]));
    let said = place.run(&["replay", "--yes"]);
    assert_eq!((said.code, &*said.out), (Some(1), "2 finished deliveries set to run again\n"));
    assert!(said.err.contains("1 could not be changed") && said.err.contains("bodies"), "{said:?}");
}

/// Presses Ctrl-C while the first part of a change waits for somebody else.
fn interrupted(place: &Place, arguments: &[&str]) -> Said {
    let lock = place.locked();
    let child =
        place.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    thread::sleep(Duration::from_millis(1500));
    interrupt(&child);
    thread::sleep(Duration::from_millis(300));
    drop(lock);
    Said::of(child.wait_with_output().unwrap())
}

pub(crate) fn an_interrupted_change_goes_on(place: &Place) {
    let inbox = place.inbox();
    store_many(&inbox, "orders", 1200);
    end(&inbox, "orders", &dead("500: no"));
    let said = interrupted(place, &["retry"]);
    assert_eq!(said.code, Some(130), "{said:?}");
    assert!(said.err.contains("interrupted after 500 of 1200: run it again"), "{said:?}");
    assert_eq!(number(&inbox, DeliveryState::Pending), 500);
    assert_eq!(place.run(&["retry"]).out, "700 dead letters set to run again\n");
    assert_eq!(number(&inbox, DeliveryState::Pending), 1200);
}

pub(crate) fn an_interrupted_replay_goes_on_behind(place: &Place) {
    let inbox = place.inbox();
    let ids = store_many(&inbox, "orders", 1200);
    end(&inbox, "orders", &AttemptResult::Completed);
    let said = interrupted(place, &["replay", "--yes", "--output", "json"]);
    assert_eq!(said.code, Some(130), "{said:?}");
    assert!(said.err.contains(&format!("go on with --after {}", ids[499])), "{said:?}");
    let line = &said.json()[0];
    assert_eq!((&line["interrupted"], &line["changed"]), (&json!(true), &json!(500)));
    // The first part, which has run again meanwhile, does not run once more.
    end(&inbox, "orders", &AttemptResult::Completed);
    let after = line["after"].to_string();
    let said = place.run(&["replay", "--yes", "--after", &after]);
    assert_eq!(said.out, "700 finished deliveries set to run again\n", "{said:?}");
    assert_eq!(number(&inbox, DeliveryState::Pending), 700);
}

pub(crate) fn what_is_old_is_pruned(place: &Place) {
    let inbox = place.inbox();
    let own = [EndpointRetention::new("long", Some(Duration::from_secs(86_400)), None)];
    wait(inbox.store().set_retention(&own)).unwrap();
    for endpoint in ["orders", "long"] {
        store_many(&inbox, endpoint, 3);
        end(&inbox, endpoint, &AttemptResult::Completed);
    }
    store_many(&inbox, "dead", 2);
    end(&inbox, "dead", &dead("500: no"));
    thread::sleep(Duration::from_millis(50));
    assert_eq!(place.json(&["prune", "--dry-run"])[0]["matched"], 0);
    let arguments = ["prune", "--keep", "0s", "--yes"];
    let dry = place.json(&[&arguments[..], &["--dry-run"]].concat());
    assert_eq!((&dry[0]["matched"], &dry[0]["deleted"]), (&json!(3), &json!(0)));
    let done = place.json(&arguments);
    assert_eq!((&done[0]["matched"], &done[0]["deleted"]), (&json!(3), &json!(3)), "{done:?}");
    assert_eq!(all(&inbox).len(), 5);
    assert_eq!(place.run(&["prune", "--keep", "-1h", "--yes"]).code, Some(2));
}

pub(crate) fn endpoints_are_paused(place: &Place) {
    let inbox = place.inbox();
    store_many(&inbox, "orders", 1);
    let said = place.run(&["pause", "orders", "--by", "ann", "--why", "the bank is down"]);
    assert_eq!((said.code, &*said.err), (Some(0), ""), "{said:?}");
    let pauses = wait(inbox.paused()).unwrap();
    let pause = &pauses[0];
    assert_eq!((&*pause.endpoint, &*pause.by, &*pause.why), ("orders", "ann", "the bank is down"));
    assert_eq!(place.run(&["resume", "orders"]).out, "orders goes on\n");
    let again = place.json(&["resume", "orders"]);
    assert_eq!(again, [json!({"endpoint": "orders", "resumed": false})]);
    let mistyped = place.run(&["pause", "order"]);
    assert_eq!(mistyped.code, Some(0));
    assert!(mistyped.err.contains("did you mean `orders`?"), "{mistyped:?}");
}
