//! Breakages of the public URL.

use webhook_runtime::{
    Provider,
    providers::{HUBSPOT, MANDRILL, SQUARE, TRELLO, TWILIO},
};

use crate::{
    Broken,
    document::{Style, Wanted, document},
    random::Random,
    sample::{ToSign, code_signers},
};

fn signer(random: &mut Random) -> ToSign {
    let all: [&'static Provider; 5] = [&HUBSPOT, &SQUARE, &TRELLO, &TWILIO, &MANDRILL];
    let provider = random.pick(&all);
    loop {
        let mut to_sign = code_signers(random);
        if provider.scheme().is_none() && to_sign.provider.name() != provider.name() {
            continue;
        }
        if provider.scheme().is_some() {
            to_sign = ToSign::random(random, provider, Vec::new());
            to_sign.write(Style::random(random), &document(random, Wanted::default()));
        }
        return to_sign;
    }
}

pub(crate) fn authority(random: &mut Random) -> Broken {
    let mut to_sign = signer(random);
    match random.below(4) {
        0 => {
            let mut sample = to_sign.sign();
            sample.url = sample.url.replace("https://", "http://");
            Broken::new("url-scheme", sample)
        }
        1 => {
            let mut sample = to_sign.sign();
            let path = sample.capture.target.clone();
            let internal = random.pick(&["localhost", "10.0.0.7:3000", "app.internal"]);
            sample.url = format!("https://{internal}{path}");
            if random.is(2) {
                let host = sample.capture.header("host").expect("a host").to_owned();
                sample.set("X-Forwarded-Host", host);
                sample.set("Host", "app.internal");
            }
            Broken::new("url-host", sample)
        }
        2 => {
            let at = to_sign.url["https://".len()..].find('/').expect("a path") + "https://".len();
            to_sign.url.insert_str(at, ":8443");
            let mut sample = to_sign.sign();
            sample.url = sample.url.replace(":8443", "");
            Broken::new("url-port", sample)
        }
        _ => {
            let mut sample = to_sign.sign();
            let at = sample.url["https://".len()..].find('/').expect("a path") + "https://".len();
            sample.url.insert_str(at, ":8080");
            Broken::new("url-port", sample)
        }
    }
}

/// The URL of the server behind a tunnel.
pub(crate) fn inner(random: &mut Random) -> Broken {
    let mut sample = signer(random).sign();
    let path = &sample.capture.target;
    sample.url = format!("http://localhost:3000{path}");
    if random.is(2) {
        let host = sample.capture.header("host").expect("a host").to_owned();
        sample.set("X-Forwarded-Host", host);
        sample.set("Host", "localhost:3000");
    }
    Broken::new("url-host", sample)
}

pub(crate) fn path(random: &mut Random) -> Broken {
    let mut to_sign = signer(random);
    match random.below(3) {
        0 => {
            let mut sample = to_sign.sign();
            sample.url.push('/');
            Broken::new("url-trailing-slash", sample)
        }
        1 => {
            to_sign.url.push('/');
            let mut sample = to_sign.sign();
            sample.url.pop();
            Broken::new("url-trailing-slash", sample)
        }
        _ => {
            let mut sample = to_sign.sign();
            let path = sample.capture.target.clone();
            let origin = to_sign.url.strip_suffix(&path).expect("a path").to_owned();
            if random.is(2) {
                sample.url = format!("{origin}/internal{path}");
                return Broken::new("url-path-prefix", sample);
            }
            let prefixed = ToSign { url: format!("{origin}/proxy{path}"), ..to_sign.clone() };
            let mut sample = prefixed.sign();
            sample.url = to_sign.url;
            if random.is(2) {
                sample.capture.target = path;
                sample.set("X-Forwarded-Prefix", "/proxy");
            }
            Broken::new("url-path-prefix", sample)
        }
    }
}

pub(crate) fn query(random: &mut Random) -> Broken {
    let mut to_sign = signer(random);
    let plain = to_sign.url.clone();
    let code = random.word(4);
    if random.is(2) {
        to_sign.url = format!("{plain}?tenant={code}&v=2");
        let mut sample = to_sign.sign();
        sample.url = plain;
        return Broken::new("url-query-lost", sample);
    }
    let pairs = [("%20", "+"), ("+", "%20"), ("%20", " ")];
    let (signed, checked) = random.pick(&pairs);
    to_sign.url = format!("{plain}?team=north{signed}side&x={code}");
    let mut sample = to_sign.sign();
    sample.url = format!("{plain}?team=north{checked}side&x={code}");
    Broken::new("url-escapes", sample)
}
