//! Time windows and public URLs, several problems together, and the errors of `serve`.

use std::{collections::BTreeSet, time::Duration};

use webhook_runtime::{
    Delivery, Error, Secret, StartProblem, Webhooks, providers::GITHUB, webhook,
};

use crate::{
    BY_URL,
    common::{SECRET, router, webhooks},
    plain,
    secrets::in_code,
};

#[test]
fn a_tolerance_needs_a_time() {
    #[webhook(path = "/timeless", provider = GITHUB, tolerance = Duration::from_secs(60))]
    async fn timeless(_: &Delivery) {}
    let error = webhooks::<timeless>().into_router().expect_err("GitHub signs no time");
    let problem = StartProblem::UnusedTolerance { endpoint: "timeless", provider: "github" };
    assert_eq!(error.problems(), [problem]);
    assert_eq!(
        error.to_string(),
        "the webhooks cannot start: `timeless`: `tolerance` has no effect, because github signs \
         no time; remove it"
    );
}

#[test]
fn a_signed_url_needs_the_public_one() {
    #[webhook(path = "/by-url", provider = BY_URL)]
    async fn by_url(_: &Delivery) {}
    let error = webhooks::<by_url>().into_router().expect_err("which URL?");
    let problem = StartProblem::MissingPublicUrl { endpoint: "by_url", provider: "by-url" };
    assert_eq!(error.problems(), [problem]);
    assert_eq!(
        error.to_string(),
        "the webhooks cannot start: `by_url`: by-url needs the public URL; give it with \
         `Webhooks::public_url(\"https://…\")`"
    );
    for url in ["https://example.com", "https://example.com/", "http://[::1]:3000/prefix"] {
        assert!(webhooks::<by_url>().public_url(url).into_router().is_ok(), "{url}");
    }
    for (url, shown) in [
        ("", ""),
        ("example.com", "example.com"),
        ("//example.com", "//example.com"),
        ("https://", "https://"),
        ("ftp://example.com", "ftp://example.com"),
        ("https://example.com?a=b", "https://example.com?…"),
        ("https://example.com#here", "https://example.com#…"),
        ("https://example.com/ ", "https://example.com/ "),
        ("https://{host}", "https://{host}"),
        ("https://me:password@{host}", "https://…@{host}"),
    ] {
        let error = webhooks::<by_url>().public_url(url).into_router().expect_err(url);
        assert_eq!(error.problems(), [StartProblem::InvalidPublicUrl { url: shown.to_owned() }]);
        assert_eq!(
            error.to_string(),
            format!(
                "the webhooks cannot start: the public URL {shown:?} is not of the form \
                 https://host, with a path prefix if a proxy removes one"
            )
        );
    }
}

#[test]
fn problems_of_every_kind_are_listed_together() {
    #[webhook(path = "/plain", tolerance = Duration::from_secs(60))]
    async fn second(_: &Delivery) {}
    #[webhook(path = "/third", provider = BY_URL)]
    async fn third(_: &Delivery) {}
    let error = Webhooks::<()>::new()
        .public_url("example.com")
        .mount::<plain>()
        .secrets::<plain>([Secret::new("").with_name("FIRST")])
        .mount::<second>()
        .mount::<third>()
        .secrets::<third>([Secret::new(SECRET)])
        .secrets::<in_code>([Secret::new(SECRET)])
        .into_router()
        .expect_err("nearly everything");
    let endpoints: Vec<_> = error.problems().iter().map(ToString::to_string).collect();
    assert_eq!(error.problems().len(), 6, "{endpoints:#?}");
    let distinct: BTreeSet<_> = endpoints.iter().collect();
    assert_eq!(distinct.len(), 6, "no problem is told twice");
    let text = error.to_string();
    assert!(text.starts_with("the webhooks cannot start, for 6 reasons:\n  - "), "{text}");
    assert!(endpoints.iter().all(|problem| text.contains(problem)), "{text}");
    assert_eq!(format!("{error:?}"), text, "what a `main` that returns it prints");
}

/// Two functions of one name, in two modules, are two endpoints.
#[test]
fn functions_of_one_name_are_told_apart() {
    mod one {
        use super::{Delivery, webhook};
        #[webhook(path = "/one", secret_env = "T_NEVER_SET")]
        pub(super) async fn hook(_: &Delivery) {}
    }
    mod two {
        use super::{Delivery, webhook};
        #[webhook(path = "/two")]
        pub(super) async fn hook(_: &Delivery) {}
    }
    let error = Webhooks::<()>::new()
        .mount::<one::hook>()
        .mount::<two::hook>()
        .into_router()
        .expect_err("neither has a secret");
    assert_eq!(
        error.problems(),
        [
            StartProblem::MissingVariable { endpoint: "hook", variable: "T_NEVER_SET" },
            StartProblem::MissingSecret { endpoint: "hook" },
        ]
    );
}

#[test]
fn mounting_nothing_is_no_error() {
    assert!(Webhooks::<()>::new().into_router().is_ok());
    drop(router::<in_code>());
}

#[tokio::test]
async fn serve_reports_start_problems() {
    let error = Webhooks::new().mount::<in_code>().serve("127.0.0.1:0").await;
    let Err(Error::Start(start)) = &error else { panic!("{error:?}") };
    assert_eq!(start.problems(), [StartProblem::MissingSecret { endpoint: "in_code" }]);
    let text = start.to_string();
    let error = error.expect_err("as above");
    assert_eq!((error.to_string(), format!("{error:?}")), (text.clone(), text));
}

#[tokio::test]
async fn serve_names_the_address_in_use() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("its address");
    let error = webhooks::<in_code>().serve(address).await.expect_err("it is taken");
    let text = error.to_string();
    assert!(text.starts_with(&format!("cannot listen on {address}: ")), "{text}");
    assert!(std::error::Error::source(&error).is_some());

    let error = webhooks::<in_code>().serve("127.0.0.1").await.expect_err("there is no port");
    assert!(error.to_string().starts_with("cannot listen"), "{error}");
}
