//! The table that a server prints at start. In a terminal, it has a command for each endpoint that
//! sends it a sample.

use std::time::SystemTime;

use super::{Content, EventFields};
use crate::{
    endpoint::{Endpoint, fill_path},
    verify::{
        BatchLayout,
        scheme::{ShellBody, ShellRequest, variable},
    },
    webhooks::{Webhooks, find_for},
};

/// The id of a sample.
const ID: &str = "evt_1";

/// The beginning of the lines of a command, after the indentation of the table.
const INDENT: &str = "    ";

/// An endpoint, its row in the table, and where its secret is.
struct Row {
    text: String,
    endpoint: Endpoint,
    public_url: Option<String>,
    secret: SecretPlace,
}

/// The place of the secret of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum SecretPlace {
    /// In an environment variable of this name.
    Variable(&'static str),
    /// In a source, for each tenant.
    Tenant,
    /// In code.
    Code,
}

impl<S, const HAS_STATE: bool> Webhooks<S, HAS_STATE> {
    /// The lines that are printed at start. With the origin of the server's URLs, each endpoint has its
    /// command.
    pub(crate) fn start_table(
        &self,
    ) -> impl FnOnce(Option<&str>) -> Vec<String> + use<S, HAS_STATE> {
        let rows: Vec<Row> = self
            .mounted()
            .zip(self.endpoints())
            .map(|(mounted, endpoint)| Row {
                text: mounted.to_string(),
                endpoint: endpoint.clone(),
                public_url: self.public_url.clone(),
                secret: self.secret_place(endpoint),
            })
            .collect();
        move |origin| rows.iter().flat_map(|row| row.lines(origin)).collect()
    }

    fn secret_place(&self, endpoint: &Endpoint) -> SecretPlace {
        if find_for(&self.secret_sources, endpoint).is_some() {
            return SecretPlace::Tenant;
        }
        match endpoint.secret_env.first() {
            Some(name) if find_for(&self.secrets, endpoint).is_none() => {
                SecretPlace::Variable(variable(name))
            }
            _ => SecretPlace::Code,
        }
    }
}

impl SecretPlace {
    /// The variable of the shell that has the secret.
    fn variable(self) -> &'static str {
        match self {
            Self::Variable(name) => name,
            Self::Tenant | Self::Code => "SECRET",
        }
    }

    /// The secret, in words.
    fn words(self) -> &'static str {
        match self {
            Self::Variable(_) => "the secret",
            Self::Tenant => "the tenant's secret",
            Self::Code => "its secret",
        }
    }
}

impl Row {
    /// The row and, with an origin, its command.
    fn lines(&self, origin: Option<&str>) -> Vec<String> {
        let mut lines = vec![self.text.clone()];
        if let Some(origin) = origin {
            let (introduction, command) = self.command(origin);
            lines.push(format!("  {introduction}"));
            lines.extend(command.lines().map(|line| format!("{INDENT}{line}")));
        }
        lines
    }

    /// The command, and the line above it.
    fn command(&self, origin: &str) -> (String, String) {
        let provider = self.endpoint.provider;
        let path = fill_path(self.endpoint.path, |name, _| Ok::<_, ()>(name.to_uppercase()));
        let path = path.unwrap_or_default();
        let public_url = self.public_url.as_ref();
        let public_url = public_url.map(|url| format!("{}{path}", url.trim_end_matches('/')));
        let url = format!("{origin}{path}");
        let event = self.event();
        let (headers, body) = self.sample(event);
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let request = ShellRequest::new(&url)
            .public_url(public_url.as_deref())
            .secret_env(self.secret.variable())
            .method(provider.methods().split(", ").next().unwrap_or("POST"))
            .id(ID)
            .event(event);
        let by_shell = request.headers(&headers).body(ShellBody::Text(&body));
        let (words, name) = (self.secret.words(), self.secret.variable());
        if let Some(command) = provider.shell_command(&by_shell) {
            return (format!("a sample, from a shell with {words} in {name}:"), command);
        }
        let Some(command) = provider.send_command(&request) else {
            return (
                format!("no sample: a shell cannot sign as {}", provider.name()),
                String::new(),
            );
        };
        let secret = if provider.has_key_pair() {
            "a private key in PRIVATE_KEY whose public key the endpoint has".to_owned()
        } else {
            format!("{words} in {name}")
        };
        (format!("a sample, by `cargo install webhook-cli`, with {secret}:"), command)
    }

    /// The first event that the handler names.
    fn event(&self) -> Option<&'static str> {
        let provider = self.endpoint.provider;
        let names_event =
            provider.event().is_some() || provider.batch().is_some_and(|it| it.event().is_some());
        let events = self.endpoint.payload_shape.events.unwrap_or_default();
        events.first().copied().filter(|name| names_event && !name.is_empty())
    }

    /// The headers and the body of the smallest delivery.
    fn sample(&self, event: Option<&str>) -> (Vec<(&'static str, String)>, String) {
        let provider = self.endpoint.provider;
        let has_id = provider.id().is_some() && provider.batch().is_none()
            || provider.batch().and_then(BatchLayout::id).is_some();
        let words = EventFields {
            event: event.map(str::to_owned),
            id: has_id.then(|| ID.to_owned()),
            ..EventFields::default()
        };
        let words = words.with_split_action(provider);
        let sample = Content::Minimal.write(provider, &words, SystemTime::now(), false);
        let written =
            sample.ok().and_then(|it| Some((it.headers, String::from_utf8(it.body).ok()?)));
        // A provider that needs more than the smallest body signs by code: no shell sends it.
        written.unwrap_or_else(|| (Vec::new(), "{}".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        delivery::{PayloadShape, Tenant},
        endpoint::{HandlerFuture, HandlerInput, Webhook},
        receive::{SecretSource, SourceError},
        verify::{
            Provider, Secret,
            providers::{GITHUB, SQUARE, STRIPE, TWILIO},
            scheme::{KeyEncoding, Scheme},
        },
    };

    const OWN: Provider =
        Provider::new("acme", Scheme::hmac_sha256().header("x-acme").key(KeyEncoding::HtmlEscaped));

    /// An endpoint for each number.
    struct Hook<const NUMBER: usize>;

    impl<const NUMBER: usize> Webhook<()> for Hook<NUMBER> {
        fn endpoint() -> Endpoint {
            match NUMBER {
                0 => Endpoint::new("paid", "", "/webhook").secret_env(&["SECRET"]),
                1 => Endpoint::new("github", "", "/github")
                    .provider(&GITHUB)
                    .secret_env(&["GITHUB_SECRET", "OLD"])
                    .payload_shape(PayloadShape::of_events(&["issues.opened", "push"], &[])),
                2 => Endpoint::new("stripe", "", "/hooks/{tenant}/{*rest}")
                    .provider(&STRIPE)
                    .payload_shape(PayloadShape::of_events(&["invoice.paid"], &[])),
                3 => Endpoint::new("sms", "", "/sms").provider(&TWILIO).secret_env(&["TOKEN"]),
                4 => Endpoint::new("own", "", "/own").provider(&OWN).secret_env(&["SECRET"]),
                _ => Endpoint::new("square", "", "/square").provider(&SQUARE).secret_env(&["A"]),
            }
        }

        fn call(_: HandlerInput<()>) -> HandlerFuture {
            Box::pin(async { axum::response::IntoResponse::into_response(()) })
        }
    }

    struct Tenants;

    impl SecretSource for Tenants {
        async fn secrets(&self, _: &Tenant) -> Result<Vec<Secret>, SourceError> {
            Err(SourceError::NotFound)
        }
    }

    fn table(hooks: &Webhooks) -> String {
        hooks.start_table()(Some("http://127.0.0.1:3000")).join("\n")
    }

    #[test]
    fn without_a_terminal_there_are_rows_only() {
        let hooks: Webhooks = Webhooks::new().mount::<Hook<0>>().mount::<Hook<3>>();
        let rows = ["POST /webhook  paid  (hmac-sha256-hex)", "POST, GET /sms  sms  (twilio)"];
        assert_eq!(hooks.start_table()(None), rows);
    }

    #[test]
    fn a_sample_has_the_provider_s_fields_and_the_first_event() {
        assert_eq!(
            table(&Webhooks::new().mount::<Hook<1>>()),
            r#"POST /github  github  (github)
  a sample, from a shell with the secret in GITHUB_SECRET:
    body='{"action":"opened"}'
    signature=$(printf %s "$body" | openssl dgst -sha256 -hmac "$GITHUB_SECRET" -r | cut -d' ' -f1)
    curl -i http://127.0.0.1:3000/github -H 'content-type: application/json' \
        -H 'x-github-event: issues' -H 'x-github-delivery: evt_1' \
        -H "x-hub-signature-256: sha256=$signature" --data-raw "$body""#
        );
    }

    #[test]
    fn secrets_that_are_in_no_variable_have_a_placeholder() {
        let hooks = Webhooks::new().mount::<Hook<2>>().secret_source::<Hook<2>>(Tenants);
        let tenant = table(&hooks);
        assert!(tenant.contains("a shell with the tenant's secret in SECRET:"), "{tenant}");
        assert!(tenant.contains("curl -i http://127.0.0.1:3000/hooks/TENANT/REST -H"), "{tenant}");
        assert!(tenant.contains(r#"body='{"id":"evt_1","type":"invoice.paid"}'"#), "{tenant}");
        let hooks = Webhooks::new().mount::<Hook<0>>().secrets::<Hook<0>>([Secret::new("canary")]);
        let code = table(&hooks);
        assert!(code.contains("a shell with its secret in SECRET:"), "{code}");
        assert!(!code.contains("canary"), "{code}");
    }

    #[test]
    fn what_a_shell_cannot_sign_is_sent_by_the_program_or_not_at_all() {
        let hooks = Webhooks::new().mount::<Hook<3>>().mount::<Hook<4>>();
        let lines = table(&hooks.public_url("https://hooks.example.com/"));
        for part in [
            "  a sample, by `cargo install webhook-cli`, with the secret in TOKEN:\n    \
             webhook send twilio --to http://127.0.0.1:3000/sms --secret-env TOKEN \
             --public-url https://hooks.example.com/sms\n",
            "\n  no sample: a shell cannot sign as acme",
        ] {
            assert!(lines.contains(part), "{lines}");
        }
        assert!(lines.ends_with("as acme"), "{lines}");
    }

    #[test]
    fn the_public_url_is_signed() {
        let square = Webhooks::new().mount::<Hook<5>>().public_url("https://hooks.example.com");
        let lines = table(&square);
        assert!(lines.contains("printf %s \"https://hooks.example.com/square$body\""), "{lines}");
    }
}
