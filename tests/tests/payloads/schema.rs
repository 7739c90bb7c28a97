//! The payloads of GitHub against GitHub's schema, in `fixtures/payloads/github/schema.json`.

use serde_json::{Map, Value, json};
use webhook_runtime::payloads::github;

use crate::{
    decode,
    mutations::{Payload, Report, pattern},
    read,
    survival::github as payloads,
};

/// A field in the schema: a text if there is nothing inside, else an object with the text at `""`.
#[derive(Clone, Copy)]
struct Field<'a>(&'a Value);

impl<'a> Field<'a> {
    fn letters(self) -> &'a str {
        self.text().split(' ').next().unwrap_or_default()
    }

    fn words(self) -> impl Iterator<Item = &'a str> {
        self.text().split(' ').skip(1)
    }

    fn text(self) -> &'a str {
        self.0.as_str().or_else(|| self.0[""].as_str()).expect("the letters of a field")
    }

    fn inner(self) -> impl Iterator<Item = (&'a str, Self)> {
        let inner = self.0.as_object().into_iter().flatten();
        inner.filter(|(name, _)| !name.is_empty()).map(|(name, field)| (&**name, Self(field)))
    }

    fn at(self, pattern: &str) -> Option<Self> {
        pattern.split('/').skip(1).try_fold(self, |field, name| field.0.get(name).map(Self))
    }

    /// A value that the letter stands for, with no more inside than has to be.
    fn sample(self, letter: char) -> Value {
        match letter {
            'n' => Value::Null,
            's' => json!(self.words().next().unwrap_or("text")),
            'i' => json!(7),
            'f' => json!(7.5),
            'b' => json!(true),
            'a' => json!([]),
            'o' => {
                let demanded = self.inner().filter(|(name, field)| {
                    *name != "*" && !field.letters().is_empty() && !field.letters().contains('?')
                });
                let filled = demanded.map(|(name, field)| {
                    let letter = field.letters().chars().next().expect("a letter");
                    (name.to_owned(), field.sample(letter))
                });
                Value::Object(filled.collect::<Map<_, _>>())
            }
            other => panic!("no letter of the schema: {other}"),
        }
    }

    /// Each value that the schema allows, or `None` for a field that may be missing.
    fn samples(self) -> Vec<Option<Value>> {
        let mut samples = Vec::new();
        for letter in self.letters().chars() {
            samples.push((letter != '?').then(|| self.sample(letter)));
        }
        samples.extend(self.words().map(|word| Some(json!(word))));
        samples
    }
}

/// Puts each value that the schema allows to each place that the schema has in a body, also where the
/// body has none.
fn vary(payload: &Payload, body: &mut Value, at: &str, field: Field<'_>, report: &mut Report) {
    for (name, inner) in field.inner() {
        let here = body.pointer(at).expect("it is there");
        if name == "*" {
            if let Some(item) = here.get(0).cloned() {
                let place = format!("{at}/0");
                for value in inner.samples().into_iter().flatten() {
                    report.replaced(payload, body, &place, Some(value));
                }
                assert_eq!(body.pointer(&place), Some(&item), "it is as before");
                vary(payload, body, &place, inner, report);
            } else if here.is_array() {
                for value in inner.samples().into_iter().flatten() {
                    report.replaced(payload, body, at, Some(json!([value])));
                }
            }
        } else if here.is_object() {
            let place = format!("{at}/{name}");
            for value in inner.samples() {
                report.replaced(payload, body, &place, value);
            }
            if body.pointer(&place).is_some() {
                vary(payload, body, &place, inner, report);
            }
        }
    }
}

#[test]
fn all_that_the_schema_of_github_allows_decodes() {
    let schema: Value = decode(&read("fixtures/payloads/github/schema.json"));
    let mut all = Report::default();
    for (event, payload) in payloads() {
        let mut report = Report::default();
        let root = Field(&schema[event]);
        for body in &mut payload.bodies.clone() {
            vary(&payload, body, "", root, &mut report);
        }
        let least = root.sample('o');
        report.note("the least", "", (payload.decode)(&least));
        println!("{event}: {} variations of {} bodies", report.tried, payload.bodies.len());
        assert!(report.tried > 500, "{event}");
        all.join(event, report);
    }
    println!("{} in all", all.tried);
    all.assert_all_survived();
}

#[test]
fn the_schema_guarantees_what_payloads_require() {
    let schema: Value = decode(&read("fixtures/payloads/github/schema.json"));
    for (event, payload) in payloads() {
        for required in payload.required {
            let field = Field(&schema[event]).at(&pattern(required)).expect(required);
            assert!(["s", "i", "o"].contains(&field.letters()), "{event}{required}");
        }
    }
}

#[test]
fn the_words_of_the_schema_are_known() {
    let schema: Value = decode(&read("fixtures/payloads/github/schema.json"));
    for (event, at, known) in [
        ("issues", "/action", github::IssuesAction::KNOWN),
        ("issues", "/issue/state", github::State::KNOWN),
        ("issues", "/milestone/state", github::State::KNOWN),
        ("issues", "/assignee/type", github::UserKind::KNOWN),
        ("pull_request", "/action", github::PullRequestAction::KNOWN),
        ("pull_request", "/pull_request/state", github::State::KNOWN),
        ("push", "/repository/visibility", github::Visibility::KNOWN),
        ("release", "/action", github::ReleaseAction::KNOWN),
        ("workflow_run", "/action", github::WorkflowRunAction::KNOWN),
        ("workflow_run", "/workflow_run/status", github::RunStatus::KNOWN),
        ("workflow_run", "/workflow_run/conclusion", github::Conclusion::KNOWN),
    ] {
        let field = Field(&schema[event]).at(at).expect(at);
        let mut known = known.to_vec();
        known.sort_unstable();
        assert_eq!(field.words().collect::<Vec<_>>(), known, "{event}{at}");
    }
}
