//! Commands of a shell that sign a request with `openssl` and send it with `curl`, from the same
//! constant that verifies.
//!
//! The secret stays in a variable of the environment: a command can be printed and published.

use std::fmt;

use http::{HeaderName, HeaderValue, header};

use super::{
    Encoding, KeyEncoding, Scheme,
    grammar::{Grammar, Placement},
    key::Algorithm,
    shell_word::{
        BODY, KEY,
        Piece::{self, Text, Variable},
        SIGNATURE, TIME, text_word, variable, word,
    },
    template::{Part, decoded_url},
    timestamp::{TimestampLocation, TimestampUnit},
};
use crate::verify::is_form_type;

/// The maximum length of a line that can be broken.
const MAX_LINE: usize = 98;

/// A request to write as a command, for [`Provider::shell_command`](crate::Provider::shell_command).
///
/// ```
/// use webhook_runtime::{providers::GITHUB, scheme::{ShellBody, ShellRequest}};
///
/// let ping = ShellRequest::new("http://127.0.0.1:3000/github")
///     .secret_env("GITHUB_SECRET")
///     .headers(&[("x-github-event", "ping")])
///     .body(ShellBody::Text(r#"{"zen":"it is plain"}"#));
/// let command = GITHUB.shell_command(&ping).expect("a shell can sign it");
/// assert_eq!(
///     command,
///     r#"body='{"zen":"it is plain"}'
/// signature=$(printf %s "$body" | openssl dgst -sha256 -hmac "$GITHUB_SECRET" -r | cut -d' ' -f1)
/// curl -i http://127.0.0.1:3000/github -H 'content-type: application/json' -H 'x-github-event: ping' \
///     -H "x-hub-signature-256: sha256=$signature" --data-raw "$body""#
/// );
/// ```
#[derive(Clone, Copy)]
pub struct ShellRequest<'r> {
    pub(crate) url: &'r str,
    pub(crate) public_url: Option<&'r str>,
    pub(crate) secret_env: &'r str,
    pub(crate) event: Option<&'r str>,
    pub(crate) body: ShellBody<'r>,
    pub(crate) method: &'r str,
    id: &'r str,
    headers: &'r [(&'r str, &'r str)],
}

/// The body of a request that is written as a command.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum ShellBody<'r> {
    /// A sample: an empty JSON object, or what the program `webhook` makes of the event.
    Sample,
    /// This text.
    Text(&'r str),
    /// The content of the file of this name.
    File(&'r str),
}

/// Hides the URL, the headers and the body.
impl fmt::Debug for ShellRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ShellRequest")
            .field("method", &self.method)
            .field("secret_env", &self.secret_env)
            .field("body", &self.body)
            .finish_non_exhaustive()
    }
}

/// Hides the body.
impl fmt::Debug for ShellBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sample => f.write_str("Sample"),
            Self::Text(text) => write!(f, "Text({} bytes)", text.len()),
            Self::File(name) => f.debug_tuple("File").field(name).finish(),
        }
    }
}

impl<'r> ShellRequest<'r> {
    /// A POST of a sample to `url`, signed with the secret in the environment variable `SECRET`. The id
    /// is `msg_1`.
    #[must_use]
    pub const fn new(url: &'r str) -> Self {
        Self {
            url,
            public_url: None,
            secret_env: "SECRET",
            event: None,
            body: ShellBody::Sample,
            method: "POST",
            id: "msg_1",
            headers: &[],
        }
    }

    /// Sets the public URL of the request, for schemes that sign it. The default is the URL that is
    /// called.
    #[must_use]
    pub const fn public_url(mut self, url: Option<&'r str>) -> Self {
        self.public_url = url;
        self
    }

    /// Sets the name of the environment variable with the secret. The command has `SECRET`
    /// if no variable can have this name, or if the command sets a variable of this name: `body`, `key`,
    /// `signature` or `time`.
    #[must_use]
    pub const fn secret_env(mut self, name: &'r str) -> Self {
        self.secret_env = name;
        self
    }

    /// Sets the name of the event, for the sample of the program `webhook`. For a command with `curl`,
    /// write the event into the body or the headers.
    #[must_use]
    pub const fn event(mut self, name: Option<&'r str>) -> Self {
        self.event = name;
        self
    }

    /// Sets the method.
    #[must_use]
    pub const fn method(mut self, method: &'r str) -> Self {
        self.method = method;
        self
    }

    /// Sets the id of the delivery, for schemes that sign it.
    #[must_use]
    pub const fn id(mut self, id: &'r str) -> Self {
        self.id = id;
        self
    }

    /// Sets the headers that are sent with those of the signature, by their lower-case names. Those
    /// that the scheme writes itself are left out. Without a `content-type`, the body is sent as
    /// JSON.
    #[must_use]
    pub const fn headers(mut self, headers: &'r [(&'r str, &'r str)]) -> Self {
        self.headers = headers;
        self
    }

    /// Sets the body.
    #[must_use]
    pub const fn body(mut self, body: ShellBody<'r>) -> Self {
        self.body = body;
        self
    }

    fn content_type(&self) -> Option<&'r str> {
        let name = header::CONTENT_TYPE.as_str();
        self.headers.iter().find(|(known, _)| *known == name).map(|(_, value)| *value)
    }

    /// True if a command can have these texts.
    fn is_writable(&self) -> bool {
        let texts = [self.url, self.public_url.unwrap_or_default(), self.method];
        let no_body = |text: &str| text.contains('\0');
        let is_header = |name: &str, value: &str| {
            HeaderName::try_from(name).is_ok() && HeaderValue::from_str(value).is_ok()
        };
        texts.iter().all(|text| !text.contains(char::is_control))
            // curl would take it for an option.
            && !self.url.starts_with('-')
            && !self.method.is_empty()
            && is_header("x-id", self.id)
            && self.headers.iter().all(|(name, value)| is_header(name, value))
            && match self.body {
                ShellBody::Sample => true,
                ShellBody::Text(body) => !no_body(body),
                ShellBody::File(name) => !name.is_empty() && !no_body(name),
            }
    }
}

impl Scheme {
    /// The command that signs a request and sends it; `None` if a shell cannot sign it, or not by a
    /// few plain commands.
    pub(crate) fn shell_command(&self, request: &ShellRequest<'_>) -> Option<String> {
        let is_form = request.content_type().is_some_and(is_form_type);
        if !request.is_writable() || is_form && self.form_field.is_some() {
            return None;
        }
        let mut lines = vec![match request.body {
            ShellBody::Sample => format!("{BODY}='{{}}'"),
            ShellBody::Text(text) => format!("{BODY}={}", text_word(text)),
            // `cat` would take it for an option, or for the standard input.
            ShellBody::File(name) if name.starts_with('-') => {
                format!("{BODY}={}", text_word(&format!("./{name}")))
            }
            ShellBody::File(name) => format!("{BODY}={}", text_word(name)),
        }];
        if let Some(time) = self.timestamp {
            lines.push(format!("{TIME}=$({})", clock_command(time.location, time.unit)?));
        }
        if !self.algorithm.is_credential() {
            lines.extend(self.signature_lines(request)?);
        }
        lines.push(broken(&self.curl_words(request)?));
        Some(lines.join("\n"))
    }

    /// The lines that set the variable with the signature.
    fn signature_lines(&self, request: &ShellRequest<'_>) -> Option<Vec<String>> {
        let secret = variable(request.secret_env);
        let mut lines = Vec::new();
        let hash = match self.algorithm {
            Algorithm::HmacSha1 | Algorithm::Sha1 => "-sha1",
            Algorithm::HmacSha256 | Algorithm::Sha256 => "-sha256",
            Algorithm::HmacSha512 => "-sha512",
            Algorithm::Token | Algorithm::Basic | Algorithm::Asymmetric(_) => return None,
        };
        let key = match (self.algorithm, self.key) {
            (Algorithm::Sha1 | Algorithm::Sha256, KeyEncoding::Text | KeyEncoding::AsciiText) => {
                String::new()
            }
            (Algorithm::Sha1 | Algorithm::Sha256, _) => return None,
            (_, KeyEncoding::Text | KeyEncoding::AsciiText) => format!(" -hmac \"${secret}\""),
            (_, KeyEncoding::Hex) => format!(" -mac HMAC -macopt hexkey:\"${secret}\""),
            (_, KeyEncoding::Base64) => {
                lines.push(decoded_key(&format!("${secret}")));
                format!(" -mac HMAC -macopt hexkey:\"${KEY}\"")
            }
            // Other prefixes could be patterns of the shell.
            (_, KeyEncoding::PrefixedBase64(prefix)) if variable(prefix) == prefix => {
                lines.push(decoded_key(&format!("${{{secret}#{prefix}}}")));
                format!(" -mac HMAC -macopt hexkey:\"${KEY}\"")
            }
            // The text of the secret decides how it becomes the key.
            _ => return None,
        };
        let (form, encode) = match self.encoding {
            Encoding::Hex => ("-r", "cut -d' ' -f1"),
            Encoding::Base64 => ("-binary", "openssl base64 -A"),
            Encoding::Base64Url => ("-binary", "openssl base64 -A | tr '+/' '-_' | tr -d ="),
        };
        let text = self.text_command(request)?;
        lines.push(format!("{SIGNATURE}=$({text} | openssl dgst {hash}{key} {form} | {encode})"));
        Some(lines)
    }

    /// The command that writes the signed text; `None` if a value is in it that only the caller knows.
    fn text_command(&self, request: &ShellRequest<'_>) -> Option<String> {
        let url = request.public_url.unwrap_or(request.url);
        let decoded = decoded_url(url);
        let mut commands = Vec::new();
        let mut pieces = Vec::new();
        for part in self.template.parts() {
            pieces.push(match part {
                Part::Literal(text) => Text(text),
                Part::Id => Text(request.id),
                Part::Timestamp => Variable(TIME),
                Part::Method => Text(request.method),
                Part::Url => Text(url),
                Part::DecodedUrl => Text(&decoded),
                Part::Secret => Variable(variable(request.secret_env)),
                Part::Body if matches!(request.body, ShellBody::File(_)) => {
                    commands.extend(printed(&pieces));
                    pieces.clear();
                    commands.push(format!("cat \"${BODY}\""));
                    continue;
                }
                Part::Body => Variable(BODY),
                Part::BodySha256 | Part::Value(_) => return None,
            });
        }
        commands.extend(printed(&pieces));
        Some(match &commands[..] {
            [one] => one.clone(),
            several => format!("{{ {}; }}", several.join("; ")),
        })
    }

    /// The words of the command that sends, each with its options.
    fn curl_words(&self, request: &ShellRequest<'_>) -> Option<Vec<String>> {
        let secret = variable(request.secret_env);
        let mut words = vec!["curl -i".to_owned()];
        if request.method != "POST" {
            words.push(format!("-X {}", text_word(request.method)));
        }
        // curl would take brackets for a pattern of many URLs, and would shorten the path.
        if request.url.contains(['[', ']', '{', '}']) {
            words.push("-g".to_owned());
        }
        if request.url.contains("/.") {
            words.push("--path-as-is".to_owned());
        }
        let signature = Variable(if self.algorithm.is_credential() { secret } else { SIGNATURE });
        // A fragment is never sent, and nothing behind it.
        let to = request.url.split_once('#').map_or(request.url, |(url, _)| url);
        let mut url = vec![Text(to)];
        if let Placement::Query { name } = self.placement {
            let mark = if to.contains('?') { "&" } else { "?" };
            url.extend([Text(mark), Text(name), Text("="), signature]);
        }
        words.push(word(&url));
        let mut header = |name: &str, value: &[Piece<'_>]| {
            // curl removes a header that ends with its colon.
            let colon = if value == [Text("")] { ";" } else { ": " };
            let pieces = [&[Text(name), Text(colon)], value].concat();
            words.push(format!("-H {}", word(&pieces)));
        };
        if request.content_type().is_none() {
            header(header::CONTENT_TYPE.as_str(), &[Text("application/json")]);
        }
        for (name, value) in request.headers.iter().filter(|(name, _)| !self.writes_header(name)) {
            header(name, &[Text(value)]);
        }
        for (name, value) in self.requires {
            header(name, &[Text(value)]);
        }
        if let Some(name) = self.id {
            header(name, &[Text(request.id)]);
        }
        if let Some(name) = self.timestamp_header() {
            header(name, &[Variable(TIME)]);
        }
        match self.placement {
            Placement::Header { name, grammar: Grammar::Bare { prefix } }
                if self.algorithm == Algorithm::Basic =>
            {
                if name != header::AUTHORIZATION.as_str() || !prefix.is_empty() {
                    return None;
                }
                words.push(format!("-u \"${secret}\""));
            }
            _ if self.algorithm == Algorithm::Basic => return None,
            // The secret would be decoded before it is sent.
            _ if self.algorithm.is_credential() && self.key != KeyEncoding::Text => return None,
            Placement::Header { name, grammar } => {
                header(
                    name,
                    &[&grammar_pieces(grammar, self.time_field())[..], &[signature]].concat(),
                );
            }
            Placement::Numbered { prefix } => header(&format!("{prefix}1"), &[signature]),
            Placement::Paired { names } | Placement::Any { names } => {
                header(names[0], &[signature]);
            }
            Placement::Query { .. } => {}
            Placement::Pointer { .. } => return None,
        }
        words.push(match request.body {
            ShellBody::Sample | ShellBody::Text(_) => format!("--data-raw \"${BODY}\""),
            ShellBody::File(_) => format!("--data-binary @\"${BODY}\""),
        });
        Some(words)
    }

    /// The field of the signature header with the time; empty if it is the first of a list.
    fn time_field(&self) -> Option<&'static str> {
        match self.timestamp?.location {
            TimestampLocation::Field(name) => Some(name),
            TimestampLocation::First => Some(""),
            TimestampLocation::Header(_) | TimestampLocation::Pointer(_) => None,
        }
    }
}

/// The value of a signature header before its signature.
fn grammar_pieces(grammar: Grammar, time: Option<&'static str>) -> Vec<Piece<'static>> {
    match (grammar, time) {
        (Grammar::Bare { prefix }, _) => vec![Text(prefix)],
        (Grammar::Versions { version }, _) => vec![Text(version), Text(",")],
        (Grammar::List { separator }, Some(_)) => vec![Variable(TIME), Text(separator)],
        (Grammar::List { .. }, None) => Vec::new(),
        (
            Grammar::Fields { separator, signature } | Grammar::Groups { separator, signature, .. },
            time,
        ) => {
            let time = time.map(|time| [Text(time), Text("="), Variable(TIME), Text(separator)]);
            let mut pieces: Vec<_> = time.into_iter().flatten().collect();
            if !signature.is_empty() {
                pieces.extend([Text(signature), Text("=")]);
            }
            pieces
        }
    }
}

/// The command that writes these pieces, if there are any.
fn printed(pieces: &[Piece<'_>]) -> Option<String> {
    (!pieces.is_empty()).then(|| format!("printf %s {}", word(pieces)))
}

/// The line that decodes a key from base64 into the hex that `openssl` takes.
fn decoded_key(secret: &str) -> String {
    format!(
        "{KEY}=$(printf %s \"{secret}\" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n')"
    )
}

/// The command that writes the present time; `None` for a time in the body.
fn clock_command(location: TimestampLocation, unit: TimestampUnit) -> Option<&'static str> {
    if let TimestampLocation::Pointer(_) = location {
        return None;
    }
    Some(match unit {
        TimestampUnit::Seconds | TimestampUnit::SecondsOrMillis => "date +%s",
        TimestampUnit::Millis => "date +%s000",
        TimestampUnit::Rfc3339 => "date -u +%Y-%m-%dT%H:%M:%SZ",
        TimestampUnit::Rfc3339WithoutZone => "date -u +%Y-%m-%dT%H:%M:%S",
        TimestampUnit::HttpDate | TimestampUnit::HttpDateOrSeconds => {
            "LC_ALL=C date -u '+%a, %d %b %Y %H:%M:%S GMT'"
        }
    })
}

/// Joins words, on as many lines as they need.
fn broken(words: &[String]) -> String {
    let mut command = String::new();
    let mut length = 0;
    for word in words {
        let is_first = command.is_empty();
        if !is_first && length + 1 + word.len() > MAX_LINE {
            command.push_str(" \\\n    ");
            length = 4;
        } else if !is_first {
            command.push(' ');
            length += 1;
        }
        command.push_str(word);
        length += word.len();
    }
    command
}

#[cfg(test)]
#[allow(clippy::large_types_passed_by_value, reason = "constants of tests")]
mod tests {
    use super::*;
    use crate::verify::scheme::Timestamp;

    const HMAC_SHA256_HEX: Scheme = Scheme::hmac_sha256().header("x-signature");
    const URL: &str = "http://127.0.0.1:3000/a";

    fn command(scheme: Scheme) -> Option<String> {
        scheme.shell_command(&ShellRequest::new(URL))
    }

    /// The lines before the request is sent, and the end of the command that sends it.
    fn parts(scheme: Scheme) -> (String, String) {
        let command = command(scheme).expect("a shell can sign it");
        let (lines, curl) = command.rsplit_once("\ncurl ").expect("curl is the last command");
        let lines = lines.strip_prefix("body='{}'").expect("the body is the first line");
        let sent = curl.replace(" \\\n    ", " ");
        let start = format!("-i {URL} -H 'content-type: application/json' ");
        let sent = sent.strip_prefix(&start).expect(&start).strip_suffix(" --data-raw \"$body\"");
        (lines.trim_start().to_owned(), sent.expect("the body is sent").to_owned())
    }

    #[test]
    fn each_property_of_a_scheme_has_its_form() {
        const HEADER: &str = "-H \"x-signature: $signature\"";
        let body = "signature=$(printf %s \"$body\" | openssl dgst";
        let hex = "-r | cut -d' ' -f1)";
        let timed = HMAC_SHA256_HEX.timestamp(Timestamp::header("x-time"));
        let field = HMAC_SHA256_HEX.fields(",", "v1").timestamp(Timestamp::field("t"));
        for (scheme, lines, sent) in [
            (HMAC_SHA256_HEX, format!("{body} -sha256 -hmac \"$SECRET\" {hex}"), HEADER),
            (
                Scheme::hmac_sha1().header("x-signature").prefix("sha1="),
                format!("{body} -sha1 -hmac \"$SECRET\" {hex}"),
                "-H \"x-signature: sha1=$signature\"",
            ),
            (
                Scheme::hmac_sha512().header("x-signature").base64().key(KeyEncoding::Hex),
                format!(
                    "{body} -sha512 -mac HMAC -macopt hexkey:\"$SECRET\" -binary | openssl base64 -A)"
                ),
                HEADER,
            ),
            (
                timed.signed("v0:{timestamp}:{body}"),
                format!(
                    "time=$(date +%s)\n\
                     signature=$(printf %s \"v0:${{time}}:$body\" | openssl dgst -sha256 -hmac \"$SECRET\" {hex}"
                ),
                "-H \"x-time: $time\" -H \"x-signature: $signature\"",
            ),
            (
                field.signed("{timestamp}.{body}"),
                format!(
                    "time=$(date +%s)\n\
                     signature=$(printf %s \"$time.$body\" | openssl dgst -sha256 -hmac \"$SECRET\" {hex}"
                ),
                "-H \"x-signature: t=$time,v1=$signature\"",
            ),
            (
                Scheme::standard_webhooks(),
                "key=$(printf %s \"${SECRET#whsec_}\" | openssl base64 -d -A | od -An -v -tx1 | tr -d ' \\n')\n\
                 signature=$(printf %s \"msg_1.$time.$body\" | openssl dgst -sha256 -mac HMAC \
                 -macopt hexkey:\"$key\" -binary | openssl base64 -A)"
                    .replace("key=$(p", "time=$(date +%s)\nkey=$(p"),
                "-H 'webhook-id: msg_1' -H \"webhook-timestamp: $time\" -H \"webhook-signature: v1,$signature\"",
            ),
            (
                Scheme::sha256().header("x-signature").signed("{secret}{body}"),
                format!("signature=$(printf %s \"$SECRET$body\" | openssl dgst -sha256 {hex}"),
                HEADER,
            ),
            (
                HMAC_SHA256_HEX.numbered_headers("x-signature-"),
                format!("{body} -sha256 -hmac \"$SECRET\" {hex}"),
                "-H \"x-signature-1: $signature\"",
            ),
            (Scheme::token().header("x-token"), String::new(), "-H \"x-token: $SECRET\""),
            (Scheme::basic_auth(), String::new(), "-u \"$SECRET\""),
        ] {
            assert_eq!(parts(scheme), (lines, sent.to_owned()));
        }
    }

    #[test]
    fn a_token_can_be_in_the_url() {
        let sent = command(Scheme::token().query("code")).expect("a token is plain");
        assert!(sent.contains("\ncurl -i \"http://127.0.0.1:3000/a?code=$SECRET\" -H"), "{sent}");
        let scheme = Scheme::token().query("code");
        let sent = scheme.shell_command(&ShellRequest::new("http://a/b#c?d"));
        let sent = sent.expect("a token is plain");
        assert!(sent.contains("\"http://a/b?code=$SECRET\""), "{sent}");
    }

    #[test]
    fn text_is_no_option_of_a_program() {
        assert_eq!(HMAC_SHA256_HEX.shell_command(&ShellRequest::new("-K/etc/passwd")), None);
        for (name, line) in [("-", "body=./-\n"), ("-n", "body=./-n\n"), ("a-b", "body=a-b\n")] {
            let request = ShellRequest::new(URL).body(ShellBody::File(name));
            let command = HMAC_SHA256_HEX.shell_command(&request).expect("a shell can sign it");
            assert!(command.starts_with(line), "{command}");
        }
    }

    #[test]
    fn a_secret_is_in_no_variable_that_the_command_sets() {
        let request = ShellRequest::new(URL).secret_env("body");
        let command = HMAC_SHA256_HEX.shell_command(&request).expect("a shell can sign it");
        assert!(command.contains("-hmac \"$SECRET\""), "{command}");
    }

    #[test]
    fn a_scheme_that_is_not_plain_has_no_command() {
        for scheme in [
            // The clock is written into the body.
            HMAC_SHA256_HEX.timestamp(Timestamp::pointer("/sent")),
            // The secret decides how it is decoded.
            HMAC_SHA256_HEX.key(KeyEncoding::PrefixedBase64OrText("whsec_")),
            HMAC_SHA256_HEX.key(KeyEncoding::HtmlEscaped),
            // The shell would take the prefix for a pattern.
            HMAC_SHA256_HEX.key(KeyEncoding::PrefixedBase64("*")),
            Scheme::sha256().header("x-a").signed("{secret}{body}").key(KeyEncoding::Base64),
            Scheme::token().header("x-token").key(KeyEncoding::Base64),
            Scheme::basic_auth().header("x-token"),
        ] {
            assert_eq!(command(scheme), None);
        }
        let form = ShellRequest::new(URL)
            .headers(&[("content-type", "application/x-www-form-urlencoded; charset=utf-8")]);
        assert_eq!(HMAC_SHA256_HEX.signs_form_field("payload").shell_command(&form), None);
        let signed = HMAC_SHA256_HEX.shell_command(&form).expect("the whole form is signed");
        assert!(!signed.contains("application/json"), "{signed}");
    }

    #[test]
    fn headers_of_the_signature_are_written_once() {
        let timed = HMAC_SHA256_HEX.timestamp(Timestamp::header("x-time")).id_header("x-id");
        let timed = timed.signed("{id}.{timestamp}.{body}").require_headers(&[("x-version", "1")]);
        let headers = ["x-signature", "x-time", "x-id", "x-version", "x-event"];
        let headers = headers.map(|name| (name, "stored"));
        let sent = timed.shell_command(&ShellRequest::new(URL).headers(&headers).id("7"));
        let sent = sent.expect("a shell can sign it");
        assert!(
            sent.contains("'x-event: stored'") && sent.matches("stored").count() == 1,
            "{sent}"
        );
        let numbered = HMAC_SHA256_HEX.numbered_headers("x-sig-");
        let paired = HMAC_SHA256_HEX.paired_headers(&["x-a", "x-b"]);
        assert!(numbered.writes_header("x-sig-2"));
        assert!(paired.writes_header("x-b") && !paired.writes_header("x-c"));
    }

    #[test]
    fn debug_hides_url_headers_and_body() {
        let request = ShellRequest::new("http://canary")
            .headers(&[("x-canary", "canary")])
            .body(ShellBody::Text("canary"));
        let shown =
            "ShellRequest { method: \"POST\", secret_env: \"SECRET\", body: Text(6 bytes), .. }";
        assert_eq!(format!("{request:?}"), shown);
        assert_eq!(format!("{:?}", ShellBody::File("a.json")), "File(\"a.json\")");
    }
}
