//! Receivers of other languages, as processes.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::{
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::receiver::webhook;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Language {
    Python,
    Node,
}

/// A receiver that runs.
pub(crate) struct Standing {
    child: Arc<Mutex<Child>>,
    command: Arc<Mutex<Command>>,
    port: u16,
    is_done: Arc<AtomicBool>,
}

/// The output of `webhook test`.
pub(crate) struct Received {
    pub(crate) code: Option<i32>,
    pub(crate) report: String,
}

impl Standing {
    /// Starts a receiver; `None` if the language is not installed.
    pub(crate) fn start(language: Language, traits: &str, secret: &str) -> Option<Self> {
        Self::start_at(language, traits, secret, "")
    }

    /// The same, with a public URL.
    pub(crate) fn start_at(
        language: Language,
        traits: &str,
        secret: &str,
        public_url: &str,
    ) -> Option<Self> {
        let (program, file) = match language {
            Language::Python => ("python3", "receiver.py"),
            Language::Node => ("node", "receiver.js"),
        };
        let place = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fleet").join(file);
        let mut command = Command::new(program);
        command
            .arg(place)
            .args(traits.split(' '))
            .env("TEST_SECRET", secret)
            .env("TEST_URL", public_url)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let Ok(mut child) = command.spawn() else {
            println!("skipped: there is no {program}");
            return None;
        };
        let port = port(&mut child).expect("the receiver says its port");
        Some(Self {
            child: Arc::new(Mutex::new(child)),
            command: Arc::new(Mutex::new(command)),
            port,
            is_done: Arc::default(),
        })
    }

    /// Starts it again on the same port whenever it ends.
    pub(crate) fn restarts(&mut self) {
        let (child, command) = (Arc::clone(&self.child), Arc::clone(&self.command));
        let (is_done, port) = (Arc::clone(&self.is_done), self.port.to_string());
        thread::spawn(move || {
            while !is_done.load(Ordering::Relaxed) {
                let mut child = child.lock().expect("not poisoned");
                if child.try_wait().is_ok_and(|status| status.is_some()) {
                    let mut command = command.lock().expect("not poisoned");
                    *child = command.env("TEST_PORT", &port).spawn().expect("it starts again");
                }
                drop(child);
                thread::sleep(Duration::from_millis(300));
            }
        });
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// Runs the program.
    pub(crate) fn test(&self, provider: &str, secret: &str, more: &[&str]) -> Received {
        let url = self.url("hooks");
        let own = ["test", &url, "--provider", provider, "--secret-env", "TEST_SECRET"];
        let arguments = [&own[..], &["--output", "json"], more].concat();
        let output = webhook(&arguments, secret);
        let report = String::from_utf8_lossy(&output.stdout).into_owned();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!report.is_empty(), "{provider} {more:?}: {said}");
        Received { code: output.status.code(), report }
    }
}

impl Drop for Standing {
    fn drop(&mut self) {
        self.is_done.store(true, Ordering::Relaxed);
        if let Ok(mut child) = self.child.lock() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Reads the port that a receiver prints.
fn port(child: &mut Child) -> Option<u16> {
    let mut line = String::new();
    BufReader::new(child.stdout.take()?).read_line(&mut line).ok()?;
    line.trim().parse().ok()
}

impl Received {
    fn json(&self) -> Value {
        serde_json::from_str(&self.report).expect("one JSON document")
    }

    fn case(&self, name: &str) -> Value {
        let report = self.json();
        let cases = report["cases"].as_array().cloned().unwrap_or_default();
        cases.into_iter().find(|case| case["name"] == name).unwrap_or_default()
    }

    pub(crate) fn outcome(&self, name: &str) -> String {
        self.case(name)["outcome"].as_str().unwrap_or_default().to_owned()
    }

    pub(crate) fn said(&self, name: &str) -> String {
        self.case(name)["said"].as_str().unwrap_or_default().to_owned()
    }

    /// The number of cases with an outcome.
    pub(crate) fn count(&self, outcome: &str) -> usize {
        let report = self.json();
        let cases = report["cases"].as_array().expect("a list");
        cases.iter().filter(|case| case["outcome"] == outcome).count()
    }

    pub(crate) fn failures(&self) -> String {
        let report = self.json();
        let cases = report["cases"].as_array().cloned().unwrap_or_default();
        let failed = cases.iter().filter(|case| case["outcome"] == "failed");
        failed.fold(String::new(), |text, case| {
            text + &format!("{}: {}\n", case["name"], case["said"])
        })
    }
}
