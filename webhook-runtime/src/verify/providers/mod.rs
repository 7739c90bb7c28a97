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
mod cloudinary;
mod coinbase_cdp;
mod coinbase_commerce;
mod contentful;
mod cronofy;
#[cfg(feature = "ed25519")]
mod discord;
mod docusign;
mod dropbox;
mod escapes;
mod figma;
mod forgejo;
mod fourthwall;
mod gitea;
mod github;
mod gitlab;
mod gocardless;
mod gogs;
mod heroku;
mod hmac_sha256_hex;
mod hookdeck;
mod hubspot;
mod hygraph;
mod infisical;
mod intercom;
mod jira;
#[cfg(feature = "rsa")]
mod kick;
mod kontent;
mod lark;
mod lemonsqueezy;
mod line;
mod linear;
#[cfg(feature = "jwt")]
mod livekit;
mod mailersend;
mod mailgun;
mod mandrill;
mod mercado_pago;
#[cfg(feature = "jwt")]
mod messagebird;
mod meta;
mod metronome;
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
mod orb;
mod paddle;
mod pagerduty;
#[cfg(feature = "certificates")]
mod paypal;
mod persona;
#[cfg(all(feature = "jwt", feature = "ecdsa"))]
mod plaid;
mod plivo;
mod polar;
mod postmark;
mod quickbooks;
mod razorpay;
mod recurly;
mod replicate;
mod resend;
mod sanity;
#[cfg(feature = "ecdsa")]
mod sendgrid;
mod sentry;
mod shopify;
mod sinch;
mod slack;
mod square;
mod standard_webhooks;
mod stripe;
mod svix;
mod telegram;
#[cfg(feature = "rsa")]
mod travis_ci;
mod trello;
mod twilio;
mod twilio_url;
mod twitch;
mod twitter;
mod typeform;
mod vercel;
mod webflow;
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
pub use cloudinary::{CLOUDINARY, CLOUDINARY_SHA256};
pub use coinbase_cdp::COINBASE_CDP;
pub use coinbase_commerce::COINBASE_COMMERCE;
pub use contentful::CONTENTFUL;
pub use cronofy::CRONOFY;
#[cfg(feature = "ed25519")]
pub use discord::DISCORD;
pub use docusign::DOCUSIGN;
pub use dropbox::DROPBOX;
pub use figma::FIGMA;
pub use forgejo::FORGEJO;
pub use fourthwall::{FOURTHWALL, FOURTHWALL_APPS};
pub use gitea::GITEA;
pub use github::{GITHUB, GITHUB_SHA1};
pub use gitlab::{GITLAB, GITLAB_SIGNING};
pub use gocardless::GOCARDLESS;
pub use gogs::GOGS;
pub use heroku::HEROKU;
pub use hmac_sha256_hex::HMAC_SHA256_HEX;
pub use hookdeck::HOOKDECK;
pub use hubspot::{HUBSPOT, HUBSPOT_V1, HUBSPOT_V2};
pub use hygraph::HYGRAPH;
pub use infisical::INFISICAL;
pub use intercom::INTERCOM;
pub use jira::JIRA;
#[cfg(feature = "rsa")]
pub use kick::KICK;
pub use kontent::KONTENT_AI;
pub use lark::LARK;
pub use lemonsqueezy::LEMONSQUEEZY;
pub use line::LINE;
pub use linear::LINEAR;
#[cfg(feature = "jwt")]
pub use livekit::LIVEKIT;
pub use mailersend::MAILERSEND;
pub use mailgun::MAILGUN;
pub use mandrill::MANDRILL;
pub use mercado_pago::MERCADO_PAGO;
#[cfg(feature = "jwt")]
pub use messagebird::MESSAGEBIRD;
pub use meta::META;
pub use metronome::METRONOME;
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
pub use orb::ORB;
pub use paddle::PADDLE;
pub use pagerduty::PAGERDUTY;
#[cfg(feature = "certificates")]
pub use paypal::PAYPAL;
pub use persona::PERSONA;
#[cfg(all(feature = "jwt", feature = "ecdsa"))]
pub use plaid::PLAID;
pub use plivo::PLIVO;
pub use polar::POLAR;
pub use postmark::POSTMARK;
pub use quickbooks::QUICKBOOKS;
pub use razorpay::RAZORPAY;
pub use recurly::RECURLY;
pub use replicate::REPLICATE;
pub use resend::RESEND;
pub use sanity::SANITY;
#[cfg(feature = "ecdsa")]
pub use sendgrid::SENDGRID;
pub use sentry::SENTRY;
pub use shopify::SHOPIFY;
pub use sinch::SINCH;
pub use slack::SLACK;
pub use square::SQUARE;
pub use standard_webhooks::STANDARD_WEBHOOKS;
#[cfg(feature = "ed25519")]
pub use standard_webhooks::STANDARD_WEBHOOKS_V1A;
pub use stripe::STRIPE;
pub use svix::SVIX;
pub use telegram::TELEGRAM;
#[cfg(feature = "rsa")]
pub use travis_ci::TRAVIS_CI;
pub use trello::TRELLO;
pub use twilio::TWILIO;
pub use twitch::TWITCH;
pub use twitter::TWITTER;
pub use typeform::TYPEFORM;
pub use vercel::VERCEL;
pub use webflow::WEBFLOW;
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
    &COINBASE_CDP,
    &HYGRAPH,
    &PLIVO,
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
    &CLOUDINARY,
    &CLOUDINARY_SHA256,
    &CRONOFY,
    &FIGMA,
    &HOOKDECK,
    &INFISICAL,
    &LARK,
    &MERCADO_PAGO,
    &METRONOME,
    &ORB,
    &PERSONA,
    &RECURLY,
    &SINCH,
    #[cfg(feature = "rsa")]
    &TRAVIS_CI,
];
