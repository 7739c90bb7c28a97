//! The ways to write a recorded delivery again. None of them needs the secret.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Map, Value};
use webhook_runtime::Field;

use crate::{
    bodies::{FORM, form},
    recorded::{Recorded, Request},
    runner::random::Random,
};

type Way = fn(&Recorded, &mut Random, &mut Vec<Request>);

/// Every way by its name.
const WAYS: [(&str, Way); 19] = [
    ("the content type", content_types),
    ("JSON as a form", json_as_form),
    ("a form as JSON", form_as_json),
    ("both at once", both),
    ("escapes of a form", form_escapes),
    ("the order of a form", form_order),
    ("further fields of a form", form_fields),
    ("moved borders of a form", form_borders),
    ("the query", queries),
    ("a second question mark", question_marks),
    ("escapes of the URL", url_escapes),
    ("the border of URL and body", url_borders),
    ("spellings of JSON", json_spellings),
    ("further members of JSON", json_members),
    ("moved borders of JSON", json_borders),
    ("space around the body", space),
    ("headers that are not signed", unsigned_headers),
    ("another body with the same checksum", checksums),
    ("the method", methods),
];

/// Every rewriting of a delivery, with the name of its way.
pub(crate) fn all(recorded: &Recorded, random: &mut Random) -> Vec<(&'static str, Request)> {
    let mut all = Vec::new();
    for (name, way) in WAYS {
        let mut requests = Vec::new();
        way(recorded, random, &mut requests);
        all.extend(requests.into_iter().map(|request| (name, request)));
    }
    all
}

fn with_body(recorded: &Recorded, body: impl Into<Vec<u8>>) -> Request {
    Request { body: body.into(), ..recorded.request.clone() }
}

fn labelled(mut request: Request, kind: &str) -> Request {
    let kind = HeaderValue::from_str(kind).expect("a value");
    request.headers.insert(header::CONTENT_TYPE, kind);
    request
}

fn content_types(recorded: &Recorded, _: &mut Random, all: &mut Vec<Request>) {
    for kind in [
        "application/json",
        FORM,
        "application/vnd.a+json; charset=utf-8",
        "text/plain",
        "image/png",
        "multipart/form-data; boundary=x",
    ] {
        all.push(labelled(recorded.request.clone(), kind));
    }
    let mut without = recorded.request.clone();
    without.headers.remove(header::CONTENT_TYPE);
    all.push(without);
}

fn json_as_form(recorded: &Recorded, random: &mut Random, all: &mut Vec<Request>) {
    let text = recorded.request.text();
    for name in ["payload", "mandrill_events", "body", "data"] {
        for further in ["", &random.word(3)] {
            let written = form(&[(name, &text), ("n", further)]);
            all.push(labelled(with_body(recorded, written), FORM));
        }
    }
    let raw = format!("payload={text}&n={}", random.word(3));
    all.push(labelled(with_body(recorded, raw), FORM));
}

fn fields(recorded: &Recorded) -> Option<Vec<(String, String)>> {
    let fields = form_urlencoded::parse(&recorded.request.body).into_owned();
    recorded.request.is_form().then(|| fields.collect())
}

fn written(fields: &[(String, String)]) -> String {
    let pairs: Vec<_> = fields.iter().map(|(name, value)| (&**name, &**value)).collect();
    form(&pairs)
}

fn form_as_json(recorded: &Recorded, random: &mut Random, all: &mut Vec<Request>) {
    let Some(fields) = fields(recorded) else { return };
    let mut flat: Map<String, Value> =
        fields.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    all.push(labelled(with_body(recorded, Value::from(flat.clone()).to_string()), "text/plain"));
    flat.insert("signature".to_owned(), Value::from(flat.clone()));
    flat.insert("n".to_owned(), random.word(3).into());
    for kind in ["application/json", FORM] {
        all.push(labelled(with_body(recorded, Value::from(flat.clone()).to_string()), kind));
    }
    for (_, value) in fields {
        all.push(labelled(with_body(recorded, value), "application/json"));
    }
}

/// JSON that is a form as well: the name of the first field is the JSON.
fn both(recorded: &Recorded, random: &mut Random, all: &mut Vec<Request>) {
    let text = recorded.request.text();
    let mut pairs = fields(recorded).unwrap_or_default();
    let json: Value = serde_json::from_str(&text).unwrap_or_default();
    for (name, value) in json.pointer("/signature").and_then(Value::as_object).into_iter().flatten()
    {
        pairs.push((name.clone(), value.as_str().unwrap_or_default().to_owned()));
    }
    let pairs = written(&pairs);
    let word = random.word(5);
    for body in [
        format!("{{\"id\":\"{word}\",\"x\":\"&{pairs}&\"}}"),
        format!("{{\"signature\":{{\"token\":\"{word}\"}},\"x\":\"&{pairs}&\"}}"),
        format!("[\"&{pairs}&\"]"),
        format!("{text}&{pairs}&n={word}"),
        format!("{pairs}&x={text}"),
    ] {
        for kind in ["application/json", FORM] {
            all.push(labelled(with_body(recorded, body.clone()), kind));
        }
    }
}

fn form_escapes(recorded: &Recorded, _: &mut Random, all: &mut Vec<Request>) {
    let Some(fields) = fields(recorded) else { return };
    let spell = |escape: fn(u8) -> String| {
        let text = |text: &str| text.bytes().map(escape).collect::<String>();
        let pairs = fields.iter().map(|(name, value)| format!("{}={}", text(name), text(value)));
        pairs.collect::<Vec<_>>().join("&")
    };
    all.push(with_body(recorded, spell(|byte| format!("%{byte:02X}"))));
    all.push(with_body(recorded, spell(|byte| format!("%{byte:02x}"))));
    all.push(with_body(
        recorded,
        spell(|byte| match byte {
            b' ' => "%20".to_owned(),
            byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
            byte => format!("%{byte:02x}"),
        }),
    ));
    all.push(with_body(recorded, recorded.request.text().replace('+', "%20")));
    all.push(with_body(recorded, recorded.request.text().replace("%20", "+")));
}

fn form_order(recorded: &Recorded, _: &mut Random, all: &mut Vec<Request>) {
    let Some(mut fields) = fields(recorded) else { return };
    fields.reverse();
    all.push(with_body(recorded, written(&fields)));
    fields.rotate_left(1);
    all.push(with_body(recorded, written(&fields)));
}

fn form_fields(recorded: &Recorded, random: &mut Random, all: &mut Vec<Request>) {
    let Some(fields) = fields(recorded) else { return };
    let text = recorded.request.text();
    let word = random.word(4);
    for body in [
        format!("{text}&{word}=1"),
        format!("{word}=1&{text}"),
        format!("{text}&"),
        format!("&&{text}"),
        format!("{text}&="),
        format!("{text}&{word}"),
    ] {
        all.push(with_body(recorded, body));
    }
    for (name, value) in &fields {
        all.push(with_body(recorded, format!("{text}&{}", form(&[(name, value)]))));
        all.push(with_body(recorded, format!("{text}&{}", form(&[(name, &word)]))));
        all.push(with_body(recorded, format!("{}&{text}", form(&[(name, &word)]))));
    }
}

/// Moves the end of a name or value into its neighbour.
fn form_borders(recorded: &Recorded, random: &mut Random, all: &mut Vec<Request>) {
    let Some(fields) = fields(recorded) else { return };
    for at in 0..fields.len() {
        for _ in 0..4 {
            let mut moved = fields.clone();
            let (name, value) = &mut moved[at];
            let joined = format!("{name}{value}");
            let cut = joined.len().min(1 + random.below(joined.len()));
            if joined.is_char_boundary(cut) {
                (*name, *value) = (joined[..cut].to_owned(), joined[cut..].to_owned());
                all.push(with_body(recorded, written(&moved)));
            }
            let mut split = fields.clone();
            let value = split[at].1.clone();
            let cut = random.below(value.len() + 1);
            if value.is_char_boundary(cut) {
                split[at].1.truncate(cut);
                let rest = &value[cut..];
                let cut = random.below(rest.len() + 1);
                if rest.is_char_boundary(cut) {
                    split.insert(at + 1, (rest[..cut].to_owned(), rest[cut..].to_owned()));
                    all.push(with_body(recorded, written(&split)));
                }
            }
            let mut merged = fields.clone();
            if at + 1 < merged.len() {
                let (name, value) = merged.remove(at + 1);
                merged[at].1 += &(name + &value);
                all.push(with_body(recorded, written(&merged)));
            }
        }
    }
}

fn targeted(recorded: &Recorded, target: String) -> Request {
    Request { target, ..recorded.request.clone() }
}

fn queries(recorded: &Recorded, random: &mut Random, all: &mut Vec<Request>) {
    let target = &recorded.request.target;
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let word = random.word(3);
    for query in [
        String::new(),
        format!("{query}&{word}=1"),
        format!("{word}=1&{query}"),
        format!("{query}&"),
        format!("{query}#"),
        word,
    ] {
        all.push(targeted(recorded, format!("{path}?{query}")));
    }
    all.push(targeted(recorded, path.to_owned()));
}

fn question_marks(recorded: &Recorded, random: &mut Random, all: &mut Vec<Request>) {
    let target = &recorded.request.target;
    for end in ["?", "??", "?0", "??1", &format!("?{}", random.word(3))] {
        all.push(targeted(recorded, format!("{target}{end}")));
    }
    all.push(targeted(recorded, target.replacen('?', "??", 1)));
}

/// Spells characters of the query with and without escapes.
fn url_escapes(recorded: &Recorded, random: &mut Random, all: &mut Vec<Request>) {
    let target = &recorded.request.target;
    for mark in [':', '/', '?', '@', '!', '$', '\'', '(', ')', '*', ',', ';', '=', '&', 'a'] {
        let upper = format!("%{:02X}", u32::from(mark));
        let lower = upper.to_ascii_lowercase();
        let plain = mark.to_string();
        let Some((path, query)) = target.split_once('?') else { continue };
        for (from, to) in [(&plain, &upper), (&plain, &lower), (&upper, &plain), (&upper, &lower)] {
            if !query.contains(from.as_str()) {
                continue;
            }
            all.push(targeted(recorded, format!("{path}?{}", query.replace(from.as_str(), to))));
            let one = query.replacen(from.as_str(), to, 1 + random.below(2));
            all.push(targeted(recorded, format!("{path}?{one}")));
        }
    }
}

/// Moves the end of the URL into the body, and the start of the body into the URL.
fn url_borders(recorded: &Recorded, random: &mut Random, all: &mut Vec<Request>) {
    let Request { target, .. } = &recorded.request;
    if let Some((path, query)) = target.split_once('?') {
        for moved in [format!("?{query}"), query.to_owned(), query[query.len() - 1..].to_owned()] {
            let body = [moved.as_bytes(), &recorded.request.body].concat();
            let rest = &target[..target.len() - moved.len()];
            all.push(Request { body, ..targeted(recorded, rest.to_owned()) });
        }
        if let Some(mut fields) = fields(recorded) {
            let cut = random.below(query.len());
            for cut in [cut, 0] {
                let (stays, goes) = query.split_at(cut);
                let name = fields[0].0.clone();
                fields[0].0 = format!("{goes}{name}");
                let body = written(&fields).into_bytes();
                fields[0].0 = name;
                all.push(Request { body, ..targeted(recorded, format!("{path}?{stays}")) });
            }
        }
    }
    if let Some(mut fields) = fields(recorded) {
        // The smallest name is signed right behind the URL.
        fields.sort();
        let mark = if target.contains('?') { "" } else { "?" };
        for _ in 0..6 {
            let (name, value) = fields[0].clone();
            let joined = format!("{name}{value}");
            let cut = 1 + random.below(joined.len());
            if !joined.is_char_boundary(cut) {
                continue;
            }
            let mut rest = fields.clone();
            if cut < joined.len() {
                rest[0] = (joined[cut..].to_owned(), String::new());
            } else {
                rest.remove(0);
            }
            let body = written(&rest).into_bytes();
            all.push(Request {
                body,
                ..targeted(recorded, format!("{target}{mark}{}", &joined[..cut]))
            });
        }
    }
    let body = &recorded.request.body;
    for cut in [1, 1 + random.below(body.len()), body.len()] {
        if let Ok(start) = std::str::from_utf8(&body[..cut]) {
            let rest = body[cut..].to_vec();
            all.push(Request { body: rest, ..targeted(recorded, format!("{target}{start}")) });
        }
    }
}

fn parsed(recorded: &Recorded) -> Option<Value> {
    serde_json::from_slice(&recorded.request.body).ok()
}

fn json_spellings(recorded: &Recorded, _: &mut Random, all: &mut Vec<Request>) {
    let Some(json) = parsed(recorded) else { return };
    let text = json.to_string();
    let escaped = text.replace("\"id\"", "\"\\u0069d\"").replace("Reference", "R\\u0065ference");
    for body in [
        serde_json::to_string_pretty(&json).expect("JSON"),
        escaped,
        text.replace(":1000", ":\"1000\""),
        text.replace(":1000", ":1000.0").replace("\"true\"", "true"),
        text.replace("\"true\"", "true"),
        text.replace('/', "\\/"),
        text.replace('e', "\\u0065"),
        text.replace("\":", "\" : "),
        text,
    ] {
        all.push(with_body(recorded, body));
    }
}

fn json_members(recorded: &Recorded, random: &mut Random, all: &mut Vec<Request>) {
    let Some(json) = parsed(recorded) else { return };
    let (text, word) = (json.to_string(), random.word(4));
    // A further member in front, at the end, and one that is repeated.
    for name in ["n", "id", "pspReference", "signature", "eventCode", "success", "token"] {
        let member = format!("\"{name}\":\"{word}\"");
        for at in text.match_indices('{').map(|(at, _)| at + 1).take(3) {
            all.push(with_body(recorded, format!("{}{member},{}", &text[..at], &text[at..])));
        }
        for at in text.rmatch_indices('}').map(|(at, _)| at).take(3) {
            all.push(with_body(recorded, format!("{},{member}{}", &text[..at], &text[at..])));
        }
    }
    for (at, _) in text.match_indices("[{") {
        let doubled = format!("{}{{}},{}", &text[..=at], &text[at + 1..]);
        all.push(with_body(recorded, doubled));
    }
    let doubled = text.replacen("[{", "[{\"n\":1,", 1);
    all.push(with_body(recorded, doubled));
}

/// Neighbours in the order in which Adyen joins them.
const ORDER: [&str; 4] =
    ["pspReference", "originalReference", "merchantAccountCode", "merchantReference"];

/// Moves text between the strings of one object, with a colon or a line end at the border.
fn json_borders(recorded: &Recorded, random: &mut Random, all: &mut Vec<Request>) {
    let Some(json) = parsed(recorded) else { return };
    let mut pointers = Vec::new();
    strings(&json, String::new(), &mut pointers);
    for _ in 0..6 {
        let [from, to] = [(); 2].map(|()| &pointers[random.below(pointers.len())]);
        for border in ["", ":", "\n", "\r\n"] {
            let mut moved = json.clone();
            let text = |json: &Value, at: &str| {
                json.pointer(at).and_then(Value::as_str).unwrap_or_default().to_owned()
            };
            let (source, goal) = (text(&moved, from), text(&moved, to));
            let cut = random.below(source.len() + 1);
            if from == to || !source.is_char_boundary(cut) {
                continue;
            }
            let (stays, goes) = source.split_at(cut);
            for (left, right) in [
                (stays.to_owned(), format!("{goes}{border}{goal}")),
                (goes.to_owned(), format!("{goal}{border}{stays}")),
                (format!("{source}{border}{goal}"), String::new()),
            ] {
                *moved.pointer_mut(from).expect("there") = left.into();
                *moved.pointer_mut(to).expect("there") = right.into();
                all.push(with_body(recorded, moved.to_string()));
            }
        }
    }
    for pair in ORDER.windows(2) {
        let mut moved = json.clone();
        let Some(item) = moved.pointer_mut("/notificationItems/0/NotificationRequestItem") else {
            return;
        };
        let joined = format!("{}:{}", text_of(item, pair[0]), text_of(item, pair[1]));
        for (at, _) in joined.match_indices(':') {
            item[pair[0]] = joined[..at].into();
            item[pair[1]] = joined[at + 1..].into();
            all.push(with_body(recorded, json_with(&json, item)));
        }
        item[pair[0]] = joined.into();
        item[pair[1]] = "".into();
        all.push(with_body(recorded, json_with(&json, item)));
    }
}

fn text_of(item: &Value, name: &str) -> String {
    item[name].as_str().unwrap_or_default().to_owned()
}

fn json_with(json: &Value, item: &Value) -> String {
    let mut json = json.clone();
    json["notificationItems"][0]["NotificationRequestItem"] = item.clone();
    json.to_string()
}

fn strings(json: &Value, at: String, found: &mut Vec<String>) {
    match json {
        Value::String(_) => found.push(at),
        Value::Object(members) => {
            members.iter().for_each(|(name, value)| strings(value, format!("{at}/{name}"), found));
        }
        Value::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(i, item)| strings(item, format!("{at}/{i}"), found));
        }
        _ => {}
    }
}

fn space(recorded: &Recorded, _: &mut Random, all: &mut Vec<Request>) {
    let body = &recorded.request.body;
    for (before, after) in
        [("\u{feff}", ""), (" ", ""), ("", "\n"), ("", "\r\n"), ("\n", " "), ("", "\0"), ("", "&")]
    {
        all.push(with_body(recorded, [before.as_bytes(), body, after.as_bytes()].concat()));
    }
}

fn unsigned_headers(recorded: &Recorded, random: &mut Random, all: &mut Vec<Request>) {
    let word = random.word(8);
    let mut set = |name: HeaderName, value: Option<&str>| {
        let mut request = recorded.request.clone();
        match value {
            Some(value) => {
                request.headers.insert(name, HeaderValue::from_str(value).expect("a value"));
            }
            None => {
                request.headers.remove(name);
            }
        }
        all.push(request);
    };
    for field in [recorded.provider.id(), recorded.provider.event()].into_iter().flatten() {
        if let Field::Header(name) = field {
            for value in [Some(&*word), Some("ping"), Some("x.opened"), None] {
                set(HeaderName::from_static(name), value);
            }
        }
    }
    for name in ["x-request-id", "idempotency-key", "user-agent", "i-twilio-idempotency-token"] {
        set(HeaderName::from_static(name), Some(&word));
    }
    let mut twice = recorded.request.clone();
    let others: HeaderMap = recorded.request.headers.clone();
    for (name, value) in others {
        twice.headers.append(name.expect("each is there once"), value);
    }
    all.push(twice);
}

/// Changes the text of the body so that its CRC-32 stays: four bytes at the end make up for it.
fn checksums(recorded: &Recorded, random: &mut Random, all: &mut Vec<Request>) {
    let wanted = crc32(&recorded.request.body);
    let mut changed = recorded.request.body.clone();
    for _ in 0..3 {
        let at = random.below(changed.len());
        if changed[at].is_ascii_alphanumeric() {
            changed[at] = b'x';
        }
    }
    // The end that leads backwards to the register behind `changed`.
    let table = crc_table();
    let mut register = !wanted;
    for _ in 0..4 {
        let index = (0..256).find(|index| table[*index] >> 24 == register >> 24).expect("a CRC");
        register = ((register ^ table[index]) << 8) | u32::try_from(index).expect("a byte");
    }
    changed.extend((register ^ !crc32(&changed)).to_le_bytes());
    assert_eq!(crc32(&changed), wanted, "the same checksum");
    all.push(with_body(recorded, changed));
}

fn crc_table() -> [u32; 256] {
    std::array::from_fn(|index| {
        let byte = u32::try_from(index).expect("a byte");
        (0..8).fold(byte, |crc, _| if crc & 1 == 1 { 0xedb8_8320 ^ (crc >> 1) } else { crc >> 1 })
    })
}

fn crc32(bytes: &[u8]) -> u32 {
    let table = crc_table();
    !bytes.iter().fold(!0, |crc, byte| {
        let index = (crc ^ u32::from(*byte)) & 0xff;
        table[index as usize] ^ (crc >> 8)
    })
}

fn methods(recorded: &Recorded, _: &mut Random, all: &mut Vec<Request>) {
    for method in ["GET", "PUT", "HEAD", "DELETE"] {
        all.push(Request { method, ..recorded.request.clone() });
        let target = &recorded.request.target;
        let mark = if target.contains('?') { '&' } else { '?' };
        if recorded.request.is_form() {
            let target = format!("{target}{mark}{}", recorded.request.text());
            all.push(Request { method, body: Vec::new(), ..targeted(recorded, target) });
        }
        all.push(Request { method, body: Vec::new(), ..recorded.request.clone() });
    }
}
