//! `webhook send` against endpoints of the runtime: deliveries and handshakes are accepted, forgeries
//! refused.

mod receiver;

use receiver::{secret, webhook};
use webhook_runtime::{
    Delivery, Provider, Secret, Webhooks,
    providers::{
        ADYEN, BITBUCKET_DATA_CENTER, CONTENTFUL, DROPBOX, EVENT_GRID, GITHUB, GITLAB, HUBSPOT,
        LINEAR, MAILGUN, MANDRILL, META, NOTION, OKTA, PADDLE, POSTMARK, SHOPIFY, SLACK, SQUARE,
        STANDARD_WEBHOOKS, STRIPE, TRELLO, TWILIO, TWITCH, TWITTER, XERO, ZOOM,
    },
    webhook as endpoint,
};

/// Mounts an endpoint for each provider, under its name.
macro_rules! endpoints {
    ($($name:ident $provider:ident $path:literal,)*) => {
        $(
            #[endpoint(path = $path, provider = $provider)]
            async fn $name(delivery: &Delivery) -> String {
                format!("{} bytes", delivery.body().len())
            }
        )*

        const PROVIDERS: &[&Provider] = &[$(&$provider),*];

        fn mounted(origin: &str) -> Webhooks {
            Webhooks::new().public_url(origin)
                $(.mount::<$name>().secrets::<$name>([Secret::new(secret($provider.name()))]))*
                .verify_token::<meta>(Secret::new(secret("meta")))
        }
    };
}

endpoints! {
    adyen ADYEN "/adyen",
    bitbucket BITBUCKET_DATA_CENTER "/bitbucket-data-center",
    contentful CONTENTFUL "/contentful",
    dropbox DROPBOX "/dropbox",
    event_grid EVENT_GRID "/azure-eventgrid",
    github GITHUB "/github",
    gitlab GITLAB "/gitlab-token",
    hubspot HUBSPOT "/hubspot-v3",
    linear LINEAR "/linear",
    mailgun MAILGUN "/mailgun",
    mandrill MANDRILL "/mandrill",
    meta META "/meta",
    notion NOTION "/notion",
    okta OKTA "/okta",
    paddle PADDLE "/paddle",
    postmark POSTMARK "/postmark",
    shopify SHOPIFY "/shopify",
    slack SLACK "/slack",
    square SQUARE "/square",
    standard STANDARD_WEBHOOKS "/standard-webhooks",
    stripe STRIPE "/stripe",
    trello TRELLO "/trello",
    twilio TWILIO "/twilio",
    twitch TWITCH "/twitch",
    twitter TWITTER "/twitter",
    xero XERO "/xero",
    zoom ZOOM "/zoom",
}

/// Serves the endpoints, and returns their origin.
fn serve() -> String {
    receiver::serve(|origin| mounted(origin).into_router().expect("the endpoints fit"))
}

/// The exit code of a request, and what was said.
fn send(origin: &str, provider: &Provider, more: &[&str]) -> (Option<i32>, String) {
    let name = provider.name();
    let to = format!("{origin}/{name}");
    let own = ["send", name, "--to", &to, "--secret-env", "TEST_SECRET"];
    let sent = webhook(&[&own[..], more].concat(), &secret(name));
    let said = [sent.stdout, sent.stderr].map(|text| String::from_utf8_lossy(&text).into_owned());
    (sent.status.code(), said.concat())
}

#[test]
fn endpoints_accept_deliveries_and_refuse_forgeries() {
    let origin = serve();
    for provider in PROVIDERS {
        let (code, said) = send(&origin, provider, &[]);
        assert_eq!(code, Some(0), "{}: {said}", provider.name());
        for forge in ["secret", "body", "signature", "header", "time", "id", "url"] {
            let (code, said) = send(&origin, provider, &["--forge", forge]);
            let is_impossible = code == Some(2) && said.contains("nothing to forge");
            let is_refused = code == Some(1) && said.contains("401");
            assert!(is_impossible || is_refused, "{} {forge}: {code:?} {said}", provider.name());
        }
    }
}

#[test]
fn endpoints_answer_handshakes() {
    let origin = serve();
    let mut answered = 0;
    // Notion hands over a secret, which needs a source that stores it.
    let others = PROVIDERS.iter().filter(|provider| provider.name() != "notion");
    for provider in others.filter(|provider| provider.has_handshakes()) {
        let (code, said) = send(&origin, provider, &["--handshake"]);
        assert_eq!(code, Some(0), "{}: {said}", provider.name());
        answered += 1;
    }
    assert!(answered > 8, "{answered}");
}
