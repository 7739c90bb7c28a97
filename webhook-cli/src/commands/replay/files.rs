//! Recordings in files.

use std::{
    fs,
    path::{Path, PathBuf},
    vec::IntoIter,
};

use super::{Recording, Source};
use crate::{
    capture::{Capture, Format, MAX_FILE},
    error::CliError,
    files,
};

/// Files in their order.
pub(super) struct Files {
    left: IntoIter<PathBuf>,
    total: usize,
}

impl Files {
    /// The files at these paths, without the first ones.
    pub(super) fn new(paths: &[PathBuf], skip: usize) -> Result<Self, CliError> {
        let mut files = files(paths)?;
        let total = files.len();
        files.drain(..skip.min(total));
        Ok(Self { left: files.into_iter(), total })
    }
}

impl Source for Files {
    fn total(&self) -> usize {
        self.total
    }

    fn next(&mut self) -> Result<Option<Recording>, CliError> {
        let Some(file) = self.left.next() else { return Ok(None) };
        let shown = file.display().to_string();
        let capture = Capture::parse(&files::read(&file, MAX_FILE)?, Format::Auto, None)
            .map_err(|error| CliError::usage(format_args!("{shown}: {error}")))?;
        Ok(Some(Recording { file: Some(shown), id: None, capture: Ok(capture), delivery_id: None }))
    }

    fn how_to_go_on(&self) -> String {
        format!("--skip {}", self.total - self.left.len())
    }
}

/// The files themselves, and the recordings in directories, by name.
fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, CliError> {
    let mut files = Vec::new();
    for path in paths {
        let error = |error| CliError::usage(format_args!("{}: {error}", path.display()));
        if !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        let is_recording = |path: &PathBuf| path.extension().is_some_and(|it| it == "http");
        let entries = fs::read_dir(path).map_err(error)?.map(|entry| Ok(entry?.path()));
        let mut inside: Vec<PathBuf> = entries.collect::<Result<_, _>>().map_err(error)?;
        inside.retain(is_recording);
        inside.sort();
        if inside.is_empty() {
            return Err(no_recordings(path));
        }
        files.extend(inside);
    }
    Ok(files)
}

fn no_recordings(path: &Path) -> CliError {
    CliError::usage(format_args!("{} has no files *.http", path.display()))
}
