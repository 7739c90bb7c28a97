//! Tests a receiver with the conformance suite.

use std::time::Duration;

use webhook_runtime::{
    Provider,
    scheme::{RequestToSign, SignError},
    testing::conformance::{CASES, Case},
};

use crate::{
    conformance::{self, Plan},
    error::{CliError, Ended, Outcome},
    interrupt::Interrupt,
    names,
    outgoing::read_data,
    output::{self, Form},
    sample::meant,
    secrets::{self, SecretArgs},
    values,
};

/// Test a receiver in any language: what it refuses, accepts and breaks on
///
/// The cases are those of the conformance suite: forged, changed, stale, repeated and malformed deliveries,
/// which have to be refused, and genuine ones, which have to be accepted. Some are made to break a receiver:
/// test no program that others need at this moment.
///
/// With --effects, the suite also sees what is handled before it is verified, twice, or not at all. The page
/// has to show how many deliveries were handled so far: a number alone, or the first one in a text or JSON.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook test http://localhost:3000/stripe --provider stripe --secret-env STRIPE_SECRET
  webhook test http://localhost:3000/hooks --provider github --secret-env GITHUB_SECRET --event push \\
      --effects http://localhost:3000/handled --output junit")]
pub(super) struct Args {
    /// The URL of the receiver
    #[arg(value_parser = values::url, required_unless_present = "list")]
    url: Option<String>,
    /// The provider that the receiver expects
    #[arg(long, value_name = "NAME", value_parser = names::ProviderName, hide_possible_values = true, required_unless_present = "list")]
    provider: Option<&'static Provider>,
    #[command(flatten)]
    secrets: SecretArgs,
    /// The variable that holds the verify token of the provider's handshake
    #[arg(long, value_name = "NAME")]
    verify_token_env: Option<String>,
    /// The event of the samples: one that the receiver handles
    #[arg(long, value_name = "NAME")]
    event: Option<String>,
    /// The body of the samples: text, `@FILE`, or `-` for standard input. An id that the provider has in
    /// the body is replaced
    #[arg(long, value_name = "DATA")]
    data: Option<String>,
    /// Add or replace a header of every request
    #[arg(long, value_name = "NAME: VALUE", value_parser = values::header)]
    header: Vec<(String, String)>,
    /// A page with the number of handled deliveries
    #[arg(long, value_name = "URL", value_parser = values::url)]
    effects: Option<String>,
    /// The longest time until a delivery is handled, for example by a queue
    #[arg(long, value_name = "TIME", value_parser = values::duration, default_value = "5s")]
    effects_wait: Duration,
    /// The receiver promises to handle each delivery once: a copy that is handled again is a flaw
    #[arg(long, requires = "effects")]
    deduplicates: bool,
    /// Run only this case (repeatable)
    #[arg(long, value_name = "CASE", value_parser = case)]
    case: Vec<&'static Case>,
    /// Also refuse what is lenient, but no forgery: other spellings, repeated headers, compressed bodies
    #[arg(long)]
    strict: bool,
    /// The age at which the receiver refuses deliveries, to test its edges [default: hours are too old]
    #[arg(long, value_name = "TIME", value_parser = values::duration)]
    tolerance: Option<Duration>,
    /// The largest body that the receiver takes, to test its edge [default: 256 MiB are too much]
    #[arg(long, value_name = "BYTES", value_parser = values::size)]
    max_body: Option<usize>,
    /// The URL to sign, if it is not the one that is called
    #[arg(long, value_name = "URL", value_parser = values::url)]
    public_url: Option<String>,
    /// The longest time until an answer
    #[arg(long, value_name = "TIME", value_parser = values::duration, default_value = "20s")]
    timeout: Duration,
    /// List the cases
    #[arg(long)]
    list: bool,
}

pub(super) fn run(args: Args, form: Form) -> Ended {
    if args.list {
        return list(form);
    }
    let (Some(url), Some(provider)) = (args.url.clone(), args.provider) else {
        return Err(CliError::usage("give the URL of the receiver, and --provider"));
    };
    let plan = plan(args, url, provider)?;
    let interrupt = Interrupt::watch();
    let report = conformance::run(plan, &interrupt, |case| match form {
        Form::Human => case.print(),
        Form::Json | Form::Junit => Ok(()),
    })?;
    if report.refused_genuine() {
        eprintln!(
            "the receiver refuses a genuine delivery: is it configured with this secret, provider and URL?"
        );
    }
    conformance::ended(&report, form)
}

fn plan(args: Args, url: String, provider: &'static Provider) -> Result<Plan, CliError> {
    let secrets = args.secrets.read_all()?;
    if provider.scheme_info().fetches_keys || cannot_sign(provider, &secrets[0]) {
        return Err(CliError::usage(format_args!(
            "only {} itself can sign its deliveries: its receivers cannot be tested",
            provider.name()
        )));
    }
    if let Some(event) = &args.event
        && let Some(meant) = meant(provider, event)
    {
        eprintln!("warning: {event} is sent as it is; did you mean `{meant}`?");
    }
    Ok(Plan {
        url,
        public_url: args.public_url,
        provider,
        secrets,
        verify_token: args.verify_token_env.map(|name| secrets::from_env(&name)).transpose()?,
        event: args.event,
        data: read_data(args.data.as_deref())?,
        headers: args.header,
        cases: if args.case.is_empty() { CASES.iter().collect() } else { args.case },
        effects: args.effects,
        effects_wait: args.effects_wait,
        deduplicates: args.deduplicates,
        timeout: args.timeout,
        tolerance: args.tolerance,
        max_body: args.max_body,
        is_strict: args.strict,
    })
}

fn cannot_sign(provider: &Provider, secret: &webhook_runtime::Secret) -> bool {
    let request = RequestToSign::new(b"{}").url("http://localhost/");
    matches!(provider.sign(secret, &request), Err(SignError::Unsupported))
}

fn list(form: Form) -> Ended {
    for name in CASES.iter().map(Case::name) {
        match form {
            Form::Json => output::json(&serde_json::json!({ "name": name }))?,
            Form::Human | Form::Junit => output::line(name)?,
        }
    }
    Ok(Outcome::Done)
}

/// Finds a case by its name.
fn case(name: &str) -> Result<&'static Case, String> {
    let wanted = name.replace('-', "_");
    if let Some(case) = CASES.iter().find(|case| case.name() == wanted) {
        return Ok(case);
    }
    let is_part = |case: &&Case| wanted.len() > 3 && case.name().contains(&*wanted);
    let near = names::nearest(&wanted, CASES.iter().map(Case::name));
    Err(match near.or_else(|| CASES.iter().find(is_part).map(Case::name)) {
        Some(near) => format!("no such case; did you mean `{near}`?"),
        None => "no such case; `webhook test --list` lists them".to_owned(),
    })
}
