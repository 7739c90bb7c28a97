//! The texts of the program: help, tables, verdicts, errors and exit codes.

/// The texts are those of a program with all features.
/// `TRYCMD=overwrite cargo test -p webhook-cli --test terminal` accepts new texts.
#[cfg(feature = "inbox")]
#[test]
fn commands_say_what_is_written_down() {
    trycmd::TestCases::new()
        .env("STRIPE_SECRET", "whsec_9eXkq0")
        .env("OTHER_SECRET", "whsec_another")
        .env("AIRTABLE_SECRET", "bjIzT1lkM1dqZ2ZkS0xTOGVXcTFOQXpYYzRIdTdUbTA=")
        .env("COLUMNS", "100")
        .case("tests/cmd/*.trycmd");
}
