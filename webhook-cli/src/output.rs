//! The output of a command on stdout: tables and sentences, or JSON.

use std::io::{self, IsTerminal as _, Write as _};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
#[cfg(feature = "inbox")]
use comfy_table::{Cell, Color};
use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use crate::error::CliError;

/// The form of the output of most commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Tables and sentences.
    Human,
    /// One JSON object a line.
    Json,
}

/// The value of `--output`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// Tables and sentences.
    #[default]
    Human,
    /// One JSON object a line.
    Json,
    /// An XML document in the form of junit, of `webhook test` only.
    Junit,
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
    // A mark that turns the direction of a text makes it look like another one.
    let turns =
        matches!(mark, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if mark.is_control() || turns { mark.escape_default().to_string() } else { mark.to_string() }
}

/// Foreign text, which must not steer the terminal.
pub(crate) fn shown(text: &str) -> String {
    text.chars().map(visible).collect()
}

/// A colour by its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Bad,
    /// Neither, such as a thing that was not verified.
    Neutral,
}

impl Tone {
    /// 2xx is good.
    pub(crate) fn of_status(status: u16) -> Self {
        if (200..300).contains(&status) { Self::Good } else { Self::Bad }
    }
}

/// Colours a text in a terminal, unless `NO_COLOR` is set.
pub(crate) fn toned(text: &str, tone: Tone) -> String {
    let style: Style = match tone {
        Tone::Good => AnsiColor::Green.on_default().bold(),
        Tone::Bad => AnsiColor::Red.on_default().bold(),
        Tone::Neutral => AnsiColor::Yellow.on_default(),
    };
    match AutoStream::choice(&io::stdout()) {
        ColorChoice::Never => text.to_owned(),
        _ => format!("{style}{text}{style:#}"),
    }
}

/// The width of the terminal, in columns; `None` if stdout is none.
pub(crate) fn width() -> Option<u16> {
    if io::stdout().is_terminal() { table().width() } else { None }
}

/// An empty table without borders. In a terminal, it is as wide as that.
pub(crate) fn table() -> Table {
    let mut table = Table::new();
    // A program that reads it wants a line for each row.
    let arrangement = if io::stdout().is_terminal() {
        ContentArrangement::Dynamic
    } else {
        ContentArrangement::Disabled
    };
    table.load_style(presets::NOTHING).set_content_arrangement(arrangement).style_text_only();
    table
}

/// A cell of a table, coloured as [`toned`] does.
#[cfg(feature = "inbox")]
pub(crate) fn cell(text: impl Into<String>, tone: Tone) -> Cell {
    let cell = Cell::new(text.into());
    if AutoStream::choice(&io::stdout()) == ColorChoice::Never {
        return cell;
    }
    cell.fg(match tone {
        Tone::Good => Color::Green,
        Tone::Bad => Color::Red,
        Tone::Neutral => Color::Yellow,
    })
}

/// Writes a table with one line for each row: in a terminal, long texts are cut.
#[cfg(feature = "inbox")]
pub(crate) fn print_lines(mut table: Table) -> Result<(), CliError> {
    for row in table.row_iter_mut() {
        row.max_height(1);
    }
    print_table(&table)
}

/// Writes a table, without the blanks at the ends of its lines.
pub(crate) fn print_table(table: &Table) -> Result<(), CliError> {
    let text = table.to_string();
    let lines = text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end());
    line(&lines.collect::<Vec<_>>().join("\n"))
}
