//! Lines on standard error for operators who have no subscriber of `tracing`: without them, nobody
//! would see why a delivery is refused.
//!
//! A server opens the console. In a terminal it shows every response, as development servers do, and
//! elsewhere only what failed. Once a subscriber is there, the trace says the same, and nothing is
//! printed. A thread of its own writes the lines, so that a full pipe stops no request.

#![cfg_attr(not(feature = "serve"), allow(dead_code, reason = "only a server opens the console"))]

use std::{
    fmt,
    io::{IsTerminal as _, Write as _},
    sync::{
        Mutex, OnceLock, PoisonError,
        mpsc::{Receiver, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::{Duration, Instant},
};

use tracing::{Dispatch, dispatcher::get_default, subscriber::NoSubscriber};

use super::text::truncate;

/// The maximum number of lines a second in a terminal, and elsewhere. A flood of forgeries must not
/// fill a log.
const MAX_LINES: [u32; 2] = [100, 10];

/// The maximum number of lines that wait to be written.
const MAX_WAITING: usize = 256;

/// The maximum length of a line in characters.
const MAX_LENGTH: usize = 500;

/// The time for the last lines at the end.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(100);

static CONSOLE: OnceLock<Option<Console>> = OnceLock::new();

struct Console {
    is_terminal: bool,
    rate: Mutex<Rate>,
    waiting: SyncSender<Entry>,
}

/// A message to the thread that writes.
enum Entry {
    Line(String),
    /// Answered when everything before it is written.
    Flush(SyncSender<()>),
}

/// Marks a response that has its line already.
#[derive(Clone, Copy)]
pub(crate) struct Reported;

/// Opens the console, once for the process.
pub(crate) fn open() {
    CONSOLE.get_or_init(Console::start);
}

/// Waits until the lines so far are written, but not for long.
pub(crate) fn flush() {
    let Some(Some(console)) = CONSOLE.get() else { return };
    let (written, flushed) = sync_channel(1);
    if console.waiting.try_send(Entry::Flush(written)).is_ok() {
        let _ = flushed.recv_timeout(FLUSH_TIMEOUT);
    }
}

/// Shows what an operator has to know in any case.
pub(crate) fn notice(line: fmt::Arguments<'_>) {
    if let Some(console) = console() {
        console.write(&line.to_string());
    }
}

/// Shows a failure.
pub(crate) fn failure(line: fmt::Arguments<'_>) {
    if let Some(console) = console() {
        console.write_limited(line);
    }
}

/// Shows a response that is no failure. Call it only if [`shows_all`] is true.
pub(crate) fn success(line: fmt::Arguments<'_>) {
    failure(line);
}

/// True if responses are shown that are no failures, too.
pub(crate) fn shows_all() -> bool {
    // Nearly always, there is no terminal: that is the cheaper question.
    let open = CONSOLE.get().and_then(Option::as_ref);
    open.is_some_and(|console| console.is_terminal) && console().is_some()
}

/// A delivery in a line.
pub(crate) fn named(id: Option<&str>) -> String {
    id.map_or_else(|| "a delivery".to_owned(), |id| format!("delivery {id}"))
}

/// The console, if it is open, and nobody listens to the trace.
fn console() -> Option<&'static Console> {
    let console = CONSOLE.get()?.as_ref()?;
    get_default(Dispatch::is::<NoSubscriber>).then_some(console)
}

impl Console {
    fn start() -> Option<Self> {
        let (waiting, entries) = sync_channel(MAX_WAITING);
        let thread = thread::Builder::new().name("console".to_owned());
        thread.spawn(move || write_all(&entries)).ok()?;
        let is_terminal = std::io::stderr().is_terminal();
        Some(Self { is_terminal, rate: Mutex::default(), waiting })
    }

    fn write_limited(&self, line: fmt::Arguments<'_>) {
        let max = MAX_LINES[usize::from(!self.is_terminal)];
        let Some(left_out) = self.rate().admit(max, Instant::now()) else { return };
        if left_out > 0 {
            self.write(&format!("({left_out} more lines were left out)"));
        }
        self.write(&line.to_string());
    }

    fn write(&self, line: &str) {
        let entry = Entry::Line(printable(truncate(line, MAX_LENGTH)));
        if let Err(TrySendError::Full(_)) = self.waiting.try_send(entry) {
            self.rate().left_out += 1;
        }
    }

    fn rate(&self) -> std::sync::MutexGuard<'_, Rate> {
        self.rate.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the lines, for ever. The server runs even if nobody reads them.
fn write_all(entries: &Receiver<Entry>) {
    while let Ok(entry) = entries.recv() {
        match entry {
            Entry::Line(line) => {
                let _ = writeln!(std::io::stderr().lock(), "{line}");
            }
            Entry::Flush(written) => {
                let _ = written.send(());
            }
        }
    }
}

/// Counts the lines of a second.
#[derive(Default)]
struct Rate {
    since: Option<Instant>,
    lines: u32,
    left_out: u64,
}

impl Rate {
    /// Admits a line, and returns the number of those that were left out before it.
    fn admit(&mut self, max: u32, now: Instant) -> Option<u64> {
        if self.since.is_none_or(|since| now.duration_since(since) >= Duration::from_secs(1)) {
            (self.since, self.lines) = (Some(now), 0);
        }
        if self.lines >= max {
            self.left_out += 1;
            return None;
        }
        self.lines += 1;
        Some(std::mem::take(&mut self.left_out))
    }
}

/// The text with escapes for what controls a terminal, or turns the direction of writing: ids and
/// names of events are a sender's.
fn printable(text: &str) -> String {
    let is_unsafe = |letter: char| {
        letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if is_unsafe(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_limited_by_the_second_and_the_rest_is_counted() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        let admitted: Vec<_> = (0..5).map(|_| rate.admit(2, start)).collect();
        assert_eq!(admitted, [Some(0), Some(0), None, None, None]);
        let later = start + Duration::from_secs(1);
        assert_eq!([rate.admit(2, later), rate.admit(2, later)], [Some(3), Some(0)]);
    }

    #[test]
    fn terminals_are_not_controlled_by_senders() {
        assert_eq!(printable("an id: ü 🦀"), "an id: ü 🦀");
        assert_eq!(printable("\u{1b}[2Jx\r\n\u{202e}"), "\\u{1b}[2Jx\\r\\n\\u{202e}");
    }
}
