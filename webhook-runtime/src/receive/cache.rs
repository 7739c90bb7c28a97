//! A small cache with an age and a size, for what is fetched while deliveries wait.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Remembers up to `most` values for `max_age`.
pub(crate) struct Cache<K, V> {
    entries: Mutex<HashMap<K, (Instant, V)>>,
    max_age: Duration,
    most: usize,
}

impl<K: Eq + Hash + Clone, V: Clone> Cache<K, V> {
    pub(crate) fn new(max_age: Duration, most: usize) -> Self {
        Self { entries: Mutex::new(HashMap::new()), max_age, most }
    }

    pub(crate) fn get(&self, key: &K) -> Option<V> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        let (since, value) = entries.get(key)?;
        (since.elapsed() < self.max_age).then(|| value.clone())
    }

    pub(crate) fn put(&self, key: K, value: V) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= self.most && !entries.contains_key(&key) {
            let max_age = self.max_age;
            entries.retain(|_, (since, _)| since.elapsed() < max_age);
            let oldest = entries.iter().min_by_key(|(_, (since, _))| *since);
            if let Some(key) =
                oldest.map(|(key, _)| key.clone()).filter(|_| entries.len() >= self.most)
            {
                entries.remove(&key);
            }
        }
        entries.insert(key, (Instant::now(), value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_forgets_by_age_and_by_size() {
        let cache = Cache::new(Duration::from_secs(60), 2);
        for key in 1..=3 {
            cache.put(key, key);
            std::thread::sleep(Duration::from_millis(2));
        }
        assert_eq!([1, 2, 3].map(|key| cache.get(&key)), [None, Some(2), Some(3)]);
        let aged = Cache::new(Duration::ZERO, 2);
        aged.put(1, 1);
        assert_eq!(aged.get(&1), None);
    }
}
