//! Slack.

use std::borrow::Cow::{self, Borrowed, Owned};

use serde::Deserialize;
use serde_json::{Value, json};
use webhook_runtime::{payloads::slack, providers::SLACK, webhook};

use crate::{answer, decode, vector};

#[test]
fn slack_events_are_generic() {
    #[derive(Deserialize)]
    struct Said<'a> {
        #[serde(borrow)]
        text: Cow<'a, str>,
    }
    let body = vector("public/slack/accept-1");
    let callback: slack::EventCallback<'_, Said<'_>> = decode(&body);
    assert_eq!(
        (callback.team_id.as_deref(), callback.api_app_id.as_deref()),
        (Some("T1"), Some("A1"))
    );
    assert_eq!(callback.event_id.as_deref(), Some("Ev08MFMKH6"));
    assert_eq!(callback.event_time, Some(1_760_000_000));
    assert!(matches!(callback.event.text, Borrowed("hi ☕")));
    assert_eq!(callback.authorizations, []);
}

fn callback(event: &Value) -> String {
    json!({
        "token": "deprecated", "team_id": "T1", "context_team_id": "T1", "api_app_id": "A1",
        "event": event, "type": "event_callback", "event_id": "Ev1", "event_time": 1_700_000_000,
        "is_ext_shared_channel": true,
        "authorizations": [
            {"enterprise_id": null, "team_id": "T1", "user_id": "U9", "is_bot": true,
             "is_enterprise_install": false},
        ],
    })
    .to_string()
}

#[test]
fn messages() {
    let body = callback(&json!({
        "type": "message", "channel": "C1", "channel_type": "channel", "user": "U1",
        "text": "a <@U9> & \"b\"", "ts": "1700000000.000100", "thread_ts": "1600000000.000100",
        "event_ts": "1700000000.000100", "blocks": [{"type": "rich_text"}],
    }));
    let delivered: slack::EventCallback<'_, slack::Message<'_>> = decode(&body);
    assert_eq!(delivered.is_ext_shared_channel, Some(true));
    assert_eq!(delivered.authorizations[0].is_bot, Some(true));
    assert_eq!(delivered.authorizations[0].enterprise_id, None);
    let message = delivered.event;
    assert_eq!((message.subtype, message.bot_id), (None, None));
    assert_eq!(message.channel_type, Some(slack::ChannelType::Channel));
    assert!(matches!(message.text, Some(Owned(text)) if text == "a <@U9> & \"b\""));
    assert!(matches!(message.thread_ts, Some(Borrowed("1600000000.000100"))));

    let body = callback(&json!({
        "type": "message", "subtype": "message_deleted", "hidden": true, "channel": "C1",
        "ts": "2.0", "deleted_ts": "1.0", "event_ts": "2.0",
    }));
    let message = decode::<slack::EventCallback<'_, slack::Message<'_>>>(&body).event;
    assert_eq!(message.subtype, Some(slack::MessageSubtype::MessageDeleted));
    assert_eq!((message.user, message.text), (None, None));
}

#[test]
fn mentions() {
    let body = callback(&json!({
        "type": "app_mention", "channel": "C1", "user": "U1", "text": "<@U9> hello",
        "ts": "1.0", "event_ts": "1.0",
    }));
    let mention = decode::<slack::EventCallback<'_, slack::AppMention<'_>>>(&body).event;
    assert!(matches!(mention.text, Some(Borrowed("<@U9> hello"))));
    assert!(matches!(mention.user, Some(Borrowed("U1"))));
}

/// `team_access_granted`, and apps that are installed in a whole organization.
#[test]
fn callbacks_may_name_no_workspace_and_no_user() {
    for team in [r#""team_id":null,"#, ""] {
        let body = format!(
            r#"{{{team}"enterprise_id":"E1","api_app_id":"A1","event_id":"Ev1","event_time":1,
                "event":{{"type":"team_access_granted","team_ids":["T1"]}},
                "authorizations":[{{"enterprise_id":"E1","team_id":null,"is_bot":true}},null]}}"#
        );
        let callback: slack::EventCallback<'_, Value> = decode(&body);
        assert_eq!((callback.team_id, callback.enterprise_id.as_deref()), (None, Some("E1")));
        assert_eq!(callback.event["team_ids"][0], "T1");
        assert_eq!(callback.authorizations.len(), 1);
        assert_eq!(
            (callback.authorizations[0].user_id.as_deref(), callback.event_time),
            (None, Some(1))
        );
    }
}

const FORM: &str = "application/x-www-form-urlencoded";

#[tokio::test]
async fn a_slash_command_is_a_form() {
    #[webhook(path = "/webhook", provider = SLACK)]
    async fn command(command: slack::SlashCommand<'_>) -> String {
        assert!(matches!(command.user_id, Some(Borrowed("U2CERLKJA"))), "it has no escape");
        assert!(matches!(command.team_domain, Some(Borrowed("testteamnow"))), "it has no escape");
        assert_ne!(command.is_enterprise_install, Some(true));
        let url =
            "https://hooks.slack.com/commands/T1DC2JH3J/397700885554/96rGlfmibIGlgcZRskXaIFfN";
        assert_eq!(command.response_url.as_ref().map(slack::Sensitive::expose), Some(url));
        let shown = format!("{command:?}");
        for hidden in ["96rGl", "803a0bc8", "hooks.slack.com", "xyzz0Wbap"] {
            assert!(!shown.contains(hidden), "{shown}");
        }
        let (text, channel) =
            (command.text.expect("a text"), command.channel_id.expect("a channel"));
        format!("{} {text:?} {channel}", command.command)
    }
    let body = vector("public/slack/doc-example");
    let answer = answer::<command>(&SLACK, FORM, body).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (200, r#"/webhook-collect "" G8PSS9T3V"#));
}

#[tokio::test]
async fn slash_command_fields_are_typed() {
    #[webhook(path = "/webhook", provider = SLACK)]
    async fn command(command: slack::SlashCommand<'_>) -> String {
        format!(
            "{} {:?} {} {:?}",
            command.text.expect("a text"),
            command.enterprise_id,
            command.is_enterprise_install.expect("a flag"),
            command.trigger_id.expect("an id")
        )
    }
    let plain = "command=%2Fa&text=b+c%21&user_id=U1&channel_id=C1&team_id=T1&api_app_id=A1\
                 &response_url=d&trigger_id=e&enterprise_id=E1&is_enterprise_install=";
    let body = format!("{plain}true");
    let right = answer::<command>(&SLACK, FORM, body).await;
    assert_eq!(right.text(), r#"b c! Some("E1") true Sensitive(..)"#);

    let body = format!("{plain}perhaps");
    let wrong = answer::<command>(&SLACK, FORM, body).await;
    assert_eq!(
        (wrong.status.as_u16(), wrong.problem()["path"].as_str()),
        (422, Some("is_enterprise_install"))
    );
}
