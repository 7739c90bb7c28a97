//! The example between Stripe and a real `nats-server`, both killed at their work. Without
//! `nats-server`, these tests say so and pass.

mod nats;

use std::{
    collections::BTreeMap,
    env,
    hash::{BuildHasher as _, RandomState},
    thread,
    time::{Duration, Instant},
};

use async_nats::jetstream;
use example_harness::{
    Program,
    attacks::{PREFIX_ONLY, UNSET_OR_BLANK, refuses_to_start},
    request,
};
use nats::Nats;
use sqlx::{Connection as _, SqliteConnection};
use webhook_runtime::{
    Inbox, Secret,
    inbox::{DeliveryState, Filter},
    providers::STRIPE,
    scheme::RequestToSign,
};

const RELAY: &str = env!("CARGO_BIN_EXE_relay");
const SECRET: &str = "whsec_1";

fn start(nats: &Nats) -> Program {
    let (nats_url, inbox) = (nats.url(), nats.inbox_url());
    let variables =
        [("STRIPE_SECRET", SECRET), ("NATS_URL", &*nats_url), ("DATABASE_URL", &*inbox)];
    let program = Program::start(RELAY, &variables, "webhooks");
    assert_eq!(program.line(), "  POST /stripe  relay  (stripe)");
    program
}

fn event(number: u64) -> String {
    format!(r#"{{"id":"evt_{number}","type":"invoice.paid","data":{{"note":"100 €"}}}}"#)
}

fn deliver(body: &str) -> u16 {
    let to_sign = RequestToSign::new(body.as_bytes());
    let signed = STRIPE.sign(&Secret::new(SECRET), &to_sign).expect("signed").headers;
    let signature = signed["stripe-signature"].to_str().expect("text");
    let headers = [("stripe-signature", signature), ("content-type", "application/json")];
    request("POST", "/stripe", &headers, body.as_bytes()).status
}

/// A message of the stream.
struct Message {
    subject: String,
    /// The values of its headers, by name.
    headers: BTreeMap<String, String>,
    body: String,
}

/// All messages of the stream, in their order.
async fn messages(nats: &Nats) -> Vec<Message> {
    let client = async_nats::connect(nats.url()).await.expect("it listens");
    let stream = jetstream::new(client).get_stream("WEBHOOKS").await;
    let mut stream = stream.expect("the example has created it");
    let state = stream.info().await.expect("it answers").state.clone();
    assert_eq!(state.messages, state.last_sequence, "none is deleted");
    let mut messages = Vec::new();
    for sequence in 1..=state.last_sequence {
        let message = stream.get_raw_message(sequence).await.expect("it is there");
        let headers = message.headers.iter();
        let headers = headers.map(|(name, values)| (name.to_string(), values[0].to_string()));
        messages.push(Message {
            subject: message.subject.to_string(),
            headers: headers.collect(),
            body: String::from_utf8(message.payload.to_vec()).expect("text"),
        });
    }
    messages
}

/// Waits until as many deliveries are in the inbox, all in this state.
async fn wait_for(nats: &Nats, count: usize, state: DeliveryState) {
    let mut connection = SqliteConnection::connect(&nats.inbox_url()).await.expect("a file");
    let deadline = Instant::now() + Duration::from_mins(2);
    loop {
        let states: Vec<i16> = sqlx::query_scalar("SELECT state FROM webhook_deliveries")
            .fetch_all(&mut connection)
            .await
            .expect("a table");
        let there = states.iter().filter(|one| **one == state.code()).count();
        if (there, states.len()) == (count, count) {
            return;
        }
        assert!(Instant::now() < deadline, "{there} of {} are {state:?}", states.len());
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Does an operator's work on the inbox beside the program.
async fn operate(nats: &Nats, work: impl AsyncFnOnce(&Inbox) -> u64) {
    let inbox = Inbox::open(&nats.inbox_url()).await.expect("the same file");
    assert_eq!(work(&inbox).await, 1);
    inbox.close().await.expect("it lets go");
}

#[tokio::test]
async fn a_retry_is_the_same_message_and_a_replay_another() {
    let Some(nats) = Nats::start("event") else { return };
    let program = start(&nats);
    assert_eq!(deliver(&event(7)), 202);
    assert_eq!(deliver(&event(7)), 202, "a copy");
    assert_eq!(program.line(), "evt_7 is stored, as message 1");
    wait_for(&nats, 1, DeliveryState::Completed).await;
    let sent = messages(&nats).await;
    let [message] = &sent[..] else { panic!("{} messages", sent.len()) };
    assert_eq!((&*message.subject, &message.body), ("webhooks.stripe", &event(7)));
    for (name, value) in [
        ("ce-specversion", "1.0"),
        ("ce-source", "/webhooks/relay"),
        ("ce-type", "com.stripe.invoice.paid"),
        ("ce-subject", "evt_7"),
        ("ce-datacontenttype", "application/json"),
        ("ce-id", &message.headers["Nats-Msg-Id"]),
    ] {
        assert_eq!(message.headers[name], value, "{name}");
    }
    assert!(message.headers["ce-time"].ends_with('Z'), "{:?}", message.headers);

    // As if the answer to its last attempt had been lost.
    let mut connection = SqliteConnection::connect(&nats.inbox_url()).await.expect("the file");
    let lose = sqlx::query("UPDATE webhook_deliveries SET state = 4").execute(&mut connection);
    lose.await.expect("one row");
    operate(&nats, async |inbox| inbox.retry(&Filter::all()).await.expect("it works")).await;
    assert_eq!(program.line(), "evt_7 was stored before, as message 1");
    wait_for(&nats, 1, DeliveryState::Completed).await;
    assert_eq!(messages(&nats).await.len(), 1);

    operate(&nats, async |inbox| inbox.replay(&Filter::all()).await.expect("it works")).await;
    assert_eq!(program.line(), "evt_7 is stored, as message 2");
    let sent = messages(&nats).await;
    assert_eq!((sent.len(), &sent[1].body), (2, &event(7)));
    assert_ne!(sent[1].headers["ce-id"], sent[0].headers["ce-id"]);
    drop(program);
}

#[tokio::test]
async fn a_message_that_is_too_long_is_a_dead_letter() {
    let Some(nats) = Nats::start("long") else { return };
    let program = start(&nats);
    // The server takes a mebibyte.
    let long = format!(r#"{{"id":"evt_1","type":"a","data":"{}"}}"#, "x".repeat(1_100_000));
    assert_eq!(deliver(&long), 202);
    wait_for(&nats, 1, DeliveryState::Dead).await;
    assert_eq!(deliver(&event(2)), 202);
    assert_eq!(program.line(), "evt_2 is stored, as message 1");
    drop(program);
}

/// Sends deliveries in bursts, and kills in each burst: NATS in the middle, the program right after the
/// last response, or both, so that the program is started while NATS is away. `WEBHOOK_RELAY_KILLS` is
/// the number of bursts.
#[tokio::test]
async fn nothing_is_lost_and_nothing_comes_twice() {
    let Some(mut nats) = Nats::start("killed") else { return };
    let bursts = env::var("WEBHOOK_RELAY_KILLS").ok().and_then(|number| number.parse().ok());
    let (bursts, burst) = (bursts.unwrap_or(3_u64), 50);
    let mut program = start(&nats);
    let (mut nats_kills, mut program_kills, mut suppressed) = (0, 0, 0);
    for number in 0..bursts {
        let (kills_nats, kills_program) = (number % 3 != 1, number % 3 != 0);
        thread::scope(|scope| {
            let sender = scope.spawn(move || {
                for event_number in number * burst..(number + 1) * burst {
                    assert_eq!(deliver(&event(event_number)), 202);
                }
            });
            thread::sleep(below(Duration::from_millis(100)));
            if kills_nats {
                nats.kill();
                nats_kills += 1;
            }
            sender.join().expect("all are acknowledged");
        });
        if kills_program {
            suppressed += stored_before(&program);
            drop(program); // by SIGKILL
            program = start(&nats);
            program_kills += 1;
        }
        if kills_nats {
            nats.start_again();
        }
        thread::sleep(below(Duration::from_millis(500)));
    }
    let sent = usize::try_from(bursts * burst).expect("few");
    wait_for(&nats, sent, DeliveryState::Completed).await;
    suppressed += stored_before(&program);
    drop(program);
    let messages = messages(&nats).await;
    println!(
        "nats-server killed {nats_kills} times, the program {program_kills} times: {sent} deliveries, \
         {} messages, {suppressed} duplicates suppressed",
        messages.len()
    );
    let mut bodies: Vec<_> = messages.into_iter().map(|message| message.body).collect();
    let mut wanted: Vec<_> = (0..bursts * burst).map(event).collect();
    bodies.sort();
    wanted.sort();
    assert!(bodies == wanted, "each event is there once");
}

/// The messages of which the program has learned that they were stored before.
fn stored_before(program: &Program) -> usize {
    program.lines_so_far().iter().filter(|line| line.contains("was stored before")).count()
}

/// A random time below this.
fn below(most: Duration) -> Duration {
    let micros = RandomState::new().hash_one(()) % u64::try_from(most.as_micros()).expect("short");
    Duration::from_micros(micros)
}

#[test]
fn blank_secrets_prevent_the_start() {
    let file = env::temp_dir().join(format!("relay-blank-{}.db", std::process::id()));
    let url = format!("sqlite://{}", file.display());
    refuses_to_start(RELAY, &[("DATABASE_URL", &url)], "STRIPE_SECRET", UNSET_OR_BLANK);
    refuses_to_start(RELAY, &[("DATABASE_URL", &url)], "STRIPE_SECRET", PREFIX_ONLY);
    for end in ["", "-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{end}", file.display()));
    }
}
