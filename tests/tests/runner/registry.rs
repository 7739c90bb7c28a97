//! The provider of a line.

use webhook_runtime::{
    Provider,
    providers::ALL,
    scheme::{KeyEncoding, Scheme},
};

/// Providers of vector files that are not in the framework. For another one, add a constant here:
/// see `tests/vectors/README.md`.
pub(crate) const EXTRA: &[&Provider] = &[
    &ED25519_RAW, //
    &ECDSA_P256_RAW,
];

/// Ed25519 over the body alone, for the vectors of Wycheproof.
const ED25519_RAW: Provider = Provider::new(
    "ed25519-raw",
    Scheme::ed25519().header("x-signature").hex().key(KeyEncoding::Hex),
);

/// ECDSA over the body alone, for the vectors of Wycheproof.
const ECDSA_P256_RAW: Provider =
    Provider::new("ecdsa-p256-raw", Scheme::ecdsa_p256().header("x-signature").hex());

/// Other names of providers, and ours. Case and punctuation do not matter.
pub(crate) const ALIASES: &[(&str, &str)] = &[
    ("plain", "hmac-sha256-hex"),
    ("generic", "hmac-sha256-hex"),
    ("adyen-payments", "adyen"),
    ("adyen-banking", "adyen-header"),
    ("adyen-platform", "adyen-header"),
    ("atlassian", "atlassian-connect"),
    ("sns", "aws-sns"),
    ("amazon-sns", "aws-sns"),
    ("eventgrid", "azure-eventgrid"),
    ("azure-event-grid", "azure-eventgrid"),
    ("cal", "calcom"),
    ("coinbase", "coinbase-commerce"),
    ("docusign-connect", "docusign"),
    ("facebook", "meta"),
    ("instagram", "meta"),
    ("whatsapp", "meta"),
    ("messenger", "meta"),
    ("forgejo", "gitea"),
    ("github-sha256", "github"),
    ("github-legacy", "github-sha1"),
    ("gitlab", "gitlab-token"),
    ("gitlab-standard-webhooks", "gitlab-signing"),
    ("graph", "microsoft-graph"),
    ("msgraph", "microsoft-graph"),
    ("hubspot", "hubspot-v3"),
    ("intuit", "quickbooks"),
    ("kontent.ai", "kontent"),
    ("bird", "messagebird"),
    ("mailchimp-transactional", "mandrill"),
    ("paddle-billing", "paddle"),
    ("standard-webhooks-v1", "standard-webhooks"),
    ("twilio-sha1", "twilio"),
    ("twilio-sha256", "twilio"),
    ("twilio-email", "sendgrid"),
    ("x", "twitter"),
];

/// The provider of that name.
pub(crate) fn find(name: &str) -> Option<&'static Provider> {
    let named = |name: &str| {
        let name = plain(name);
        ALL.iter().chain(EXTRA).copied().find(|provider| plain(provider.name()) == name)
    };
    named(name).or_else(|| {
        let name = plain(name);
        named(ALIASES.iter().find(|(alias, _)| plain(alias) == name)?.1)
    })
}

/// The name without case and punctuation: `Cal.com`, `cal-com` and `calcom` are the same.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|mark| mark.to_ascii_lowercase()).collect()
}
