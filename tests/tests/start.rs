//! What keeps webhooks from starting: every problem at once, each by its name, and nothing secret
//! in any of them.
//!
//! A process cannot safely change its own environment, so these tests run themselves once more
//! with the environment that they are about.

mod common;

use std::{
    collections::BTreeSet,
    env,
    ffi::{OsStr, OsString},
    process::Command,
    time::Duration,
};

use axum::Router;
use common::{SECRET, router, webhooks};
use webhook_runtime::{
    Delivery, Error, Provider, Secret, SecretError, StartError, StartProblem, Webhooks,
    providers::GITHUB,
    scheme::{KeyEncoding, Scheme},
    webhook,
};

/// What a secret of these tests contains, so that it is found wherever it should not be.
const CANARY: &str = "c0ffee-canary";

const HEX_KEY: Provider =
    Provider::new("hex-key", Scheme::hmac_sha256().header("x-sig").hex().key(KeyEncoding::Hex));
const BASE64_KEY: Provider = Provider::new(
    "base64-key",
    Scheme::hmac_sha256().header("x-sig").hex().key(KeyEncoding::PrefixedBase64("whsec_")),
);
const BASIC: Provider = Provider::new("basic", Scheme::basic_auth());
const BY_URL: Provider =
    Provider::new("by-url", Scheme::hmac_sha256().header("x-sig").hex().signed("{url}{body}"));
const PAIRED: Provider =
    Provider::new("paired", Scheme::hmac_sha256().paired_headers(&["x-sig-1", "x-sig-2"]).hex());

#[webhook(path = "/plain", secret_env = ["T_PLAIN", "T_PLAIN_OLD"])]
async fn plain(_: &Delivery) {}

#[webhook(path = "/github", provider = GITHUB, secret_env = "T_GITHUB")]
async fn github(_: &Delivery) {}

#[webhook(path = "/hex", provider = HEX_KEY, secret_env = "T_HEX")]
async fn hex_key(_: &Delivery) {}

#[webhook(path = "/base64", provider = BASE64_KEY, secret_env = "T_BASE64")]
async fn base64_key(_: &Delivery) {}

#[webhook(path = "/basic", provider = BASIC, secret_env = "T_BASIC")]
async fn basic(_: &Delivery) {}

/// No `secret_env`: the secrets are to be given in code.
#[webhook(path = "/in-code")]
async fn in_code(_: &Delivery) {}

// ---- a start in an environment ----

type Start = fn() -> Result<Router, StartError>;

/// What can be started in a process of its own.
const STARTS: [(&str, Start); 3] = [
    ("plain", || Webhooks::new().mount::<plain>().into_router()),
    ("secrets in code", || {
        let secret = Secret::new(format!("{CANARY} in code"));
        Webhooks::new().mount::<plain>().secrets::<plain>([secret]).into_router()
    }),
    ("five", || {
        Webhooks::new()
            .mount::<plain>()
            .mount::<github>()
            .mount::<hex_key>()
            .mount::<base64_key>()
            .mount::<basic>()
            .into_router()
    }),
];

/// Starts in a process that has these variables; gives the error's text, empty if there is none.
fn start(name: &str, variables: &[(&str, &OsStr)]) -> String {
    let output = Command::new(env::current_exe().expect("the path of this test"))
        .args(["--exact", "start_in_child", "--ignored", "--nocapture"])
        .env("T_START", name)
        .envs(variables.iter().copied())
        .output()
        .expect("this test runs itself");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).expect("text")
}

#[test]
#[ignore = "a part of other tests, which set its environment"]
fn start_in_child() {
    let Ok(name) = env::var("T_START") else { return };
    let start = STARTS.iter().find(|(known, _)| *known == name).expect("a known start").1;
    if let Err(error) = start() {
        eprint!("{error}");
    }
}

#[test]
fn with_its_secret_it_starts() {
    assert_eq!(start("plain", &[("T_PLAIN", CANARY.as_ref())]), "");
    let both = [("T_PLAIN", "new".as_ref()), ("T_PLAIN_OLD", "old".as_ref())];
    assert_eq!(start("plain", &both), "");
}

#[test]
fn the_first_variable_has_to_be_set() {
    let text = "the webhooks cannot start: `plain`: the environment variable T_PLAIN is not set";
    assert_eq!(start("plain", &[]), text);
    assert_eq!(start("plain", &[("T_PLAIN_OLD", CANARY.as_ref())]), text);
}

#[test]
fn a_blank_variable_is_no_secret() {
    for blank in ["", " ", "\n", "\t\r\n", "\u{a0}"] {
        assert_eq!(
            start("plain", &[("T_PLAIN", blank.as_ref())]),
            "the webhooks cannot start: `plain`: the secret T_PLAIN is blank, and a blank secret \
             lets everybody sign",
            "{blank:?}"
        );
        // The old secret of a rotation may be missing, but not blank.
        let both = [("T_PLAIN", CANARY.as_ref()), ("T_PLAIN_OLD", blank.as_ref())];
        assert_eq!(
            start("plain", &both),
            "the webhooks cannot start: `plain`: the secret T_PLAIN_OLD is blank, and a blank \
             secret lets everybody sign",
            "{blank:?}"
        );
    }
}

/// As `export SECRET="$(cat file)"` does not leave it, but a mounted file does.
#[test]
fn white_space_around_a_secret_is_a_mistake() {
    for padded in [format!("{CANARY}\n"), format!(" {CANARY}"), format!("{CANARY}\r\n")] {
        assert_eq!(
            start("plain", &[("T_PLAIN", padded.as_ref())]),
            "the webhooks cannot start: `plain`: the secret T_PLAIN begins or ends with white \
             space; remove it",
            "{padded:?}"
        );
    }
    assert_eq!(start("plain", &[("T_PLAIN", "two words".as_ref())]), "", "inside it may be");
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_text_is_a_mistake() {
    use std::os::unix::ffi::OsStringExt as _;
    let bytes = OsString::from_vec([CANARY.as_bytes(), &[0xff]].concat());
    assert_eq!(
        start("plain", &[("T_PLAIN", &bytes)]),
        "the webhooks cannot start: `plain`: the environment variable T_PLAIN is not UTF-8 text"
    );
}

#[test]
fn secrets_in_code_stand_in_for_the_environment() {
    assert_eq!(start("secrets in code", &[]), "");
    assert_eq!(start("secrets in code", &[("T_PLAIN", "".as_ref())]), "");
}

#[test]
fn every_problem_is_told_at_once_and_no_secret_with_it() {
    let text = start(
        "five",
        &[
            ("T_PLAIN_OLD", format!("{CANARY} ").as_ref()),
            ("T_GITHUB", "".as_ref()),
            ("T_HEX", CANARY.as_ref()),
            ("T_BASE64", format!("whsec_{CANARY}").as_ref()),
            ("T_BASIC", CANARY.as_ref()),
        ],
    );
    assert_eq!(
        text,
        "the webhooks cannot start, for 6 reasons:\n  \
         - `plain`: the environment variable T_PLAIN is not set\n  \
         - `plain`: the secret T_PLAIN_OLD begins or ends with white space; remove it\n  \
         - `github`: the secret T_GITHUB is blank, and a blank secret lets everybody sign\n  \
         - `hex_key`: the secret T_HEX is not hexadecimal\n  \
         - `base64_key`: the secret T_BASE64 is not base64\n  \
         - `basic`: the secret T_BASIC is not of the form user:password"
    );
}

// ---- secrets given in code ----

#[test]
fn secrets_in_code_are_checked_as_well() {
    let secrets = [
        Secret::new(" ").named("ONE"),
        Secret::from_key([]).named("TWO"),
        Secret::new(CANARY).named("THREE"),
        Secret::new("00ff").named("FOUR"),
    ];
    let start = Webhooks::<()>::new().mount::<hex_key>().secrets::<hex_key>(secrets).into_router();
    let problem = |secret: &'static str, error| StartProblem::Secret {
        endpoint: "hex_key",
        secret: secret.into(),
        error,
    };
    assert_eq!(
        start.expect_err("three of four").problems(),
        [
            problem("ONE", SecretError::Blank),
            problem("TWO", SecretError::Blank),
            problem("THREE", SecretError::Malformed("hexadecimal")),
        ]
    );
}

/// As a secret manager's file may bring it: no provider signs with the line break.
#[test]
fn white_space_around_a_secret_in_code_is_a_mistake_too() {
    let start = Webhooks::<()>::new()
        .mount::<plain>()
        .secrets::<plain>([Secret::new(format!("{CANARY}\n"))])
        .into_router();
    assert_eq!(
        start.expect_err("it is padded").problems(),
        [StartProblem::Secret {
            endpoint: "plain",
            secret: "secret".into(),
            error: SecretError::Padded,
        }]
    );
}

#[test]
fn an_endpoint_needs_a_secret() {
    let nowhere = Webhooks::<()>::new().mount::<in_code>().into_router();
    let none = Webhooks::<()>::new().mount::<plain>().secrets::<plain>([]).into_router();
    for (start, endpoint) in [(nowhere, "in_code"), (none, "plain")] {
        let error = start.expect_err("there is no secret");
        assert_eq!(error.problems(), [StartProblem::NoSecret { endpoint }]);
        assert_eq!(
            error.to_string(),
            format!(
                "the webhooks cannot start: `{endpoint}`: there is no secret; name a variable \
                 with `secret_env` in the attribute, or give some with \
                 `Webhooks::secrets::<{endpoint}>` or, for tenants, \
                 `Webhooks::secret_source::<{endpoint}>`"
            )
        );
    }
}

#[test]
fn secrets_for_what_is_not_mounted_are_a_mistake() {
    let error = webhooks::<in_code>()
        .secrets::<github>([Secret::new(CANARY)])
        .into_router()
        .expect_err("`github` is not mounted");
    assert_eq!(error.problems(), [StartProblem::NotMounted { endpoint: "github" }]);
    assert_eq!(
        error.to_string(),
        "the webhooks cannot start: `github`: secrets, a token, a layer or a quota are given for it, but \
         it is not mounted; add `.mount::<github>()`"
    );
}

#[test]
fn a_scheme_may_have_room_for_so_many_secrets() {
    #[webhook(path = "/paired", provider = PAIRED)]
    async fn paired(_: &Delivery) {}
    let with = |count| {
        let secrets = (0..count).map(|n| Secret::new(format!("{CANARY} {n}")));
        Webhooks::<()>::new().mount::<paired>().secrets::<paired>(secrets).into_router()
    };
    assert!(with(2).is_ok());
    let error = with(3).expect_err("there are two headers");
    let problem = StartProblem::TooManySecrets { endpoint: "paired", most: 2 };
    assert_eq!(error.problems(), [problem]);
    assert_eq!(
        error.to_string(),
        "the webhooks cannot start: `paired`: the provider's scheme has room for 2 secrets only"
    );
}

// ---- paths ----

#[test]
fn a_path_has_one_endpoint() {
    #[webhook(path = "/plain")]
    async fn another(_: &Delivery) {}
    let error = webhooks::<plain>()
        .mount::<another>()
        .secrets::<another>([Secret::new(SECRET)])
        .into_router()
        .expect_err("the path is taken");
    let [StartProblem::PathTaken { endpoint, path, taken_by }] = error.problems() else {
        panic!("{error}")
    };
    assert_eq!((*endpoint, *path), ("another", "/plain"));
    assert!(!taken_by.is_empty());
    assert!(
        error.to_string().contains("`another`: the path /plain is taken by "),
        "both are named: {error}"
    );
}

/// The path is in the message already: what helps is who has it.
#[test]
fn a_path_that_is_taken_is_told_with_the_function_that_has_it() {
    #[webhook(path = "/plain")]
    async fn another(_: &Delivery) {}
    let error = webhooks::<plain>()
        .mount::<another>()
        .secrets::<another>([Secret::new(SECRET)])
        .into_router()
        .expect_err("the path is taken");
    assert!(error.to_string().contains("`plain`"), "{error}");
}

#[test]
fn paths_that_match_the_same_requests_clash() {
    #[webhook(path = "/shops/{shop}")]
    async fn by_shop(_: &Delivery) {}
    #[webhook(path = "/shops/{id}")]
    async fn by_id(_: &Delivery) {}
    #[webhook(path = "/shops/first")]
    async fn first(_: &Delivery) {}
    let secret = || [Secret::new(SECRET)];
    let both = || webhooks::<by_shop>().mount::<first>().secrets::<first>(secret());
    assert!(both().into_router().is_ok(), "the more exact path goes first");
    let clash = both().mount::<by_id>().secrets::<by_id>(secret()).into_router();
    let error = clash.expect_err("a parameter by any other name");
    assert!(
        matches!(error.problems(), [StartProblem::PathTaken { endpoint: "by_id", .. }]),
        "{error}"
    );
}

#[test]
fn a_function_is_mounted_once() {
    let error = webhooks::<in_code>().mount::<in_code>().into_router().expect_err("it is twice");
    assert!(
        matches!(error.problems(), [StartProblem::PathTaken { endpoint: "in_code", .. }]),
        "{error}"
    );
}

/// The attribute lets no such path through, so that there is none to mount here.
#[test]
fn a_path_that_cannot_be_routed_is_told_with_the_reason() {
    let detail = "a path starts with `/`".to_owned();
    assert_eq!(
        StartProblem::BadPath { endpoint: "hook", path: "hook", detail }.to_string(),
        "`hook`: the path hook cannot be routed: a path starts with `/`"
    );
}

// ---- times and URLs ----

#[test]
fn a_tolerance_needs_a_time() {
    #[webhook(path = "/timeless", provider = GITHUB, tolerance = Duration::from_secs(60))]
    async fn timeless(_: &Delivery) {}
    let error = webhooks::<timeless>().into_router().expect_err("GitHub signs no time");
    let problem = StartProblem::NoTimestamp { endpoint: "timeless", provider: "github" };
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
    let problem = StartProblem::NoPublicUrl { endpoint: "by_url", provider: "by-url" };
    assert_eq!(error.problems(), [problem]);
    assert_eq!(
        error.to_string(),
        "the webhooks cannot start: `by_url`: by-url signs the public URL; give it with \
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
        assert_eq!(error.problems(), [StartProblem::BadPublicUrl { url: shown.to_owned() }]);
        assert_eq!(
            error.to_string(),
            format!(
                "the webhooks cannot start: the public URL {shown:?} is not of the form \
                 https://host, with a path prefix if a proxy removes one"
            )
        );
    }
}

// ---- all of it ----

#[test]
fn problems_of_every_kind_are_told_together() {
    #[webhook(path = "/plain", tolerance = Duration::from_secs(60))]
    async fn second(_: &Delivery) {}
    #[webhook(path = "/third", provider = BY_URL)]
    async fn third(_: &Delivery) {}
    let error = Webhooks::<()>::new()
        .public_url("example.com")
        .mount::<plain>()
        .secrets::<plain>([Secret::new("").named("FIRST")])
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

/// Functions of one name in two modules are two endpoints, each with its own problems.
#[test]
fn namesakes_are_told_apart() {
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
            StartProblem::NoSecret { endpoint: "hook" },
        ]
    );
}

#[test]
fn nothing_mounted_is_nothing_wrong() {
    assert!(Webhooks::<()>::new().into_router().is_ok());
    drop(router::<in_code>());
}

// ---- what `serve` says ----

#[tokio::test]
async fn serve_tells_what_into_router_tells() {
    let error = Webhooks::new().mount::<in_code>().serve("127.0.0.1:0").await;
    let Err(Error::Start(start)) = &error else { panic!("{error:?}") };
    assert_eq!(start.problems(), [StartProblem::NoSecret { endpoint: "in_code" }]);
    let text = start.to_string();
    let error = error.expect_err("as above");
    assert_eq!((error.to_string(), format!("{error:?}")), (text.clone(), text));
}

#[tokio::test]
async fn serve_tells_which_address_it_cannot_have() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("its address");
    let error = webhooks::<in_code>().serve(address).await.expect_err("it is taken");
    let text = error.to_string();
    assert!(text.starts_with(&format!("cannot listen on {address}: ")), "{text}");
    assert!(std::error::Error::source(&error).is_some());

    let error = webhooks::<in_code>().serve("127.0.0.1").await.expect_err("there is no port");
    assert!(error.to_string().starts_with("cannot listen"), "{error}");
}
