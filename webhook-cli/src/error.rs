//! The outcome of a command, as an exit code.

use std::{fmt, process::ExitCode};

use crate::output;

/// The end of a command that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Exit code 0.
    Done,
    /// The request was refused, or the verdict is "refused": exit code 1.
    Refused,
    /// The user interrupted it: exit code 130.
    Interrupted,
}

/// The reason for which a command could not do its work.
#[derive(Debug)]
pub(crate) enum CliError {
    /// The arguments or files are wrong: exit code 2.
    Usage(String),
    /// The surroundings fail: a connection, a file that cannot be written. Exit code 3.
    Environment(String),
    /// The reader of stdout has closed it: no error, exit code 0.
    ClosedOutput,
}

pub(crate) type Ended = Result<Outcome, CliError>;

impl CliError {
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self::Usage(message.to_string())
    }

    pub(crate) fn environment(message: impl fmt::Display) -> Self {
        Self::Environment(message.to_string())
    }
}

/// The message. It may quote what somebody else wrote, which must not steer the terminal.
impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Environment(message) => {
                let lines: Vec<String> = message.split('\n').map(output::shown).collect();
                f.write_str(&lines.join("\n"))
            }
            Self::ClosedOutput => f.write_str("stdout was closed"),
        }
    }
}

/// Says what went wrong on stderr, and returns the exit code.
pub(crate) fn exit(ended: Ended) -> ExitCode {
    let code = match ended {
        Ok(Outcome::Done) | Err(CliError::ClosedOutput) => 0,
        Ok(Outcome::Refused) => 1,
        Ok(Outcome::Interrupted) => 130,
        Err(error @ CliError::Usage(_)) => {
            eprintln!("error: {error}");
            2
        }
        Err(error @ CliError::Environment(_)) => {
            eprintln!("error: {error}");
            3
        }
    };
    ExitCode::from(code)
}
