//! The line of a delivery.

use serde::Serialize;
use serde_json::Value;
use webhook_runtime::{BatchLayout, Field, Provider};

use super::Judged;
use crate::{
    capture::Capture,
    clock,
    error::CliError,
    explain::Verdict,
    output::{self, Output, Tone},
};

/// A delivery and its answer, in a line. Event and id are those that the sender names.
#[derive(Debug, Serialize)]
pub(crate) struct Line {
    time: String,
    provider: Option<&'static str>,
    event: Option<String>,
    id: Option<String>,
    method: String,
    target: String,
    bytes: usize,
    verdict: Option<Verdict>,
    cause: Option<&'static str>,
    handshake: bool,
    pub(crate) status: Option<u16>,
    pub(crate) millis: u128,
    pub(crate) file: Option<String>,
    pub(crate) error: Option<String>,
}

impl Line {
    pub(crate) fn new(capture: &Capture, judged: &Judged) -> Self {
        let words = judged.provider.map(|provider| words(provider, capture)).unwrap_or_default();
        let [event, id] = words;
        Self {
            time: clock::now(),
            provider: judged.provider.map(Provider::name),
            event,
            id,
            method: capture.method.clone(),
            target: capture.path().to_owned(),
            bytes: capture.body.len(),
            verdict: judged.verdict,
            cause: judged.cause,
            handshake: judged.handshake.is_some(),
            status: None,
            millis: 0,
            file: None,
            error: None,
        }
    }

    pub(crate) fn write(&self, form: Output) -> Result<(), CliError> {
        if form == Output::Json {
            return output::json(self);
        }
        let words = [
            Some(self.time.get(11..19).unwrap_or_default().to_owned()),
            Some(self.provider.unwrap_or("unknown").to_owned()),
            Some(output::shown(self.event.as_deref().unwrap_or("-"))),
            Some(output::shown(self.id.as_deref().unwrap_or("-"))),
            Some(self.shown_verdict()),
            self.status.map(|status| output::toned(&status.to_string(), Tone::of_status(status))),
            self.error.as_deref().map(output::shown),
            Some(format!("{} ms", self.millis)),
        ];
        output::line(&words.into_iter().flatten().collect::<Vec<_>>().join("  "))
    }

    fn shown_verdict(&self) -> String {
        match (self.verdict, self.cause) {
            _ if self.handshake => output::toned("handshake", Tone::Neutral),
            (None, _) => output::toned("not verified", Tone::Neutral),
            (Some(Verdict::Genuine), _) => output::toned("genuine", Tone::Good),
            (Some(Verdict::Refused), None) => output::toned("refused", Tone::Bad),
            (Some(Verdict::Refused), Some(cause)) => {
                format!("{} ({cause})", output::toned("refused", Tone::Bad))
            }
        }
    }
}

/// The name of the event, and the id.
fn words(provider: &Provider, capture: &Capture) -> [Option<String>; 2] {
    let json: Option<Value> = serde_json::from_slice(&capture.body)
        .ok()
        .or_else(|| serde_json::from_str(&provider.json_in_form(&capture.body)?).ok());
    let scalar = |pointer: &str| {
        let Some(json) = &json else {
            // A form has no levels: the last token names the field.
            let name = pointer.rsplit('/').next()?;
            let mut fields = form_urlencoded::parse(&capture.body);
            return fields.find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
        };
        match json.pointer(pointer)? {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    };
    let find = |field: Option<Field>, in_batch: fn(&BatchLayout) -> Option<&'static str>| {
        let in_item = provider.batch().and_then(|batch| {
            let inner = batch.inner().unwrap_or_default();
            scalar(&format!("{}/0{inner}{}", batch.array(), in_batch(batch)?))
        });
        in_item.or_else(|| match field? {
            Field::Header(name) => capture.header(name).map(str::to_owned),
            Field::Pointer(pointer) => scalar(pointer),
            _ => None,
        })
    };
    let event = find(provider.event(), BatchLayout::event).or_else(|| {
        provider.event_fallbacks().iter().find_map(|field| find(Some(*field), |_| None))
    });
    let action = find(provider.action(), BatchLayout::action);
    let event = match (event, action) {
        (Some(event), Some(action)) => Some(format!("{event}.{action}")),
        (event, _) => event,
    };
    [event, find(provider.id(), BatchLayout::id)]
}

#[cfg(test)]
mod tests {
    use webhook_runtime::providers::{GITHUB, MANDRILL, STRIPE};

    use super::*;
    use crate::sample::{self, Wishes};

    fn of(provider: &Provider, headers: &[(&str, &str)], body: &str) -> [Option<String>; 2] {
        let headers = headers.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        let capture =
            Capture { headers: headers.collect(), body: body.into(), ..Capture::default() };
        words(provider, &capture)
    }

    fn said(event: &str, id: &str) -> [Option<String>; 2] {
        [Some(event.into()), Some(id.into())]
    }

    #[test]
    fn event_and_id_are_where_the_provider_has_them() {
        assert_eq!(of(&STRIPE, &[], r#"{"id":"evt_1","type":"a.b"}"#), said("a.b", "evt_1"));
        let headers = [("X-GitHub-Event", "issues"), ("X-GitHub-Delivery", "7")];
        assert_eq!(of(&GITHUB, &headers, r#"{"action":"opened"}"#), said("issues.opened", "7"));
        let form = "mandrill_events=%5B%7B%22_id%22%3A%221%22%2C%22event%22%3A%22send%22%7D%5D";
        assert_eq!(of(&MANDRILL, &[], form), said("send", "1"));
        assert_eq!(of(&STRIPE, &[], "no JSON"), [None, None]);
    }

    /// The smallest body carries them too.
    #[test]
    fn samples_carry_event_and_id() {
        for provider in webhook_runtime::providers::ALL {
            let wishes = Wishes { id: "evt_1".to_owned(), ..Wishes::default() };
            let sample = sample::build(provider, &wishes).expect("a sample");
            let headers: Vec<_> =
                sample.headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let body = String::from_utf8(sample.body).expect("text");
            let [event, id] = of(provider, &headers, &body);
            let batch = provider.batch();
            let has_event =
                provider.event().is_some() || batch.is_some_and(|it| it.event().is_some());
            let has_id = provider.id().is_some() || batch.is_some_and(|it| it.id().is_some());
            let name = provider.name();
            assert_eq!(event.is_some(), has_event, "{name}: {event:?} {body}");
            assert_eq!(id.is_some(), has_id, "{name}: {id:?} {body}");
        }
    }
}
