//! Stored deliveries in `webhook verify` and `webhook replay`.

use std::{process::Stdio, thread, time::Duration};

use webhook_runtime::{
    Secret,
    inbox::{AttemptResult, BatchItemRef},
    providers::MAILGUN,
    scheme::RequestToSign,
};

use super::{
    place::{Place, Said, delivery, end_by, interrupt, store},
    receiver::{Receiver, command, secret},
};

fn run(place: &Place, arguments: &[&str], provider: &str) -> Said {
    let schema = ["--schema", &*place.schema, "--secret-env", "TEST_SECRET"];
    Said::of(command(&[arguments, &schema].concat(), &secret(provider)).output().unwrap())
}

pub(crate) fn what_has_no_proof_cannot_be_judged(place: &Place) {
    let inbox = place.inbox();
    let mut sent = delivery("hooks", "{}");
    sent.head.secret_name = "GITHUB_SECRET".into();
    let mut item = delivery("hooks", "item");
    item.head.batch_item = Some(BatchItemRef::default());
    let ids = store(&inbox, &[sent, delivery("hooks", "dropped"), item]);
    end_by(&inbox, "hooks", |id| (AttemptResult::Completed, id == ids[1]));
    for (id, why) in
        [(ids[0], "the header x-hub-signature-256"), (ids[1], "drop_body"), (ids[2], "of a batch")]
    {
        let said =
            run(place, &["verify", "github", "--inbox", &place.url, &id.to_string()], "github");
        assert_eq!((said.code, &*said.out), (Some(3), ""), "{said:?}");
        assert!(said.err.contains(why) && said.err.contains("--record"), "{said:?}");
        assert!(said.err.contains("it was verified as github"), "{said:?}");
    }
    let gone = run(place, &["verify", "github", "--inbox", &place.url, "999"], "github");
    assert_eq!(gone.code, Some(3));
    assert!(gone.err.contains("no delivery 999"), "{gone:?}");
    let odd = run(place, &["verify", "github", "--inbox", &place.url, "x"], "github");
    assert_eq!(odd.code, Some(2), "{odd:?}");
}

pub(crate) fn what_has_its_proof_is_judged(place: &Place) {
    let inbox = place.inbox();
    let secret = Secret::new(secret("mailgun"));
    let body = br#"{"signature":{},"event-data":{"event":"opened"}}"#;
    let signed = MAILGUN.sign(&secret, &RequestToSign::new(body)).unwrap();
    let mut sent = delivery("mail", "mail");
    (sent.provider, sent.body) = ("mailgun".to_owned(), signed.body.to_vec().into());
    let mut forged = delivery("mail", "forged");
    forged.provider = "mailgun".into();
    let text = String::from_utf8(signed.body.to_vec()).unwrap();
    forged.body = text.replacen("\"token\":\"", "\"token\":\"0", 1).into_bytes().into();
    let ids = store(&inbox, &[sent, forged]);
    let verify = |id: i64, more: &[&str]| {
        run(place, &[more, &["--inbox", &place.url, &id.to_string()]].concat(), "mailgun")
    };
    let genuine = verify(ids[0], &["verify", "mailgun"]);
    assert_eq!(genuine.code, Some(0), "{genuine:?}");
    let forged = verify(ids[1], &["verify", "mailgun", "--output", "json"]);
    assert_eq!(
        (forged.code, &forged.json()[0]["verdict"]),
        (Some(1), &"refused".into()),
        "{forged:?}"
    );
    let any = verify(ids[0], &["verify", "--any"]);
    assert_eq!((any.code, &*any.out), (Some(0), "genuine: mailgun sent this request\n"), "{any:?}");
}

pub(crate) fn deliveries_are_sent_and_signed_anew(place: &Place) {
    let (inbox, receiver) = (place.inbox(), Receiver::start());
    let mut deliveries = ["a", "b", "c", "d"].map(|key| delivery("github", key));
    deliveries[0].event = Some("push".to_owned());
    deliveries[1].event = Some("push".to_owned());
    deliveries[1].head.headers.insert("x-github-event", "push".parse().unwrap());
    let ids = store(&inbox, &deliveries);
    end_by(&inbox, "github", |id| (AttemptResult::Completed, id == ids[3]));
    let to = receiver.url("");
    let own = ["replay", "--inbox", &place.url, "--to", &to];
    let resign = ["--resign", "github"];
    let sent =
        run(place, &[&own[..], &resign, &["--event", "push", "--since", "2h"]].concat(), "github");
    assert_eq!(sent.code, Some(0), "{sent:?}");
    assert!(sent.err.contains("2 deliveries match"), "{sent:?}");
    let arrived = receiver.arrived();
    let bodies: Vec<_> = arrived.iter().map(|it| it.body.clone()).collect();
    assert_eq!(bodies, [b"a", b"b"]);
    assert_eq!(
        (&*arrived[0].path, &arrived[1].headers["x-github-event"]),
        ("/github", &"push".parse().unwrap())
    );

    let unsigned = run(place, &[&own[..], &["--id", &ids[0].to_string()]].concat(), "github");
    assert_eq!(unsigned.code, Some(1), "{unsigned:?}");
    assert!(unsigned.err.contains("--resign"), "{unsigned:?}");
    let after = ids[1].to_string();
    let json = ["--after", &after, "--output", "json"];
    let rest = run(place, &[&own[..], &resign, &json].concat(), "github");
    assert_eq!(rest.code, Some(1), "one has no body: {rest:?}");
    let lines = rest.json();
    assert_eq!((&lines[0]["id"], &lines[0]["status"]), (&ids[2].into(), &200.into()));
    assert!(lines[1]["error"].as_str().unwrap().contains("was deleted"), "{lines:?}");
    let filter = run(place, &["replay", "a.http", "--to", &to, "--event", "push"], "github");
    assert_eq!(filter.code, Some(2), "{filter:?}");
}

pub(crate) fn a_replay_goes_on_where_it_was_interrupted(place: &Place) {
    let (inbox, receiver) = (place.inbox(), Receiver::start());
    let ids = store(&inbox, &["a", "b", "c"].map(|key| delivery("github", key)));
    let to = receiver.url("");
    let schema = ["--schema", &*place.schema, "--secret-env", "TEST_SECRET"];
    let own = ["replay", "--inbox", &place.url, "--to", &to, "--resign", "github"];
    let slowly = [&own[..], &schema, &["--rate", "1"]].concat();
    let child = command(&slowly, &secret("github"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    for _ in 0..500 {
        if !receiver.arrived().is_empty() {
            break;
        }
        thread::sleep(Duration::from_millis(10));
    }
    interrupt(&child);
    let said = Said::of(child.wait_with_output().unwrap());
    assert_eq!(said.code, Some(130), "{said:?}");
    let after = ids[0].to_string();
    assert!(said.err.contains(&format!("after 1 of 3: go on with --after {after}")), "{said:?}");
    assert_eq!(run(place, &[&own[..], &["--after", &after]].concat(), "github").code, Some(0));
    let bodies: Vec<_> = receiver.arrived().iter().map(|it| it.body.clone()).collect();
    assert_eq!(bodies, [b"a", b"b", b"c"]);
}
