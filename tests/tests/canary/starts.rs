//! Start errors about unusable secrets, verify tokens and URLs.

use webhook_runtime::{Error, Provider, Secret, StartError, Webhooks, providers::ALL};

use super::{
    receiver::{Any, Heard, Misfits, Stored, choose},
    recorder,
    scanner::Scanner,
    sender::Sender,
};

const TOKEN: &str = "canary-verify-token-\"/+=&é-55d0b9f1";
const PASSWORD: &str = "canary-password-of-the-url-1f6e08c2";

/// Invalid secrets that contain a canary.
fn wrong(secret: &Secret) -> Vec<Secret> {
    let text = String::from_utf8_lossy(secret.expose()).into_owned();
    vec![
        Secret::new(format!(" {text}")).with_name("FIRST"),
        Secret::new(format!("{text}\n")).with_name("SECOND"),
        Secret::new(format!("!{text}")).with_name("THIRD"),
        Secret::new(format!("{text}=")).with_name("FOURTH"),
        Secret::new(format!("-----BEGIN PUBLIC KEY-----\n{text}\n")).with_name("FIFTH"),
        Secret::from_key(text.clone().into_bytes()).with_name("SIXTH"),
        Secret::new("").with_name("BLANK"),
        Secret::new(text).with_name("GOOD"),
    ]
}

fn mistaken(provider: &'static Provider, secrets: Vec<Secret>) -> StartError {
    choose(provider);
    Webhooks::<Heard>::new()
        .mount::<Any>()
        // The same path again, and no inbox.
        .mount::<Stored>()
        .secrets::<Any>(secrets.clone())
        // This one is not mounted.
        .secrets::<Misfits>(secrets)
        .verify_token::<Any>(Secret::new(format!("\n{TOKEN}")))
        .verify_token::<Misfits>(Secret::new(TOKEN))
        .public_url(format!("https://user:{PASSWORD}@hooks.test/?token={PASSWORD}"))
        .into_router()
        .expect_err("much is wrong with it")
}

#[test]
fn start_errors_leak_no_secrets() {
    let mark = recorder::listen();
    let mut all = Scanner::new();
    let mut problems = 0;
    for provider in ALL {
        let sender = Sender::new(provider);
        let mut scanner = sender.scanner();
        scanner.add("the verify token", TOKEN);
        scanner.add("the password of the URL", PASSWORD);
        for secrets in wrong(&sender.older)
            .into_iter()
            .map(|secret| vec![secret])
            .chain([wrong(&sender.older)])
        {
            scanner.add("the older secret", sender.older.expose());
            let error = mistaken(provider, secrets);
            problems += error.problems().len();
            let text = format!("{error} {error:?} {error:#?} {:#?}", error.problems());
            scanner.asserts_silence(provider.name(), text);
            let error = Error::from(error);
            let source = std::error::Error::source(&error);
            scanner.asserts_silence(provider.name(), format!("{error} {error:?} {source:?}"));
        }
        all.add(provider.name(), sender.older.expose());
    }
    println!("{problems} problems");
    assert!(problems > 1000, "{problems}");
    all.asserts_silence("what is written", mark.since());
}

#[test]
fn invalid_urls_leak_no_passwords() {
    let mut scanner = Scanner::new();
    scanner.add("the password", PASSWORD);
    choose(&webhook_runtime::providers::SQUARE);
    for url in [
        format!("user:{PASSWORD}@hooks.test"),
        format!("https://user:{PASSWORD}@hooks.test#"),
        format!("ftp://user:{PASSWORD}@hooks.test/prefix"),
        format!("https://user:{PASSWORD}/@hooks.test?"),
        format!("https://user:a?b{PASSWORD}@hooks.test"),
        format!("https://user:a#b{PASSWORD}@hooks.test"),
        format!("https://user:a b{PASSWORD}@hooks.test"),
        format!("https://hooks.test/?token={PASSWORD}"),
        format!("https://hooks.test/#{PASSWORD}"),
    ] {
        let error = Webhooks::<Heard>::new().mount::<Any>().public_url(&url).into_router();
        let error = error.expect_err("it is no URL that a program can have");
        let text = format!("{error} {:?}", error.problems());
        assert!(text.contains("the public URL"), "{url}: {text}");
        scanner.asserts_silence(&url, text);
    }
}
