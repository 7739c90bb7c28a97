//! All workers of this process.

use std::{
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use crate::inbox::{
    cancel::Control,
    options::Settings,
    record::{ClaimToken, Digest, NewDelivery},
    worker::pool::{Pool, Wanted},
    writer::heart::Heart,
};

/// Wakes the thread that commits; with `true` only if its times have changed.
pub(crate) type Wake = Arc<dyn Fn(bool) + Send + Sync>;

/// The workers of this process, all together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Crew {
    pub(crate) endpoints: Vec<String>,
    /// The number of deliveries that can run at a time.
    pub(crate) slots: u32,
    pub(crate) running: u32,
    /// False if all have stopped, or none has been started.
    pub(crate) is_alive: bool,
}

/// The workers of this process, for whom the thread of the inbox claims.
pub(crate) struct Pools {
    all: Mutex<Vec<Weak<Pool>>>,
    /// True if the store is to be asked what becomes due next.
    look: AtomicBool,
    /// The number of looks that have begun.
    looks: AtomicU64,
    /// The last look, or the last change in this process, that has told what is paused.
    paused_by: Mutex<u64>,
    heart: Arc<Heart>,
    wake: Wake,
}

impl Pools {
    pub(crate) fn new(heart: Arc<Heart>, wake: impl Fn(bool) + Send + Sync + 'static) -> Self {
        Self {
            all: Mutex::default(),
            look: AtomicBool::new(false),
            looks: AtomicU64::new(0),
            paused_by: Mutex::default(),
            heart,
            wake: Arc::new(wake),
        }
    }

    pub(crate) fn wake(&self) -> &Wake {
        &self.wake
    }

    /// Adds workers. They are known as long as they live.
    pub(crate) fn add(&self, pool: &Arc<Pool>) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|pool| pool.strong_count() > 0);
        all.push(Arc::downgrade(pool));
        drop(all);
        self.heart.crew_changed();
        (self.wake)(true);
        self.look();
    }

    fn all(&self) -> Vec<Arc<Pool>> {
        let all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().filter_map(Weak::upgrade).collect()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.all().is_empty()
    }

    /// Makes all workers look for what is due.
    pub(crate) fn look(&self) {
        for pool in self.all() {
            pool.more_of_all();
        }
        self.look.store(true, Ordering::Relaxed);
        (self.wake)(false);
    }

    /// Claims that wait are looked at again before they begin.
    pub(crate) fn doubt(&self) {
        for pool in self.all() {
            pool.doubt();
        }
    }

    /// The number of a look, once after each call of [`look`](Self::look).
    pub(crate) fn take_look(&self) -> Option<u64> {
        self.look.swap(false, Ordering::Relaxed).then(|| self.next_look())
    }

    fn next_look(&self) -> u64 {
        self.looks.fetch_add(1, Ordering::SeqCst) + 1
    }

    /// A look has found out which of these endpoints are paused.
    pub(crate) fn found_paused(&self, look: u64, of: &[String], paused: &[String]) {
        self.tell_paused(look, |endpoint| {
            let is = |name: &String| name == endpoint;
            of.iter().any(is).then(|| paused.iter().any(is))
        });
    }

    /// An endpoint was paused or resumed in this process.
    pub(crate) fn set_paused(&self, endpoint: &str, paused: bool) {
        self.tell_paused(self.next_look(), |name| (name == endpoint).then_some(paused));
        // A look on its way, whose answer comes too late, may have been about others as well.
        self.look();
    }

    /// Commits can overtake each other: what is older than what is known tells nothing.
    fn tell_paused(&self, look: u64, is_paused: impl Fn(&str) -> Option<bool>) {
        let mut paused_by = self.paused_by.lock().unwrap_or_else(PoisonError::into_inner);
        if look <= *paused_by {
            return;
        }
        *paused_by = look;
        let resumed = self.all().iter().filter(|pool| pool.set_paused(&is_paused)).count();
        drop(paused_by);
        if resumed > 0 {
            (self.wake)(false);
        }
    }

    /// There is something new of an endpoint that nobody has claimed.
    pub(crate) fn more_of(&self, endpoint: &str, tenant: Option<Digest>) {
        let wanted = self.all().iter().filter(|pool| pool.more_of(endpoint, tenant)).count();
        if wanted > 0 {
            (self.wake)(false);
        }
    }

    /// Reserves a place for a delivery that is about to be stored, if its endpoint has room and
    /// nothing older waits in the store.
    pub(crate) fn reserve(&self, delivery: &NewDelivery) -> Option<Arc<Pool>> {
        if delivery.ordering_key.is_some() {
            return None;
        }
        let mut all = self.all();
        let place = all.iter().position(|pool| pool.reserve(&delivery.endpoint))?;
        Some(all.swap_remove(place))
    }

    /// What the workers have room for.
    pub(crate) fn wanted(&self, settings: &Settings) -> Vec<Wanted> {
        self.all().into_iter().flat_map(|pool| Pool::wanted(&pool, settings)).collect()
    }

    /// Workers have stopped.
    pub(crate) fn stopped(&self) {
        self.heart.crew_changed();
        (self.wake)(true);
    }

    /// The workers that have not stopped, all together.
    pub(crate) fn crew(&self) -> Crew {
        let mut crew = Crew { endpoints: self.endpoints(), ..Crew::default() };
        for pool in self.all() {
            let (slots, running, is_alive) = pool.occupancy();
            crew.slots = crew.slots.saturating_add(slots);
            crew.running = crew.running.saturating_add(running);
            crew.is_alive |= is_alive;
        }
        crew
    }

    /// The endpoints of all workers.
    pub(crate) fn endpoints(&self) -> Vec<String> {
        let mut endpoints: Vec<_> = self.all().iter().flat_map(|pool| pool.endpoints()).collect();
        endpoints.sort_unstable();
        endpoints.dedup();
        endpoints
    }

    /// The numbers of all that this process has claimed.
    pub(crate) fn held_ids(&self) -> Vec<i64> {
        self.all().iter().flat_map(|pool| pool.held_ids()).collect()
    }

    fn controls(&self, is: impl Fn(ClaimToken) -> bool) -> Vec<Arc<Control>> {
        self.all().iter().flat_map(|pool| pool.controls(&is)).collect()
    }

    /// Tells attempts that their deliveries are about to be cancelled.
    pub(crate) fn ask(&self, ids: &[i64]) {
        for control in self.controls(|claim| ids.contains(&claim.id)) {
            control.ask();
        }
    }

    /// The same for the claims of another process's request.
    pub(crate) fn ask_claims(&self, claims: &[ClaimToken]) {
        let is =
            |one: ClaimToken| claims.iter().any(|of| (of.id, of.number) == (one.id, one.number));
        for control in self.controls(is) {
            control.ask();
        }
    }

    /// Tells attempts whether their deliveries were cancelled that were to be.
    pub(crate) fn decide(&self, ids: &[i64], is_cancelled: bool) {
        for control in self.controls(|claim| ids.contains(&claim.id)) {
            control.decide(is_cancelled);
        }
    }

    /// Tells attempts that their claims are no longer good.
    pub(crate) fn lose(&self, claims: &[ClaimToken]) {
        for control in self.controls(|claim| claims.contains(&claim)) {
            control.lose();
        }
    }

    /// True if any attempt runs.
    pub(crate) fn runs_any(&self) -> bool {
        self.all().iter().any(|pool| pool.runs_any())
    }

    /// The claims whose attempts have run for long, and those that are about to be cancelled.
    pub(crate) fn running_for_long(&self) -> Vec<ClaimToken> {
        let now = Instant::now();
        self.all().iter().flat_map(|pool| pool.running_for_long(now)).collect()
    }

    /// All claims of this process.
    pub(crate) fn held(&self) -> Vec<ClaimToken> {
        self.all().iter().flat_map(|pool| pool.renewed()).collect()
    }

    pub(crate) fn holds_any(&self) -> bool {
        self.all().iter().any(|pool| pool.holds_any())
    }

    /// The claims whose attempts have run for a while and are not counted yet.
    pub(crate) fn begun_for_long(&self, now: Instant) -> Vec<ClaimToken> {
        self.all().iter().flat_map(|pool| pool.begun_for_long(now)).collect()
    }

    /// A running attempt could not be counted: its record is locked, or the claim is lost.
    pub(crate) fn count_again(&self, claim_token: ClaimToken) {
        for pool in self.all() {
            pool.count_again(claim_token);
        }
        (self.wake)(true);
    }

    /// Starts what the rates of endpoints have kept back.
    pub(crate) fn start_due(&self) {
        for pool in self.all() {
            pool.start_due();
        }
    }

    /// The time at which the rate of an endpoint lets the next one start, or be claimed.
    pub(crate) fn next_start(&self) -> Option<Instant> {
        self.all().iter().filter_map(|pool| pool.next_start()).min()
    }

    /// The longest pause between two attempts, of all endpoints.
    pub(crate) fn longest_pause(&self) -> Duration {
        self.all().iter().map(|pool| pool.longest_pause()).max().unwrap_or_default()
    }

    /// The slots of each endpoint.
    pub(crate) fn slots(&self) -> Vec<usize> {
        self.all().iter().flat_map(|pool| pool.slots()).collect()
    }

    /// When the first attempt has begun that is not counted yet.
    pub(crate) fn first_uncounted(&self) -> Option<Instant> {
        self.all().iter().filter_map(|pool| pool.first_uncounted()).min()
    }
}
