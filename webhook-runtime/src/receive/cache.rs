//! A cache with a maximum age and a capacity, for values that are fetched while deliveries wait.

use std::{
    collections::{HashMap, VecDeque},
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

/// Keeps up to `capacity` values for `max_age`. The time comes from the caller.
///
/// Each call takes constant time on average: a queue holds the keys by age, so that nothing has to
/// search for the oldest.
pub(crate) struct Cache<K, V> {
    entries: Mutex<Entries<K, V>>,
    max_age: Duration,
    capacity: usize,
}

/// `by_key` and `oldest_first` always hold the same keys.
struct Entries<K, V> {
    by_key: HashMap<K, (SystemTime, V)>,
    /// Each key with the time at which it was queued. A value that was replaced since then has a
    /// later time, and its key is queued again when it is its turn.
    oldest_first: VecDeque<(K, SystemTime)>,
}

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    pub(crate) fn new(max_age: Duration, capacity: usize) -> Self {
        let entries = Entries { by_key: HashMap::new(), oldest_first: VecDeque::new() };
        Self { entries: Mutex::new(entries), max_age, capacity: capacity.max(1) }
    }

    /// The value of a key, unless it is too old at the time `now`.
    pub(crate) fn get(&self, key: &K, now: SystemTime) -> Option<V> {
        let entries = self.entries();
        let (stored_at, value) = entries.by_key.get(key)?;
        self.is_fresh(*stored_at, now).then(|| value.clone())
    }

    /// Changes a value in its place, unless it is too old at the time `now`. It gets no younger.
    pub(crate) fn change<R>(
        &self,
        key: &K,
        now: SystemTime,
        change: impl FnOnce(&mut V) -> R,
    ) -> Option<R> {
        let mut entries = self.entries();
        let (stored_at, value) = entries.by_key.get_mut(key)?;
        self.is_fresh(*stored_at, now).then(|| change(value))
    }

    /// Stores a value at the time `now`. It takes the place of all that are too old and, at the
    /// capacity, of the oldest.
    pub(crate) fn put(&self, key: K, value: V, now: SystemTime) {
        let mut entries = self.entries();
        while entries.oldest().is_some_and(|stored_at| !self.is_fresh(stored_at, now)) {
            entries.remove_oldest(|renewed_at| self.is_fresh(renewed_at, now));
        }
        if let Some(entry) = entries.by_key.get_mut(&key) {
            *entry = (now, value);
            return;
        }
        while entries.by_key.len() >= self.capacity {
            entries.remove_oldest(|_| true);
        }
        entries.oldest_first.push_back((key.clone(), now));
        entries.by_key.insert(key, (now, value));
    }

    /// A value from the future is not fresh either: the clock was set back since.
    fn is_fresh(&self, stored_at: SystemTime, now: SystemTime) -> bool {
        now.duration_since(stored_at).is_ok_and(|age| age < self.max_age)
    }

    fn entries(&self) -> MutexGuard<'_, Entries<K, V>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Eq + Hash, V> Entries<K, V> {
    /// The time at which the first key of the queue was queued.
    fn oldest(&self) -> Option<SystemTime> {
        self.oldest_first.front().map(|(_, queued_at)| *queued_at)
    }

    /// Removes the first key of the queue, or queues it again if its value was replaced and `keep`
    /// says so.
    fn remove_oldest(&mut self, keep: impl Fn(SystemTime) -> bool) {
        let Some((key, queued_at)) = self.oldest_first.pop_front() else { return };
        match self.by_key.get(&key) {
            Some(&(renewed_at, _)) if renewed_at != queued_at && keep(renewed_at) => {
                self.oldest_first.push_back((key, renewed_at));
            }
            _ => {
                self.by_key.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAX_AGE: Duration = Duration::from_secs(60);

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    /// The keys up to 9 that are left.
    fn keys(cache: &Cache<u32, u32>, now: SystemTime) -> Vec<u32> {
        (0..10).filter(|key| cache.get(key, now).is_some()).collect()
    }

    fn sizes(cache: &Cache<u32, u32>) -> (usize, usize) {
        let entries = cache.entries();
        (entries.by_key.len(), entries.oldest_first.len())
    }

    #[test]
    fn old_values_are_forgotten() {
        let cache = Cache::new(MAX_AGE, 9);
        cache.put(1, 10, at(100));
        cache.put(2, 20, at(130));
        assert_eq!(cache.get(&1, at(159)), Some(10));
        assert_eq!([1, 2].map(|key| cache.get(&key, at(160))), [None, Some(20)]);
        assert_eq!(sizes(&cache), (2, 2));
        cache.put(3, 30, at(160));
        assert_eq!((keys(&cache, at(160)), sizes(&cache)), (vec![2, 3], (2, 2)));
        cache.put(4, 40, at(1000));
        assert_eq!((keys(&cache, at(1000)), sizes(&cache)), (vec![4], (1, 1)));
        let none = Cache::new(Duration::ZERO, 2);
        none.put(1, 1, at(0));
        assert_eq!(none.get(&1, at(0)), None);
    }

    #[test]
    fn changed_value_gets_no_younger() {
        let cache = Cache::new(MAX_AGE, 2);
        cache.put(1, 1, at(1));
        assert_eq!(cache.change(&1, at(2), |value| std::mem::replace(value, 11)), Some(1));
        assert_eq!(cache.get(&1, at(60)), Some(11));
        assert_eq!((cache.get(&1, at(61)), cache.change(&1, at(61), |_| ())), (None, None));
        assert_eq!(cache.change(&2, at(2), |_| ()), None);
    }

    #[test]
    fn oldest_value_makes_room() {
        let cache = Cache::new(MAX_AGE, 2);
        for key in 1..=3 {
            cache.put(key, key, at(u64::from(key)));
        }
        assert_eq!((keys(&cache, at(3)), sizes(&cache)), (vec![2, 3], (2, 2)));
    }

    #[test]
    fn replaced_value_counts_as_new() {
        let cache = Cache::new(MAX_AGE, 2);
        cache.put(1, 1, at(1));
        cache.put(2, 2, at(2));
        cache.put(1, 11, at(3));
        assert_eq!(sizes(&cache), (2, 2));
        cache.put(3, 3, at(4));
        assert_eq!((keys(&cache, at(4)), sizes(&cache)), (vec![1, 3], (2, 2)));
        assert_eq!(cache.get(&1, at(62)), Some(11));
        cache.put(4, 4, at(62));
        assert_eq!((keys(&cache, at(62)), sizes(&cache)), (vec![3, 4], (2, 2)));
        // All are replaced: the newest still goes in.
        cache.put(3, 33, at(63));
        cache.put(4, 44, at(63));
        cache.put(5, 5, at(64));
        assert_eq!((keys(&cache, at(64)), sizes(&cache)), (vec![4, 5], (2, 2)));
    }

    #[test]
    fn values_from_the_future_are_not_used() {
        let cache = Cache::new(MAX_AGE, 2);
        cache.put(1, 1, at(1000));
        assert_eq!(cache.get(&1, at(999)), None);
        cache.put(2, 2, at(999));
        assert_eq!((keys(&cache, at(1000)), sizes(&cache)), (vec![2], (1, 1)));
    }

    #[test]
    fn many_keys_take_no_more_memory() {
        let cache = Cache::new(MAX_AGE, 100);
        for number in 0..10_000_u32 {
            let now = at(1) + Duration::from_millis(number.into());
            cache.put(number, number, now);
            cache.put(number / 2, number, now);
        }
        assert_eq!(sizes(&cache), (100, 100));
    }
}
