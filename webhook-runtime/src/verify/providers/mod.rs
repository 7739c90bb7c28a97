//! The built-in providers, one constant each.
//!
//! Facts about a provider that could not be confirmed in its own documentation or source are marked
//! *unconfirmed*. Values that are not signed can be changed by anyone who can change the request in
//! transit.
#![doc = ""]
#![doc = include_str!("groups.md")]

mod ably;
mod acuity;
mod adyen;
mod aftership;
mod airtable;
mod airwallex;
#[cfg(feature = "rsa")]
mod alipay;
mod all;
mod anthropic;
#[cfg(all(feature = "certificates", feature = "ecdsa", feature = "ecdsa-p384"))]
mod apple_app_store;
#[cfg(all(feature = "certificates", feature = "ecdsa", feature = "ecdsa-p384"))]
mod apple_chain;
mod asana;
#[cfg(feature = "jwt")]
mod atlassian_connect;
mod attio;
mod auth0;
mod autodesk_aps;
#[cfg(feature = "certificates")]
mod aws_sns;
mod azure_eventgrid;
mod bitbucket;
mod r#box;
mod braintree;
mod buildkite;
mod calcom;
mod calendly;
mod cashfree;
mod chargebee;
mod chargify;
mod checkout_com;
mod circleci;
mod clerk;
mod clickup;
mod cloudconvert;
mod cloudevents;
mod cloudflare_notifications;
mod cloudflare_stream;
mod cloudinary;
mod coinbase_cdp;
mod coinbase_commerce;
mod contentful;
mod creem;
mod crisp;
mod cronofy;
mod customer_io;
#[cfg(feature = "ed25519")]
mod discord;
mod discourse;
mod docusign;
mod dodo_payments;
mod dropbox;
mod dropbox_sign;
mod dub;
mod dwolla;
mod easypost;
#[cfg(feature = "ecdsa")]
mod ebay;
mod elevenlabs;
mod escapes;
mod expo;
#[cfg(feature = "ed25519")]
mod fal;
mod figma;
mod finch;
#[cfg(all(feature = "jwt", feature = "rsa"))]
mod fireblocks;
mod firecrawl;
mod flutterwave;
mod forgejo;
mod formstack;
mod fourthwall;
mod front;
#[cfg(feature = "jwt")]
mod fusionauth;
mod ghost;
mod gitea;
mod github;
mod github_events;
mod gitlab;
mod gocardless;
mod gogs;
mod google_drive;
#[cfg(all(feature = "jwt", feature = "rsa"))]
mod google_pubsub;
mod grafana;
mod helpscout;
mod heroku;
mod hmac_sha256_hex;
mod hookdeck;
mod hubspot;
mod hygraph;
mod imagekit;
mod increase;
mod infisical;
mod intercom;
mod jira;
#[cfg(feature = "rsa")]
mod kick;
#[cfg(all(feature = "jwt", feature = "rsa"))]
mod kinde;
mod klaviyo;
mod kontent;
mod langfuse;
mod lark;
mod launchdarkly;
mod lemonsqueezy;
mod line;
mod linear;
mod linkedin;
mod lithic;
mod liveblocks;
#[cfg(feature = "jwt")]
mod livekit;
mod lob;
mod logto;
mod loops;
#[cfg(all(feature = "message-signatures", feature = "ed25519"))]
mod mailchannels;
mod mailerlite;
mod mailersend;
mod mailgun;
mod mandrill;
mod mautic;
mod mercado_pago;
#[cfg(feature = "jwt")]
mod messagebird;
mod meta;
mod metronome;
mod microsoft_graph;
mod modern_treasury;
mod mollie;
#[cfg(feature = "jwt")]
mod monday;
mod mongodb_atlas;
mod ms_teams;
mod mux;
mod nango;
#[cfg(feature = "jwt")]
mod netlify;
mod notion;
mod nylas;
mod okta;
mod onfido;
mod onfleet;
mod openai;
mod orb;
mod paddle;
mod paddle_events;
mod pagerduty;
mod pandadoc;
#[cfg(feature = "certificates")]
mod paypal;
mod paystack;
mod persona;
#[cfg(all(feature = "jwt", feature = "ecdsa"))]
mod plaid;
mod plain_com;
mod planetscale;
mod plivo;
mod polar;
mod postmark;
mod privy;
mod pusher;
#[cfg(feature = "jwt")]
mod qstash;
mod quickbooks;
mod razorpay;
mod recurly;
mod replicate;
mod resend;
mod retell;
mod revenuecat;
mod revolut;
mod roblox;
#[cfg(all(feature = "jwt", feature = "rsa"))]
mod saleor;
mod sanity;
mod seam;
mod segment;
#[cfg(feature = "ecdsa")]
mod sendgrid;
mod sentry;
mod shippo;
mod shopify;
mod shopify_events;
mod sinch;
mod slack;
mod slack_events;
mod smartcar;
mod sonarqube;
mod square;
mod squarespace;
mod standard_webhooks;
mod stream_chat;
mod strike;
mod stripe;
mod stripe_events;
mod supabase_auth;
mod surge;
mod surveymonkey;
mod svix;
mod taiga;
mod tailscale;
mod telegram;
#[cfg(feature = "ed25519")]
mod telnyx;
mod terraform_cloud;
mod tiktok;
#[cfg(feature = "rsa")]
mod travis_ci;
mod trello;
#[cfg(all(feature = "jwt", feature = "ecdsa-p521"))]
mod truelayer;
mod twilio;
mod twilio_url;
mod twitch;
mod twitter;
mod typeform;
mod unit;
mod vercel;
mod viber;
#[cfg(feature = "jwt")]
mod vonage;
mod webex;
mod webflow;
#[cfg(feature = "rsa")]
mod wechat_pay;
mod whop;
mod woocommerce;
mod workos;
mod xendit;
mod xero;
mod zendesk;
mod zoho_payments;
mod zoom;

pub use ably::ABLY;
pub use acuity::ACUITY;
pub use adyen::{ADYEN, ADYEN_PLATFORM};
pub use aftership::AFTERSHIP;
pub use airtable::AIRTABLE;
pub use airwallex::AIRWALLEX;
#[cfg(feature = "rsa")]
pub use alipay::ALIPAY;
pub use all::ALL;
pub(crate) use all::NAMES;
pub use anthropic::ANTHROPIC;
#[cfg(all(feature = "certificates", feature = "ecdsa", feature = "ecdsa-p384"))]
pub use apple_app_store::APPLE_APP_STORE;
pub use asana::ASANA;
#[cfg(feature = "jwt")]
pub use atlassian_connect::ATLASSIAN_CONNECT;
pub use attio::ATTIO;
pub use auth0::AUTH0;
pub use autodesk_aps::AUTODESK_APS;
#[cfg(feature = "certificates")]
pub use aws_sns::AWS_SNS;
pub use azure_eventgrid::EVENT_GRID;
pub use bitbucket::{BITBUCKET, BITBUCKET_DATA_CENTER};
pub use r#box::BOX;
pub use braintree::BRAINTREE;
pub use buildkite::BUILDKITE;
pub use calcom::CALCOM;
pub use calendly::CALENDLY;
pub use cashfree::CASHFREE;
pub use chargebee::CHARGEBEE;
pub use chargify::CHARGIFY;
pub use checkout_com::CHECKOUT_COM;
pub use circleci::CIRCLECI;
pub use clerk::CLERK;
pub use clickup::CLICKUP;
pub use cloudconvert::CLOUDCONVERT;
pub use cloudevents::{CLOUDEVENTS, CLOUDEVENTS_STRUCTURED};
pub use cloudflare_notifications::CLOUDFLARE_NOTIFICATIONS;
pub use cloudflare_stream::CLOUDFLARE_STREAM;
pub use cloudinary::{CLOUDINARY, CLOUDINARY_SHA256};
pub use coinbase_cdp::COINBASE_CDP;
pub use coinbase_commerce::COINBASE_COMMERCE;
pub use contentful::CONTENTFUL;
pub use creem::CREEM;
pub use crisp::CRISP;
pub use cronofy::CRONOFY;
pub use customer_io::CUSTOMER_IO;
#[cfg(feature = "ed25519")]
pub use discord::DISCORD;
pub use discourse::DISCOURSE;
pub use docusign::DOCUSIGN;
pub use dodo_payments::DODO_PAYMENTS;
pub use dropbox::DROPBOX;
pub use dropbox_sign::DROPBOX_SIGN;
pub use dub::DUB;
pub use dwolla::DWOLLA;
pub use easypost::EASYPOST;
#[cfg(feature = "ecdsa")]
pub use ebay::EBAY;
pub use elevenlabs::ELEVENLABS;
pub use expo::EXPO;
#[cfg(feature = "ed25519")]
pub use fal::FAL;
pub use figma::FIGMA;
pub use finch::FINCH;
#[cfg(all(feature = "jwt", feature = "rsa"))]
pub use fireblocks::FIREBLOCKS;
pub use firecrawl::FIRECRAWL;
pub use flutterwave::FLUTTERWAVE;
pub use forgejo::FORGEJO;
pub use formstack::FORMSTACK;
pub use fourthwall::{FOURTHWALL, FOURTHWALL_APPS};
pub use front::FRONT;
#[cfg(feature = "jwt")]
pub use fusionauth::FUSIONAUTH;
#[cfg(all(
    feature = "jwt",
    feature = "ecdsa",
    feature = "ecdsa-p384",
    feature = "ecdsa-p521",
    feature = "ed25519",
    feature = "rsa"
))]
pub use fusionauth::FUSIONAUTH_KEY_PAIR;
pub use ghost::GHOST;
pub use gitea::GITEA;
pub use github::{GITHUB, GITHUB_SHA1};
pub use gitlab::{GITLAB, GITLAB_SIGNING};
pub use gocardless::GOCARDLESS;
pub use gogs::GOGS;
pub use google_drive::GOOGLE_DRIVE;
#[cfg(all(feature = "jwt", feature = "rsa"))]
pub use google_pubsub::GOOGLE_PUBSUB;
pub use grafana::GRAFANA;
pub use helpscout::HELPSCOUT;
pub use heroku::HEROKU;
pub use hmac_sha256_hex::HMAC_SHA256_HEX;
pub use hookdeck::HOOKDECK;
pub use hubspot::{HUBSPOT, HUBSPOT_V1, HUBSPOT_V2};
pub use hygraph::HYGRAPH;
pub use imagekit::IMAGEKIT;
pub use increase::INCREASE;
pub use infisical::INFISICAL;
pub use intercom::INTERCOM;
pub use jira::JIRA;
#[cfg(feature = "rsa")]
pub use kick::KICK;
#[cfg(all(feature = "jwt", feature = "rsa"))]
pub use kinde::KINDE;
pub use klaviyo::KLAVIYO;
pub use kontent::KONTENT_AI;
pub use langfuse::LANGFUSE;
pub use lark::LARK;
pub use launchdarkly::LAUNCHDARKLY;
pub use lemonsqueezy::LEMONSQUEEZY;
pub use line::LINE;
pub use linear::LINEAR;
pub use linkedin::LINKEDIN;
pub use lithic::LITHIC;
pub use liveblocks::LIVEBLOCKS;
#[cfg(feature = "jwt")]
pub use livekit::LIVEKIT;
pub use lob::LOB;
pub use logto::LOGTO;
pub use loops::LOOPS;
#[cfg(all(feature = "message-signatures", feature = "ed25519"))]
pub use mailchannels::MAILCHANNELS;
pub use mailerlite::MAILERLITE;
pub use mailersend::MAILERSEND;
pub use mailgun::MAILGUN;
pub use mandrill::MANDRILL;
pub use mautic::MAUTIC;
pub use mercado_pago::MERCADO_PAGO;
#[cfg(feature = "jwt")]
pub use messagebird::MESSAGEBIRD;
pub use meta::META;
pub use metronome::METRONOME;
pub use microsoft_graph::MICROSOFT_GRAPH;
pub use modern_treasury::MODERN_TREASURY;
pub use mollie::MOLLIE;
#[cfg(feature = "jwt")]
pub use monday::MONDAY;
pub use mongodb_atlas::MONGODB_ATLAS;
pub use ms_teams::MS_TEAMS;
pub use mux::MUX;
pub use nango::NANGO;
#[cfg(feature = "jwt")]
pub use netlify::NETLIFY;
pub use notion::NOTION;
pub use nylas::NYLAS;
pub use okta::OKTA;
pub use onfido::ONFIDO;
pub use onfleet::ONFLEET;
pub use openai::OPENAI;
pub use orb::ORB;
pub use paddle::PADDLE;
pub use pagerduty::PAGERDUTY;
pub use pandadoc::PANDADOC;
#[cfg(feature = "certificates")]
pub use paypal::PAYPAL;
pub use paystack::PAYSTACK;
pub use persona::PERSONA;
#[cfg(all(feature = "jwt", feature = "ecdsa"))]
pub use plaid::PLAID;
pub use plain_com::PLAIN_COM;
pub use planetscale::PLANETSCALE;
pub use plivo::PLIVO;
pub use polar::POLAR;
pub use postmark::POSTMARK;
pub use privy::PRIVY;
pub use pusher::PUSHER;
#[cfg(feature = "jwt")]
pub use qstash::QSTASH;
pub use quickbooks::QUICKBOOKS;
pub use razorpay::RAZORPAY;
pub use recurly::RECURLY;
pub use replicate::REPLICATE;
pub use resend::RESEND;
pub use retell::RETELL;
pub use revenuecat::REVENUECAT;
pub use revolut::REVOLUT;
pub use roblox::ROBLOX;
#[cfg(all(feature = "jwt", feature = "rsa"))]
pub use saleor::SALEOR;
pub use sanity::SANITY;
pub use seam::SEAM;
pub use segment::SEGMENT;
#[cfg(feature = "ecdsa")]
pub use sendgrid::SENDGRID;
pub use sentry::SENTRY;
pub use shippo::SHIPPO;
pub use shopify::SHOPIFY;
pub use sinch::SINCH;
pub use slack::SLACK;
pub use smartcar::SMARTCAR;
pub use sonarqube::SONARQUBE;
pub use square::SQUARE;
pub use squarespace::SQUARESPACE;
pub use standard_webhooks::STANDARD_WEBHOOKS;
#[cfg(feature = "ed25519")]
pub use standard_webhooks::STANDARD_WEBHOOKS_V1A;
pub use stream_chat::STREAM_CHAT;
pub use strike::STRIKE;
pub use stripe::STRIPE;
pub use supabase_auth::SUPABASE_AUTH;
pub use surge::SURGE;
pub use surveymonkey::SURVEYMONKEY;
pub use svix::SVIX;
pub use taiga::TAIGA;
pub use tailscale::TAILSCALE;
pub use telegram::TELEGRAM;
#[cfg(feature = "ed25519")]
pub use telnyx::TELNYX;
pub use terraform_cloud::TERRAFORM_CLOUD;
pub use tiktok::TIKTOK;
#[cfg(feature = "rsa")]
pub use travis_ci::TRAVIS_CI;
pub use trello::TRELLO;
#[cfg(all(feature = "jwt", feature = "ecdsa-p521"))]
pub use truelayer::TRUELAYER;
pub use twilio::TWILIO;
pub use twitch::TWITCH;
pub use twitter::TWITTER;
pub use typeform::TYPEFORM;
pub use unit::UNIT;
pub use vercel::VERCEL;
pub use viber::VIBER;
#[cfg(feature = "jwt")]
pub use vonage::VONAGE;
pub use webex::WEBEX;
pub use webflow::WEBFLOW;
#[cfg(feature = "rsa")]
pub use wechat_pay::WECHAT_PAY;
pub use whop::WHOP;
pub use woocommerce::WOOCOMMERCE;
pub use workos::WORKOS;
pub use xendit::XENDIT;
pub use xero::XERO;
pub use zendesk::ZENDESK;
pub use zoho_payments::ZOHO_PAYMENTS;
pub use zoom::ZOOM;
