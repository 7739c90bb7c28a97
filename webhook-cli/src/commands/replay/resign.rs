//! Signs recorded requests anew.

use std::time::SystemTime;

use webhook_runtime::{
    Provider, Secret,
    scheme::{RequestToSign, Scheme},
};

use crate::{capture::Capture, clock::unix_millis, credentials::without_parameter, sample::FORM};

/// Signs a request anew, with the id that it has, or else with this one.
pub(super) fn resign(
    capture: &mut Capture,
    provider: &Provider,
    secret: &Secret,
    url: &str,
    id: Option<&str>,
) -> Result<(), String> {
    let now = SystemTime::now();
    let scheme = provider.scheme();
    if let Some(name) = provider.signature_parameter() {
        // It has the old signature, or the mask of a credential.
        capture.target = without_parameter(&capture.target, name);
    }
    if let Some(pointer) = scheme.and_then(Scheme::timestamp_pointer) {
        renew_time(capture, scheme.and_then(Scheme::signed_timestamp), pointer, now)?;
    }
    let own = scheme.and_then(Scheme::signed_id_header).and_then(|name| capture.header(name));
    let id = own.or(id).unwrap_or("msg_1").to_owned();
    let is_form = capture.header("content-type").is_some_and(|it| it.starts_with(FORM));
    let (headers, target, body) = {
        let mut request =
            RequestToSign::new(&capture.body).method(&capture.method).url(url).id(&id).at(now);
        request.form = is_form;
        let signed = provider.sign(secret, &request).map_err(|error| error.to_string())?;
        let target = signed.url_to_send(&capture.target);
        (signed.headers, target, signed.body.into_owned())
    };
    (capture.target, capture.body) = (target, body);
    for (name, value) in &headers {
        capture.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name.as_str()));
        capture.headers.push((name.to_string(), value.as_bytes().to_vec()));
    }
    Ok(())
}

/// Writes the present time into the body, and changes nothing else of it.
fn renew_time(
    capture: &mut Capture,
    timestamp: Option<&webhook_runtime::scheme::Timestamp>,
    pointer: &str,
    now: SystemTime,
) -> Result<(), String> {
    let missing = || format!("the body has no time at {pointer}");
    let json: serde_json::Value =
        serde_json::from_slice(&capture.body).map_err(|error| error.to_string())?;
    let old = json.pointer(pointer).ok_or_else(missing)?;
    let old = old.as_str().map_or_else(|| old.to_string(), str::to_owned);
    let new = timestamp.ok_or_else(missing)?.format(unix_millis(now));
    let body = std::str::from_utf8(&capture.body).map_err(|error| error.to_string())?;
    let name = pointer.rsplit('/').next().unwrap_or_default();
    // Behind the name of the member: the same number may stand elsewhere.
    let at = body.rfind(&format!("\"{name}\"")).ok_or_else(missing)?;
    let (before, behind) = body.split_at(at);
    let body = format!("{before}{}", behind.replacen(&old, &new, 1)).into_bytes();
    // Another member may have the same name, deeper in the body.
    let written: serde_json::Value =
        serde_json::from_slice(&body).map_err(|error| error.to_string())?;
    let written = written.pointer(pointer).map(|it| it.as_str().map_or(it.to_string(), Into::into));
    if written.as_ref() != Some(&new) {
        return Err(format!("the time at {pointer} cannot be told from others in the body"));
    }
    capture.body = body;
    Ok(())
}

#[cfg(test)]
mod tests {
    use webhook_runtime::{
        providers::{EVENT_GRID, LINEAR},
        scheme::SignedRequest,
    };

    use super::*;

    #[test]
    fn credentials_and_nested_times_are_not_mistaken() {
        for (target, resigned) in
            [("/a?code=***&b=1", "/a?b=1&code=a%26b"), ("/a?code=***", "/a?code=a%26b")]
        {
            let mut capture = Capture { target: target.into(), ..Capture::default() };
            resign(&mut capture, &EVENT_GRID, &Secret::new("a&b"), "", None).expect("signed");
            assert_eq!(capture.target, resigned);
        }
        let body = br#"{"webhookTimestamp":1760000000000,"data":{"webhookTimestamp":1}}"#;
        let mut capture =
            Capture { method: "POST".into(), body: body.to_vec(), ..Capture::default() };
        let error = resign(&mut capture, &LINEAR, &Secret::new("lin_wh_s3cret"), "", None);
        assert_eq!(
            error,
            Err("the time at /webhookTimestamp cannot be told from others in the body".to_owned())
        );
    }

    #[test]
    fn only_the_time_of_a_body_changes() {
        let body = br#"{ "n": 1760000000000, "webhookTimestamp" : 1760000000000 }"#;
        let mut capture =
            Capture { method: "POST".into(), body: body.to_vec(), ..Capture::default() };
        let secret = Secret::new("lin_wh_s3cret");
        resign(&mut capture, &LINEAR, &secret, "", None).expect("it can be signed");
        assert!(capture.body.starts_with(br#"{ "n": 1760000000000, "webhookTimestamp" : "#));
        assert_ne!(capture.body, body);
        let headers = capture.header_map();
        let request = SignedRequest {
            method: "POST",
            url: "",
            headers: &headers,
            query: "",
            body: &capture.body,
        };
        assert!(LINEAR.verify(&[secret], &request, None, SystemTime::now()).is_ok());
    }
}
