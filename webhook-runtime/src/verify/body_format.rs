//! The format of a body. Hardly any scheme signs the content type, and so the body itself decides
//! wherever it shows its format.

use http::{HeaderMap, header};

use crate::verify::json;

/// The format of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyFormat {
    /// JSON, or anything that is no form.
    Json,
    /// `application/x-www-form-urlencoded`.
    Form,
}

/// The format of a body. Verification and decoding both ask here, so that nobody can have a body
/// verified as one and decoded as the other.
pub(crate) fn body_format(headers: &HeaderMap, body: &[u8]) -> BodyFormat {
    shown_format(body).unwrap_or_else(|| {
        if is_labelled_form(headers) { BodyFormat::Form } else { BodyFormat::Json }
    })
}

/// The format that a body shows; `None` for a body that could be both, or neither.
fn shown_format(body: &[u8]) -> Option<BodyFormat> {
    let body = json::without_bom(body).trim_ascii_start();
    // Forms escape these characters.
    if matches!(body.first(), Some(b'{' | b'[' | b'"')) {
        return Some(BodyFormat::Json);
    }
    // No JSON has an equals sign outside of strings.
    (body.contains(&b'=') && body.iter().all(|byte| is_of_form(*byte))).then_some(BodyFormat::Form)
}

/// True for the characters of a form. Some senders escape fewer of them than they should.
fn is_of_form(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"*-._+%&=~!'(),:;@/?$".contains(&byte)
}

/// True if the content type is that of a form. Ask only where the body is not there yet, or where
/// the signature tells a form from anything else.
pub(crate) fn is_labelled_form(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(is_form_type)
}

/// True if this is the content type of a form.
pub(crate) fn is_form_type(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    fn format(content_type: &'static str, body: &str) -> BodyFormat {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        body_format(&headers, body.as_bytes())
    }

    #[test]
    fn the_body_decides_where_it_shows() {
        for label in [FORM, "application/json", "image/png"] {
            for json in ["{}", " [1]", "\u{feff}\r\n{\"a\":\"b=c&d\"}", "\"a=b\""] {
                assert_eq!(format(label, json), BodyFormat::Json, "{label}: {json}");
            }
            for form in ["a=1", "payload=%7B%7D&b=", "=", "n.a-m_e*=x+y%20z"] {
                assert_eq!(format(label, form), BodyFormat::Form, "{label}: {form}");
            }
        }
    }

    #[test]
    fn the_label_decides_otherwise() {
        for body in ["", "1", "true", "token", "a b=c", "\u{e4}=1", "<a b=\"c\"/>"] {
            assert_eq!(format("application/json", body), BodyFormat::Json, "{body}");
            for label in [FORM, "Application/X-WWW-Form-Urlencoded ; charset=utf-8"] {
                assert_eq!(format(label, body), BodyFormat::Form, "{body}");
            }
        }
        assert_eq!(format("application/x-www-form-urlencoded2", "1"), BodyFormat::Json);
        assert_eq!(body_format(&HeaderMap::new(), b"1"), BodyFormat::Json);
    }
}
