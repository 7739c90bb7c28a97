//! URLs without their secrets, for error messages.

/// The URL with `…` in place of user and password, query and fragment, which may be secret.
pub(crate) fn shown_url(url: &str) -> String {
    // A password that is not escaped may contain any character: the last `@` ends it.
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) => (format!("{scheme}://"), rest),
        _ => (String::new(), url),
    };
    let (user, host) = match rest.rsplit_once('@') {
        Some((_, host)) => ("…@", host),
        None => ("", rest),
    };
    match host.find(['?', '#']) {
        Some(at) => format!("{scheme}{user}{}…", &host[..=at]),
        None => format!("{scheme}{user}{host}"),
    }
}

fn is_scheme(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_left_out() {
        for (url, redacted) in [
            ("postgres://me:canary@host:5432/db?password=canary", "postgres://…@host:5432/db?…"),
            ("postgres://me:can/ary@canary@host/db", "postgres://…@host/db"),
            ("postgres://me:can?ary#canary@host/db", "postgres://…@host/db"),
            ("postgres://host/db", "postgres://host/db"),
            ("sqlite://inbox.db?mode=rwc", "sqlite://inbox.db?…"),
            ("me:canary@host/db", "…@host/db"),
            ("me:canary://canary@host/db", "…@host/db"),
            ("https://host/#canary", "https://host/#…"),
            ("", ""),
        ] {
            assert_eq!(shown_url(url), redacted);
        }
    }
}
