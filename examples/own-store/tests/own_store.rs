//! The example with a store of one's own: killed after it has acknowledged, started again, and looked
//! at.

use std::{
    env, fs,
    path::PathBuf,
    thread,
    time::{Duration, Instant},
};

use example_harness::{
    Program,
    attacks::{CANARY, UNSET_OR_BLANK, refuses_strangers, refuses_to_start},
    request,
};
use webhook_runtime::{Secret, providers::HMAC_SHA256_HEX, scheme::RequestToSign};

const OWN_STORE: &str = env!("CARGO_BIN_EXE_own-store");

/// A directory for one test.
struct Directory(PathBuf);

impl Directory {
    fn new(name: &str) -> Self {
        let path = env::temp_dir().join(format!("own-store-{name}-{}", std::process::id()));
        fs::create_dir(&path).expect("a new directory");
        Self(path)
    }

    fn file(&self) -> String {
        self.0.join("orders.json").to_str().expect("text").to_owned()
    }

    /// What handlers have noted.
    fn notes(&self) -> Vec<String> {
        let text = fs::read(self.file()).expect("the file");
        let tables: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
        serde_json::from_value(tables["notes"].clone()).expect("texts")
    }

    fn start(&self) -> Program {
        Program::start(OWN_STORE, &[("SECRET", CANARY), ("STORE", &self.file())], "webhooks")
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn deliver(id: u64) -> u16 {
    let body = format!(r#"{{"id":{id}}}"#);
    let signed = HMAC_SHA256_HEX.sign(&Secret::new(CANARY), &RequestToSign::new(body.as_bytes()));
    let signed = signed.expect("signed").headers;
    let signature = signed["x-signature"].to_str().expect("text");
    let headers = [("x-signature", signature), ("content-type", "application/json")];
    request("POST", "/orders", &headers, body.as_bytes()).status
}

#[test]
fn acknowledged_orders_are_noted_once() {
    let directory = Directory::new("noted");
    for round in 0..3 {
        let program = directory.start();
        for id in round * 5..(round + 1) * 5 {
            assert_eq!(deliver(id), 202);
            assert_eq!(deliver(id), 202, "a copy");
        }
        drop(program); // by SIGKILL
    }
    let program = directory.start();
    // Those that ran when it was killed wait until their leases of five seconds have run out.
    let deadline = Instant::now() + Duration::from_mins(2);
    let mut expected: Vec<String> = (0..15).map(|id| format!("order {id} is paid")).collect();
    expected.sort();
    let noted = || {
        let mut notes = directory.notes();
        notes.sort();
        notes
    };
    while noted() != expected {
        assert!(Instant::now() < deadline, "{:?}", noted());
        thread::sleep(Duration::from_millis(50));
    }
    drop(program);
}

#[test]
fn strangers_get_the_same_refusal() {
    let directory = Directory::new("strangers");
    let program = directory.start();
    refuses_strangers("/orders", &HMAC_SHA256_HEX, CANARY);
    drop(program);
    let others = [("STORE", &*directory.file())];
    refuses_to_start(OWN_STORE, &others, "SECRET", UNSET_OR_BLANK);
}
