//! Colours: in a terminal, unless `NO_COLOR` is set.

mod receiver;

use receiver::command;

/// The verdict about a forged request.
fn verdict(variables: &[(&str, &str)]) -> String {
    let request = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cmd/requests/forged.http");
    let arguments = ["verify", "github", "--request", request, "--secret-env", "TEST_SECRET"];
    let mut command = command(&arguments, "s3cret");
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE"] {
        command.env_remove(name);
    }
    let output = command.envs(variables.iter().copied()).output().expect("it runs");
    String::from_utf8(output.stdout).expect("text")
}

#[test]
fn a_pipe_gets_no_colours() {
    assert!(verdict(&[]).starts_with("refused "), "{}", verdict(&[]));
}

#[test]
fn colours_can_be_forced_and_forbidden() {
    let forced = verdict(&[("CLICOLOR_FORCE", "1")]);
    assert!(forced.starts_with("\u{1b}[1m\u{1b}[31mrefused\u{1b}[0m "), "{forced:?}");
    let both = verdict(&[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]);
    assert!(!both.contains('\u{1b}'), "{both:?}");
}
