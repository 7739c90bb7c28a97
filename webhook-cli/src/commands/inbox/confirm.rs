//! The question before something is destroyed.

use std::io::{self, IsTerminal as _, Write as _};

use super::Context;
use crate::error::CliError;

/// The answer to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    Yes,
    No,
    Interrupted,
}

/// Asks in a terminal. Without one, nobody can answer, and `--yes` is needed.
pub(super) async fn confirm(question: &str, context: &Context) -> Result<Answer, CliError> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(CliError::usage(format_args!(
            "{question} There is no terminal to answer: say so with --yes, or look first with --dry-run"
        )));
    }
    eprint!("{question} [y/N] ");
    io::stderr().flush().map_err(CliError::environment)?;
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line)
    });
    let answer =
        async { read.await.map_err(CliError::environment)?.map_err(CliError::environment) };
    Ok(match context.unless_interrupted(answer).await? {
        None => {
            eprintln!();
            Answer::Interrupted
        }
        Some(line) if matches!(line.trim().to_ascii_lowercase().as_str(), "y" | "yes") => {
            Answer::Yes
        }
        Some(_) => Answer::No,
    })
}
