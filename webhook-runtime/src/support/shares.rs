//! A capacity that peers share: when it is full, the peer that holds most gives up its newest piece.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
    future::poll_fn,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::Poll,
};

use tokio::sync::Notify;

use super::{metrics::UpDown, peer::Peer};

/// A capacity for all peers together, such as a number of bytes.
///
/// A peer may use all of it while nobody else wants it. Only *exposed* shares are ever taken away:
/// those of requests that wait, and have proven nothing yet.
#[derive(Debug)]
pub(crate) struct Shares {
    max: usize,
    used: AtomicUsize,
    exposed: Mutex<Exposed>,
    /// Notified when a share is returned.
    returned: Notify,
    gauge: Option<UpDown>,
}

/// The shares that can be taken away, from the oldest to the newest.
#[derive(Debug, Default)]
struct Exposed {
    next_id: u64,
    pieces: BTreeMap<u64, Piece>,
}

#[derive(Debug)]
struct Piece {
    peer: Peer,
    amount: usize,
    taken: Arc<Notify>,
}

/// The capacity is used up, or the share was taken away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Full;

impl Shares {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Self::with(max, None)
    }

    /// The same, with a gauge of what is used.
    pub(crate) fn measured(max: usize, gauge: UpDown) -> Arc<Self> {
        Self::with(max, Some(gauge))
    }

    fn with(max: usize, gauge: Option<UpDown>) -> Arc<Self> {
        let (exposed, returned) = (Mutex::default(), Notify::new());
        Arc::new(Self { max, used: AtomicUsize::new(0), exposed, returned, gauge })
    }

    /// An empty share of a peer.
    pub(crate) fn share(self: &Arc<Self>, peer: Peer) -> Share {
        Share { all: Arc::clone(self), peer, amount: 0, exposed: None }
    }

    /// Waits for an exposed share of one unit.
    pub(crate) async fn one(self: &Arc<Self>, peer: Peer) -> Share {
        let mut share = self.share(peer);
        while share.grow(1).is_err() {
            self.returned.notified().await;
        }
        share.expose();
        share
    }

    fn take(&self, amount: usize) -> bool {
        let take = |used: usize| used.checked_add(amount).filter(|used| *used <= self.max);
        let is_taken = self.used.fetch_update(Relaxed, Relaxed, take).is_ok();
        if let Some(gauge) = self.gauge.as_ref().filter(|_| is_taken && amount > 0) {
            gauge.add(amount);
        }
        is_taken
    }

    fn give_back(&self, amount: usize) {
        self.used.fetch_sub(amount, Relaxed);
        if let Some(gauge) = self.gauge.as_ref().filter(|_| amount > 0) {
            gauge.subtract(amount);
        }
        self.returned.notify_one();
    }

    fn exposed(&self) -> MutexGuard<'_, Exposed> {
        self.exposed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the newest piece away from the peer that would hold most, if `share` grew by `by`. Fails
    /// if that piece is `share` itself.
    fn make_room(&self, share: &Share, by: usize) -> Result<(), Full> {
        let mut exposed = self.exposed();
        let own = share.id();
        let mut held = HashMap::<Peer, usize>::new();
        for piece in exposed.pieces.values() {
            *held.entry(piece.peer).or_default() += piece.amount;
        }
        let unexposed = if own.is_none() { share.amount } else { 0 };
        let asked = held.remove(&share.peer).unwrap_or(0) + unexposed + by;
        let most = held.into_iter().max_by_key(|(_, amount)| *amount);
        let peer = most.filter(|(_, amount)| *amount > asked).map_or(share.peer, |(peer, _)| peer);
        if peer == share.peer && own.is_none() {
            return Err(Full);
        }
        let mut newest_first = exposed.pieces.iter().rev();
        let newest = newest_first
            .find(|(id, piece)| piece.peer == peer && (piece.amount > 0 || own == Some(**id)))
            .map(|(id, _)| *id);
        let Some(newest) = newest.filter(|newest| own != Some(*newest)) else { return Err(Full) };
        if let Some(piece) = exposed.pieces.remove(&newest) {
            self.give_back(piece.amount);
            piece.taken.notify_one();
        }
        Ok(())
    }
}

/// The share of one piece of work. A drop returns it.
pub(crate) struct Share {
    all: Arc<Shares>,
    peer: Peer,
    amount: usize,
    /// Its number, while it is exposed.
    exposed: Option<(u64, Arc<Notify>)>,
}

impl Share {
    pub(crate) fn amount(&self) -> usize {
        self.amount
    }

    /// Takes more of the capacity. If it is full, others may have to give theirs up.
    pub(crate) fn grow(&mut self, by: usize) -> Result<(), Full> {
        while !self.all.take(by) {
            // More than there is would take everything from everybody, for nothing.
            if by > self.all.max {
                return Err(Full);
            }
            self.all.make_room(self, by)?;
        }
        if let Some(id) = self.id() {
            let mut exposed = self.all.exposed();
            let Some(piece) = exposed.pieces.get_mut(&id) else {
                drop(exposed);
                self.all.give_back(by);
                return Err(Full);
            };
            piece.amount += by;
        }
        self.amount += by;
        Ok(())
    }

    /// Returns a part of the share.
    pub(crate) fn shrink(&mut self, by: usize) {
        let by = by.min(self.amount);
        if let Some(id) = self.id() {
            // A share that was taken away has been returned already.
            let mut exposed = self.all.exposed();
            let Some(piece) = exposed.pieces.get_mut(&id) else { return };
            piece.amount -= by;
        }
        self.amount -= by;
        self.all.give_back(by);
    }

    /// From now on, the share can be taken away.
    pub(crate) fn expose(&mut self) {
        if self.exposed.is_some() {
            return;
        }
        let taken = Arc::new(Notify::new());
        let piece = Piece { peer: self.peer, amount: self.amount, taken: Arc::clone(&taken) };
        let mut exposed = self.all.exposed();
        let id = exposed.next_id;
        exposed.next_id += 1;
        exposed.pieces.insert(id, piece);
        self.exposed = Some((id, taken));
    }

    /// From now on, the share cannot be taken away. Fails if it was.
    pub(crate) fn keep(&mut self) -> Result<(), Full> {
        let Some((id, taken)) = self.exposed.take() else { return Ok(()) };
        let is_left = self.all.exposed().pieces.remove(&id).is_some();
        if is_left {
            return Ok(());
        }
        // A drop must not return it again.
        self.exposed = Some((id, taken));
        Err(Full)
    }

    /// The notification that the share was taken away, while it is exposed.
    pub(crate) fn taken(&self) -> Option<Arc<Notify>> {
        self.exposed.as_ref().map(|(_, taken)| Arc::clone(taken))
    }

    /// Runs some work. If it has to wait, the share is exposed, and the work ends when it is taken
    /// away.
    pub(crate) async fn unless_taken<T>(
        &mut self,
        mut work: Pin<&mut impl Future<Output = T>>,
    ) -> Result<T, Full> {
        if let Poll::Ready(done) = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await
        {
            return Ok(done);
        }
        self.expose();
        let Some(taken) = self.taken() else { return Err(Full) };
        let mut taken = pin!(taken.notified());
        poll_fn(|context| {
            if taken.as_mut().poll(context).is_ready() {
                return Poll::Ready(Err(Full));
            }
            work.as_mut().poll(context).map(Ok)
        })
        .await
    }

    fn id(&self) -> Option<u64> {
        self.exposed.as_ref().map(|(id, _)| *id)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let is_left = self.id().is_none_or(|id| self.all.exposed().pieces.remove(&id).is_some());
        if is_left {
            self.all.give_back(self.amount);
        }
    }
}

impl fmt::Debug for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Share").field("amount", &self.amount).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(number: u8) -> Peer {
        Peer::new(Some([192, 0, 2, number].into()))
    }

    /// An exposed share.
    fn exposed(all: &Arc<Shares>, number: u8, amount: usize) -> Share {
        let mut share = all.share(peer(number));
        share.expose();
        share.grow(amount).expect("there is room");
        share
    }

    /// True for a share that was taken away.
    fn is_taken(share: &mut Share) -> bool {
        share.keep().is_err()
    }

    #[test]
    fn one_peer_may_use_everything() {
        let all = Shares::new(100);
        let mut shares = [exposed(&all, 1, 50), exposed(&all, 1, 50)];
        assert_eq!(all.share(peer(1)).grow(1), Err(Full));
        assert!(!shares.iter_mut().any(is_taken));
    }

    #[test]
    fn greediest_peer_gives_up_its_newest() {
        let all = Shares::new(100);
        let mut shares = [
            exposed(&all, 1, 30),
            exposed(&all, 2, 30),
            exposed(&all, 1, 20),
            exposed(&all, 1, 20),
        ];
        let mut other = exposed(&all, 3, 10);
        assert_eq!(shares.each_mut().map(is_taken), [false, false, false, true]);
        assert!(!is_taken(&mut other));
    }

    #[test]
    fn older_work_of_a_peer_goes_on() {
        let all = Shares::new(100);
        let mut old = exposed(&all, 1, 40);
        let mut young = exposed(&all, 1, 60);
        assert_eq!(old.grow(10), Ok(()));
        assert!(is_taken(&mut young) && !is_taken(&mut old));
        drop(young);
        assert_eq!(all.used.load(Relaxed), 50);
    }

    #[test]
    fn equal_peers_take_nothing_from_each_other() {
        let all = Shares::new(100);
        let mut shares = [exposed(&all, 1, 50), exposed(&all, 2, 50)];
        assert_eq!(shares[0].grow(1), Err(Full));
        assert_eq!(shares[1].grow(1), Err(Full));
        assert!(!shares.iter_mut().any(is_taken));
    }

    #[test]
    fn kept_shares_are_never_taken() {
        let all = Shares::new(100);
        let mut kept = exposed(&all, 1, 90);
        kept.keep().expect("nobody wants it");
        let mut unverified = exposed(&all, 2, 10);
        assert_eq!(all.share(peer(3)).grow(1), Ok(()));
        assert!(is_taken(&mut unverified));
        assert_eq!(all.share(peer(3)).grow(11), Err(Full));
        drop(kept);
        assert_eq!(all.share(peer(3)).grow(100), Ok(()));
    }

    #[test]
    fn parts_can_be_returned() {
        let all = Shares::new(100);
        let mut shares = [exposed(&all, 1, 60), exposed(&all, 2, 40)];
        shares[0].shrink(30);
        assert_eq!(shares[1].grow(20), Ok(()));
        assert!(!shares.iter_mut().any(is_taken));
        let mut share = exposed(&all, 3, 10);
        assert_eq!(shares[1].grow(0), Ok(()));
        share.keep().expect("nobody wants it");
        share.shrink(5);
        drop((share, shares));
        assert_eq!(all.used.load(Relaxed), 0);
        // A share that was taken away is not returned twice.
        let mut greedy = exposed(&all, 1, 100);
        let _other = exposed(&all, 2, 10);
        greedy.shrink(50);
        assert_eq!(all.used.load(Relaxed), 10);
    }

    #[test]
    fn what_can_never_fit_takes_nothing() {
        let all = Shares::new(100);
        let mut share = exposed(&all, 1, 90);
        assert_eq!(all.share(peer(2)).grow(101), Err(Full));
        assert!(!is_taken(&mut share));
    }

    #[tokio::test]
    async fn taken_work_ends_and_others_wait_in_turn() {
        let all = Shares::new(2);
        let first = all.one(peer(1)).await;
        let mut second = all.one(peer(1)).await;
        let pending = pin!(std::future::pending::<()>());
        let (work, other) = tokio::join!(second.unless_taken(pending), all.one(peer(2)));
        assert_eq!(work, Err(Full));
        let mut third = Box::pin(all.one(peer(1)));
        assert!(poll_fn(|context| Poll::Ready(third.as_mut().poll(context).is_pending())).await);
        drop(first);
        third.await;
        drop((second, other));
        assert_eq!(all.used.load(Relaxed), 0);
    }
}
