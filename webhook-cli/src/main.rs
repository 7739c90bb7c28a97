//! The program `webhook`.

use std::process::ExitCode;

fn main() -> ExitCode {
    webhook_cli::run()
}
