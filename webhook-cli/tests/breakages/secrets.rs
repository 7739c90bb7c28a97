//! Breakages of secrets.

use base64ct::{Base64, Encoding as _};
use webhook_runtime::{
    Provider, Secret,
    providers::{
        ADYEN_PLATFORM, AIRTABLE, LINEAR, NOTION, PADDLE, POLAR, STANDARD_WEBHOOKS, STRIPE, SVIX,
    },
    scheme::{KeyEncoding, Scheme},
};

use crate::{
    Broken,
    document::{Style, Wanted, document},
    random::Random,
    sample::{Sample, ToSign, code_signers, secret, signers},
};

fn signed(random: &mut Random, providers: &[&'static Provider]) -> (ToSign, Sample) {
    let provider = random.pick(providers);
    let mut to_sign = ToSign::random(random, provider, Vec::new());
    let wanted = Wanted { unicode: random.is(2), ..Wanted::default() };
    let document = document(random, wanted);
    to_sign.write(Style::random(random), &document);
    let sample = to_sign.sign();
    (to_sign, sample)
}

fn of_text() -> Vec<&'static Provider> {
    let is_text = |it: &&Provider| it.scheme().map(Scheme::key_encoding) == Some(KeyEncoding::Text);
    signers().into_iter().filter(is_text).collect()
}

/// A signed request of any provider, those with code among them.
fn any(random: &mut Random) -> (ToSign, Sample) {
    if random.is(4) {
        let to_sign = code_signers(random);
        let sample = to_sign.sign();
        return (to_sign, sample);
    }
    signed(random, &signers())
}

/// Another spelling of the configured secret.
pub(crate) fn around(random: &mut Random) -> Broken {
    let (_, mut sample) = any(random);
    let secret = sample.secret.clone();
    let (cause, secret) = match random.below(4) {
        0 => ("secret-extra-whitespace", {
            let blank = random.pick(&["\n", "\r\n", " ", "\t"]);
            if random.is(3) { format!("{blank}{secret}") } else { format!("{secret}{blank}") }
        }),
        1 => ("secret-quoted", {
            let mark = random.pick(&["\"", "'"]);
            format!("{mark}{secret}{mark}")
        }),
        2 => ("secret-name-kept", {
            let export = random.pick(&["", "export "]);
            format!("{export}ACME_WEBHOOK_SECRET={secret}")
        }),
        _ => ("secret-prefix-added", {
            let prefix = random.pick(&["Bearer ", "sha256="]);
            format!("{prefix}{secret}")
        }),
    };
    sample.secret = secret;
    Broken::new(cause, sample)
}

/// Characters that editors, shells and other files than `.env` leave around a secret.
pub(crate) fn disguised(random: &mut Random) -> Broken {
    let (_, mut sample) = any(random);
    let secret = sample.secret.clone();
    let (cause, secret) = match random.below(8) {
        0 => ("secret-extra-whitespace", format!("\u{feff}{secret}")),
        1 => ("secret-extra-whitespace", format!("{secret}\u{200b}")),
        2 => ("secret-quoted", format!("\\\"{secret}\\\"")),
        3 => ("secret-quoted", format!("{secret}\"")),
        4 => ("secret-name-kept", format!("acme-webhook-secret: {secret}")),
        5 => ("secret-name-kept", format!("$env:ACME_SECRET = \"{secret}\"")),
        6 => ("secret-prefix-added", format!("bearer {secret}")),
        _ => ("secret-prefix-added", format!("Token {secret}")),
    };
    sample.secret = secret;
    Broken::new(cause, sample)
}

pub(crate) fn prefix_lost(random: &mut Random) -> Broken {
    let (_, mut sample) = signed(random, &[&STRIPE, &PADDLE, &POLAR, &LINEAR, &NOTION]);
    let at = sample.secret.rfind('_').expect("a prefix") + 1;
    sample.secret.drain(..at);
    Broken::new("secret-prefix-lost", sample)
}

pub(crate) fn missing_blank(random: &mut Random) -> Broken {
    let (mut to_sign, sample) = signed(random, &of_text());
    let blank = random.pick(&["\n", "\r\n", " ", "\t"]);
    let secret = to_sign.secret.clone();
    to_sign.secret =
        if random.is(4) { format!("{blank}{secret}") } else { format!("{secret}{blank}") };
    let broken = Sample { secret: sample.secret, ..to_sign.sign() };
    Broken::new("secret-missing-whitespace", broken)
}

pub(crate) fn encoded(random: &mut Random) -> Broken {
    let (mut to_sign, _) = signed(random, &of_text());
    if random.is(2) {
        to_sign.secret = format!("{}&{}<\"{}", random.word(8), random.word(8), random.word(4));
        let mut sample = to_sign.sign();
        sample.secret =
            sample.secret.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
        return Broken::new("secret-html-escaped", sample);
    }
    let mut sample = to_sign.sign();
    let end = random.pick(&["", "\n"]);
    sample.secret = Base64::encode_string(format!("{}{end}", sample.secret).as_bytes());
    Broken::new("secret-base64-encoded", sample)
}

pub(crate) fn key(random: &mut Random) -> Broken {
    if random.is(2) {
        let (to_sign, _) = signed(random, &[&AIRTABLE, &ADYEN_PLATFORM, &STANDARD_WEBHOOKS, &SVIX]);
        let bare = to_sign.secret.strip_prefix("whsec_").unwrap_or(&to_sign.secret);
        let text = if random.is(2) { bare } else { &to_sign.secret };
        return Broken::new(
            "secret-used-as-text",
            to_sign.sign_by(&Secret::from_key(text.as_bytes())),
        );
    }
    let (mut to_sign, _) = signed(random, &of_text());
    let bytes = random.bytes(24);
    to_sign.secret = Base64::encode_string(&bytes);
    if to_sign.provider.name() == "stripe" {
        to_sign.secret.insert_str(0, "whsec_");
    }
    Broken::new("secret-used-decoded", to_sign.sign_by(&Secret::from_key(bytes)))
}

pub(crate) fn other(random: &mut Random) -> Broken {
    let (to_sign, mut sample) = any(random);
    let mut other = || match to_sign.provider.name() {
        "adyen" => random.hex(64),
        _ => secret(random, to_sign.provider),
    };
    sample.others = vec![other(), sample.secret.clone()];
    sample.secret = other();
    Broken::new("secret-of-other-endpoint", sample)
}

pub(crate) fn no_secret(random: &mut Random) -> Broken {
    let (_, mut sample) = any(random);
    if random.is(2) {
        const PLACEHOLDERS: [&str; 7] = [
            "undefined",
            "${SECRET}",
            "<your secret>",
            "changeme",
            "whsec_...",
            "********",
            "null",
        ];
        sample.secret = String::from(random.pick(&PLACEHOLDERS));
        return Broken::new("secret-placeholder", sample);
    }
    sample.secret = match random.below(4) {
        0 => format!("sk_live_{}", random.word(24)),
        1 => format!("ghp_{}", random.word(36)),
        2 => format!("xoxb-{}", random.word(30)),
        _ => format!("glpat-{}", random.word(20)),
    };
    Broken::new("secret-wrong-kind", sample)
}
