//! The examples of RFC 7797, RFC 7515 (appendix A) and RFC 8037, with their payloads detached, and
//! forgeries.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base64ct::{Base64UrlUnpadded, Encoding as _};
use serde_json::{Value, json};

use super::*;
use crate::verify::scheme::Identity;

const HEADER: &str = "x-jws";
const URL: &str = "https://hooks.example.com/acme?a=b";
const MALFORMED: VerifyError = VerifyError::MalformedSignature(HEADER);
const INVALID: VerifyError = VerifyError::InvalidSignature;

const HS256: Jws = Jws::hs256(HEADER);
/// The key of RFC 7515, appendix A.1, and of RFC 7797.
const KEY: &str =
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";

fn bytes(base64url: &str) -> Vec<u8> {
    Base64UrlUnpadded::decode_vec(base64url).expect("base64url")
}

fn headers(jws: &str) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(HEADER, jws.parse().expect("a value"));
    headers
}

fn judge_request(
    scheme: &Jws,
    secret: &Secret,
    key: Option<&str>,
    request: &SignedRequest<'_>,
) -> Result<Option<SystemTime>, VerifyError> {
    let key = key.map(str::as_bytes);
    let context = VerifyContext { secret, key, now: UNIX_EPOCH, tolerance: None };
    scheme.check_headers(request.headers)?;
    scheme.verify(request, &context).map(|signed| signed.time())
}

fn judge(scheme: &Jws, secret: &Secret, jws: &str, body: &[u8]) -> Result<(), VerifyError> {
    let headers = headers(jws);
    let request = SignedRequest { method: "POST", url: URL, headers: &headers, query: "", body };
    judge_request(scheme, secret, None, &request).map(drop)
}

/// An example: accepted as it is, and rejected with another body or another signature.
fn assert_example(scheme: &Jws, secret: &Secret, jws: &str, body: &[u8]) {
    assert_eq!(judge(scheme, secret, jws, body), Ok(()));
    assert_eq!(judge(scheme, secret, jws, &[body, b"\n"].concat()), Err(INVALID));
    assert_eq!(judge(scheme, secret, jws, b""), Err(INVALID));
    let (parameters, signature) = jws.split_once("..").expect("it is detached");
    let mut changed = bytes(signature);
    changed[7] ^= 1;
    let changed = format!("{parameters}..{}", Base64UrlUnpadded::encode_string(&changed));
    assert_eq!(judge(scheme, secret, &changed, body), Err(INVALID));
    assert_eq!(judge(scheme, secret, &format!("{parameters}.."), body), Err(INVALID));
}

/// RFC 7797, section 4.1 and 4.2.
#[test]
fn unencoded_examples_are_accepted_and_made() {
    const BODY: &[u8] = b"$.02";
    let key = Secret::from_key(bytes(KEY));
    let encoded = "eyJhbGciOiJIUzI1NiJ9..5mvfOroL-g7HyqJoozehmsaqmvTYGEq5jTI1gVvoEoQ";
    let unencoded = "eyJhbGciOiJIUzI1NiIsImI2NCI6ZmFsc2UsImNyaXQiOlsiYjY0Il19..\
                     A5dxf2s96_n5FLueVuW1Z_vh161FwXZC4YLPff6dmDY";
    for (scheme, jws) in [(HS256, encoded), (HS256.unencoded(), unencoded)] {
        assert_example(&scheme, &key, jws, BODY);
        let made = scheme.sign(&key, &RequestToSign::new(BODY)).expect("it signs");
        assert_eq!(made.headers[HEADER], jws);
        assert!(made.headers[HEADER].is_sensitive());
    }
    // One is not taken for the other.
    assert_eq!(judge(&HS256, &key, unencoded, BODY), Err(MALFORMED));
    assert_eq!(judge(&HS256.unencoded(), &key, encoded, BODY), Err(MALFORMED));
}

const CLAIMS: &[u8] =
    b"{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n \"http://example.com/is_root\":true}";

/// RFC 7515, appendix A.2.
#[cfg(feature = "rsa")]
#[test]
fn the_rs256_example_is_accepted() {
    let key = json!({"kty": "RSA", "e": "AQAB", "n": RSA_N}).to_string();
    let jws = "eyJhbGciOiJSUzI1NiJ9..cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7\
               AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTy\
               WzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqt\
               FZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_I\
               oypGlUPQGe77Rw";
    assert_example(&Jws::rs256(HEADER), &Secret::new(&*key), jws, CLAIMS);
}

#[cfg(feature = "rsa")]
const RSA_N: &str = "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEz\
    P1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexM\
    dbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoud\
    F8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

/// RFC 7515, appendix A.3.
#[cfg(feature = "ecdsa")]
#[test]
fn the_es256_example_is_accepted() {
    let key = json!({
        "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    });
    let jws = "eyJhbGciOiJFUzI1NiJ9..DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQ\
               xfKTUJqPP3-Kg6NU1Q";
    assert_example(&Jws::es256(HEADER), &Secret::new(key.to_string()), jws, CLAIMS);
}

/// RFC 7515, appendix A.4.
#[cfg(feature = "ecdsa-p521")]
#[test]
fn the_es512_example_is_accepted() {
    let key = json!({
        "kty": "EC", "crv": "P-521",
        "x": "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
        "y": "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
    });
    let jws = "eyJhbGciOiJFUzUxMiJ9..AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2\
               SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYb\
               SW9ERBXukOXolLzeO_Jn";
    assert_example(&Jws::es512(HEADER), &Secret::new(key.to_string()), jws, b"Payload");
}

/// RFC 8037, appendix A.4 and A.5. Ed25519 is deterministic, so signing has to make the same.
#[cfg(feature = "ed25519")]
#[test]
fn the_eddsa_example_is_accepted_and_made() {
    const BODY: &[u8] = b"Example of Ed25519 signing";
    const SCHEME: Jws = Jws::eddsa(HEADER);
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": x}).to_string();
    let jws = "eyJhbGciOiJFZERTQSJ9..hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsP\
               t9g7sVvpAr_MuM0KAg";
    assert_example(&SCHEME, &Secret::new(&*key), jws, BODY);
    let private = Secret::from_key(bytes("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"));
    let made = SCHEME.sign(&private, &RequestToSign::new(BODY)).expect("it signs");
    assert_eq!(made.headers[HEADER], jws);
    assert_eq!(SCHEME.check_secret(&Secret::new(&*key)), Ok(()));
    for wrong in ["{}", "s3cret", r#"{"kty":"oct","k":"AAAA"}"#, r#"{"keys":[]}"#] {
        assert!(SCHEME.check_secret(&Secret::new(wrong)).is_err(), "{wrong}");
    }
    let signed = SCHEME.sign(&Secret::new("s3cret"), &RequestToSign::new(BODY));
    assert!(matches!(signed, Err(SignError::Secret(_))));
}

/// A signature with these parameters, by the secret `s3cret`.
fn made(parameters: &Value, payload: &str) -> String {
    let written = Base64UrlUnpadded::encode_string(parameters.to_string().as_bytes());
    let tag = Hash::Sha256.hmac(b"s3cret", &[written.as_bytes(), b".", payload.as_bytes()]);
    format!("{written}..{}", Base64UrlUnpadded::encode_string(tag.as_bytes()))
}

#[test]
fn parameters_are_those_of_the_scheme() {
    const FIXED: Jws = HS256.parameters(&[("v", "2")]);
    let secret = Secret::new("s3cret");
    let judge =
        |scheme: &Jws, parameters: &Value| judge(scheme, &secret, &made(parameters, "e30"), b"{}");
    for good in
        [json!({"alg": "HS256"}), json!({"alg": "HS256", "kid": "k", "typ": "JWT", "cty": "json"})]
    {
        assert_eq!(judge(&HS256, &good), Ok(()), "{good}");
    }
    for bad in [
        json!({}),
        json!([]),
        json!({"alg": "none"}),
        json!({"alg": "hs256"}),
        json!({"alg": "HS384"}),
        json!({"alg": "RS256"}),
        json!({"alg": ["HS256"]}),
        json!({"alg": "HS256", "kid": 1}),
        json!({"alg": "HS256", "b64": false}),
        json!({"alg": "HS256", "b64": true}),
        json!({"alg": "HS256", "crit": ["b64"]}),
        json!({"alg": "HS256", "crit": []}),
        json!({"alg": "HS256", "jku": "https://evil.example/jwks.json"}),
        json!({"alg": "HS256", "jwk": {"kty": "oct", "k": "czNjcmV0"}}),
        json!({"alg": "HS256", "x5c": ["AAAA"]}),
        json!({"alg": "HS256", "exp": 1}),
    ] {
        assert_eq!(judge(&HS256, &bad), Err(MALFORMED), "{bad}");
    }
    assert_eq!(judge(&FIXED, &json!({"alg": "HS256", "v": "2"})), Ok(()));
    for bad in [json!({"alg": "HS256"}), json!({"alg": "HS256", "v": 2}), json!({"v": "2"})] {
        assert_eq!(judge(&FIXED, &bad), Err(MALFORMED), "{bad}");
    }
    let unencoded = HS256.unencoded();
    for bad in [
        json!({"alg": "HS256", "b64": false}),
        json!({"alg": "HS256", "crit": ["b64"]}),
        json!({"alg": "HS256", "b64": false, "crit": []}),
        json!({"alg": "HS256", "b64": false, "crit": ["b64", "exp"]}),
        json!({"alg": "HS256", "b64": true, "crit": ["b64"]}),
        json!({"alg": "HS256", "b64": "false", "crit": ["b64"]}),
    ] {
        assert_eq!(judge(&unencoded, &bad), Err(MALFORMED), "{bad}");
    }
}

#[test]
fn what_is_not_detached_is_rejected() {
    let secret = Secret::new("s3cret");
    let good = made(&json!({"alg": "HS256"}), "e30");
    assert_eq!(judge(&HS256, &secret, &good, b"{}"), Ok(()));
    for bad in [
        String::new(),
        "..".to_owned(),
        good.replace("..", "."),
        good.replace("..", ".e30."),
        good.replace("..", "..."),
        format!("{good}."),
        format!("{good}="),
        format!(" {good}").replace(' ', "\u{7f}").replace('\u{7f}', "+"),
        good.replace("ey", "e!"),
    ] {
        assert_eq!(judge(&HS256, &secret, &bad, b"{}"), Err(MALFORMED), "{bad}");
    }
    let mut twice = headers(&good);
    twice.append(HEADER, good.parse().expect("a value"));
    assert_eq!(HS256.check_headers(&twice), Err(VerifyError::RepeatedHeader(HEADER)));
    assert_eq!(HS256.check_headers(&HeaderMap::new()), Err(VerifyError::MissingHeader(HEADER)));
}

/// The classic confusion: an HMAC whose secret is the public key, which everybody knows.
#[cfg(feature = "rsa")]
#[test]
fn a_public_key_is_no_shared_secret() {
    const SCHEME: Jws = Jws::rs256(HEADER).key_set("acme");
    let key = json!({"kty": "RSA", "e": "AQAB", "n": RSA_N, "kid": "k"}).to_string();
    for algorithm in ["HS256", "none", "RS512"] {
        let parameters = json!({"alg": algorithm, "kid": "k"}).to_string();
        let written = Base64UrlUnpadded::encode_string(parameters.as_bytes());
        let tag = Hash::Sha256.hmac(key.as_bytes(), &[written.as_bytes(), b".e30"]);
        let jws = format!("{written}..{}", Base64UrlUnpadded::encode_string(tag.as_bytes()));
        let headers = headers(&jws);
        let request =
            SignedRequest { method: "POST", url: URL, headers: &headers, query: "", body: b"{}" };
        let judged = judge_request(&SCHEME, &Secret::none(), Some(&key), &request);
        assert_eq!(judged, Err(MALFORMED), "{algorithm}");
    }
}

#[cfg(feature = "rsa")]
#[test]
fn keys_are_fetched_from_known_places_only() {
    const NAMED: Jws = Jws::rs256(HEADER).key_set("acme");
    const URLS: Jws =
        Jws::rs256(HEADER).key_set_urls(&["https://a.example/", "https://b.example/"]);
    let wanted = |scheme: &Jws, parameters: &Value| {
        let headers = headers(&made(parameters, ""));
        scheme.key_request(&SignedRequest {
            method: "POST",
            url: URL,
            headers: &headers,
            query: "",
            body: b"",
        })
    };
    let in_set = |set| Ok(Some(KeyRequest::InSet { set, id: Some("k".to_owned()) }));
    assert_eq!(wanted(&NAMED, &json!({"alg": "RS256", "kid": "k"})), in_set("acme"));
    for url in ["https://a.example/", "https://b.example/"] {
        let parameters = json!({"alg": "RS256", "kid": "k", "jku": url});
        assert_eq!(wanted(&URLS, &parameters), in_set(url));
        assert_eq!(wanted(&NAMED, &parameters), Err(MALFORMED), "it names no set");
    }
    let untrusted = Err(VerifyError::UntrustedKey);
    assert_eq!(wanted(&NAMED, &json!({"alg": "RS256"})), untrusted);
    assert_eq!(wanted(&URLS, &json!({"alg": "RS256", "kid": "k"})), untrusted);
    for url in ["https://evil.example/", "https://a.example", "https://a.example/x", ""] {
        let parameters = json!({"alg": "RS256", "kid": "k", "jku": url});
        assert_eq!(wanted(&URLS, &parameters), untrusted, "{url}");
    }
    let key =
        |more: &str| json!({"kty": "RSA", "e": "AQAB", "n": RSA_N}).to_string().replace('}', more);
    let judge = |document: Option<&str>| {
        let headers = headers(&made(&json!({"alg": "RS256", "kid": "k"}), ""));
        let request =
            SignedRequest { method: "POST", url: URL, headers: &headers, query: "", body: b"" };
        judge_request(&NAMED, &Secret::none(), document, &request).map(drop)
    };
    assert_eq!(judge(None), Err(VerifyError::KeyUnavailable));
    assert_eq!(judge(Some(&key(r#","kid":"k"}"#))), Err(INVALID), "the right key, no signature");
    for more in [r#","kid":"other"}"#, r#","kid":"k","use":"enc"}"#, r#","kid":"k","alg":"RS512"}"#]
    {
        assert_eq!(judge(Some(&key(more))), Err(VerifyError::UntrustedKey), "{more}");
    }
    let signed = NAMED.sign(&Secret::new("s3cret"), &RequestToSign::new(b""));
    assert_eq!(signed.map(drop), Err(SignError::Unsupported));
}

const REQUEST: Jws =
    HS256.signs_request("headers", &["x-time"]).timestamp(Timestamp::header("x-time").rfc3339());
const NOW: u64 = 1_760_000_000;

fn signed_request() -> HeaderMap {
    let at = UNIX_EPOCH + Duration::from_secs(NOW);
    let request = RequestToSign::new(b"{}").url(URL).at(at);
    REQUEST.sign(&Secret::new("s3cret"), &request).expect("it signs").headers
}

fn judge_signed_request(
    headers: &HeaderMap,
    url: &str,
    method: &str,
    now: u64,
) -> Result<(Option<SystemTime>, Identity), VerifyError> {
    let secret = Secret::new("s3cret");
    let now = UNIX_EPOCH + Duration::from_secs(now);
    let context = VerifyContext { secret: &secret, key: None, now, tolerance: None };
    REQUEST.check_headers(headers)?;
    let request = SignedRequest { method, url, headers, query: "", body: b"{}" };
    REQUEST.verify(&request, &context).map(|signed| (signed.time(), signed.identity()))
}

#[test]
fn method_path_and_headers_are_signed() {
    let sent = signed_request();
    let judge = |headers: &HeaderMap, url: &str, method: &str, now: u64| {
        judge_signed_request(headers, url, method, now).map(|(time, _)| time)
    };
    let at = UNIX_EPOCH + Duration::from_secs(NOW);
    assert_eq!(judge(&sent, URL, "POST", NOW), Ok(Some(at)));
    assert_eq!(judge(&sent, "https://hooks.example.com/acme", "POST", NOW), Ok(Some(at)));
    assert_eq!(judge(&sent, "https://hooks.example.com/acme/", "POST", NOW), Err(INVALID));
    assert_eq!(judge(&sent, "not a URL", "POST", NOW), Err(VerifyError::InvalidAudience));
    assert_eq!(judge(&sent, URL, "PUT", NOW), Err(INVALID));
    assert_eq!(judge(&sent, URL, "POST", NOW + 301), Err(VerifyError::TimestampTooOld));
    let mut changed = sent.clone();
    changed.insert("x-time", "2025-10-09T08:53:21Z".parse().expect("a value"));
    assert_eq!(judge(&changed, URL, "POST", NOW), Err(INVALID));
    changed.insert("x-time", "soon".parse().expect("a value"));
    assert_eq!(judge(&changed, URL, "POST", NOW), Err(VerifyError::MalformedTimestamp));
    changed.remove("x-time");
    assert_eq!(judge(&changed, URL, "POST", NOW), Err(VerifyError::MissingHeader("x-time")));
    let judged = judge_signed_request(&sent, URL, "POST", NOW);
    let other = judge_signed_request(&sent, "https://other.example/acme", "POST", NOW);
    assert_eq!(judged, other, "the host is not signed");
    let info = REQUEST.scheme_info();
    assert!(info.signs_url && info.signs_method && info.signs_time && info.signs_body);
    assert_eq!(info.signed_headers, ["x-time"]);
}

#[test]
fn the_list_of_headers_is_checked() {
    let time = "2025-10-09T08:53:20Z";
    let judge = |list: &str, signed: &str| {
        let payload = format!("POST /acme\n{signed}{{}}");
        let payload = Base64UrlUnpadded::encode_string(payload.as_bytes());
        let mut sent = headers(&made(&json!({"alg": "HS256", "headers": list}), &payload));
        sent.insert("x-time", time.parse().expect("a value"));
        sent.insert("x-a", "1".parse().expect("a value"));
        for number in 1..=32 {
            let name: http::HeaderName = format!("x-{number}").parse().expect("a name");
            sent.insert(name, "1".parse().expect("a value"));
        }
        judge_signed_request(&sent, URL, "POST", NOW).map(drop)
    };
    let many = |count: usize| {
        let names = (1..count).map(|number| format!("x-{number}"));
        let (mut list, mut signed) = ("X-Time".to_owned(), format!("X-Time: {time}\n"));
        names.for_each(|name| {
            list.extend([",", &name]);
            signed.extend([&name, ": 1\n"]);
        });
        judge(&list, &signed)
    };
    assert_eq!(many(32), Ok(()));
    assert_eq!(many(33), Err(MALFORMED));
    let lines = format!("X-Time: {time}\n");
    assert_eq!(judge("X-Time", &lines), Ok(()));
    assert_eq!(judge("x-a,X-Time", &format!("x-a: 1\n{lines}")), Ok(()));
    assert_eq!(judge("X-Time,x-a", &format!("x-a: 1\n{lines}")), Err(INVALID), "another order");
    assert_eq!(judge("x-time", &lines), Err(INVALID), "another spelling");
    for list in ["", "x-a", "X-Time,x-time", "X-Time,", ",X-Time", "X-Time, x-a", "X-Time,x-none"] {
        assert_eq!(judge(list, &lines), Err(MALFORMED), "{list:?}");
    }
}
