//! The corpora of the fuzz targets, judged again by any compiler, and the files that hold them: see
//! `fuzz/`.

#![allow(clippy::unwrap_used, reason = "a test fails by it")]

use std::{fs, path::Path};

use webhook_fuzz::corpus::{self, Inputs};

#[test]
fn every_corpus_input_is_judged_as_before() {
    for (name, judge) in webhook_fuzz::TARGETS {
        assert!(webhook_fuzz::replay(name, judge, usize::MAX) > 0, "{name} has no corpus");
    }
}

#[test]
fn every_corpus_is_as_the_tool_packs_it() {
    for (name, _) in webhook_fuzz::TARGETS {
        let found = fs::read_to_string(corpus::file(name)).unwrap();
        let packed = corpus::pack(name, &corpus::read(name).unwrap());
        for (at, (found, packed)) in found.lines().zip(packed.lines()).enumerate() {
            assert_eq!(found, packed, "{name}.txt:{}: unpack and pack it", at + 1);
        }
        assert_eq!(found.lines().count(), packed.lines().count(), "{name}: unpack and pack it");
    }
}

#[test]
fn any_bytes_survive_packing() {
    let mut inputs = awkward();
    let packed = corpus::pack("any", &inputs);
    assert!(packed.bytes().all(|byte| byte == b'\n' || (b' '..=b'~').contains(&byte)));
    assert_eq!(corpus::unpack(packed.as_bytes()).unwrap(), inputs);
    // Git may have written the ends of lines that Windows uses, and the last may be missing.
    assert_eq!(corpus::unpack(packed.replace('\n', "\r\n").as_bytes()).unwrap(), inputs);
    assert_eq!(corpus::unpack(packed.trim_end().as_bytes()).unwrap(), inputs);

    inputs.clear();
    assert_eq!(corpus::unpack(corpus::pack("any", &inputs).as_bytes()).unwrap(), inputs);
}

#[test]
fn any_bytes_survive_files() {
    let directory = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpora");
    if directory.exists() {
        fs::remove_dir_all(&directory).unwrap();
    }
    let mut inputs = awkward();
    // Thousands of pairs would take seconds on a slow disk.
    inputs.retain(|input| input.len() != 2);
    // A second time, nothing is doubled.
    for _ in 0..2 {
        corpus::write_files(&inputs, &directory).unwrap();
        assert_eq!(corpus::read_files(&directory).unwrap(), inputs);
        assert_eq!(fs::read_dir(&directory).unwrap().count(), inputs.len());
    }
    // As libFuzzer names it.
    let empty = directory.join("da39a3ee5e6b4b0d3255bfef95601890afd80709");
    assert_eq!(fs::read(empty).unwrap(), b"");
}

#[test]
fn lines_are_readable_and_sorted() {
    let inputs = Inputs::from([b"b\0\xff\n".to_vec(), br#"a "\x00""#.to_vec(), vec![]]);
    let packed = corpus::pack("any", &inputs);
    let lines: Vec<_> = packed.lines().filter(|line| line.starts_with('"')).collect();
    assert_eq!(lines, [r#""""#, r#""a \"\\x00\"""#, r#""b\x00\xff\x0a""#]);
    // Written by hand, in any order and twice.
    let text = b"\n# A comment\n\"b\\x00\\xFF\\x0A\"\n\"\"\n\"a \\\"\\\\x00\\\"\"\n\"\"\n";
    assert_eq!(corpus::unpack(text).unwrap(), inputs);
}

#[test]
fn bad_lines_are_named() {
    let cases: [(&[u8], &str); 11] = [
        (b"plain", "line 2: an input begins with a quote"),
        (b" \"a\"", "line 2: an input begins with a quote"),
        (b"\"", "line 2: the closing quote is missing"),
        (b"\"a\\\"", "line 2: the closing quote is missing"),
        (b"\"a\" ", "line 2: text after the closing quote"),
        (b"\"\\n\"", "line 2: a backslash begins `\\\"`, `\\\\` or `\\xNN`"),
        (b"\"\\x\"", "line 2: a backslash begins `\\\"`, `\\\\` or `\\xNN`"),
        (b"\"\\x4\"", "line 2: `\\x` takes two hexadecimal digits"),
        (b"\"\\x+1\"", "line 2: `\\x` takes two hexadecimal digits"),
        (b"\"\t\"", "line 2: this byte is written as `\\x09`"),
        (b"\"\xc3\xa9\"", "line 2: this byte is written as `\\xc3`"),
    ];
    for (line, message) in cases {
        let text = [b"\"good\"\n", line, b"\n\"good\"\n"].concat();
        assert_eq!(corpus::unpack(&text).unwrap_err().to_string(), message);
    }
}

/// Every byte alone, beside each byte that means something, and all together; and texts that could be
/// mistaken for the format.
fn awkward() -> Inputs {
    let bytes = || 0..=u8::MAX;
    let mut inputs: Inputs = bytes().map(|byte| vec![byte]).collect();
    for first in [0, b'\n', b'\r', b'"', b'#', b'\\', b'x', 0xc3, 0xff] {
        inputs.extend(bytes().flat_map(|second| [vec![first, second], vec![second, first]]));
    }
    inputs.insert(bytes().collect());
    inputs.insert(bytes().rev().cycle().take(100_000).collect());
    for text in ["", "\\x00", "\\\\x00", "\"\"", "# no comment", " a ", "a\r\n\r\nb\n", "é\u{feff}"]
    {
        inputs.insert(text.into());
    }
    inputs
}
