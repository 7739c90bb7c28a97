//! Enums of known words, and borrowed text.

use std::borrow::Cow::{Borrowed, Owned};

use serde_json::Value;
use webhook_runtime::payloads::{
    discord, github, linear, paddle, shopify, slack, standard_webhooks, whatsapp,
};

use crate::{decode, read};

/// Every known word of an enum round-trips through its variant. Other words are kept.
macro_rules! round_trips {
    ($($module:ident::{$($name:ident)+})+) => {
        #[test]
        fn known_words_round_trip() {
            $($(
                assert!(!$module::$name::KNOWN.is_empty());
                for &word in $module::$name::KNOWN {
                    let body = Value::from(word).to_string();
                    let decoded: $module::$name<'_> = decode(&body);
                    assert_eq!(decoded.as_str(), word);
                    assert!(!matches!(decoded, $module::$name::Unknown(_)), "{decoded:?}");
                    assert_eq!(decoded, $module::$name::from(word));
                }
                let decoded: $module::$name<'_> = decode(r#""never_heard_of""#);
                assert_eq!(decoded, $module::$name::Unknown(Borrowed("never_heard_of")));
                assert!(matches!(decoded, $module::$name::Unknown(Borrowed(_))));
                assert_eq!(decoded.as_str(), "never_heard_of");
            )+)+
        }
    };
}

round_trips! {
    github::{
        PullRequestAction State IssuesAction StateReason ReleaseAction WorkflowRunAction RunStatus
        Conclusion UserKind Visibility
    }
    linear::{Action ActorKind StateKind}
    paddle::{
        TransactionStatus CollectionMode ItemStatus Interval SubscriptionStatus ScheduledAction
        CustomerStatus
    }
    shopify::{FinancialStatus FulfillmentStatus CancelReason}
    slack::{MessageSubtype ChannelType}
    whatsapp::{MessageKind InteractiveKind DeliveryStatus}
}

/// Every known number of an enum round-trips through its variant. Other numbers are kept.
macro_rules! numbers_round_trip {
    ($($module:ident::{$($name:ident)+})+) => {
        #[test]
        fn known_numbers_round_trip() {
            $($(
                assert!(!$module::$name::KNOWN.is_empty());
                for &number in $module::$name::KNOWN {
                    let decoded: $module::$name = decode(&number.to_string());
                    assert_eq!(decoded.number(), number);
                    assert!(!matches!(decoded, $module::$name::Unknown(_)), "{decoded:?}");
                    assert_eq!(decoded, $module::$name::from(number));
                }
                let decoded: $module::$name = decode("99");
                assert_eq!((decoded, decoded.number()), ($module::$name::Unknown(99), 99));
                assert!(serde_json::from_str::<$module::$name>("\"1\"").is_err());
            )+)+
        }
    };
}

numbers_round_trip! {
    discord::{InteractionKind InteractionContext CommandKind OptionKind ComponentKind}
    linear::{Priority}
}

#[test]
fn words_may_have_escapes() {
    assert_eq!(decode::<github::State<'_>>(r#""\u006fpen""#), github::State::Open);
    let unknown = decode::<github::State<'_>>(r#""half\topen""#);
    assert_eq!(unknown.as_str(), "half\topen");
}

#[test]
fn unknown_actions_are_kept() {
    let file = read("fixtures/payloads/github/issues.jsonl");
    let example = file.lines().next().expect("an example");
    let action = decode::<github::IssuesEvent<'_>>(example).action;
    let body = example.replacen(
        &format!(r#""action":"{}""#, action.as_str()),
        r#""action":"exploded""#,
        1,
    );
    let event: github::IssuesEvent<'_> = decode(&body);
    assert_eq!(event.action, github::IssuesAction::Unknown(Borrowed("exploded")));
}

#[test]
fn text_is_borrowed_from_the_body() {
    let file = read("fixtures/payloads/github/push.jsonl");
    let body = file.lines().find(|body| body.contains(r#""commits":[{"#)).expect("with commits");
    let push: github::Push<'_> = decode(body);
    let commit = &push.commits[0];
    let files = [&commit.added, &commit.removed, &commit.modified].into_iter().flatten();
    let plain = [&push.reference, &push.after, &push.repository.full_name];
    for text in files.chain(plain) {
        assert!(matches!(text, Borrowed(_)), "{text}");
    }
    let author = commit.author.as_ref().expect("an author");
    let name = &push.repository.name;
    let optional = [&author.email, &author.username, name, &commit.id, &commit.timestamp];
    assert!(optional.iter().all(|text| matches!(text, Some(Borrowed(_)))), "{optional:?}");

    let body = r#"{"type":"a\tb","timestamp":"c\td","data":null}"#;
    let event: standard_webhooks::Event<'_, ()> = decode(body);
    assert!(matches!(event.kind, Owned(_)), "it has an escape");
    assert_eq!((&*event.kind, event.timestamp.as_deref()), ("a\tb", Some("c\td")));
}
