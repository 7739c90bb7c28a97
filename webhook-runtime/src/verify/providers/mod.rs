//! The built-in providers, one constant each.
//!
//! Facts about a provider that could not be confirmed in its own documentation or source are marked
//! *unconfirmed*. Values that are not signed can be changed by anyone who can change the request in
//! transit.

mod adyen;
mod airtable;
mod asana;
#[cfg(feature = "jwt")]
mod atlassian_connect;
mod auth0;
#[cfg(feature = "certificates")]
mod aws_sns;
mod azure_eventgrid;
mod bitbucket;
mod r#box;
mod calcom;
mod calendly;
mod circleci;
mod clerk;
mod cloudevents;
mod coinbase_commerce;
mod contentful;
#[cfg(feature = "ed25519")]
mod discord;
mod docusign;
mod dropbox;
#[cfg(feature = "ecdsa")]
mod ebay;
mod escapes;
#[cfg(all(feature = "jwt", feature = "rsa"))]
mod fireblocks;
mod forgejo;
mod fourthwall;
#[cfg(feature = "jwt")]
mod fusionauth;
mod gitea;
mod github;
mod gitlab;
mod gocardless;
mod gogs;
#[cfg(all(feature = "jwt", feature = "rsa"))]
mod google_pubsub;
mod heroku;
mod hmac_sha256_hex;
mod hubspot;
mod intercom;
mod jira;
#[cfg(feature = "rsa")]
mod kick;
#[cfg(all(feature = "jwt", feature = "rsa"))]
mod kinde;
mod kontent;
mod lemonsqueezy;
mod line;
mod linear;
#[cfg(feature = "jwt")]
mod livekit;
#[cfg(all(feature = "message-signatures", feature = "ed25519"))]
mod mailchannels;
mod mailersend;
mod mailgun;
mod mandrill;
#[cfg(feature = "jwt")]
mod messagebird;
mod meta;
mod microsoft_graph;
mod mollie;
#[cfg(feature = "jwt")]
mod monday;
mod mux;
#[cfg(feature = "jwt")]
mod netlify;
mod notion;
mod okta;
mod openai;
mod paddle;
mod pagerduty;
#[cfg(feature = "certificates")]
mod paypal;
#[cfg(all(feature = "jwt", feature = "ecdsa"))]
mod plaid;
mod polar;
mod postmark;
#[cfg(feature = "jwt")]
mod qstash;
mod quickbooks;
mod razorpay;
mod replicate;
mod resend;
#[cfg(all(feature = "jwt", feature = "rsa"))]
mod saleor;
mod sanity;
#[cfg(feature = "ecdsa")]
mod sendgrid;
mod sentry;
mod shopify;
mod slack;
mod square;
mod standard_webhooks;
mod stripe;
mod svix;
mod telegram;
mod trello;
#[cfg(all(feature = "jwt", feature = "ecdsa-p521"))]
mod truelayer;
mod twilio;
mod twilio_url;
mod twitch;
mod twitter;
mod typeform;
mod vercel;
#[cfg(feature = "jwt")]
mod vonage;
mod webflow;
#[cfg(feature = "rsa")]
mod wechat_pay;
mod woocommerce;
mod workos;
mod xero;
mod zendesk;
mod zoom;

pub use adyen::{ADYEN, ADYEN_PLATFORM};
pub use airtable::AIRTABLE;
pub use asana::ASANA;
#[cfg(feature = "jwt")]
pub use atlassian_connect::ATLASSIAN_CONNECT;
pub use auth0::AUTH0;
#[cfg(feature = "certificates")]
pub use aws_sns::AWS_SNS;
pub use azure_eventgrid::EVENT_GRID;
pub use bitbucket::{BITBUCKET, BITBUCKET_DATA_CENTER};
pub use r#box::BOX;
pub use calcom::CALCOM;
pub use calendly::CALENDLY;
pub use circleci::CIRCLECI;
pub use clerk::CLERK;
pub use cloudevents::{CLOUDEVENTS, CLOUDEVENTS_STRUCTURED};
pub use coinbase_commerce::COINBASE_COMMERCE;
pub use contentful::CONTENTFUL;
#[cfg(feature = "ed25519")]
pub use discord::DISCORD;
pub use docusign::DOCUSIGN;
pub use dropbox::DROPBOX;
#[cfg(feature = "ecdsa")]
pub use ebay::EBAY;
#[cfg(all(feature = "jwt", feature = "rsa"))]
pub use fireblocks::FIREBLOCKS;
pub use forgejo::FORGEJO;
pub use fourthwall::{FOURTHWALL, FOURTHWALL_APPS};
#[cfg(feature = "jwt")]
pub use fusionauth::FUSIONAUTH;
pub use gitea::GITEA;
pub use github::{GITHUB, GITHUB_SHA1};
pub use gitlab::{GITLAB, GITLAB_SIGNING};
pub use gocardless::GOCARDLESS;
pub use gogs::GOGS;
#[cfg(all(feature = "jwt", feature = "rsa"))]
pub use google_pubsub::GOOGLE_PUBSUB;
pub use heroku::HEROKU;
pub use hmac_sha256_hex::HMAC_SHA256_HEX;
pub use hubspot::{HUBSPOT, HUBSPOT_V1, HUBSPOT_V2};
pub use intercom::INTERCOM;
pub use jira::JIRA;
#[cfg(feature = "rsa")]
pub use kick::KICK;
#[cfg(all(feature = "jwt", feature = "rsa"))]
pub use kinde::KINDE;
pub use kontent::KONTENT_AI;
pub use lemonsqueezy::LEMONSQUEEZY;
pub use line::LINE;
pub use linear::LINEAR;
#[cfg(feature = "jwt")]
pub use livekit::LIVEKIT;
#[cfg(all(feature = "message-signatures", feature = "ed25519"))]
pub use mailchannels::MAILCHANNELS;
pub use mailersend::MAILERSEND;
pub use mailgun::MAILGUN;
pub use mandrill::MANDRILL;
#[cfg(feature = "jwt")]
pub use messagebird::MESSAGEBIRD;
pub use meta::META;
pub use microsoft_graph::MICROSOFT_GRAPH;
pub use mollie::MOLLIE;
#[cfg(feature = "jwt")]
pub use monday::MONDAY;
pub use mux::MUX;
#[cfg(feature = "jwt")]
pub use netlify::NETLIFY;
pub use notion::NOTION;
pub use okta::OKTA;
pub use openai::OPENAI;
pub use paddle::PADDLE;
pub use pagerduty::PAGERDUTY;
#[cfg(feature = "certificates")]
pub use paypal::PAYPAL;
#[cfg(all(feature = "jwt", feature = "ecdsa"))]
pub use plaid::PLAID;
pub use polar::POLAR;
pub use postmark::POSTMARK;
#[cfg(feature = "jwt")]
pub use qstash::QSTASH;
pub use quickbooks::QUICKBOOKS;
pub use razorpay::RAZORPAY;
pub use replicate::REPLICATE;
pub use resend::RESEND;
#[cfg(all(feature = "jwt", feature = "rsa"))]
pub use saleor::SALEOR;
pub use sanity::SANITY;
#[cfg(feature = "ecdsa")]
pub use sendgrid::SENDGRID;
pub use sentry::SENTRY;
pub use shopify::SHOPIFY;
pub use slack::SLACK;
pub use square::SQUARE;
pub use standard_webhooks::STANDARD_WEBHOOKS;
#[cfg(feature = "ed25519")]
pub use standard_webhooks::STANDARD_WEBHOOKS_V1A;
pub use stripe::STRIPE;
pub use svix::SVIX;
pub use telegram::TELEGRAM;
pub use trello::TRELLO;
#[cfg(all(feature = "jwt", feature = "ecdsa-p521"))]
pub use truelayer::TRUELAYER;
pub use twilio::TWILIO;
pub use twitch::TWITCH;
pub use twitter::TWITTER;
pub use typeform::TYPEFORM;
pub use vercel::VERCEL;
#[cfg(feature = "jwt")]
pub use vonage::VONAGE;
pub use webflow::WEBFLOW;
#[cfg(feature = "rsa")]
pub use wechat_pay::WECHAT_PAY;
pub use woocommerce::WOOCOMMERCE;
pub use workos::WORKOS;
pub use xero::XERO;
pub use zendesk::ZENDESK;
pub use zoom::ZOOM;

use crate::verify::Provider;

/// All providers of this build, for tables and tests.
pub const ALL: &[&Provider] = &[
    &ADYEN,
    &ADYEN_PLATFORM,
    #[cfg(feature = "jwt")]
    &ATLASSIAN_CONNECT,
    #[cfg(feature = "certificates")]
    &AWS_SNS,
    &CONTENTFUL,
    #[cfg(feature = "jwt")]
    &LIVEKIT,
    &MAILGUN,
    &MANDRILL,
    #[cfg(feature = "jwt")]
    &MESSAGEBIRD,
    &MICROSOFT_GRAPH,
    #[cfg(feature = "jwt")]
    &MONDAY,
    #[cfg(feature = "jwt")]
    &NETLIFY,
    #[cfg(feature = "certificates")]
    &PAYPAL,
    #[cfg(all(feature = "jwt", feature = "ecdsa"))]
    &PLAID,
    &TWILIO,
    &AIRTABLE,
    &ASANA,
    &AUTH0,
    &EVENT_GRID,
    &BITBUCKET,
    &BITBUCKET_DATA_CENTER,
    &BOX,
    &CALCOM,
    &CALENDLY,
    &CIRCLECI,
    &CLERK,
    &CLOUDEVENTS,
    &CLOUDEVENTS_STRUCTURED,
    &COINBASE_COMMERCE,
    #[cfg(feature = "ed25519")]
    &DISCORD,
    &DOCUSIGN,
    &DROPBOX,
    &FORGEJO,
    &FOURTHWALL,
    &FOURTHWALL_APPS,
    &GITEA,
    &GITLAB,
    &GITLAB_SIGNING,
    &GOCARDLESS,
    &GOGS,
    &HEROKU,
    &HUBSPOT,
    &HUBSPOT_V1,
    &HUBSPOT_V2,
    &INTERCOM,
    &JIRA,
    #[cfg(feature = "rsa")]
    &KICK,
    &KONTENT_AI,
    &LEMONSQUEEZY,
    &LINE,
    &LINEAR,
    &GITHUB,
    &GITHUB_SHA1,
    &HMAC_SHA256_HEX,
    &MAILERSEND,
    &META,
    &MOLLIE,
    &MUX,
    &NOTION,
    &OKTA,
    &OPENAI,
    &PADDLE,
    &PAGERDUTY,
    &POLAR,
    &POSTMARK,
    &QUICKBOOKS,
    &RAZORPAY,
    &REPLICATE,
    &RESEND,
    &SANITY,
    #[cfg(feature = "ecdsa")]
    &SENDGRID,
    &SENTRY,
    &SHOPIFY,
    &SLACK,
    &SQUARE,
    &STANDARD_WEBHOOKS,
    #[cfg(feature = "ed25519")]
    &STANDARD_WEBHOOKS_V1A,
    &STRIPE,
    &SVIX,
    &TELEGRAM,
    &TRELLO,
    &TWITCH,
    &TWITTER,
    &TYPEFORM,
    &VERCEL,
    &WEBFLOW,
    &WOOCOMMERCE,
    &WORKOS,
    &XERO,
    &ZENDESK,
    &ZOOM,
    #[cfg(all(feature = "jwt", feature = "rsa"))]
    &FIREBLOCKS,
    #[cfg(feature = "jwt")]
    &FUSIONAUTH,
    #[cfg(all(feature = "jwt", feature = "rsa"))]
    &GOOGLE_PUBSUB,
    #[cfg(all(feature = "jwt", feature = "rsa"))]
    &KINDE,
    #[cfg(feature = "jwt")]
    &QSTASH,
    #[cfg(all(feature = "jwt", feature = "rsa"))]
    &SALEOR,
    #[cfg(all(feature = "jwt", feature = "ecdsa-p521"))]
    &TRUELAYER,
    #[cfg(feature = "jwt")]
    &VONAGE,
    #[cfg(feature = "ecdsa")]
    &EBAY,
    #[cfg(all(feature = "message-signatures", feature = "ed25519"))]
    &MAILCHANNELS,
    #[cfg(feature = "rsa")]
    &WECHAT_PAY,
];
