//! Takes deliveries: verifies, shows, records and forwards them.

use std::{net::IpAddr, path::PathBuf, sync::Arc};

use axum::Router;
use tokio::net::TcpListener;
use webhook_runtime::Provider;

use crate::{
    error::{CliError, Ended, Outcome},
    listen::{Recorder, Tap},
    names,
    output::Output,
    secrets::{self, SecretArgs},
    values,
};

/// Take deliveries: show, verify, record and forward them
///
/// Each delivery is a line: time, provider, event, id, verdict, the answer of the target, milliseconds. It
/// is forwarded as it came, whatever the verdict is, and the target's answer goes back. Without a target,
/// a refused delivery gets 401, a handshake of a named provider its answer, and any other delivery 200.
///
/// This is no tunnel: a provider reaches it through one, such as cloudflared, ngrok or ssh -R.
#[derive(clap::Args)]
#[command(after_help = "\
Examples:
  webhook listen --provider stripe --secret-env STRIPE_SECRET --forward-to http://localhost:3000/stripe
  webhook listen --port 9000 --record deliveries --output json")]
pub(super) struct Args {
    /// The port; 0 takes any
    #[arg(long, default_value_t = 4000)]
    port: u16,
    /// The address
    #[arg(long, default_value = "127.0.0.1")]
    host: IpAddr,
    /// The URL to forward to. Without a path, the path of the delivery is kept
    #[arg(long, value_name = "URL", value_parser = values::url)]
    forward_to: Option<String>,
    /// The directory for a file of each delivery
    #[arg(long, value_name = "DIR")]
    record: Option<PathBuf>,
    /// Keep authorization and cookies in the recordings
    #[arg(long, requires = "record")]
    keep_credentials: bool,
    /// Verify deliveries of this provider (repeatable)
    #[arg(long, value_name = "NAME", value_parser = names::ProviderName, hide_possible_values = true)]
    provider: Vec<&'static Provider>,
    #[command(flatten)]
    secrets: SecretArgs,
    /// The variable that holds the verify token, for providers whose handshake has one
    #[arg(long, value_name = "NAME")]
    verify_token_env: Option<String>,
    /// The public URL that the provider calls, for those that sign it. Without a path, the path of the
    /// delivery belongs to it
    #[arg(long, value_name = "URL", value_parser = values::url)]
    public_url: Option<String>,
}

pub(super) fn run(args: Args, form: Output) -> Ended {
    let secrets = args.secrets.read()?;
    let verify_token = args.verify_token_env.as_deref().map(secrets::from_env).transpose()?;
    for provider in &args.provider {
        let info = provider.scheme_info();
        let name = provider.name();
        if info.fetches_keys {
            return Err(CliError::usage(format_args!(
                "{name} publishes its keys: record its deliveries, and verify them with `webhook verify`"
            )));
        }
        if info.needs_secret && secrets.is_empty() {
            return Err(CliError::usage(format_args!(
                "{name} needs its secret: --secret-env NAME or --secret-file FILE"
            )));
        }
        if provider.needs_public_url() && args.public_url.is_none() {
            return Err(CliError::usage(format_args!(
                "{name} needs the public URL: give --public-url"
            )));
        }
    }
    let recorder = args
        .record
        .map(|directory| Recorder::create(directory, args.keep_credentials))
        .transpose()
        .map_err(CliError::environment)?;
    let tap = Tap::new(
        args.provider,
        secrets,
        verify_token,
        args.public_url,
        args.forward_to,
        recorder,
        form,
    );
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(CliError::environment)?;
    runtime.block_on(serve((args.host, args.port), Arc::new(tap)))
}

async fn serve(address: (IpAddr, u16), tap: Arc<Tap>) -> Ended {
    let error = |error| CliError::environment(format_args!("{}:{}: {error}", address.0, address.1));
    let listener = TcpListener::bind(address).await.map_err(error)?;
    let mut interrupt = Box::pin(tokio::signal::ctrl_c());
    // The first look registers it: from then on, Ctrl-C stops the program in order.
    tokio::select! {
        biased;
        _ = &mut interrupt => return Ok(Outcome::Interrupted),
        () = std::future::ready(()) => {}
    }
    eprintln!("listening on http://{}", listener.local_addr().map_err(error)?);
    let (closed, ended) = (Arc::clone(&tap), Arc::clone(&tap));
    let router = Router::new().fallback(move |request| Arc::clone(&tap).take(request));
    let stop = async move {
        tokio::select! {
            _ = interrupt => {
                // A client may keep its request open: the second Ctrl-C waits for nobody.
                tokio::spawn(async {
                    if tokio::signal::ctrl_c().await.is_ok() {
                        std::process::exit(130);
                    }
                });
            }
            // The reader of stdout has closed it.
            () = closed.closed() => {}
        }
    };
    axum::serve(listener, router).with_graceful_shutdown(stop).await.map_err(error)?;
    if ended.is_closed() { Err(CliError::ClosedOutput) } else { Ok(Outcome::Interrupted) }
}
