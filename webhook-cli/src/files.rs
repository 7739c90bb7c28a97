//! Files and standard input, read whole and up to a limit.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use crate::error::CliError;

/// True once standard input was read: it cannot be read again.
static STDIN_IS_READ: AtomicBool = AtomicBool::new(false);

/// Reads a file of at most `max` bytes; `-` is standard input.
pub(crate) fn read(path: &Path, max: u64) -> Result<Vec<u8>, CliError> {
    let failed =
        |why: &dyn std::fmt::Display| CliError::usage(format_args!("{}: {why}", path.display()));
    let bytes = if path == Path::new("-") {
        if STDIN_IS_READ.swap(true, Ordering::Relaxed) {
            return Err(CliError::usage("`-` is standard input, which only one option can read"));
        }
        limited(io::stdin(), max)
    } else {
        File::open(path).and_then(|file| limited(file, max))
    };
    let bytes = bytes.map_err(|error| failed(&error))?;
    if bytes.len() as u64 > max {
        return Err(failed(&format_args!("it has more than {max} bytes")));
    }
    Ok(bytes)
}

/// Reads one byte more than is allowed, to see that there is more.
fn limited(source: impl Read, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(max.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn larger_files_are_refused() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        let length = read(&path, 1 << 20).map(|bytes| bytes.len() as u64).expect("a file");
        assert!(read(&path, length).is_ok());
        assert!(
            matches!(read(&path, length - 1), Err(CliError::Usage(text)) if text.contains("more than"))
        );
    }
}
