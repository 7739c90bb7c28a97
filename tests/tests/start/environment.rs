//! Secrets from the environment.

use std::ffi::OsString;

use crate::{CANARY, start};

#[test]
fn a_set_secret_starts() {
    assert_eq!(start("plain", &[("T_PLAIN", CANARY.as_ref())]), "");
    let both = [("T_PLAIN", "new".as_ref()), ("T_PLAIN_OLD", "old".as_ref())];
    assert_eq!(start("plain", &both), "");
}

#[test]
fn the_first_variable_is_required() {
    let text = "the webhooks cannot start: `plain`: the environment variable T_PLAIN is not set";
    assert_eq!(start("plain", &[]), text);
    assert_eq!(start("plain", &[("T_PLAIN_OLD", CANARY.as_ref())]), text);
}

#[test]
fn a_blank_variable_is_an_error() {
    for blank in ["", " ", "\n", "\t\r\n", "\u{a0}"] {
        assert_eq!(
            start("plain", &[("T_PLAIN", blank.as_ref())]),
            "the webhooks cannot start: `plain`: the secret T_PLAIN is blank, and a blank secret \
             lets everybody sign",
            "{blank:?}"
        );
        // The old secret may be missing, but not blank.
        let both = [("T_PLAIN", CANARY.as_ref()), ("T_PLAIN_OLD", blank.as_ref())];
        assert_eq!(
            start("plain", &both),
            "the webhooks cannot start: `plain`: the secret T_PLAIN_OLD is blank, and a blank \
             secret lets everybody sign",
            "{blank:?}"
        );
    }
}

/// A line break at the end, as in a mounted file. `export SECRET="$(cat file)"` strips it.
#[test]
fn white_space_around_a_variable_is_an_error() {
    for padded in [format!("{CANARY}\n"), format!(" {CANARY}"), format!("{CANARY}\r\n")] {
        assert_eq!(
            start("plain", &[("T_PLAIN", padded.as_ref())]),
            "the webhooks cannot start: `plain`: the secret T_PLAIN begins or ends with white \
             space; remove it",
            "{padded:?}"
        );
    }
    assert_eq!(start("plain", &[("T_PLAIN", "two words".as_ref())]), "", "inside it may be");
}

#[cfg(unix)]
#[test]
fn a_non_unicode_variable_is_an_error() {
    use std::os::unix::ffi::OsStringExt as _;
    let bytes = OsString::from_vec([CANARY.as_bytes(), &[0xff]].concat());
    assert_eq!(
        start("plain", &[("T_PLAIN", &bytes)]),
        "the webhooks cannot start: `plain`: the environment variable T_PLAIN is not UTF-8 text"
    );
}

#[test]
fn secrets_in_code_replace_the_environment() {
    assert_eq!(start("secrets in code", &[]), "");
    assert_eq!(start("secrets in code", &[("T_PLAIN", "".as_ref())]), "");
}

#[test]
fn all_problems_are_listed_without_secrets() {
    let text = start(
        "five",
        &[
            ("T_PLAIN_OLD", format!("{CANARY} ").as_ref()),
            ("T_GITHUB", "".as_ref()),
            ("T_HEX", CANARY.as_ref()),
            ("T_BASE64", format!("whsec_{CANARY}").as_ref()),
            ("T_BASIC", CANARY.as_ref()),
        ],
    );
    assert_eq!(
        text,
        "the webhooks cannot start, for 6 reasons:\n  \
         - `plain`: the environment variable T_PLAIN is not set\n  \
         - `plain`: the secret T_PLAIN_OLD begins or ends with white space; remove it\n  \
         - `github`: the secret T_GITHUB is blank, and a blank secret lets everybody sign\n  \
         - `hex_key`: the secret T_HEX is not hexadecimal\n  \
         - `base64_key`: the secret T_BASE64 is not base64\n  \
         - `basic`: the secret T_BASIC is not of the form user:password"
    );
}
