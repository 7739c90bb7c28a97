//! Recordings of deliveries: a file for each, with its exact body.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
    time::SystemTime,
};

use webhook_runtime::{Provider, providers};

use crate::{
    capture::{Capture, to_http},
    clock::unix_millis,
    credentials::{MASK, mask_query, secret_parameters, sends_secret},
    explain,
};

/// The headers that hold credentials, besides those of providers that send the secret itself.
const CREDENTIALS: [&str; 6] =
    ["authorization", "cookie", "proxy-authorization", "set-cookie", "x-api-key", "x-auth-token"];

/// A directory with a file for each delivery.
pub(crate) struct Recorder {
    directory: PathBuf,
    keeps_credentials: bool,
    count: AtomicU64,
}

impl Recorder {
    pub(crate) fn create(directory: PathBuf, keeps_credentials: bool) -> io::Result<Self> {
        fs::create_dir_all(&directory)?;
        Ok(Self { directory, keeps_credentials, count: AtomicU64::new(0) })
    }

    /// Writes a delivery, as an HTTP message. Files sort by the time of arrival.
    pub(crate) fn record(
        &self,
        capture: &Capture,
        told: &[&'static Provider],
    ) -> io::Result<PathBuf> {
        let mut capture = capture.clone();
        if !self.keeps_credentials {
            mask(&mut capture, told);
        }
        let millis = unix_millis(SystemTime::now());
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let file = self.directory.join(format!("{millis}-{number:06}.http"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        // Deliveries are nobody else's business.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&file)?.write_all(&to_http(&capture))?;
        Ok(file)
    }
}

fn mask(capture: &mut Capture, told: &[&'static Provider]) {
    let with_secret = providers::ALL.iter().filter(|provider| sends_secret(provider));
    let names: Vec<String> = with_secret.flat_map(|it| explain::signature_names(it)).collect();
    for (name, value) in &mut capture.headers {
        let is = |known: &str| name.eq_ignore_ascii_case(known);
        if CREDENTIALS.into_iter().any(is) || names.iter().any(|known| is(known)) {
            *value = MASK.into();
        }
    }
    // Anybody's delivery may arrive if no provider is named.
    let told = if told.is_empty() { providers::ALL } else { told };
    let parameters: Vec<String> = told.iter().flat_map(|it| secret_parameters(it)).collect();
    capture.target = mask_query(&capture.target, &parameters);
    if is_signed(capture, told) {
        return;
    }
    let places: Vec<_> = told.iter().flat_map(|it| it.credentials(&capture.body)).collect();
    for place in places {
        // The length stays, for the headers that tell it.
        capture.body.get_mut(place).unwrap_or_default().fill(b'*');
    }
}

/// True if a delivery still has a signature of one of the providers, so that its body must stay as it
/// is.
fn is_signed(capture: &Capture, by: &[&'static Provider]) -> bool {
    let signers = by.iter().filter(|provider| !sends_secret(provider));
    signers
        .flat_map(|it| explain::signature_names(it))
        .any(|name| capture.header(&name).is_some_and(|it| it != MASK))
}

#[cfg(test)]
mod tests {
    use webhook_runtime::providers::{EVENT_GRID, GITHUB, LARK, MICROSOFT_GRAPH};

    use super::*;

    #[test]
    fn credentials_are_masked() {
        let header = |name: &str| (name.to_owned(), b"canary".to_vec());
        let mut capture = Capture {
            target: "/a?code=canary&b=1".into(),
            headers: ["Authorization", "cookie", "X-Gitlab-Token", "X-Hub-Signature-256"]
                .map(header)
                .to_vec(),
            ..Capture::default()
        };
        let unmasked = capture.clone();
        mask(&mut capture, &[&EVENT_GRID]);
        assert_eq!(capture.target, "/a?code=***&b=1");
        // Nobody knows what `code` is to the provider that is named.
        let mut other = unmasked.clone();
        mask(&mut other, &[&GITHUB]);
        assert_eq!(other.target, unmasked.target);
        let mut unknown =
            Capture { target: "/a?hub%2Everify_token=canary&code=canary".into(), ..unmasked };
        mask(&mut unknown, &[]);
        assert_eq!(unknown.target, "/a?hub%2Everify_token=***&code=***");
        let kept: Vec<_> = capture.headers.iter().filter(|(_, value)| value == b"canary").collect();
        assert_eq!(kept, [&header("X-Hub-Signature-256")]);
    }
    #[test]
    fn credentials_in_bodies_are_masked() {
        let masked = |body: &str, told: &[&'static Provider], headers: &[&str]| {
            let mut capture = Capture {
                body: body.into(),
                headers: headers.iter().map(|it| ((*it).to_owned(), b"a".to_vec())).collect(),
                ..Capture::default()
            };
            mask(&mut capture, told);
            String::from_utf8(capture.body).expect("text")
        };
        let challenge = r#"{"type":"url_verification","challenge":"c","token":"canary"}"#;
        let notified = r#"{"value":[{"clientState":"canary"},{"clientState":"canary"}]}"#;
        for (provider, body) in [(&LARK, challenge), (&MICROSOFT_GRAPH, notified)] {
            let expected = body.replace("canary", "******");
            assert_eq!(masked(body, &[provider], &[]), expected);
            assert_eq!(masked(body, &[], &["content-type", "authorization"]), expected);
            assert_eq!(masked(body, &[&GITHUB], &[]), body);
            // A signature covers the body, but not that of somebody else.
            assert_eq!(masked(body, &[], &["x-slack-signature"]), body);
            assert_eq!(masked(body, &[provider], &["x-slack-signature"]), expected);
        }
        let other = r#"{"type":"other","challenge":"c","token":"7"}"#;
        assert_eq!(masked(other, &[&LARK], &[]), other);
    }
}
