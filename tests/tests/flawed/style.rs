//! The styles of deliveries: what is signed, and where it stands.

use webhook_runtime::{
    Provider,
    providers::{DROPBOX, GITHUB, MAILGUN, META, SLACK, SQUARE, STANDARD_WEBHOOKS, STRIPE},
};

/// A style of deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// `X-Hub-Signature-256: sha256=<hex>` over the body.
    Github,
    /// The same, and a GET with a verify token.
    Meta,
    /// A signed time in a header, and a signed challenge.
    Slack,
    /// Id and time in headers, and a list of signatures.
    Standard,
    /// The time and a list of signatures, as fields of one header.
    Stripe,
    /// Time, token and their signature in the JSON of the body.
    Mailgun,
    /// The public URL is signed.
    Square,
    /// A challenge that nobody signs.
    Dropbox,
    /// GitHub's, with a secret for each tenant.
    Tenants,
}

impl Style {
    pub(crate) const ALL: [Self; 9] = [
        Self::Github,
        Self::Meta,
        Self::Slack,
        Self::Standard,
        Self::Stripe,
        Self::Mailgun,
        Self::Square,
        Self::Dropbox,
        Self::Tenants,
    ];

    pub(crate) fn provider(self) -> &'static Provider {
        match self {
            Self::Github | Self::Tenants => &GITHUB,
            Self::Meta => &META,
            Self::Slack => &SLACK,
            Self::Standard => &STANDARD_WEBHOOKS,
            Self::Stripe => &STRIPE,
            Self::Mailgun => &MAILGUN,
            Self::Square => &SQUARE,
            Self::Dropbox => &DROPBOX,
        }
    }

    pub(crate) fn header(self) -> &'static str {
        match self {
            Self::Github | Self::Meta | Self::Tenants => "x-hub-signature-256",
            Self::Slack => "x-slack-signature",
            Self::Standard => "webhook-signature",
            Self::Stripe => "stripe-signature",
            Self::Mailgun => "",
            Self::Square => "x-square-hmacsha256-signature",
            Self::Dropbox => "x-dropbox-signature",
        }
    }

    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Github | Self::Meta | Self::Tenants => "sha256=",
            Self::Slack => "v0=",
            Self::Standard => "v1,",
            Self::Stripe => "v1=",
            Self::Square | Self::Dropbox | Self::Mailgun => "",
        }
    }

    pub(crate) fn time(self) -> Option<&'static str> {
        match self {
            Self::Slack => Some("x-slack-request-timestamp"),
            Self::Standard => Some("webhook-timestamp"),
            _ => None,
        }
    }
}
