//! Commands beside a program that works.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::Stdio,
    sync::mpsc::channel,
    time::Duration,
};

use serde_json::Value;
use webhook_runtime::inbox::{AttemptResult, DeliveryState, Filter, Job, JobHandlers};

use super::place::{Place, dead, end, interrupt, number, store_many, wait};

/// The longest time until a worker learns of a command.
const SOON: Duration = Duration::from_secs(5);

pub(crate) fn a_tail_shows_what_becomes_of_deliveries(place: &Place) {
    let inbox = place.inbox();
    let old = store_many(&inbox, "orders", 1)[0];
    end(&inbox, "orders", &dead("500: no"));
    let mut child =
        place.command(&["tail", "--output", "json"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut next = || {
        let mut line = String::new();
        lines.read_line(&mut line).unwrap();
        let line: Value = serde_json::from_str(&line).unwrap();
        (line["id"].as_i64().unwrap(), line["state"].as_str().unwrap().to_owned())
    };
    assert_eq!(next(), (old, "dead".to_owned()));
    let new = store_many(&inbox, "paid", 1)[0];
    assert_eq!(next(), (new, "pending".to_owned()));
    end(&inbox, "paid", &AttemptResult::Completed);
    assert_eq!(next(), (new, "completed".to_owned()));
    // An operator lets it run again.
    wait(inbox.retry(&Filter::all())).unwrap();
    assert_eq!(next(), (old, "pending".to_owned()));
    end(&inbox, "orders", &AttemptResult::Completed);
    assert_eq!(next(), (old, "completed".to_owned()));
    interrupt(&child);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert_eq!(rest, "");

    // A reader who has read enough is no error.
    let mut child =
        place.command(&["tail", "--endpoint", "other"]).stdout(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    store_many(&inbox, "other", 1);
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

pub(crate) fn workers_obey(place: &Place) {
    let inbox = place.inbox();
    let id = store_many(&inbox, "orders", 1)[0].to_string();
    end(&inbox, "orders", &dead("500: no"));
    let (begun, begins) = channel();
    let (told, tells) = channel();
    let handlers = JobHandlers::new().on("orders", move |job: Job, _| {
        let (begun, told) = (begun.clone(), told.clone());
        async move {
            begun.send(job.id).unwrap();
            job.cancellation().cancelled().await;
            told.send(job.id).unwrap();
            AttemptResult::Completed
        }
    });
    let _workers = wait(async { inbox.start_workers(handlers) });
    assert_eq!(place.run(&["retry", &id]).code, Some(0));
    let running = begins.recv_timeout(SOON).unwrap();
    let cancelled = place.run(&["cancel", &id, "--yes"]);
    assert_eq!((cancelled.code, &*cancelled.out), (Some(0), "1 unfinished delivery put aside\n"));
    assert_eq!(tells.recv_timeout(SOON), Ok(running));
    assert_eq!(number(&inbox, DeliveryState::Cancelled), 1);

    assert_eq!(place.run(&["pause", "orders"]).code, Some(0));
    assert_eq!(place.run(&["replay", &id, "--yes"]).code, Some(0));
    assert!(begins.recv_timeout(Duration::from_secs(2)).is_err(), "it is paused");
    assert_eq!(place.run(&["resume", "orders"]).code, Some(0));
    assert_eq!(begins.recv_timeout(SOON), Ok(running));
}
