//! Lists, single deliveries, numbers, and the doctor.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use webhook_runtime::inbox::{AttemptResult, JobHandlers};

use super::place::{Place, dead, delivery, end, end_by, store, store_many, wait};

fn ids(lines: &[Value]) -> Vec<i64> {
    lines.iter().map(|line| line["id"].as_i64().unwrap()).collect()
}

pub(crate) fn lists_are_pages(place: &Place) {
    let inbox = place.inbox();
    let stored = store_many(&inbox, "orders", 700);
    let newest: Vec<i64> = stored.iter().rev().copied().collect();
    let first = place.run(&["list", "--limit", "600", "--output", "json"]);
    assert_eq!((first.code, ids(&first.json())), (Some(0), newest[..600].to_vec()));
    let bound = first.err.trim().strip_prefix("there are more: --before ").unwrap();
    let second = place.run(&["list", "--limit", "600", "--before", bound, "--output", "json"]);
    assert_eq!((ids(&second.json()), &*second.err), (newest[600..].to_vec(), ""));
    let after = stored[9].to_string();
    let oldest = place.json(&["list", "--oldest-first", "--limit", "3", "--after", &after]);
    assert_eq!(ids(&oldest), stored[10..13]);
    let table = place.run(&["list", "--limit", "2"]);
    assert_eq!(table.out.lines().count(), 3, "{table:?}");
    assert!(table.out.starts_with("id") && table.out.contains("orders"), "{table:?}");
    let none = place.run(&["list", "--endpoint", "other"]);
    assert_eq!((none.code, &*none.out, &*none.err), (Some(0), "", "nothing matches\n"));
}

pub(crate) fn filters_find_what_they_say(place: &Place) {
    let inbox = place.inbox();
    let mut deliveries = ["a", "b", "c", "d", "e"].map(|key| delivery("orders", key));
    deliveries[0].event = Some("push".to_owned());
    deliveries[1].provider_id = Some("evt_1".to_owned());
    deliveries[2].head.tenant = vec![("shop".to_owned(), "acme".to_owned())];
    deliveries[3].received_at = SystemTime::now() - Duration::from_secs(3 * 3600);
    deliveries[4].endpoint = "paid".into();
    let stored = store(&inbox, &deliveries);
    end_by(&inbox, "orders", |id| {
        let place = stored.iter().position(|stored| *stored == id);
        match place {
            Some(0) => (dead("500: Order 7 is gone"), false),
            Some(1) => {
                let after = Some(Duration::from_secs(3600));
                (AttemptResult::Retry { after, reason: "503: later".to_owned() }, false)
            }
            _ => (AttemptResult::Completed, false),
        }
    });
    let all = place.json(&["list", "--oldest-first"]);
    let cause = all[0]["cause"].as_str().unwrap().to_owned();
    let numbers = stored.map_numbers();
    for (arguments, found) in [
        (&["--event", "push"][..], &[0][..]),
        (&["--provider-id", "evt_1"], &[1]),
        (&["--tenant", "shop=acme"], &[2]),
        (&["--endpoint", "paid"], &[4]),
        (&["--state", "dead"], &[0]),
        (&["--state", "dead", "--state", "pending"], &[0, 1, 4]),
        (&["--error", "ORDER 7"], &[0]),
        (&["--cause", &cause], &[0]),
        (&["--retrying"], &[1]),
        (&["--attempted", "false"], &[4]),
        (&["--since", "2h"], &[0, 1, 2, 4]),
        (&["--until", "2h"], &[3]),
        (&["--since", "2001-01-01", "--until", "2h"], &[3]),
        (&[&numbers[1], &numbers[3]], &[1, 3]),
        (&["--after", &numbers[2]], &[3, 4]),
        (&["--before", &numbers[2], "--endpoint", "orders"], &[0, 1]),
    ] {
        let lines = place.json(&[&["list", "--oldest-first"], arguments].concat());
        let expected: Vec<i64> = found.iter().map(|place| stored[*place]).collect();
        assert_eq!(ids(&lines), expected, "{arguments:?}");
    }
    for wrong in
        [&["--state", "done"][..], &["--since", "soon"], &["--retrying", "--state", "dead"]]
    {
        assert_eq!(place.run(&[&["list"], wrong].concat()).code, Some(2), "{wrong:?}");
    }
}

trait Numbers {
    fn map_numbers(&self) -> Vec<String>;
}

impl Numbers for Vec<i64> {
    fn map_numbers(&self) -> Vec<String> {
        self.iter().map(ToString::to_string).collect()
    }
}

pub(crate) fn one_delivery_is_shown(place: &Place) {
    let inbox = place.inbox();
    let mut sent = delivery("orders", "{\"canary\":1}");
    sent.head.headers.insert("x-github-event", "push".parse().unwrap());
    sent.head.headers.insert("x-acme-api-key", "canary".parse().unwrap());
    sent.head.secret_name = "GITHUB_SECRET".into();
    sent.event = Some("push".to_owned());
    let id = store(&inbox, &[sent.clone()])[0].to_string();
    store(&inbox, &[sent]);
    let failing = JobHandlers::new().on("orders", |_, _| async { dead("400: no") });
    wait(inbox.drain(&failing)).unwrap();

    let shown = place.run(&["show", &id]);
    assert_eq!(shown.code, Some(0), "{shown:?}");
    for part in [
        "orders",
        "dead",
        "400: no",
        "GITHUB_SECRET",
        "x-github-event: push",
        "x-acme-api-key: ***",
    ] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    assert!(!shown.out.contains("canary"), "{}", shown.out);

    let line = &place.json(&["show", &id])[0];
    assert_eq!((&line["state"], &line["endpoint"]), (&json!("dead"), &json!("orders")));
    assert_eq!((&line["last_error"], &line["duplicates"]), (&json!("400: no"), &json!(1)));
    assert_eq!(line["headers"], json!([["x-github-event", "push"], ["x-acme-api-key", "***"]]));
    let attempt = &line["attempts"][0];
    assert_eq!((&attempt["number"], &attempt["end"]), (&json!(1), &json!("dead")));
    assert!(attempt["millis"].is_u64() && attempt["started_at"].is_string(), "{attempt}");

    let missing = place.run(&["show", "999"]);
    assert_eq!((missing.code, &*missing.out), (Some(1), ""));
    assert!(missing.err.contains("no delivery 999"), "{missing:?}");
}

pub(crate) fn bodies_are_exact(place: &Place) {
    let inbox = place.inbox();
    let body: Vec<u8> = (0..=255).cycle().take(5000).collect();
    let mut sent = delivery("orders", "body");
    sent.body = body.clone().into();
    let ids = store(&inbox, &[sent, delivery("orders", "dropped")]);
    end_by(&inbox, "orders", |id| (AttemptResult::Completed, id == ids[1]));
    let written = place.command(&["show", "--body", &ids[0].to_string()]).output().unwrap();
    assert_eq!((written.status.code(), written.stdout), (Some(0), body));
    let line = &place.json(&["show", "--body", &ids[0].to_string()])[0];
    assert!(line["body_base64"].as_str().unwrap().starts_with("AAECAwQF"), "{line}");
    let dropped = place.run(&["show", "--body", &ids[1].to_string()]);
    assert_eq!((dropped.code, &*dropped.out), (Some(1), ""));
    assert!(dropped.err.contains("was deleted"), "{dropped:?}");
    assert_eq!(place.json(&["show", &ids[1].to_string()])[0]["body_dropped"], true);
}

pub(crate) fn numbers_and_causes_are_shown(place: &Place) {
    let inbox = place.inbox();
    store_many(&inbox, "orders", 3);
    end_by(&inbox, "orders", |id| (dead(&format!("500: no stock for order {id}")), false));
    store_many(&inbox, "paid", 2);
    wait(inbox.pause("paid", "ann", "the bank is down")).unwrap();
    let lines = place.json(&["stats"]);
    let names: Vec<_> = lines.iter().map(|line| line["endpoint"].as_str().unwrap()).collect();
    assert_eq!(names, ["orders", "paid"]);
    assert_eq!((&lines[0]["dead"], &lines[0]["pending"]), (&json!(3), &json!(0)));
    assert_eq!((&lines[1]["pending"], &lines[1]["paused"]["by"]), (&json!(2), &json!("ann")));
    let cause = &lines[0]["causes"][0];
    assert_eq!((&cause["count"], &cause["text"]), (&json!(3), &json!("500: no stock for order #")));
    let number = cause["cause"].as_str().unwrap();
    assert_eq!(place.json(&["list", "--cause", number]).len(), 3);
    let shown = place.run(&["stats"]);
    for part in ["dead letters by cause", number, "paused by ann", "the bank is down"] {
        assert!(shown.out.contains(part), "{part}: {}", shown.out);
    }
    assert_eq!(place.json(&["stats", "--endpoint", "paid"]).len(), 1);
}

fn found<'l>(lines: &'l [Value], check: &str) -> &'l Value {
    lines.iter().find(|line| line["check"] == check).unwrap_or_else(|| panic!("{check}: {lines:?}"))
}

pub(crate) fn a_doctor_says_what_is_wrong(place: &Place) {
    let inbox = place.inbox();
    let mut old = delivery("orders", "old");
    old.received_at = SystemTime::now() - Duration::from_secs(3600);
    store(&inbox, &[old]);
    store_many(&inbox, "paid", 1);
    end(&inbox, "paid", &dead("500: no"));
    let said = place.run(&["doctor", "--output", "json"]);
    assert_eq!(said.code, Some(1), "{said:?}");
    let lines = said.json();
    for (check, state) in [
        ("tables", "good"),
        ("writing", "good"),
        ("workers", "wrong"),
        ("lag", "wrong"),
        ("dead letters", "wrong"),
        ("size", "good"),
    ] {
        assert_eq!(found(&lines, check)["state"], state, "{check}: {said:?}");
    }
    assert!(found(&lines, "dead letters")["says"].as_str().unwrap().contains("500: no"));
    assert!(found(&lines, "workers")["fix"].as_str().unwrap().contains("start"), "{lines:?}");
    if place.is_file() {
        use std::os::unix::fs::PermissionsExt as _;
        assert_eq!(found(&lines, "permissions")["state"], "good");
        let open = std::fs::Permissions::from_mode(0o644);
        std::fs::set_permissions(place.file("inbox.db"), open).unwrap();
        let lines = place.json(&["doctor"]);
        assert_eq!(found(&lines, "permissions")["state"], "wrong");
    }
    let shown = place.run(&["doctor"]);
    assert!(shown.out.contains("WRONG") && shown.out.contains("->"), "{shown:?}");
}

pub(crate) fn a_doctor_finds_nothing(place: &Place) {
    let inbox = place.inbox();
    let handlers = JobHandlers::new().on("orders", |_, _| async { AttemptResult::Completed });
    let _workers = wait(async { inbox.start_workers(handlers) });
    wait(inbox.health()).store.unwrap();
    let said = place.run(&["doctor"]);
    assert_eq!((said.code, &*said.err), (Some(0), ""), "{said:?}");
    // A function that was renamed.
    store(&inbox, &[delivery("orders_paid", "a")]);
    let lines = place.json(&["doctor"]);
    let endpoints = found(&lines, "endpoints");
    assert!(endpoints["says"].as_str().unwrap().contains("orders_paid"), "{lines:?}");
    wait(inbox.pause("orders_paid", "ann", "")).unwrap();
    let lines = place.json(&["doctor"]);
    assert_eq!(found(&lines, "paused")["state"], "note");
    assert!(lines.iter().all(|line| line["state"] != "wrong"), "{lines:?}");
}

pub(crate) fn foreign_text_does_not_steer_the_terminal(place: &Place) {
    const EVIL: &str = "a\u{1b}[2Jb\u{7}\r\u{202e}c";
    let inbox = place.inbox();
    let mut sent = delivery(EVIL, "a");
    (sent.event, sent.provider_id) = (Some(EVIL.to_owned()), Some(EVIL.to_owned()));
    sent.head.tenant = vec![("shop".to_owned(), EVIL.to_owned())];
    (sent.head.uri, sent.head.secret_name) = (EVIL.to_owned(), EVIL.to_owned());
    sent.head.headers.insert("x-odd", http::HeaderValue::from_bytes(b"a\tb\x80").unwrap());
    let id = store(&inbox, &[sent])[0].to_string();
    end(&inbox, EVIL, &dead(EVIL));
    wait(inbox.pause(EVIL, EVIL, EVIL)).unwrap();
    for arguments in [
        &["list"][..],
        &["show", &id],
        &["stats"],
        &["doctor"],
        &["resume", EVIL],
        &["pause", EVIL],
    ] {
        let said = place.run(arguments);
        let odd = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
        assert!(!said.out.contains(odd) && !said.err.contains(odd), "{arguments:?}: {said:?}");
        assert!(said.out.contains("\\u{1b}[2Jb"), "{arguments:?}: {said:?}");
    }
}
