//! `Debug` and `Display` of every public type that holds a secret, or a request with one.

use std::time::SystemTime;

use webhook_runtime::{
    BackgroundHandlers, Inbox, Secret, SecretError, SourceError, SystemClock, Webhook, Webhooks,
    inbox::{AttemptResult, Filter, NewDelivery},
    providers::ALL,
    scheme::{
        KeyEncoding, KeyRequest, RequestToSign, Scheme, SignError, SignedRequest, VerifyError,
    },
    testing::{TestClock, conformance::Target},
};

use super::{
    receiver::{self, Any, Heard, Stored},
    sender::{self, Letter, Sender},
};

#[test]
fn debug_of_verification_leaks_no_secrets() {
    let mut texts = 0;
    for provider in ALL {
        let sender = Sender::new(provider);
        let mut scanner = sender.scanner();
        if !sender::is_credential(provider)
            && let Some(expected) = sender.expected("/any", "")
            && expected.len() >= 12
        {
            scanner.add("a signature", expected);
        }
        let secrets = [sender.known.clone(), sender.older.clone().with_name("OLDER")];
        let mut shown = vec![
            format!("{secrets:?} {secrets:#?} {:?}", sender.known.name()),
            format!("{provider:?} {:?} {:?}", provider.scheme(), provider.scheme_info()),
        ];
        let verifier = provider.verifier(&secrets[..1]);
        shown.push(format!("{verifier:?} {verifier:#?}"));
        let letters = [sender.genuine("/any", ""), sender.forged("/any", "")];
        for Letter { method, target, headers, body } in &letters {
            let url = format!("{}{target}", sender::ORIGIN);
            let query = target.split_once('?').map_or("", |(_, query)| query);
            let incoming = SignedRequest { method, url: &url, headers, query, body };
            shown.push(format!("{incoming:?} {incoming:#?} {:?}", provider.key_request(&incoming)));
            let verdict = provider.verify(&secrets, &incoming, None, sender.now);
            shown.push(match &verdict {
                Ok(proof) => format!("{proof:?} {proof:#?}"),
                Err(error) => format!("{error} {error:?}"),
            });
            let outgoing = RequestToSign::new(body).url(&url).at(sender.now);
            let signed = provider.sign(sender.signing(), &outgoing);
            shown.push(format!("{outgoing:?} {signed:?} {signed:#?}"));
            if let Ok(signed) = &signed {
                shown.push(format!("{:?}", signed.headers));
            }
        }
        texts += shown.len();
        for text in shown {
            scanner.asserts_silence(provider.name(), text);
        }
    }
    println!("{texts} texts");
}

/// The other types, which do not depend on the provider.
#[tokio::test]
async fn debug_of_other_types_leaks_no_secrets() {
    let sender = Sender::new(&webhook_runtime::providers::GITHUB);
    let mut scanner = sender.scanner();
    let secret = String::from_utf8_lossy(sender.known.expose()).into_owned();
    let heard = Heard::default();
    let inbox = Inbox::builder("").open_in_memory().expect("it can be opened");
    let hooks = receiver::webhooks(&sender, &heard)
        .mount::<Any>()
        .secrets::<Any>([sender.known.clone()])
        .verify_token::<Any>(sender.older.clone());
    let late: BackgroundHandlers = hooks.background_handlers();
    let hooks = hooks.test(heard.clone());
    let answer = hooks.send(sender.genuine("/any", "").with("x-do", "fail").request()).await;
    let subject = Target::service(hooks.router().clone(), sender.provider, sender.known, "/any")
        .verify_token(sender.older.clone())
        .older_secret(sender.older);
    let new = NewDelivery::new("any", "github", secret.clone(), secret.clone(), SystemTime::now());
    let enqueued = inbox.enqueue(new).await.expect("it is stored");
    let records = inbox.list(Filter::all()).collect().await.expect("it lists");
    let mut texts = vec![
        format!("{hooks:?} {hooks:#?} {answer:?} {answer:#?} {subject:?} {late:?}"),
        format!("{:?} {:?}", hooks.verify_token::<Any>(), hooks.clock()),
        format!("{inbox:?} {enqueued:?} {records:?} {:?}", inbox.stats().await),
        format!(
            "{:?} {:?}",
            <Any as Webhook<Heard>>::endpoint(),
            <Stored as Webhook<_>>::endpoint()
        ),
        format!("{:?} {SystemClock:?} {:?}", Filter::all().endpoint("any"), TestClock::default()),
        format!("{:?} {:?}", KeyRequest::Id("a-key".to_owned()), AttemptResult::Completed),
        format!("{:?}", webhook_runtime::HttpsKeys::new()),
    ];
    for error in [
        SecretError::Blank,
        SecretError::SurroundingWhitespace,
        SecretError::Malformed("hexadecimal"),
    ] {
        texts.push(format!("{error} {error:?} {}", VerifyError::InvalidSecret(error)));
        texts.push(format!("{} {:?}", SignError::Secret(error), SignError::Secret(error)));
    }
    texts.push(format!("{:?} {}", SourceError::NotFound, SourceError::unavailable("why")));
    // Secrets in the wrong format for each.
    for (scheme, name) in [
        (Scheme::hmac_sha256().header("x-a").key(KeyEncoding::Hex), "hex"),
        (Scheme::hmac_sha256().header("x-a").key(KeyEncoding::Base64), "base64"),
        (Scheme::standard_webhooks(), "standard"),
        (Scheme::ed25519().header("x-a"), "ed25519"),
        (Scheme::ecdsa_p256().header("x-a"), "p256"),
        (Scheme::rsa_sha256().header("x-a"), "rsa"),
        (Scheme::token().header("x-a"), "token"),
        (Scheme::basic_auth(), "basic"),
    ] {
        let provider = webhook_runtime::Provider::new(name, scheme);
        for text in [format!("!{secret}"), format!("{secret}\n{secret}"), String::new()] {
            let wrong = Secret::new(text);
            let signed = provider.sign(&wrong, &RequestToSign::new(b"{}"));
            let verifier = provider.verifier(std::slice::from_ref(&wrong));
            texts.push(format!("{signed:?} {verifier:?} {wrong:?}"));
        }
    }
    scanner.add("the secret, as it is compared", &secret);
    for text in texts {
        scanner.asserts_silence("a Debug", text);
    }
    let _ = Webhooks::<()>::new();
}
