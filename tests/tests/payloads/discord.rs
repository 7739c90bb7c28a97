//! Discord.

use std::borrow::Cow::Borrowed;

use serde_json::{Value, json};
use webhook_runtime::{
    UnknownEvent, WebhookEvent, Webhooks, payloads::discord, providers::DISCORD, webhook,
};

use crate::{decode, vector};

fn user() -> Value {
    json!({
        "id": "30", "username": "jo", "global_name": "Jo", "bot": false, "avatar": "a1b2",
        "discriminator": "0", "public_flags": 64,
    })
}

fn member() -> Value {
    json!({
        "user": user(), "nick": "Jojo", "roles": ["40"], "permissions": "2147483647",
        "joined_at": "2026-01-02T03:04:05.678000+00:00", "deaf": false, "mute": false,
    })
}

fn message() -> Value {
    json!({
        "id": "50", "channel_id": "20", "author": user(), "content": "hi", "embeds": [],
        "timestamp": "2026-01-02T03:04:05.678000+00:00", "attachments": [file()],
    })
}

fn file() -> Value {
    json!({
        "id": "60", "filename": "a.png", "content_type": "image/png", "size": 7,
        "url": "https://example.com/a.png", "proxy_url": "https://example.com/b.png",
    })
}

fn resolved() -> Value {
    json!({
        "users": { "30": user() }, "members": { "30": member() },
        "roles": { "40": { "id": "40", "name": "crew", "color": 0 } },
        "channels": {
            "20": { "id": "20", "name": "all", "type": 0, "parent_id": "10", "permissions": "8" },
        },
        "messages": { "50": message() }, "attachments": { "60": file() },
    })
}

fn interaction(kind: u64, data: &Value) -> Value {
    json!({
        "id": "1", "type": kind, "application_id": "2", "data": data, "guild_id": "10",
        "guild": { "id": "10", "locale": "en-GB", "features": [] },
        "channel_id": "20", "channel": { "id": "20", "type": 0 }, "member": member(),
        "user": user(), "token": "a secret of a quarter of an hour", "version": 1,
        "message": message(), "app_permissions": "442368", "locale": "de", "guild_locale": "en-GB",
        "entitlements": [], "authorizing_integration_owners": { "0": "10" }, "context": 0,
        "attachment_size_limit": 10_485_760,
    })
}

/// A command with options of each kind, on its own and in a group.
pub(crate) fn command() -> Value {
    let options = json!([
        { "name": "animal", "type": 3, "value": "cat 🐱" },
        { "name": "count", "type": 4, "value": 7 },
        { "name": "weight", "type": 10, "value": 2.5 },
        { "name": "loud", "type": 5, "value": true, "focused": true },
        { "name": "owner", "type": 6, "value": "30" },
    ]);
    interaction(
        2,
        &json!({
            "id": "70", "name": "pet", "type": 1, "guild_id": "10", "target_id": "30",
            "resolved": resolved(),
            "options": [
                { "name": "group", "type": 2, "options": [{ "name": "add", "type": 1, "options": options }] },
            ],
        }),
    )
}

/// A menu in which two users were chosen.
pub(crate) fn component() -> Value {
    interaction(
        3,
        &json!({
            "custom_id": "who", "component_type": 5, "values": ["30", "31"], "resolved": resolved(),
        }),
    )
}

/// A modal with inputs in labels and in a row.
pub(crate) fn modal() -> Value {
    let labelled = |component: Value| json!({ "type": 18, "id": 1, "component": component });
    interaction(
        5,
        &json!({
            "custom_id": "report", "resolved": resolved(),
            "components": [
                labelled(json!({ "type": 4, "id": 2, "custom_id": "why", "value": "because" })),
                labelled(json!({ "type": 3, "id": 3, "custom_id": "tags", "values": ["a", "b"] })),
                labelled(json!({ "type": 23, "id": 4, "custom_id": "sure", "value": true })),
                { "type": 1, "components": [{ "type": 4, "custom_id": "old", "value": "a row" }] },
                { "type": 10, "id": 9 },
            ],
        }),
    )
}

#[test]
fn commands() {
    let body = command().to_string();
    let interaction: discord::Interaction<'_, discord::Command<'_>> = decode(&body);
    assert!(matches!(interaction.id, Borrowed("1")));
    assert_eq!(interaction.kind, discord::InteractionKind::Command);
    assert_eq!(interaction.context, Some(discord::InteractionContext::Guild));
    assert_eq!(interaction.locale.as_deref(), Some("de"));
    let command = &interaction.data;
    assert_eq!((&*command.name, command.kind), ("pet", Some(discord::CommandKind::ChatInput)));
    let add = command.option("group").and_then(|group| group.option("add")).expect("a command");
    assert_eq!(add.kind, Some(discord::OptionKind::Subcommand));
    let value = |name| add.option(name).and_then(|option| option.value.as_ref()).expect(name);
    assert_eq!(value("animal").as_str(), Some("cat 🐱"));
    assert_eq!((value("count").as_i64(), value("count").as_f64()), (Some(7), Some(7.0)));
    assert_eq!((value("weight").as_f64(), value("weight").as_i64()), (Some(2.5), None));
    assert_eq!((value("loud").as_bool(), value("loud").as_str()), (Some(true), None));
    let owner = value("owner").as_str().expect("an id");
    let resolved = command.resolved.as_ref().expect("objects");
    assert_eq!(resolved.users[owner].username.as_deref(), Some("jo"));
    assert_eq!(resolved.members[owner].roles, ["40"]);
    assert_eq!(resolved.attachments["60"].size, Some(7));
    assert!(command.option("add").is_none(), "it is in the group");
}

#[test]
fn components() {
    let body = component().to_string();
    let interaction: discord::Interaction<'_, discord::Component<'_>> = decode(&body);
    let component = interaction.data;
    assert_eq!(component.kind, Some(discord::ComponentKind::UserSelect));
    assert_eq!((&*component.custom_id, component.values.len()), ("who", 2));
    assert!(component.values.iter().all(|value| matches!(value, Borrowed(_))));
    assert_eq!(interaction.message.and_then(|message| message.content).as_deref(), Some("hi"));
}

#[test]
fn inputs_of_modals_are_found_in_labels_and_rows() {
    let body = modal().to_string();
    let modal = decode::<discord::Interaction<'_, discord::Modal<'_>>>(&body).data;
    let text = |id| modal.input(id).and_then(|input| input.value.as_ref()?.as_str()).expect(id);
    assert_eq!((text("why"), text("old")), ("because", "a row"));
    assert_eq!(modal.input("tags").expect("a menu").values, ["a", "b"]);
    let sure = modal.input("sure").and_then(|input| input.value.as_ref());
    assert_eq!(sure.and_then(discord::InputValue::as_bool), Some(true));
    assert_eq!(modal.input("report"), None, "that is the modal");
}

#[test]
fn the_user_is_that_of_the_server_or_of_the_message() {
    let mut body = component();
    body["member"]["user"]["id"] = json!("77");
    let text = body.to_string();
    let interaction: discord::Interaction<'_, discord::Component<'_>> = decode(&text);
    assert_eq!(interaction.invoked_by().map(|user| &*user.id), Some("77"));
    body["member"] = Value::Null;
    let text = body.to_string();
    let interaction: discord::Interaction<'_, discord::Component<'_>> = decode(&text);
    assert_eq!(interaction.invoked_by().map(|user| &*user.id), Some("30"));
    body["user"] = Value::Null;
    let text = body.to_string();
    let interaction: discord::Interaction<'_, discord::Component<'_>> = decode(&text);
    assert_eq!(interaction.invoked_by(), None);
}

#[test]
fn tokens_are_not_shown() {
    let body = command().to_string();
    let interaction: discord::Interaction<'_, discord::Command<'_>> = decode(&body);
    let shown = format!("{interaction:?}");
    assert!(!shown.contains("quarter"), "{shown}");
    let token = interaction.token.as_ref().map(discord::Sensitive::expose);
    assert_eq!(token, Some("a secret of a quarter of an hour"));
}

#[test]
fn values_may_have_escapes_and_be_large() {
    let value = |json: &str| {
        let body = format!(r#"{{"name":"a","value":{json}}}"#);
        decode::<discord::CommandOption<'_>>(&body).value.map(|value| format!("{value:?}"))
    };
    assert_eq!(value(r#""a\tb""#).as_deref(), Some(r#"Text("a\tb")"#));
    assert_eq!(value("-9007199254740991").as_deref(), Some("Integer(-9007199254740991)"));
    assert_eq!(value("18446744073709551615").as_deref(), Some("Number(1.8446744073709552e19)"));
    assert_eq!(value("null"), None);
    for wrong in ["[]", "{}"] {
        let body = format!(r#"{{"name":"a","value":{wrong}}}"#);
        assert!(serde_json::from_str::<discord::CommandOption<'_>>(&body).is_err());
    }
}

#[tokio::test]
async fn the_signed_number_chooses_the_variant() {
    #[derive(WebhookEvent)]
    #[event(strict)]
    enum Event<'a> {
        #[event("2", "4")]
        Command(discord::Interaction<'a, discord::Command<'a>>),
        #[event("3")]
        Component(discord::Interaction<'a, discord::Component<'a>>),
        #[event("5")]
        Modal(discord::Interaction<'a, discord::Modal<'a>>),
        #[event(other)]
        Other(UnknownEvent<'a>),
    }
    #[webhook(path = "/webhook", provider = DISCORD)]
    async fn hook(event: Event<'_>) -> String {
        match event {
            Event::Command(interaction) => interaction.data.name.into_owned(),
            Event::Component(interaction) => interaction.data.custom_id.into_owned(),
            Event::Modal(interaction) => interaction.data.custom_id.into_owned(),
            Event::Other(other) => format!("other {}", other.name()),
        }
    }
    let hooks = Webhooks::new().mount::<hook>().test(());
    let mut typing = command();
    typing["type"] = json!(4);
    let mut new = command();
    new["type"] = json!(9);
    let published = decode(&vector("public/discord/accept-2"));
    for (body, told) in [
        (command(), "pet"),
        (typing, "pet"),
        (component(), "who"),
        (modal(), "report"),
        (new, "other 9"),
        (published, "blep"),
    ] {
        let answer = hooks.deliver::<hook>().body(body.to_string()).await;
        assert_eq!((answer.status().as_u16(), &*answer.text()), (200, told));
    }
    let ping = hooks.deliver::<hook>().body(r#"{"id":"1","type":1}"#).await;
    assert_eq!((ping.status().as_u16(), ping.handler_ran()), (200, false));
    assert_eq!(ping.json::<Value>(), json!({ "type": 1 }));
}
