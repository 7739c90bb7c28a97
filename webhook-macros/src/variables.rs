//! Checks of the names of environment variables.

/// The prefixes of secrets that providers issue.
const SECRET_PREFIXES: [&str; 6] = ["whsec_", "whpk_", "whsk_", "sk_", "v1,", "v1a,"];

/// Checks one name. `example` is the option with a right one.
pub(crate) fn check(name: &str, example: &str) -> Result<(), String> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mistake = if name.trim().is_empty() {
        format!("the name of an environment variable cannot be empty: `{example}`")
    } else if looks_like_a_secret(name) {
        format!(
            "this looks like the secret itself: keep it out of the source code, put it in an \
             environment variable and write the name of the variable: `{example}`"
        )
    } else if !name.chars().all(word) || name.starts_with(|c: char| c.is_ascii_digit()) {
        format!(
            "not the name of an environment variable: `{example}`\n\
             a name has letters, digits and `_` only; if this is the secret itself, keep it out of \
             the source code"
        )
    } else {
        return Ok(());
    };
    Err(mistake)
}

/// The names in a text such as `A, B`, if there are several.
pub(crate) fn several(text: &str) -> Option<Vec<&str>> {
    let names: Vec<&str> = text.split([',', ';', ' ']).filter(|name| !name.is_empty()).collect();
    (names.len() > 1 && names.iter().all(|name| check(name, "").is_ok())).then_some(names)
}

fn looks_like_a_secret(name: &str) -> bool {
    SECRET_PREFIXES.iter().any(|prefix| name.starts_with(prefix)) || name.split('_').any(is_random)
}

/// True for a long mix of letters and digits without a `_`, which gives names their structure, and for
/// hex digits.
fn is_random(word: &str) -> bool {
    let has = |wanted: fn(&char) -> bool| word.chars().any(|letter| wanted(&letter));
    let is_mixed = has(char::is_ascii_digit) && has(char::is_ascii_lowercase);
    word.len() >= 20 && (is_mixed || word.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

#[cfg(test)]
mod tests {
    use super::{check, several};

    #[test]
    fn names_are_no_secrets() {
        for name in [
            "SECRET",
            "stripe_webhook_secret_2",
            "github_webhook_secret_production_2026",
            "STRIPEWEBHOOKSECRET2OLD",
            "DEADBEEF_SECRET",
            "_",
            "a",
        ] {
            assert_eq!(check(name, "secret_env = \"S\""), Ok(()), "{name}");
        }
    }

    #[test]
    fn secrets_are_no_names() {
        for secret in [
            "ABCDEF0123456789ABCDEF0123456789",
            "abcdefabcdefabcdefabcdef",
            "01234567890123456789",
            "4f9c1d7ab2e8463f0d5c9e7712ab34cd",
            "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
            "sk_live_1",
            "q3_Zk9LmPqRsTuVwXyZaBcDeFgHiJk",
        ] {
            let mistake = check(secret, "secret_env = \"S\"").expect_err(secret);
            assert!(mistake.contains("the secret itself"), "{secret}: {mistake}");
        }
    }

    #[test]
    fn a_list_in_a_text_is_several_names() {
        assert_eq!(several("A,B"), Some(vec!["A", "B"]));
        assert_eq!(several("A, B;C"), Some(vec!["A", "B", "C"]));
        assert_eq!(several("A"), None);
        assert_eq!(several("A,4"), None);
    }
}
