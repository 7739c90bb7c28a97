//! A Slack app: slash commands, which are forms, and events, which are JSON. Slack waits three
//! seconds; what takes longer is answered in time, and its result is posted later.
//!
//! `SLACK_SIGNING_SECRET` is the app's signing secret. The challenge that Slack asks before it sends
//! events to `/slack/events` is answered by the framework.

use std::time::Duration;

use axum::{Router, extract::State};
use serde_json::json;
use tokio::{net::TcpListener, sync::mpsc};
use webhook_runtime::{
    UnknownEvent, WebhookEvent, Webhooks,
    payloads::slack::{AppMention, EventCallback, SlashCommand},
    providers::SLACK,
    webhook,
};

/// Below the three seconds that Slack waits, with something left for the way.
const IN_TIME: Duration = Duration::from_millis(2_500);

#[derive(Clone)]
struct App {
    /// What has to be posted to Slack, from a task of its own.
    posts: mpsc::Sender<Post>,
    /// How long a deployment takes.
    deployment: Duration,
}

/// A message for the URL that came with a command.
struct Post {
    url: String,
    text: String,
}

/// Slack shows the text that a command is answered by.
#[webhook(
    path = "/slack/commands",
    provider = SLACK,
    secret_env = "SLACK_SIGNING_SECRET",
    respond_within = IN_TIME,
)]
async fn command(State(app): State<App>, command: SlashCommand<'_>) -> String {
    let text = command.text.as_deref().unwrap_or_default();
    match (&*command.command, text.trim()) {
        ("/ping", _) => "pong".to_owned(),
        ("/deploy", "") => "Deploy what? `/deploy api`".to_owned(),
        ("/deploy", what) => {
            tokio::time::sleep(app.deployment).await;
            // The answer has been given by now, most likely without a word.
            let user = command.user_id.as_deref().unwrap_or("somebody");
            let text = format!("{what} is deployed, as <@{user}> wished.");
            let Some(url) = command.response_url else {
                eprintln!("nowhere to post: {text}");
                return String::new();
            };
            let url = url.expose().to_owned();
            if app.posts.send(Post { url, text }).await.is_err() {
                eprintln!("nobody posts any more: the result of a deployment is lost");
            }
            String::new()
        }
        (other, _) => format!("There is no command {other} here."),
    }
}

#[derive(WebhookEvent)]
enum Event<'a> {
    #[event("app_mention")]
    Mentioned(EventCallback<'a, AppMention<'a>>),
    #[event(other)]
    Other(UnknownEvent<'a>),
}

#[webhook(
    path = "/slack/events",
    provider = SLACK,
    secret_env = "SLACK_SIGNING_SECRET",
    respond_within = IN_TIME,
)]
async fn events(event: Event<'_>) {
    match event {
        Event::Mentioned(mention) => {
            let AppMention { channel, text, .. } = mention.event;
            let (channel, text) = (channel.unwrap_or_default(), text.unwrap_or_default());
            println!("mentioned in {channel}: {text}");
        }
        Event::Other(other) => println!("passed over {}", other.name()),
    }
}

/// Posts what there is to post. `ureq` waits, so that it has a thread.
async fn post(mut posts: mpsc::Receiver<Post>) {
    while let Some(Post { url, text }) = posts.recv().await {
        let message = json!({ "response_type": "in_channel", "text": text }).to_string();
        let sent = tokio::task::spawn_blocking(move || {
            ureq::post(&url).header("content-type", "application/json").send(&message).map(drop)
        });
        match sent.await {
            Ok(Ok(())) => println!("posted: {text}"),
            Ok(Err(error)) => eprintln!("could not post {text:?}: {error}"),
            Err(error) => eprintln!("could not post {text:?}: {error}"),
        }
    }
}

#[tokio::main]
async fn main() -> Result<(), webhook_runtime::Error> {
    let (posts, to_post) = mpsc::channel(100);
    tokio::spawn(post(to_post));
    let hooks = Webhooks::new().mount::<command>().mount::<events>();
    let late = hooks.background_handlers();
    let app = Router::new().merge(hooks.into_router()?);
    let app = app.with_state(App { posts, deployment: Duration::from_secs(5) });
    let listener = TcpListener::bind("127.0.0.1:3000").await?;
    println!("chatops on http://{}", listener.local_addr()?);
    let asked_to_stop = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    axum::serve(listener, app).with_graceful_shutdown(asked_to_stop).await?;
    // Deployments that were answered already are still under way.
    let _ = tokio::time::timeout(Duration::from_secs(30), late.wait()).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use webhook_runtime::testing::TestHooks;

    use super::*;

    fn start(deployment: Duration) -> (TestHooks<App>, mpsc::Receiver<Post>) {
        let (posts, to_post) = mpsc::channel(1);
        let hooks = Webhooks::new().mount::<command>().mount::<events>();
        (hooks.test(App { posts, deployment }), to_post)
    }

    fn form<'a>(command: &'a str, text: &'a str) -> [(&'static str, &'a str); 8] {
        [
            ("team_id", "T1"),
            ("channel_id", "C1"),
            ("user_id", "U1"),
            ("command", command),
            ("text", text),
            ("api_app_id", "A1"),
            ("response_url", "https://hooks.slack.example/commands/1"),
            ("trigger_id", "13345224609.738474920.8088930838d88f008e0"),
        ]
    }

    #[tokio::test]
    async fn commands_are_answered() {
        let (hooks, _) = start(Duration::ZERO);
        for (name, text, reply) in [
            ("/ping", "", "pong"),
            ("/deploy", " ", "Deploy what? `/deploy api`"),
            ("/who", "", "There is no command /who here."),
        ] {
            let answer = hooks.deliver::<command>().form(&form(name, text)).await;
            assert_eq!((answer.status().as_u16(), answer.text().as_str()), (200, reply));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn slow_commands_are_answered_in_time() {
        let (hooks, mut posts) = start(Duration::from_secs(60));
        let before = tokio::time::Instant::now();
        let answer = hooks.deliver::<command>().form(&form("/deploy", "api")).await;
        assert_eq!((answer.status().as_u16(), answer.text().as_str()), (200, ""));
        assert!(before.elapsed() < Duration::from_secs(3));
        let post = posts.recv().await.expect("the deployment goes on");
        assert_eq!(post.url, "https://hooks.slack.example/commands/1");
        assert_eq!(post.text, "api is deployed, as <@U1> wished.");
    }

    #[tokio::test]
    async fn events_are_taken_and_forged_ones_are_not() {
        let (hooks, _) = start(Duration::ZERO);
        let mention = json!({
            "type": "event_callback", "team_id": "T1", "api_app_id": "A1", "event_id": "Ev1",
            "event_time": 1_760_000_000, "authorizations": [],
            "event": {
                "type": "app_mention", "channel": "C1", "user": "U1", "text": "<@B1> hello",
                "ts": "1760000000.000100", "event_ts": "1760000000.000100",
            },
        });
        assert_eq!(hooks.deliver::<events>().json(&mention).await.status(), 200);
        let forged = hooks.deliver::<events>().json(&mention).forged().await;
        assert_eq!((forged.status().as_u16(), forged.handler_ran()), (401, false));
    }

    #[tokio::test]
    async fn the_challenge_is_answered_without_a_handler() {
        let (hooks, _) = start(Duration::ZERO);
        let challenge = json!({ "type": "url_verification", "challenge": "3eZbrw1aB" });
        let answer = hooks.deliver::<events>().json(&challenge).await;
        assert_eq!((answer.status().as_u16(), answer.text().as_str()), (200, "3eZbrw1aB"));
        assert!(!answer.handler_ran());
    }
}
