//! What a command writes to stdout: tables and sentences, or JSON.

use std::io::{self, Write as _};

use clap::ValueEnum;
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::error::CliError;

/// The form of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Tables and sentences.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
}

/// Writes bytes to stdout.
pub(crate) fn write(bytes: &[u8]) -> Result<(), CliError> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes).and_then(|()| stdout.flush()).map_err(|error| match error.kind() {
        io::ErrorKind::BrokenPipe => CliError::ClosedOutput,
        _ => CliError::environment(format_args!("stdout: {error}")),
    })
}

/// Writes a line to stdout.
pub(crate) fn line(text: &str) -> Result<(), CliError> {
    write(format!("{text}\n").as_bytes())
}

/// Writes a JSON object as one line.
pub(crate) fn json(value: &impl Serialize) -> Result<(), CliError> {
    line(&serde_json::to_string(value).map_err(CliError::environment)?)
}

/// A character of foreign text, which must not steer the terminal.
pub(crate) fn visible(mark: char) -> String {
    if mark.is_control() { mark.escape_default().to_string() } else { mark.to_string() }
}

/// An empty table without borders. In a terminal, it is as wide as that.
pub(crate) fn table() -> Table {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table
}

/// Writes a table, without the blanks at the ends of its lines.
pub(crate) fn print_table(table: &Table) -> Result<(), CliError> {
    let text = table.to_string();
    let lines = text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
    line(&lines.collect::<Vec<_>>().join("\n"))
}
