//! Unpacks the corpus of a fuzz target into files, one an input, as libFuzzer reads and writes them;
//! and packs such files into the corpus.

use std::{
    env, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

use webhook_fuzz::{
    TARGETS,
    corpus::{self, Inputs},
};

const USAGE: &str = "\
corpus unpack TARGET [DIR]     writes each input of fuzz/corpus/TARGET.txt into a file of DIR
corpus pack TARGET [DIR...]    replaces fuzz/corpus/TARGET.txt with the inputs in the DIRs
Without a DIR, it is fuzz/corpus/TARGET.";

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    let done = match arguments[..] {
        ["unpack" | "pack", target, ..] if !is_target(target) => {
            let names = TARGETS.map(|(name, _)| name).join(", ");
            Err(io::Error::other(format!("no target `{target}`: there are {names}")))
        }
        ["unpack", target] => unpack(target, &corpus::directory(target)),
        ["unpack", target, directory] => unpack(target, Path::new(directory)),
        ["pack", target] => pack(target, &[corpus::directory(target)]),
        ["pack", target, ref directories @ ..] => {
            pack(target, &directories.iter().map(PathBuf::from).collect::<Vec<_>>())
        }
        _ => Err(io::Error::other(USAGE)),
    };
    match done {
        Ok(done) => {
            println!("{done}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn is_target(target: &str) -> bool {
    TARGETS.iter().any(|(name, _)| *name == target)
}

fn unpack(target: &str, directory: &Path) -> io::Result<String> {
    let inputs = corpus::read(target)?;
    corpus::write_files(&inputs, directory)?;
    let others = corpus::read_files(directory)?.len() - inputs.len();
    Ok(format!("{}: {} inputs, beside {others} others", directory.display(), inputs.len()))
}

fn pack(target: &str, directories: &[PathBuf]) -> io::Result<String> {
    let mut inputs = Inputs::new();
    for directory in directories {
        inputs.append(&mut corpus::read_files(directory)?);
    }
    if inputs.is_empty() {
        return Err(io::Error::other("no inputs: the corpus stays as it is"));
    }
    let before = match corpus::read(target) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Inputs::new(),
        before => before?,
    };
    corpus::write(target, &inputs)?;
    Ok(format!(
        "{}: {} inputs, {} new, {} removed",
        corpus::file(target).display(),
        inputs.len(),
        inputs.difference(&before).count(),
        before.difference(&inputs).count(),
    ))
}
