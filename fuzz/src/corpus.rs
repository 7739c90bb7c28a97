//! The corpora of the fuzz targets, one text file each: `corpus/TARGET.txt`.
//!
//! A line is an input in quotes. Printable ASCII stands for itself, except `\"` and `\\`; any other
//! byte is `\x` and two hexadecimal digits. This is the grammar of libFuzzer's dictionaries. Lines
//! that are empty or begin with `#` are skipped.

use std::{
    collections::BTreeSet,
    error::Error,
    fmt::{self, Write as _},
    fs, io,
    path::{Path, PathBuf},
};

use sha1::{Digest as _, Sha1};

/// Distinct inputs, ordered by their bytes.
pub type Inputs = BTreeSet<Vec<u8>>;

/// A line of a packed corpus that is not an input.
#[derive(Debug)]
pub struct BadLine {
    line: usize,
    reason: String,
}

impl fmt::Display for BadLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.reason)
    }
}

impl Error for BadLine {}

/// The packed corpus of a target.
#[must_use]
pub fn file(target: &str) -> PathBuf {
    directory(target).with_extension("txt")
}

/// The directory that a corpus is unpacked into: the one that cargo-fuzz uses.
#[must_use]
pub fn directory(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target)
}

/// Reads the packed corpus of a target.
///
/// # Errors
/// The file cannot be read, or has a bad line.
pub fn read(target: &str) -> io::Result<Inputs> {
    let file = file(target);
    let text = fs::read(&file).map_err(|error| at(&file, &error))?;
    unpack(&text).map_err(|BadLine { line, reason }| {
        let place = format!("{}:{line}: {reason}", file.display());
        io::Error::new(io::ErrorKind::InvalidData, place)
    })
}

/// Replaces the packed corpus of a target.
///
/// # Errors
/// The file cannot be written.
pub fn write(target: &str, inputs: &Inputs) -> io::Result<()> {
    let file = file(target);
    fs::write(&file, pack(target, inputs)).map_err(|error| at(&file, &error))
}

/// The text of a packed corpus.
#[must_use]
pub fn pack(target: &str, inputs: &Inputs) -> String {
    let tool =
        "cargo run --manifest-path fuzz/Cargo.toml --no-default-features --example corpus --";
    let mut text = format!(
        "# The corpus of the fuzz target `{target}`: one input a line, in quotes, sorted by bytes.\n\
         # Printable ASCII stands for itself, except \\\" and \\\\; any other byte is \\xNN.\n\
         # Unpack: {tool} unpack {target}\n\
         # Pack:   {tool} pack {target}\n\n",
    );
    for input in inputs {
        text.push_str(&quote(input));
        text.push('\n');
    }
    text
}

/// Reads the text of a packed corpus.
///
/// # Errors
/// The first line that is not an input.
pub fn unpack(text: &[u8]) -> Result<Inputs, BadLine> {
    let mut inputs = Inputs::new();
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if !line.is_empty() && !line.starts_with(b"#") {
            inputs.insert(unquote(line).map_err(|reason| BadLine { line: at + 1, reason })?);
        }
    }
    Ok(inputs)
}

/// An input as a line of a packed corpus.
#[must_use]
pub fn quote(input: &[u8]) -> String {
    let mut line = String::with_capacity(input.len() + 2);
    line.push('"');
    for &byte in input {
        match byte {
            b'"' | b'\\' => line.extend(['\\', char::from(byte)]),
            b' '..=b'~' => line.push(char::from(byte)),
            _ => write!(line, "\\x{byte:02x}").expect("a string takes any text"),
        }
    }
    line.push('"');
    line
}

fn unquote(line: &[u8]) -> Result<Vec<u8>, String> {
    let Some(mut rest) = line.strip_prefix(b"\"") else {
        return Err("an input begins with a quote".to_owned());
    };
    let mut input = Vec::with_capacity(rest.len());
    loop {
        let byte;
        (byte, rest) = match rest {
            [] => return Err("the closing quote is missing".to_owned()),
            [b'"'] => return Ok(input),
            [b'"', ..] => return Err("text after the closing quote".to_owned()),
            [b'\\', byte @ (b'"' | b'\\'), rest @ ..] => (*byte, rest),
            [b'\\', b'x', high, low, rest @ ..] => {
                let byte = base16ct::mixed::decode_vec([*high, *low])
                    .map_err(|_| "`\\x` takes two hexadecimal digits")?;
                (byte[0], rest)
            }
            [b'\\', ..] => return Err("a backslash begins `\\\"`, `\\\\` or `\\xNN`".to_owned()),
            [byte @ b' '..=b'~', rest @ ..] => (*byte, rest),
            [byte, ..] => return Err(format!("this byte is written as `\\x{byte:02x}`")),
        };
        input.push(byte);
    }
}

/// Writes each input into a file of its own, named by its SHA-1 as libFuzzer names them.
///
/// # Errors
/// The directory or a file cannot be written.
pub fn write_files(inputs: &Inputs, directory: &Path) -> io::Result<()> {
    fs::create_dir_all(directory).map_err(|error| at(directory, &error))?;
    for input in inputs {
        let name = base16ct::lower::encode_string(&Sha1::digest(input));
        let file = directory.join(name);
        fs::write(&file, input).map_err(|error| at(&file, &error))?;
    }
    Ok(())
}

/// Reads a directory of inputs, one a file.
///
/// # Errors
/// The directory or a file cannot be read.
pub fn read_files(directory: &Path) -> io::Result<Inputs> {
    let entries = fs::read_dir(directory).map_err(|error| at(directory, &error))?;
    entries
        .map(|entry| {
            let file = entry?.path();
            fs::read(&file).map_err(|error| at(&file, &error))
        })
        .collect()
}

/// The same error, with the path that it is about.
fn at(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
