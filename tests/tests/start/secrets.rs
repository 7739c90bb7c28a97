//! Secrets that are given in code.

use webhook_runtime::{Delivery, Secret, SecretError, StartProblem, Webhooks, webhook};

use crate::{CANARY, PAIRED, common::webhooks, github, hex_key, plain};

/// No `secret_env`: the secrets are given in code.
#[webhook(path = "/in-code")]
pub(crate) async fn in_code(_: &Delivery) {}

#[test]
fn secrets_in_code_are_checked_as_well() {
    let secrets = [
        Secret::new(" ").with_name("ONE"),
        Secret::from_key([]).with_name("TWO"),
        Secret::new(CANARY).with_name("THREE"),
        Secret::new("00ff").with_name("FOUR"),
    ];
    let start = Webhooks::<()>::new().mount::<hex_key>().secrets::<hex_key>(secrets).into_router();
    let problem = |secret: &'static str, error| StartProblem::InvalidSecret {
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

/// A line break at the end, as in a secret manager's file. No provider signs with it.
#[test]
fn white_space_in_a_coded_secret_is_an_error() {
    let start = Webhooks::<()>::new()
        .mount::<plain>()
        .secrets::<plain>([Secret::new(format!("{CANARY}\n"))])
        .into_router();
    assert_eq!(
        start.expect_err("it is padded").problems(),
        [StartProblem::InvalidSecret {
            endpoint: "plain",
            secret: "secret".into(),
            error: SecretError::SurroundingWhitespace,
        }]
    );
}

#[test]
fn an_endpoint_needs_a_secret() {
    let nowhere = Webhooks::<()>::new().mount::<in_code>().into_router();
    let none = Webhooks::<()>::new().mount::<plain>().secrets::<plain>([]).into_router();
    for (start, endpoint) in [(nowhere, "in_code"), (none, "plain")] {
        let error = start.expect_err("there is no secret");
        assert_eq!(error.problems(), [StartProblem::MissingSecret { endpoint }]);
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
fn secrets_for_unmounted_endpoints_are_an_error() {
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
fn schemes_can_limit_the_number_of_secrets() {
    #[webhook(path = "/paired", provider = PAIRED)]
    async fn paired(_: &Delivery) {}
    let with = |count| {
        let secrets = (0..count).map(|n| Secret::new(format!("{CANARY} {n}")));
        Webhooks::<()>::new().mount::<paired>().secrets::<paired>(secrets).into_router()
    };
    assert!(with(2).is_ok());
    let error = with(3).expect_err("there are two headers");
    let problem = StartProblem::TooManySecrets { endpoint: "paired", max: 2 };
    assert_eq!(error.problems(), [problem]);
    assert_eq!(
        error.to_string(),
        "the webhooks cannot start: `paired`: the provider's scheme takes at most 2 secrets"
    );
}
