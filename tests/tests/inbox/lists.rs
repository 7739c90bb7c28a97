//! Lists: whatever a filter asks for, every engine finds what the filter says, in order, page by page.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use webhook_runtime::inbox::{
    AttemptResult, DeliveryState, Filter, Inbox, NewDelivery, Record, Seen,
    store::{FinishedAttempt, Window},
};

use super::{all, delivery, failed, in_line, place::Place, work::wanted};

/// Numbers that look random, and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % limit
    }

    fn one<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.below(of.len() as u64)).unwrap()].clone()
    }
}

const EVENTS: [&str; 4] = ["paid", "refunded", "it's \"odd\"", "rare"];
const TENANTS: [&str; 3] = ["acme", "o'neill & sons", "ümläut"];
const ERRORS: [&str; 4] =
    ["500: no stock for 17", "500: no stock for 18", "100 % wrong_name \\", "timed out"];

fn random(numbers: &mut Numbers, number: u64, begun: SystemTime) -> NewDelivery {
    let key = number.to_string();
    let mut new = if numbers.below(8) == 0 { in_line("line", key) } else { delivery(key) };
    new.event = (numbers.below(5) > 0).then(|| numbers.one(&EVENTS).to_owned());
    new.provider_id = (numbers.below(4) > 0).then(|| format!("evt_{}", numbers.below(200)));
    if numbers.below(3) > 0 {
        new.head.tenant = vec![("shop".to_owned(), numbers.one(&TENANTS).to_owned())];
    }
    new.head.secret_name = String::from(numbers.one(&["SECRET", "SECRET_OLD", ""]));
    // Whatever the clocks of processes say.
    new.received_at = begun - Duration::from_secs(numbers.below(1000) * 60);
    if numbers.below(10) == 0 {
        new.endpoint = String::from("others");
    }
    new
}

async fn filled(place: &Place, count: u64) -> Inbox {
    let (inbox, mut numbers) = (place.open().await, Numbers(7));
    let begun = SystemTime::now();
    let new: Vec<_> = (0..count).map(|number| random(&mut numbers, number, begun)).collect();
    inbox.store().enqueue(&new).await.unwrap();
    for _ in 0..6 {
        let mut request = wanted(u32::try_from(count / 8).unwrap());
        request.endpoints.push("others".to_owned());
        let jobs = inbox.store().claim(&request).await.unwrap().jobs;
        let ended = jobs.iter().filter_map(|job| {
            let result = match numbers.below(6) {
                0 => return None,
                1 => failed(numbers.one(&ERRORS)),
                2 => AttemptResult::Dead { reason: numbers.one(&ERRORS).to_owned() },
                3 => AttemptResult::Snoozed { after: Duration::from_secs(3600) },
                _ => AttemptResult::Completed,
            };
            Some(FinishedAttempt::new(job.claim_token(), result))
        });
        let ended: Vec<_> = ended.collect();
        inbox.store().finish(&ended).await.unwrap();
    }
    let some = Filter::all().event("rare").state(DeliveryState::Pending);
    inbox.cancel(&some).await.unwrap();
    inbox
}

fn random_filter(numbers: &mut Numbers, records: &[Record]) -> Filter {
    let mut filter = Filter::all();
    let mut is_asked = |often: u64| numbers.below(often) == 0;
    let asked: [bool; 11] = std::array::from_fn(|_| is_asked(5));
    if asked[0] {
        filter = filter.endpoint(numbers.one(&["orders", "others", "nobody's"]));
    }
    if asked[1] {
        filter = filter.event(numbers.one(&["paid", "rare", "it's \"odd\"", "none"]));
    }
    if asked[2] {
        filter = filter.provider_id(format!("evt_{}", numbers.below(201)));
    }
    if asked[3] {
        filter = filter.tenant(numbers.one(&["shop=acme", "shop=o%27neill+%26+sons", "x"]));
    }
    if asked[4] {
        filter = filter.error(numbers.one(&["NO STOCK", "% wrong_", "\\", "18", "' OR 1=1 --"]));
    }
    if asked[5] {
        filter = filter.cause(numbers.one(records).cause.unwrap_or(3));
    }
    if asked[6] {
        filter = filter.attempted(numbers.below(2) == 0);
    }
    if asked[7] {
        let from = numbers.one(records).received_at;
        filter = filter.received(from..from + Duration::from_secs(60 * numbers.below(2000)));
    }
    if asked[8] {
        let seen = numbers.one(records);
        filter = filter.seen(Seen::new(seen.id, seen.finished_at.unwrap_or(seen.received_at)));
    }
    if asked[9] {
        let ids: Vec<i64> = (0..numbers.below(9)).map(|_| numbers.one(records).id).collect();
        filter = filter.ids(ids);
    }
    if asked[10] {
        filter.retrying = Some(numbers.below(2) == 0);
    }
    for _ in 0..numbers.one(&[0, 0, 1, 1, 2, 3]) {
        filter = filter.state(numbers.one(&DeliveryState::ALL));
    }
    filter
}

/// `INBOX_FILTERS` and `INBOX_RECORDS` set larger numbers.
pub(crate) async fn every_filter_finds_what_it_says(place: Place) {
    let asked = |name, default| {
        std::env::var(name).ok().and_then(|number| number.parse().ok()).unwrap_or(default)
    };
    let inbox = filled(&place, asked("INBOX_RECORDS", 600)).await;
    let records = all(&inbox).await;
    let mut numbers = Numbers(11);
    let mut matched = 0;
    for number in 0..asked("INBOX_FILTERS", 250) {
        let filter = random_filter(&mut numbers, &records);
        let mut expected: Vec<i64> =
            records.iter().filter(|record| filter.matches(record)).map(|one| one.id).collect();
        matched += usize::from(!expected.is_empty());
        let counted = inbox.count(&filter, 20).await.unwrap();
        let found = (counted.number, counted.more);
        let count = expected.len() as u64;
        assert_eq!(found, (count.min(20), count > 20), "{number}: {filter:?}");
        let mut window = Window::oldest_first(u32::try_from(1 + numbers.below(90)).unwrap());
        if numbers.below(2) == 0 {
            window.newest_first = true;
            expected.reverse();
        }
        let (mut found, mut next, mut pages) = (Vec::new(), Some(window), Vec::new());
        while let Some(window) = next {
            let page = inbox.page(&filter, window).await.unwrap();
            assert!(found.is_empty() || !page.records.is_empty(), "no page beyond the end");
            found.extend(page.records.iter().map(|record| record.id));
            next = page.next;
            pages.push(page);
        }
        assert_eq!(found, expected, "{number}: {filter:?}, {window:?}");
        // And back again.
        for (before, page) in pages.iter().zip(&pages[1..]) {
            let back = inbox.page(&filter, page.previous.expect("there is one before")).await;
            assert_eq!(back.unwrap().records, before.records, "{number}: {filter:?}");
        }
        assert_eq!(pages[0].previous, None);
    }
    let newest = inbox.list(Filter::all()).newest_first().collect().await.unwrap();
    assert!(newest.iter().eq(records.iter().rev()), "a stream goes both ways, too");
    assert!(matched > 40, "{matched} filters match something");
}

pub(crate) async fn changes_are_bounded_by_what_was_seen(place: Place) {
    let inbox = place.open().await;
    let die = || AttemptResult::Dead { reason: "no".to_owned() };
    let drain = async |inbox: &Inbox| {
        inbox.drain(&super::Ran::default().with(die())).await.unwrap();
    };
    let first = inbox.enqueue(delivery("first")).await.unwrap().id();
    drain(&inbox).await;
    let late = inbox.enqueue(delivery("dies late")).await.unwrap().id();
    let ended = super::record(&inbox, first).await.finished_at.unwrap();
    let seen = Seen::new(late, ended);
    tokio::time::sleep(Duration::from_millis(5)).await;
    drain(&inbox).await;
    inbox.enqueue(delivery("new")).await.unwrap();
    drain(&inbox).await;
    let dead = Filter::all().state(DeliveryState::Dead).seen(seen);
    assert_eq!(inbox.count(&dead, 10).await.unwrap().number, 1);
    assert_eq!(inbox.retry(&dead).await, Ok(1), "what died later was not seen");
    assert_eq!(super::record(&inbox, first).await.state, DeliveryState::Pending);
    assert_eq!(super::record(&inbox, late).await.state, DeliveryState::Dead);
}

pub(crate) async fn an_emptied_page_leads_back(place: Place) {
    let inbox = place.open().await;
    let mut ids = Vec::new();
    for number in 0..10 {
        ids.push(inbox.enqueue(delivery(number.to_string())).await.unwrap().id());
    }
    let pending = Filter::all().state(DeliveryState::Pending);
    for (window, gone) in
        [(Window::newest_first(5), &ids[..5]), (Window::oldest_first(3), &ids[3..])]
    {
        let first = inbox.page(&pending, window).await.unwrap();
        inbox.cancel(&Filter::all().ids(gone.iter().copied())).await.unwrap();
        let second = inbox.page(&pending, first.next.unwrap()).await.unwrap();
        assert_eq!((second.records.len(), second.next), (0, None));
        let back = inbox.page(&pending, second.previous.unwrap()).await.unwrap();
        assert_eq!(back.records, first.records, "none is left out");
        inbox.replay(&Filter::all()).await.unwrap();
    }
}

/// A step of a list ends at the record that it has looked at last, whatever is deleted meanwhile.
pub(crate) async fn nothing_is_missed_while_others_vanish(place: Place) {
    let inbox = place.open().await;
    let (table, rows) = (place.table("deliveries"), 40_000);
    let numbers = format!(
        "WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < {rows})"
    );
    place
        .execute(format!(
            "INSERT INTO {table} (id, endpoint, provider, state, due_at, attempt, claims, counted, \
             received_at, size, finished_at) {numbers} SELECT n, 'orders', 'acme', 3, 0, n % 2, 1, 1, \
             1, 1, 1 FROM g"
        ))
        .await;
    let deleting = async {
        for first in (1..rows).step_by(2000) {
            for begin in (first..first + 2000).step_by(100) {
                let delete = format!(
                    "DELETE FROM {table} WHERE attempt = 0 AND id BETWEEN {begin} AND {}",
                    begin + 99
                );
                place.execute(delete).await;
            }
        }
    };
    let stop = Arc::new(AtomicBool::new(false));
    let (reading, stopped) = (inbox.clone(), Arc::clone(&stop));
    let counting = tokio::spawn(async move {
        let attempted = Filter::all().endpoint("orders").attempted(true);
        let mut counts = Vec::new();
        while !stopped.load(Ordering::SeqCst) {
            counts.push(reading.count(&attempted, 100_000).await.unwrap().number);
        }
        counts
    });
    tokio::select! {
        () = deleting => {}
        () = tokio::time::sleep(Duration::from_secs(3)) => {}
    }
    stop.store(true, Ordering::SeqCst);
    let counts = counting.await.unwrap();
    assert!(counts.iter().all(|count| *count == rows / 2), "{counts:?}");
}
