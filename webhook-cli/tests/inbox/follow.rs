//! `webhook inbox tail`.

use std::{
    io::{BufRead as _, BufReader, Read as _},
    process::Stdio,
};

use serde_json::Value;
use webhook_runtime::inbox::{AttemptResult, Filter};

use super::place::{Place, dead, end, interrupt, store_many, wait};

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
    // What an operator lets run again.
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
