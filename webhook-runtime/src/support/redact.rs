//! URLs as they may be shown: what is secret about one stands in it, and mistakes are told by it.

/// A URL with `…` in the place of what may be secret in it: user and password, query and fragment.
pub(crate) fn shown_url(url: &str) -> String {
    // A password that was not escaped may have any mark in it: the last `@` ends it.
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
    fn no_password_is_shown() {
        for (url, shown) in [
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
            assert_eq!(shown_url(url), shown);
        }
    }
}
