//! Breakages of headers, signatures and times.

use base64ct::{Base64, Base64UrlUnpadded, Encoding as _};
use webhook_runtime::{
    Provider, Secret,
    providers::{
        BOX, CALENDLY, GITEA, GITHUB, GITHUB_SHA1, HUBSPOT, HUBSPOT_V1, LINEAR, META, MUX, PADDLE,
        SLACK, SQUARE, STANDARD_WEBHOOKS, STRIPE, SVIX,
    },
    scheme::{Scheme, Timestamp},
};

use crate::{
    Broken,
    document::{Style, Wanted, document},
    random::Random,
    sample::{Sample, ToSign, signers},
};

fn signed(random: &mut Random, providers: &[&'static Provider]) -> (ToSign, Sample) {
    let provider = random.pick(providers);
    let mut to_sign = ToSign::random(random, provider, Vec::new());
    to_sign.write(Style::random(random), &document(random, Wanted::default()));
    let sample = to_sign.sign();
    (to_sign, sample)
}

fn only(wanted: impl Fn(&Provider, &Scheme) -> bool) -> Vec<&'static Provider> {
    let fits = |it: &&'static Provider| it.scheme().is_some_and(|scheme| wanted(it, scheme));
    signers().into_iter().filter(fits).collect()
}

/// The headers that are signed, and the one with the signature.
fn own_headers(sample: &Sample) -> Vec<String> {
    let scheme = sample.provider.scheme().expect("data");
    let own = [Some(sample.signature())].into_iter().flatten();
    let others = [scheme.timestamp_header(), scheme.signed_id_header()];
    own.chain(others.into_iter().flatten().map(str::to_owned)).collect()
}

pub(crate) fn missing(random: &mut Random) -> Broken {
    if random.is(2) {
        let (_, mut sample) = signed(random, &signers());
        let name = sample.signature();
        sample.remove(&name);
        return Broken::new("signature-header-missing", sample);
    }
    let with_time = only(|_, it| it.timestamp_header().is_some());
    let (_, mut sample) = signed(random, &with_time);
    let others = own_headers(&sample);
    let name = others[1 + random.below(others.len() - 1)].clone();
    sample.remove(&name);
    Broken::new("header-companion-missing", sample)
}

pub(crate) fn renamed(random: &mut Random) -> Broken {
    let (_, mut sample) = signed(random, &signers());
    let way = random.below(6);
    for name in own_headers(&sample) {
        let other = match way {
            0 => format!("HTTP_{}", name.to_ascii_uppercase().replace('-', "_")),
            1 => name.replace('-', "_"),
            2 => format!("REDIRECT_HTTP_{}", name.to_ascii_uppercase().replace('-', "_")),
            3 => format!("x-amzn-remapped-{name}"),
            4 => format!("X-Proxied-{name}"),
            _ => format!("X-Original-{name}"),
        };
        if other != name {
            sample.header(&name).0 = other;
        }
    }
    if sample.capture.headers.iter().any(|(name, _)| *name == sample.signature()) {
        // A name of one word has no underscore to be changed.
        let name = sample.signature();
        sample.header(&name).0 = String::from("X-Acme-Signature");
    }
    Broken::new("header-renamed", sample)
}

pub(crate) fn legacy(random: &mut Random) -> Broken {
    const SQUARE_SHA1: Provider = Provider::new(
        "older",
        Scheme::hmac_sha1().header("x-square-signature").base64().signed("{url}{body}"),
    );
    let all: [(&'static Provider, &Provider); 5] = [
        (&GITHUB, &GITHUB_SHA1),
        (&META, &GITHUB_SHA1),
        (&GITEA, &GITHUB_SHA1),
        (&HUBSPOT, &HUBSPOT_V1),
        (&SQUARE, &SQUARE_SHA1),
    ];
    let (provider, older) = random.pick(&all);
    let (to_sign, mut sample) = signed(random, &[provider]);
    let name = sample.signature();
    sample.remove(&name);
    sample.capture.headers.extend(to_sign.sign_with(older, &Secret::new(to_sign.secret.clone())));
    Broken::new("header-legacy-only", sample)
}

pub(crate) fn secondary(random: &mut Random) -> Broken {
    let (to_sign, mut sample) = signed(random, &[&BOX]);
    let value = sample.value();
    let name = sample.signature();
    sample.remove(&name);
    sample.set("box-signature-secondary", value);
    if random.is(2) {
        let other = to_sign.sign_by(&Secret::new(random.word(32))).value();
        sample.set(&name, other);
    }
    Broken::new("header-other-key", sample)
}

/// Prefixes of a bare signature.
fn bare_prefix(scheme: &Scheme) -> Option<String> {
    let pattern = scheme.signature_pattern();
    let (_, form) = pattern.split_once(": ")?;
    let prefix = form.strip_suffix('…')?;
    (!prefix.contains('…')).then(|| prefix.to_owned())
}

pub(crate) fn prefix(random: &mut Random) -> Broken {
    if random.is(2) {
        let with = only(|_, it| bare_prefix(it).is_some_and(|it| !it.is_empty()));
        let (_, mut sample) = signed(random, &with);
        let prefix = bare_prefix(sample.provider.scheme().expect("data")).expect("a prefix");
        let bare = sample.value().strip_prefix(&prefix).expect("it is there").to_owned();
        sample.set_value(bare);
        return Broken::new("signature-prefix-lost", sample);
    }
    let without = only(|_, it| bare_prefix(it).is_some_and(|it| it.is_empty()));
    let (_, mut sample) = signed(random, &without);
    let added = random.pick(&["sha256=", "v1=", "v0=", "sha1=", "v1,"]);
    let value = format!("{added}{}", sample.value());
    sample.set_value(value);
    Broken::new("signature-prefix-added", sample)
}

/// Rewrites the signature behind the last mark that is no part of it.
fn respell(sample: &mut Sample, rewrite: impl Fn(&str) -> String) {
    let value = sample.value();
    let bare = value.trim_end_matches('=');
    let at = bare.rfind(['=', ',', ';', ' ']).map_or(0, |at| at + 1);
    let (before, signature) = value.split_at(at);
    let changed = format!("{before}{}", rewrite(signature));
    sample.set_value(changed);
}

pub(crate) fn spelling(random: &mut Random) -> Broken {
    if random.is(3) {
        let (_, mut sample) = signed(random, &only(|_, it| it.encoding() == "hex"));
        respell(&mut sample, str::to_ascii_uppercase);
        return Broken::new("signature-uppercase", sample);
    }
    let (_, mut sample) = signed(random, &signers());
    let encoding = sample.provider.scheme().expect("data").encoding();
    respell(&mut sample, |signature| match encoding {
        "hex" => Base64::encode_string(&base16ct::lower::decode_vec(signature).expect("hex")),
        "base64" => base16ct::lower::encode_string(&Base64::decode_vec(signature).expect("base64")),
        _ => Base64::encode_string(&Base64UrlUnpadded::decode_vec(signature).expect("base64")),
    });
    Broken::new("signature-wrong-encoding", sample)
}

/// The base64 of the digits, or upper case up to the prefix.
pub(crate) fn respelled(random: &mut Random) -> Broken {
    let has_prefix = |it: &Scheme| bare_prefix(it).is_some_and(|it| !it.is_empty());
    if random.is(2) {
        let upper = only(|_, it| it.encoding() == "hex" && has_prefix(it));
        let (_, mut sample) = signed(random, &upper);
        let value = sample.value().to_ascii_uppercase();
        sample.set_value(value);
        return Broken::new("signature-uppercase", sample);
    }
    let (_, mut sample) = signed(random, &signers());
    let encoding = sample.provider.scheme().expect("data").encoding();
    respell(&mut sample, |signature| {
        let digits = match encoding {
            "hex" => signature.to_owned(),
            "base64" => base16ct::lower::encode_string(&Base64::decode_vec(signature).expect("it")),
            _ => base16ct::lower::encode_string(
                &Base64UrlUnpadded::decode_vec(signature).expect("base64"),
            ),
        };
        Base64::encode_string(digits.as_bytes())
    });
    Broken::new("signature-wrong-encoding", sample)
}

/// Signs with HMAC of another hash, or a hash with the secret in front.
pub(crate) fn algorithm(random: &mut Random) -> Broken {
    let (to_sign, mut sample) = signed(random, &only(|_, it| it.algorithm() == "HMAC-SHA256"));
    let scheme = sample.provider.scheme().expect("data");
    let headers = sample.capture.header_map();
    let request = webhook_runtime::scheme::SignedRequest {
        method: "POST",
        url: &to_sign.url,
        headers: &headers,
        query: "",
        body: &to_sign.body,
    };
    let whole = scheme.signed_text(&request).expect("it is signed");
    let body_only = scheme.signed_template() != "{body}" && random.is(2);
    let method = if body_only {
        Scheme::hmac_sha256()
    } else {
        match random.below(3) {
            0 => Scheme::hmac_sha1(),
            1 => Scheme::hmac_sha512(),
            _ => Scheme::sha256().signed("{secret}{body}"),
        }
    };
    let digest = Provider::new("digest", method.header("x-digest").key(scheme.key_encoding()));
    let text = if body_only { &to_sign.body } else { &whole };
    let unsigned = ToSign { body: text.clone(), ..to_sign.clone() };
    let tag = unsigned.sign_with(&digest, &Secret::new(to_sign.secret.clone())).remove(0).1;
    let tag = base16ct::lower::decode_vec(&tag).expect("hex");
    respell(&mut sample, |_| match scheme.encoding() {
        "hex" => base16ct::lower::encode_string(&tag),
        "base64" => Base64::encode_string(&tag),
        _ => Base64UrlUnpadded::encode_string(&tag),
    });
    let cause = if body_only { "signed-body-only" } else { "signature-wrong-algorithm" };
    Broken::new(cause, sample)
}

pub(crate) fn elsewhere(random: &mut Random) -> Broken {
    let without_url = only(|it, _| !it.scheme_info().signs_url);
    let (_, mut sample) = signed(random, &without_url);
    let sent = sample.signature();
    loop {
        sample.provider = random.pick(&without_url);
        // These send the signatures of others as well.
        let is_copied = ["gitea", "forgejo"].contains(&sample.provider.name());
        if sample.signature() != sent && !is_copied {
            return Broken::new("other-provider", sample).or(&["header-legacy-only"]);
        }
    }
}

pub(crate) fn window(random: &mut Random) -> Broken {
    let all = [
        &STRIPE,
        &MUX,
        &SLACK,
        &STANDARD_WEBHOOKS,
        &SVIX,
        &CALENDLY,
        &PADDLE,
        &LINEAR,
        &BOX,
        &HUBSPOT,
    ];
    let (_, mut sample) = signed(random, &all);
    if random.is(2) {
        sample.now += 601 + random.next() % 100_000;
        return Broken::new("timestamp-too-old", sample);
    }
    sample.now -= 400 + random.next() % 100_000;
    Broken::new("timestamp-in-future", sample)
}

/// A time in another unit.
pub(crate) fn unit(random: &mut Random) -> Broken {
    let all = [&STRIPE, &SLACK, &STANDARD_WEBHOOKS, &SVIX, &HUBSPOT, &PADDLE, &MUX];
    let provider = random.pick(&all);
    let (to_sign, mut sample) = signed(random, &[provider]);
    let scheme = *provider.scheme().expect("data");
    let timestamp = *scheme.signed_timestamp().expect("a time");
    let is_millis = timestamp.format(5000) == "5000";
    let other: fn(Timestamp) -> Timestamp =
        if is_millis { Timestamp::unix_seconds } else { Timestamp::unix_millis };
    let wrong = Provider::new("wrong-unit", scheme.timestamp(other(timestamp)));
    for (name, value) in to_sign.sign_with(&wrong, &Secret::new(to_sign.secret.clone())) {
        sample.set(&name, value);
    }
    Broken::new("timestamp-wrong-unit", sample)
}

pub(crate) fn reformatted(random: &mut Random) -> Broken {
    let (_, mut sample) = signed(random, &only(|_, it| it.timestamp_header().is_some()));
    let scheme = sample.provider.scheme().expect("data");
    let name = scheme.timestamp_header().expect("a header").to_owned();
    let value = String::from_utf8(sample.header(&name).1.clone()).expect("ASCII");
    let other = match value.strip_suffix('Z') {
        Some(bare) if random.is(2) => format!("{bare}+00:00"),
        Some(_) => value.replace('T', " "),
        None => match random.below(3) {
            0 => format!("\"{value}\""),
            1 => format!("{value}e+00"),
            _ => format!("{value}.0"),
        },
    };
    sample.header(&name).1 = other.into_bytes();
    Broken::new("timestamp-reformatted", sample)
}
