//! Secrets, from variables, files and standard input: never from an argument, which every process
//! of the machine can read.

use std::{env, path::PathBuf};

use clap::Args;
use webhook_runtime::Secret;

use crate::{error::CliError, files};

/// The largest file with a secret, in bytes.
const MAX_SECRET: u64 = 64 * 1024;

#[derive(Args, Clone, Debug)]
pub(crate) struct SecretArgs {
    /// The variable that holds the secret
    #[arg(long, value_name = "NAME")]
    pub(crate) secret_env: Vec<String>,
    /// The file that holds the secret, byte for byte; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) secret_file: Vec<PathBuf>,
}

impl SecretArgs {
    /// Reads all secrets, unchanged: white space at an end may be the mistake that is looked for.
    pub(crate) fn read(&self) -> Result<Vec<Secret>, CliError> {
        let mut secrets = Vec::new();
        for name in &self.secret_env {
            secrets.push(from_env(name)?);
        }
        for file in &self.secret_file {
            let name = file.display().to_string();
            let bytes = files::read(file, MAX_SECRET)?;
            let text = String::from_utf8(bytes)
                .map_err(|_| CliError::usage(format_args!("the secret in {name} is not UTF-8")))?;
            secrets.push(Secret::new(text).with_name(name));
        }
        Ok(secrets)
    }

    /// Reads the secrets of a receiver: one at least.
    pub(crate) fn read_all(&self) -> Result<Vec<Secret>, CliError> {
        let secrets = self.read()?;
        let Some(first) = secrets.first() else {
            return Err(CliError::usage(
                "name the secret with --secret-env NAME or --secret-file FILE (`-` is standard input)",
            ));
        };
        let is_pem = first.expose().starts_with(b"-----BEGIN");
        if !is_pem && first.expose().last().is_some_and(u8::is_ascii_whitespace) {
            eprintln!("warning: the secret {} ends with white space", first.name());
        }
        Ok(secrets)
    }

    /// Reads the secret to sign with.
    pub(crate) fn read_one(&self) -> Result<Secret, CliError> {
        let mut secrets = self.read_all()?;
        if secrets.len() > 1 {
            return Err(CliError::usage("one secret signs: name only one"));
        }
        Ok(secrets.remove(0))
    }
}

/// Reads a secret from a variable, unchanged.
pub(crate) fn from_env(name: &str) -> Result<Secret, CliError> {
    let text = env::var(name).map_err(|error| match error {
        env::VarError::NotPresent => CliError::usage(format_args!(
            "the variable {name} is not set: it has to hold the secret"
        )),
        env::VarError::NotUnicode(_) => {
            CliError::usage(format_args!("the variable {name} is not UTF-8"))
        }
    })?;
    Ok(Secret::new(text).with_name(name.to_owned()))
}
