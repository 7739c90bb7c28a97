//! The examples of RFC 9421 (appendix B), and forgeries.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderName;

use super::*;

/// The time of most examples.
const CREATED: u64 = 1_618_884_473;
const URL: &str = "https://example.com/foo?param=Value&Pet=dog";
const BODY: &[u8] = br#"{"hello": "world"}"#;
const DIGEST: &str = "sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm\
    +AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:";

/// The keys of section B.1.
const SHARED: &str = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8js\
    asjlTMtDQ==";
#[cfg(feature = "ed25519")]
const ED25519: &str = "-----BEGIN PUBLIC KEY-----\n\
    MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=\n\
    -----END PUBLIC KEY-----\n";
#[cfg(feature = "ed25519")]
const ED25519_PRIVATE: &str = "MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF";
#[cfg(feature = "rsa")]
const RSA_PSS: &str = "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2+QEtvpuRaV8Yq\
    40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrif\
    bIFPNU8PPMO7OyrFAHqgDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5WUtzdpiy6LbTgS\
    xP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2p\
    nDOkFV6+U9nV5oyc6XI2wIDAQAB";
#[cfg(feature = "ecdsa")]
const P256: &str = "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqIVYZVLCrPZHGHjP17CTW0/+D9Lfw0EkjqF7xB4FivAx\
    zic30tMM4GF+hR6Dxh71Z50VGGdldkkDXZCnTNnoXQ==";

const HMAC: MessageSignature =
    MessageSignature::hmac_sha256().key(KeyEncoding::Base64).without_body();

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

/// The message of section B.2, with a signature.
fn headers(input: &str, signature: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("host", "example.com"),
        ("date", "Tue, 20 Apr 2021 02:07:55 GMT"),
        ("content-type", "application/json"),
        ("content-digest", DIGEST),
        ("content-length", "18"),
        (INPUT, input),
        (SIGNATURE, signature),
    ] {
        headers.insert(HeaderName::from_static(name), value.parse().expect("a value"));
    }
    headers
}

fn request<'r>(headers: &'r HeaderMap, body: &'r [u8]) -> SignedRequest<'r> {
    SignedRequest { method: "POST", url: URL, headers, query: "param=Value&Pet=dog", body }
}

fn judge_at(
    scheme: &MessageSignature,
    secret: &str,
    request: &SignedRequest<'_>,
    now: u64,
) -> Result<Option<SystemTime>, VerifyError> {
    let secret = Secret::new(secret);
    let context = VerifyContext { secret: &secret, key: None, now: at(now), tolerance: None };
    scheme.check_headers(request.headers)?;
    scheme.verify(request, &context).map(|signed| signed.time())
}

fn judge(
    scheme: &MessageSignature,
    secret: &str,
    request: &SignedRequest<'_>,
) -> Result<Option<SystemTime>, VerifyError> {
    judge_at(scheme, secret, request, CREATED)
}

/// An example of the standard: accepted as it is, and rejected with another method, another URL or
/// other headers if these are covered.
fn assert_example(scheme: &MessageSignature, secret: &str, input: &str, signature: &str) {
    let sent = headers(input, signature);
    let genuine = request(&sent, BODY);
    assert_eq!(judge(scheme, secret, &genuine), Ok(Some(at(CREATED))), "{input}");
    let wrong = Err(VerifyError::InvalidSignature);
    for (covered, changed) in [
        ("\"@method\"", SignedRequest { method: "PUT", ..genuine }),
        (
            "\"@path\"",
            SignedRequest { url: "https://example.com/bar?param=Value&Pet=dog", ..genuine },
        ),
        ("\"@query\"", SignedRequest { url: "https://example.com/foo?param=Value", ..genuine }),
        (
            "\"@authority\"",
            SignedRequest { url: "https://example.org/foo?param=Value&Pet=dog", ..genuine },
        ),
        ("name=\"Pet\"", SignedRequest { url: "https://example.com/foo?Pet=cat", ..genuine }),
        ("\"content-digest\"", SignedRequest { body: b"{}", ..genuine }),
    ] {
        if input.contains(covered) {
            assert_eq!(judge(scheme, secret, &changed), wrong, "{covered}");
        }
    }
    for name in ["date", "content-type", "content-digest", "content-length"] {
        if input.contains(&format!("\"{name}\"")) {
            let mut sent = sent.clone();
            sent.insert(name, "changed".parse().expect("a value"));
            assert_eq!(judge(scheme, secret, &request(&sent, BODY)), wrong, "{name}");
            sent.remove(name);
            let missing = judge(scheme, secret, &request(&sent, BODY));
            assert_eq!(missing, Err(VerifyError::MalformedHeader(INPUT)), "{name}");
        }
    }
    let other = input.replace("created=1618884473", "created=1618884474");
    let sent = headers(&other, signature);
    assert_eq!(judge(scheme, secret, &request(&sent, BODY)), wrong);
}

#[cfg(feature = "rsa")]
#[test]
fn rsa_pss_examples_are_accepted() {
    const ANY: MessageSignature = MessageSignature::rsa_pss_sha512().without_body();
    // B.2.1: nothing is covered.
    assert_example(
        &ANY.key_id("test-key-rsa-pss"),
        RSA_PSS,
        "sig-b21=();created=1618884473;keyid=\"test-key-rsa-pss\";nonce=\"b3k2pp5k7z-50gnwp.yemd\"",
        "sig-b21=:d2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgG\
         xbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhz\
         x2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5Tmc\
         AnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==:",
    );
    // B.2.2: selected components.
    assert_example(
        &MessageSignature::rsa_pss_sha512()
            .components(&[Component::Authority, Component::QueryParam("Pet")])
            .label("sig-b22")
            .tag("header-example"),
        RSA_PSS,
        "sig-b22=(\"@authority\" \"content-digest\" \"@query-param\";name=\"Pet\");created=1618884473;\
         keyid=\"test-key-rsa-pss\";tag=\"header-example\"",
        "sig-b22=:LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjv\
         uJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17S\
         ARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5r\
         SV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==:",
    );
    // B.2.3: everything.
    assert_example(
        &MessageSignature::rsa_pss_sha512()
            .components(&[
                Component::Method,
                Component::Path,
                Component::Query,
                Component::Authority,
            ])
            .headers(&["date", "content-type"]),
        RSA_PSS,
        "sig-b23=(\"date\" \"@method\" \"@path\" \"@query\" \"@authority\" \"content-type\" \
         \"content-digest\" \"content-length\");created=1618884473;keyid=\"test-key-rsa-pss\"",
        "sig-b23=:bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683\
         +qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH\
         1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8\
         LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==:",
    );
}

/// B.2.5. The signature is deterministic, so signing has to make the same.
#[test]
fn the_hmac_example_is_accepted_and_made() {
    let input = "sig-b25=(\"date\" \"@authority\" \"content-type\");created=1618884473;\
                 keyid=\"test-shared-secret\"";
    let signature = "pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=";
    assert_example(&HMAC, SHARED, input, &format!("sig-b25=:{signature}:"));
    assert_made(&HMAC, SHARED, input, signature);
}

/// B.2.6. Ed25519 is deterministic, too.
#[cfg(feature = "ed25519")]
#[test]
fn the_ed25519_example_is_accepted_and_made() {
    const SCHEME: MessageSignature = MessageSignature::ed25519()
        .components(&[Component::Method, Component::Path, Component::Authority])
        .headers(&["date", "content-type"])
        .without_body();
    let input = "sig-b26=(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \
                 \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"";
    let signature =
        "wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==";
    assert_example(&SCHEME, ED25519, input, &format!("sig-b26=:{signature}:"));
    assert_made(&SCHEME, ED25519_PRIVATE, input, signature);
}

fn assert_made(scheme: &MessageSignature, secret: &str, input: &str, signature: &str) {
    let parsed = structured::input(input).expect("it is canonical");
    let sent = headers(input, "");
    let base = base::signature_base(&parsed, &request(&sent, BODY)).expect("it is understood");
    let made = scheme.signature(&Secret::new(secret), base.as_bytes()).expect("a key");
    assert_eq!(Base64::encode_string(&made), signature);
}

/// B.2.4 signs a response, which has a component that requests lack. Its base is the standard's.
#[cfg(feature = "ecdsa")]
#[test]
fn the_ecdsa_example_verifies() {
    let base = "\"@status\": 200\n\"content-type\": application/json\n\"content-digest\": sha-512=:mEWXIS\
        7MaLRuGgxOBdODa3xqM1XdEvxoYhvlCFJ41QJgJc4GTsPp29l5oGX69wWdXymyU0rjJuahq4l5aGgfLQ==:\n\
        \"content-length\": 23\n\"@signature-params\": (\"@status\" \"content-type\" \"content-digest\" \
        \"content-length\");created=1618884473;keyid=\"test-key-ecc-p256\"";
    let signature =
        "wNmSUAhwb5LxtOtOpNa6W5xj067m5hFrj0XQ4fvpaCLx0NKocgPquLgyahnzDnDAUy5eCdlYUEkLIj+32oiasw==";
    let signature = Base64::decode_vec(signature).expect("base64");
    let secret = Secret::new(P256);
    let context = VerifyContext { secret: &secret, key: None, now: at(CREATED), tolerance: None };
    let scheme = MessageSignature::ecdsa_p256_sha256();
    let parameters = Parameters::default();
    let matches = |base: &str| scheme.matches(&parameters, base.as_bytes(), &signature, &context);
    assert_eq!(matches(base), Ok(true));
    assert_eq!(matches(&base.replace("200", "201")), Ok(false));
    let input = "sig-b24=(\"@status\");created=1618884473";
    let sent = headers(input, "sig-b24=:AAAA:");
    let refused = judge(&scheme.without_body(), P256, &request(&sent, BODY));
    assert_eq!(refused, Err(VerifyError::MalformedHeader(INPUT)));
}

/// A request that was signed here, and its headers.
fn signed(scheme: &MessageSignature, secret: &str) -> HeaderMap {
    let request = RequestToSign::new(BODY).url(URL).at(at(CREATED));
    scheme.sign(&Secret::new(secret), &request).expect("it signs").headers
}

const SCHEME: MessageSignature = MessageSignature::hmac_sha256()
    .components(&[Component::Method, Component::TargetUri])
    .key_id("k-1")
    .tag("acme");

#[test]
fn what_was_signed_is_accepted() {
    let sent = signed(&SCHEME, "s3cret");
    let input = "sig1=(\"@method\" \"@target-uri\" \"content-digest\");created=1618884473;\
                 keyid=\"k-1\";alg=\"hmac-sha256\";tag=\"acme\"";
    assert_eq!(sent[INPUT], input);
    assert!(sent[SIGNATURE].is_sensitive());
    let genuine = request(&sent, BODY);
    assert_eq!(judge(&SCHEME, "s3cret", &genuine), Ok(Some(at(CREATED))));
    let wrong = Err(VerifyError::InvalidSignature);
    assert_eq!(judge(&SCHEME, "other", &genuine), wrong);
    assert_eq!(judge(&SCHEME, "s3cret", &request(&sent, b"{}")), wrong);
    assert_eq!(judge(&SCHEME, "s3cret", &SignedRequest { method: "PUT", ..genuine }), wrong);
    // A digest of the other body, but not the one that was signed.
    let mut other = sent.clone();
    other.insert(digest::HEADER, digest::sha256(b"{}").parse().expect("a value"));
    assert_eq!(judge(&SCHEME, "s3cret", &request(&other, b"{}")), wrong);
}

#[cfg(all(feature = "ed25519", feature = "rsa"))]
#[test]
fn private_keys_sign_and_public_keys_verify() {
    const HEADERS: MessageSignature = MessageSignature::ed25519().headers(&["x-id"]);
    let request = RequestToSign::new(BODY).at(at(CREATED));
    let sign = |headers: &HeaderMap| {
        HEADERS.sign_with_headers(&Secret::new(ED25519_PRIVATE), &request, headers)
    };
    let mut sent = HeaderMap::new();
    sent.insert("x-id", "7".parse().expect("a value"));
    let made = sign(&sent).expect("it signs").headers;
    sent.extend(made);
    let genuine = self::request(&sent, BODY);
    assert_eq!(judge(&HEADERS, ED25519, &genuine), Ok(Some(at(CREATED))));
    assert_eq!(sign(&HeaderMap::new()).map(drop), Err(SignError::Header("x-id")));
    let fetched = HEADERS.key_set("https://acme.example/jwks.json");
    let secret = Secret::new(ED25519_PRIVATE);
    assert_eq!(fetched.sign(&secret, &request).map(drop), Err(SignError::Unsupported));
    let malformed = |secret: &str| HEADERS.sign(&Secret::new(secret), &request).map(drop);
    assert!(matches!(malformed(RSA_PSS), Err(SignError::Header("x-id"))));
    assert!(HEADERS.check_secret(&Secret::new(RSA_PSS)).is_err());
    assert_eq!(HEADERS.check_secret(&Secret::new(ED25519)), Ok(()));
}

/// The verdict on a genuine signature whose `Signature-Input` was made by hand.
fn with_input(scheme: &MessageSignature, input: &str) -> Result<Option<SystemTime>, VerifyError> {
    let mut sent = headers(input, "");
    let label = input.split_once('=').expect("a label").0;
    let signature = match structured::input(input) {
        Some(parsed) => match base::signature_base(&parsed, &request(&sent, BODY)) {
            Ok(base) => scheme.signature(&Secret::new("s3cret"), base.as_bytes()).expect("a key"),
            Err(_) => Vec::new(),
        },
        None => Vec::new(),
    };
    let signature = format!("{label}=:{}:", Base64::encode_string(&signature));
    sent.insert(SIGNATURE, signature.parse().expect("a value"));
    judge(scheme, "s3cret", &request(&sent, BODY))
}

#[test]
fn what_must_be_covered_is_covered() {
    let with = |components: &str| {
        with_input(
            &SCHEME,
            &format!("a=({components});created=1618884473;keyid=\"k-1\";tag=\"acme\""),
        )
    };
    let malformed = Err(VerifyError::MalformedHeader(INPUT));
    let all = "\"content-digest\" \"@target-uri\" \"@method\"";
    assert_eq!(with(all), Ok(Some(at(CREATED))));
    assert_eq!(with(&format!("{all} \"date\"")), Ok(Some(at(CREATED))), "more may be covered");
    for less in [
        "",
        "\"@target-uri\" \"@method\"",
        "\"content-digest\" \"@method\"",
        "\"content-digest\" \"@target-uri\"",
        "\"content-digest\" \"@target-uri\";req \"@method\"",
        "\"content-digest\";sf \"@target-uri\" \"@method\"",
        "\"content-digest\" \"@path\" \"@authority\" \"@method\"",
    ] {
        assert_eq!(with(less), malformed, "{less}");
    }
    for (what, more) in [
        ("twice", "\"@method\""),
        ("unknown", "\"@status\""),
        ("missing", "\"x-none\""),
        ("a parameter", "\"date\";bs"),
    ] {
        assert_eq!(with(&format!("{all} {more}")), malformed, "{what}");
    }
}

#[test]
fn parameters_are_those_of_the_scheme() {
    let with = |parameters: &str| {
        with_input(
            &SCHEME,
            &format!("a=(\"@method\" \"@target-uri\" \"content-digest\"){parameters}"),
        )
    };
    let good = ";created=1618884473;keyid=\"k-1\";tag=\"acme\"";
    assert_eq!(with(good), Ok(Some(at(CREATED))));
    let and = |more: &str| with(&format!("{good}{more}"));
    for more in [";alg=\"hmac-sha256\"", ";nonce=\"n\"", ";expires=1618884474"] {
        assert_eq!(and(more), Ok(Some(at(CREATED))), "{more}");
    }
    let malformed = Err(VerifyError::MalformedHeader(INPUT));
    for more in [
        ";alg=\"ed25519\"",
        ";alg=\"HMAC-SHA256\"",
        ";alg=\"\"",
        ";alg=1",
        ";nonce=1",
        ";expires=\"1618884474\"",
        ";unknown=1",
        ";unknown",
        ";created=1618884473",
    ] {
        assert_eq!(and(more), malformed, "{more}");
    }
    assert_eq!(and(";expires=1618884473"), Err(VerifyError::TimestampTooOld));
    assert_eq!(with(";keyid=\"k-1\";tag=\"acme\""), Err(VerifyError::MalformedTimestamp));
    assert_eq!(with(";created=1618884473;tag=\"acme\""), Err(VerifyError::UntrustedKey));
    let other = ";created=1618884473;keyid=\"k-2\";tag=\"acme\"";
    assert_eq!(with(other), Err(VerifyError::UntrustedKey));
    for tag in ["", ";tag=\"other\"", ";tag=acme"] {
        assert_eq!(with(&format!(";created=1618884473;keyid=\"k-1\"{tag}")), malformed, "{tag}");
    }
}

#[test]
fn the_time_of_signing_is_within_the_window() {
    let sent = signed(&SCHEME, "s3cret");
    let at_time = |scheme: &MessageSignature, now| {
        judge_at(scheme, "s3cret", &request(&sent, BODY), now).map(drop)
    };
    for now in [CREATED - 300, CREATED + 300] {
        assert_eq!(at_time(&SCHEME, now), Ok(()));
    }
    assert_eq!(at_time(&SCHEME, CREATED + 301), Err(VerifyError::TimestampTooOld));
    assert_eq!(at_time(&SCHEME, CREATED - 301), Err(VerifyError::TimestampTooNew));
    let minute = SCHEME.tolerance(Duration::from_secs(60));
    assert_eq!(at_time(&minute, CREATED + 61), Err(VerifyError::TimestampTooOld));
    let any = SCHEME.without_window();
    assert_eq!(at_time(&any, CREATED + 1_000_000), Ok(()));
    let window = |scheme: MessageSignature| scheme.scheme_info().replay_window;
    assert_eq!(window(minute), ReplayWindow::Limited(Duration::from_secs(60)));
    assert_eq!(window(any), ReplayWindow::UntilOptionalExpiry);
}

#[test]
fn there_is_one_signature() {
    let sent = signed(&SCHEME, "s3cret");
    let change = |name: &'static str, values: &[String]| {
        let mut changed = sent.clone();
        changed.remove(name);
        for value in values {
            changed.append(name, value.parse().expect("a value"));
        }
        judge(&SCHEME, "s3cret", &request(&changed, BODY))
    };
    let text = |name: &str| sent[name].to_str().expect("ASCII").to_owned();
    let (input, signature) = (text(INPUT), text(SIGNATURE));
    let malformed = Err(VerifyError::MalformedSignature(SIGNATURE));
    assert_eq!(change(INPUT, &[]), Err(VerifyError::MissingHeader(INPUT)));
    assert_eq!(change(SIGNATURE, &[]), Err(VerifyError::MissingHeader(SIGNATURE)));
    let twice = [input.clone(), input.clone()];
    assert_eq!(change(INPUT, &twice), Err(VerifyError::RepeatedHeader(INPUT)));
    let twice = [signature.clone(), signature.clone()];
    assert_eq!(change(SIGNATURE, &twice), Err(VerifyError::RepeatedHeader(SIGNATURE)));
    let two = format!("{input}, {}", input.replace("sig1=", "sig2="));
    assert_eq!(change(INPUT, &[two]), Err(VerifyError::MalformedHeader(INPUT)));
    let two = format!("{signature}, {}", signature.replace("sig1=", "sig2="));
    assert_eq!(change(SIGNATURE, &[two]), malformed);
    assert_eq!(change(SIGNATURE, &[signature.replace("sig1=", "sig2=")]), malformed);
    assert_eq!(change(SIGNATURE, &[signature.replace(':', "\"")]), malformed);
    let empty = Err(VerifyError::InvalidSignature);
    assert_eq!(change(SIGNATURE, &["sig1=::".to_owned()]), empty);
    let labelled = judge(&SCHEME.label("sig2"), "s3cret", &request(&sent, BODY));
    assert_eq!(labelled, malformed);
}

#[cfg(feature = "ed25519")]
#[test]
fn fetched_keys_are_named_by_the_signature() {
    const SET: &str = "https://acme.example/jwks.json";
    const FETCHED: MessageSignature = MessageSignature::ed25519().without_body().key_set(SET);
    let input = "sig-b26=(\"date\" \"@method\" \"@path\" \"@authority\" \"content-type\" \
                 \"content-length\");created=1618884473;keyid=\"test-key-ed25519\"";
    let signature = "sig-b26=:wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQ\
                     v5lIp5WPpBKRCw==:";
    let sent = headers(input, signature);
    let named = FETCHED.key_request(&request(&sent, BODY));
    let id = Some("test-key-ed25519".to_owned());
    assert_eq!(named, Ok(Some(KeyRequest::InSet { set: SET, id })));
    let judge = |key: Option<&str>| {
        let secret = Secret::none();
        let key = key.map(str::as_bytes);
        let context = VerifyContext { secret: &secret, key, now: at(CREATED), tolerance: None };
        FETCHED.verify(&request(&sent, BODY), &context).map(drop)
    };
    let published = |id: &str| {
        let x = "JrQLj5P_89iXES9-vFgrIy29clF9CC_oPPsw3c5D0bs";
        format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","kid":"{id}","x":"{x}"}}]}}"#)
    };
    assert_eq!(judge(Some(ED25519)), Ok(()));
    assert_eq!(judge(Some(&published("test-key-ed25519"))), Ok(()));
    assert_eq!(judge(Some(&published("other"))), Err(VerifyError::UntrustedKey));
    assert_eq!(judge(None), Err(VerifyError::KeyUnavailable));
    let unnamed = headers("a=();created=1618884473", "a=:AAAA:");
    let unnamed = FETCHED.key_request(&request(&unnamed, BODY));
    assert_eq!(unnamed, Err(VerifyError::UntrustedKey));
    assert!(FETCHED.scheme_info().fetches_keys && !FETCHED.scheme_info().needs_secret);
}

#[test]
fn the_identity_is_what_must_be_signed() {
    let identity = |sent: &HeaderMap, body: &[u8], now| {
        let secret = Secret::new("s3cret");
        let context = VerifyContext { secret: &secret, key: None, now: at(now), tolerance: None };
        SCHEME.verify(&request(sent, body), &context).expect("it is genuine").identity()
    };
    let first = signed(&SCHEME, "s3cret");
    let again = RequestToSign::new(BODY).url(URL).at(at(CREATED + 60));
    let again = SCHEME.sign(&Secret::new("s3cret"), &again).expect("it signs").headers;
    assert_eq!(identity(&first, BODY, CREATED), identity(&again, BODY, CREATED + 60));
    let other = RequestToSign::new(b"{}").url(URL).at(at(CREATED));
    let other = SCHEME.sign(&Secret::new("s3cret"), &other).expect("it signs").headers;
    assert_ne!(identity(&first, BODY, CREATED), identity(&other, b"{}", CREATED));
}

#[test]
fn scheme_info_says_what_is_covered() {
    let covers = |scheme: MessageSignature| {
        let info = scheme.scheme_info();
        (info.signs_body, info.signs_url, info.signs_method, info.signed_headers)
    };
    assert_eq!(covers(SCHEME), (true, true, true, &[][..]));
    assert_eq!(covers(HMAC.headers(&["date"])), (false, false, false, &["date"][..]));
    assert_eq!(covers(HMAC.components(&[Component::Method])), (false, false, true, &[][..]));
}
