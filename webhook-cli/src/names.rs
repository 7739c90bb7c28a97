//! Providers by name, with other names that people use, and suggestions for unknown names.

use clap::{
    Arg, Command, Error,
    builder::{PossibleValue, TypedValueParser},
    error::ErrorKind,
};
use webhook_runtime::{Provider, providers};

/// Other names of providers.
const ALIASES: &[(&str, &str)] = &[
    ("adyen-platform", "adyen-header"),
    ("amazon-sns", "aws-sns"),
    ("atlas", "mongodb-atlas"),
    ("autodesk", "autodesk-aps"),
    ("bird", "messagebird"),
    ("checkout", "checkout-com"),
    ("cisco", "webex"),
    ("claude", "anthropic"),
    ("coinbase", "coinbase-commerce"),
    ("dodo", "dodo-payments"),
    ("eas", "expo"),
    ("entrust", "onfido"),
    ("eventgrid", "azure-eventgrid"),
    ("facebook", "meta"),
    ("fal-ai", "fal"),
    ("generic", "hmac-sha256-hex"),
    ("getstream", "stream-chat"),
    ("gitlab", "gitlab-token"),
    ("google-calendar", "google-drive"),
    ("hashicorp", "terraform-cloud"),
    ("hellosign", "dropbox-sign"),
    ("hmac", "hmac-sha256-hex"),
    ("hubspot", "hubspot-v3"),
    ("instagram", "meta"),
    ("intuit", "quickbooks"),
    ("kontent-ai", "kontent"),
    ("mailchimp", "mandrill"),
    ("maxio", "chargify"),
    ("messenger", "meta"),
    ("microsoft-teams", "ms-teams"),
    ("plain", "hmac-sha256-hex"),
    ("sns", "aws-sns"),
    ("sonarcloud", "sonarqube"),
    ("supabase", "supabase-auth"),
    ("teams", "ms-teams"),
    ("terraform", "terraform-cloud"),
    ("twilio-sha256", "twilio"),
    ("whatsapp", "meta"),
    ("x", "twitter"),
    ("zoho", "zoho-payments"),
];

/// The largest distance, in letters, of a name that was meant.
const NEAR: usize = 3;

/// Finds a provider by its name, or by another one that people use.
///
/// # Errors
/// A guess at the name that was meant.
pub fn provider(name: &str) -> Result<&'static Provider, String> {
    let wanted = name.to_ascii_lowercase();
    let is_wanted = |known: &str| letters(known).eq(letters(&wanted));
    let alias = ALIASES.iter().find(|(alias, _)| is_wanted(alias)).map(|(_, target)| *target);
    let is_provider = |provider: &&&'static Provider| match alias {
        Some(target) => provider.name() == target,
        None => is_wanted(provider.name()),
    };
    if let Some(provider) = providers::ALL.iter().find(is_provider) {
        return Ok(provider);
    }
    let known = providers::ALL.iter().map(|provider| provider.name());
    Err(match nearest(&wanted, known.chain(ALIASES.iter().map(|(alias, _)| *alias))) {
        Some(near) => format!("no such provider; did you mean `{near}`?"),
        None => "no such provider; `webhook providers` lists them".to_owned(),
    })
}

/// Reads the name of a provider, which shells complete.
#[derive(Clone)]
pub(crate) struct ProviderName;

impl TypedValueParser for ProviderName {
    type Value = &'static Provider;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &std::ffi::OsStr,
    ) -> Result<Self::Value, Error> {
        let named = provider as fn(&str) -> Result<&'static Provider, String>;
        match value.to_str() {
            Some(_) => TypedValueParser::parse_ref(&named, command, argument, value),
            None => Err(Error::new(ErrorKind::InvalidUtf8).with_cmd(command)),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let mut names: Vec<&str> = providers::ALL.iter().map(|provider| provider.name()).collect();
        names.sort_unstable();
        Some(Box::new(names.into_iter().map(PossibleValue::new)))
    }
}

/// The letters and digits of a name: `Cal.com` is `calcom`.
fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(char::is_ascii_alphanumeric)
}

/// The known name that is nearest to a mistyped one.
pub(crate) fn nearest<'k>(name: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    known
        .map(|known| {
            let begins = name.len() > 2 && known.starts_with(name);
            (if begins { 1 } else { strsim::damerau_levenshtein(name, known) }, known)
        })
        .filter(|(distance, known)| *distance <= NEAR.min(known.len() / 2))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> Result<&'static str, String> {
        provider(text).map(Provider::name)
    }

    #[test]
    fn names_are_found_in_any_spelling() {
        assert_eq!(name("stripe"), Ok("stripe"));
        assert_eq!(name("Stripe"), Ok("stripe"));
        assert_eq!(name("standard_webhooks"), Ok("standard-webhooks"));
        assert_eq!(name("whatsapp"), Ok("meta"));
        assert_eq!(name("Cal.com"), Ok("calcom"));
        assert_eq!(name("Lemon Squeezy"), Ok("lemonsqueezy"));
        assert_eq!(name("Microsoft Teams"), Ok("ms-teams"));
        assert_eq!(name("Checkout.com"), Ok("checkout-com"));
        assert_eq!(name("GetStream"), Ok("stream-chat"));
    }

    #[test]
    fn aliases_name_providers_and_are_none() {
        for (alias, target) in ALIASES {
            assert_eq!(name(alias), Ok(*target));
            assert!(providers::ALL.iter().all(|provider| provider.name() != *alias), "{alias}");
        }
    }

    #[test]
    fn a_mistyped_name_gets_a_guess() {
        let guess = |text| name(text).expect_err("no provider");
        assert_eq!(guess("strip"), "no such provider; did you mean `stripe`?");
        assert_eq!(guess("githbu"), "no such provider; did you mean `github`?");
        assert_eq!(guess("paystak"), "no such provider; did you mean `paystack`?");
        assert_eq!(guess("getsteam"), "no such provider; did you mean `getstream`?");
        assert_eq!(guess("qqqqqqqq"), "no such provider; `webhook providers` lists them");
    }
}
