//! Ways to spoil a body that a payload has to survive, and the walk that tries each of them at each
//! place.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

/// A ready-made payload, and bodies to spoil.
pub(crate) struct Payload {
    pub(crate) name: &'static str,
    /// Decodes a body.
    pub(crate) decode: fn(&Value) -> Result<(), String>,
    /// Decodes the text of a body.
    pub(crate) decode_text: fn(&str) -> Result<(), String>,
    /// Decodes a body, and shows the payload by its `Debug`.
    pub(crate) show: fn(&Value) -> Option<String>,
    /// The fields that a body cannot do without, as patterns.
    pub(crate) required: &'static [&'static str],
    /// The objects that have a name for each of their values, as patterns.
    pub(crate) maps: &'static [&'static str],
    pub(crate) bodies: Vec<Value>,
}

/// The number of spoilt bodies, and those that were refused.
#[derive(Default)]
pub(crate) struct Report {
    pub(crate) tried: usize,
    refused: BTreeMap<String, usize>,
}

impl Report {
    pub(crate) fn note(&mut self, what: &str, at: &str, result: Result<(), String>) {
        self.tried += 1;
        if let Err(error) = result {
            let refused = format!("{what} {}: {error}", pattern(at));
            *self.refused.entry(refused).or_default() += 1;
        }
    }

    /// Decodes the body with another value at this place, or none, and puts back what was there.
    pub(crate) fn replaced(
        &mut self,
        payload: &Payload,
        body: &mut Value,
        at: &str,
        value: Option<Value>,
    ) {
        let what = value.as_ref().map_or("without".to_owned(), |value| format!("{value} at"));
        let before = put(body, at, value);
        self.note(&what, at, (payload.decode)(body));
        put(body, at, before);
    }

    pub(crate) fn join(&mut self, name: &str, other: Self) {
        self.tried += other.tried;
        for (refused, count) in other.refused {
            *self.refused.entry(format!("{name}: {refused}")).or_default() += count;
        }
    }

    /// # Panics
    /// If one was refused.
    pub(crate) fn assert_all_survived(&self) {
        let count: usize = self.refused.values().sum();
        let first: Vec<_> = self.refused.keys().take(200).cloned().collect();
        let (tried, lines) = (self.tried, first.join("\n"));
        assert!(count == 0, "{count} of {tried} spoilt bodies were refused:\n{lines}");
    }
}

/// A pointer with `*` for each index.
pub(crate) fn pattern(pointer: &str) -> String {
    let is_index = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let parts = pointer.split('/').map(|part| if is_index(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

/// The pointers to everything in a body, itself included.
pub(crate) fn places(json: &Value) -> Vec<String> {
    fn walk(json: &Value, at: &str, places: &mut Vec<String>) {
        places.push(at.to_owned());
        match json {
            Value::Object(fields) => {
                for (name, inner) in fields {
                    let name = name.replace('~', "~0").replace('/', "~1");
                    walk(inner, &format!("{at}/{name}"), places);
                }
            }
            Value::Array(items) => {
                for (index, inner) in items.iter().enumerate() {
                    walk(inner, &format!("{at}/{index}"), places);
                }
            }
            _ => {}
        }
    }
    let mut places = Vec::new();
    walk(json, "", &mut places);
    places
}

/// Puts a value to a place, or removes what is there. Gives what was there.
fn put(json: &mut Value, at: &str, value: Option<Value>) -> Option<Value> {
    let (parent, name) = at.rsplit_once('/').expect("not the body itself");
    let name = name.replace("~1", "/").replace("~0", "~");
    match (json.pointer_mut(parent).expect("a parent"), value) {
        (Value::Object(fields), Some(value)) => fields.insert(name, value),
        (Value::Object(fields), None) => fields.remove(&name),
        (Value::Array(items), Some(value)) => {
            let index: usize = name.parse().expect("an index");
            Some(std::mem::replace(&mut items[index], value))
        }
        (Value::Array(items), None) => Some(items.remove(name.parse().expect("an index"))),
        (other, _) => panic!("{at}: {other}"),
    }
}

/// Tells if a place is in a list.
fn is_item(json: &Value, at: &str) -> bool {
    at.rsplit_once('/').and_then(|(list, _)| json.pointer(list)).is_some_and(Value::is_array)
}

/// One value of each kind.
fn kinds() -> [Value; 8] {
    [
        Value::Null,
        json!(true),
        json!(-7.25e300),
        json!(u64::MAX),
        json!("text"),
        json!([null, 1, "a", {}]),
        json!({ "id": "x" }),
        json!([]),
    ]
}

impl Payload {
    /// Spoils the bodies in each way.
    pub(crate) fn spoil(&self) -> Report {
        let mut report = Report::default();
        let mut bodies = self.bodies.clone();
        for body in &mut bodies {
            report.note("the body itself", "", (self.decode)(body));
            let places = places(body);
            self.lose(body, &places, &mut report);
            self.add(body, &places, &mut report);
        }
        self.scramble(&bodies, &mut report);
        self.replace_unread(&mut bodies, &mut report);
        self.lose_many(&bodies, &mut report);
        report
    }

    fn is_required(&self, at: &str) -> bool {
        self.required.contains(&&*pattern(at))
    }

    fn is_map(&self, at: &str) -> bool {
        self.maps.contains(&&*pattern(at))
    }

    fn holds_required(&self, at: &str) -> bool {
        let inside = format!("{}/", pattern(at));
        self.required.iter().any(|required| required.starts_with(&inside))
    }

    /// Removes and nulls each field, nulls each item, and empties each object.
    fn lose(&self, body: &mut Value, places: &[String], report: &mut Report) {
        for at in places.iter().filter(|at| !at.is_empty()) {
            let mut attempts = Vec::new();
            if !self.is_required(at) {
                attempts.push(Some(Value::Null));
                if !is_item(body, at) {
                    attempts.push(None);
                }
            }
            if body.pointer(at).is_some_and(Value::is_object) && !self.holds_required(at) {
                attempts.push(Some(json!({})));
            }
            for value in attempts {
                report.replaced(self, body, at, value);
            }
        }
    }

    /// Adds an unknown field to each object, and `null` to each list and map.
    fn add(&self, body: &mut Value, places: &[String], report: &mut Report) {
        for at in places {
            match body.pointer_mut(at).expect("it is there") {
                Value::Object(fields) => {
                    let values = if self.is_map(at) { vec![Value::Null] } else { kinds().into() };
                    for value in values {
                        fields.insert("never_heard_of".to_owned(), value);
                    }
                    report.note("new field in", at, (self.decode)(body));
                    let fields = body.pointer_mut(at).and_then(Value::as_object_mut);
                    fields.expect("an object").remove("never_heard_of");
                }
                Value::Array(items) => {
                    items.insert(0, Value::Null);
                    items.push(Value::Null);
                    report.note("null in the list", at, (self.decode)(body));
                    let items = body.pointer_mut(at).and_then(Value::as_array_mut);
                    let items = items.expect("a list");
                    items.pop();
                    items.remove(0);
                }
                _ => {}
            }
        }
    }

    /// Adds fields to each object at once that cannot be read at all: numbers that are too big for
    /// `f64`, text with half a character, deep trees.
    fn scramble(&self, bodies: &[Value], report: &mut Report) {
        for body in bodies {
            let mut all = body.clone();
            for at in places(body).into_iter().filter(|at| !self.is_map(at)) {
                if let Some(Value::Object(fields)) = all.pointer_mut(&at) {
                    for name in ["huge", "half", "deep"] {
                        fields.insert(format!("never_{name}"), json!(format!("\u{1}{name}")));
                    }
                }
            }
            let deep = format!("{}{}", r#"{"a":["#.repeat(40), "]}".repeat(40));
            let text = all.to_string();
            let text = text.replace(r#""\u0001huge""#, "-123456789e99999");
            let text = text.replace(r#""\u0001half""#, r#""\ud83d""#);
            let text = text.replace(r#""\u0001deep""#, &deep);
            report.note("unreadable fields", "", (self.decode_text)(&text));
        }
    }

    /// Writes values of each kind to fields that the payload does not read: nothing may change.
    ///
    /// A field is read if in one of the bodies the payload is another one without it. Fields that are
    /// always `null` or empty are left out, because that does not tell.
    fn replace_unread(&self, bodies: &mut [Value], report: &mut Report) {
        let mut read = BTreeSet::new();
        let mut unread: BTreeMap<String, (usize, String)> = BTreeMap::new();
        for (index, body) in bodies.iter_mut().enumerate() {
            let Some(shown) = (self.show)(body) else { continue };
            for at in places(body).into_iter().filter(|at| !at.is_empty()) {
                let place = pattern(&at);
                if read.contains(&place) || unread.contains_key(&place) && index > 3 {
                    continue;
                }
                let value = body.pointer(&at).expect("it is there").clone();
                if [json!(null), json!([]), json!({})].contains(&value) {
                    continue;
                }
                put(body, &at, Some(Value::Null));
                if (self.show)(body).is_some_and(|after| after == shown) {
                    unread.entry(place).or_insert((index, at.clone()));
                } else {
                    read.insert(place);
                }
                put(body, &at, Some(value));
            }
        }
        for (_, (index, at)) in unread.into_iter().filter(|(place, _)| !read.contains(place)) {
            let body = &mut bodies[index];
            let shown = (self.show)(body);
            for kind in kinds() {
                let what = format!("{kind} at the unread");
                let before = put(body, &at, Some(kind));
                let result = (self.decode)(body);
                let is_same = (self.show)(body) == shown;
                let is_same = is_same.then_some(()).ok_or("it changes the payload".to_owned());
                report.note(&what, &at, result.and(is_same));
                put(body, &at, before);
            }
        }
    }

    /// Removes and nulls many fields at once, by a sequence that is the same each time.
    fn lose_many(&self, bodies: &[Value], report: &mut Report) {
        let mut state = 0x2545_f491_4f6c_dd1d_u64;
        let mut next = move |below: usize| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from(state % below as u64).expect("it is small")
        };
        for body in bodies.iter().cycle().take(bodies.len().max(400)) {
            let mut body = body.clone();
            let places = places(&body);
            for _ in 0..=next(20) {
                let at = &places[next(places.len())];
                let is_kept = at.is_empty() || self.is_required(at) || self.holds_required(at);
                if is_kept || body.pointer(at).is_none() {
                    continue;
                }
                let value = (is_item(&body, at) || next(2) == 0).then_some(Value::Null);
                put(&mut body, at, value);
            }
            report.note("many fields lost", "", (self.decode)(&body));
        }
    }
}
