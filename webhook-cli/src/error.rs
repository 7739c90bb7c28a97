//! The outcome of a command, as an exit code.

use std::{fmt, process::ExitCode};

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
    /// Whoever reads the output has read enough: no error, exit code 0.
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

/// Says what went wrong on stderr, and returns the exit code.
pub(crate) fn exit(ended: Ended) -> ExitCode {
    let code = match ended {
        Ok(Outcome::Done) | Err(CliError::ClosedOutput) => 0,
        Ok(Outcome::Refused) => 1,
        Ok(Outcome::Interrupted) => 130,
        Err(CliError::Usage(message)) => {
            eprintln!("error: {message}");
            2
        }
        Err(CliError::Environment(message)) => {
            eprintln!("error: {message}");
            3
        }
    };
    ExitCode::from(code)
}
