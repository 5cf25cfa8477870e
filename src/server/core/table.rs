//! A map whose entries end: each new one looks at the two oldest and drops what is over, so that the map stays near the size of what lives, and nobody
//! ever waits for a sweep.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// Something that ends.
pub trait Ends {
    /// Whether nobody can need it any more at this time (milliseconds of the realm's clock).
    fn is_over(&self, now: u64) -> bool;
}

/// Entries by their secret name.
pub struct Table<Entry> {
    entries: HashMap<Arc<str>, Entry>,
    /// The names in the order in which they are looked at next; those that were removed in between are still among them.
    queue: VecDeque<Arc<str>>,
}

/// Below this size there is nothing to gain from dropping anything.
const SMALL: usize = 64;
/// How many a new entry looks at: with two, the map shrinks while it is written to.
const LOOKED_AT: usize = 2;
/// How many one sweep looks at.
const SWEPT: usize = 1_024;

impl<Entry> Default for Table<Entry> {
    fn default() -> Self {
        Self { entries: HashMap::new(), queue: VecDeque::new() }
    }
}

impl<Entry: Ends> Table<Entry> {
    /// Adds an entry; gives back those that were dropped for it, so that an index beside the table can follow.
    pub fn insert(&mut self, name: &str, entry: Entry, now: u64) -> Vec<Entry> {
        let dropped = if self.queue.len() < SMALL { Vec::new() } else { self.look_at(LOOKED_AT, now) };
        let name: Arc<str> = name.into();
        self.queue.push_back(Arc::clone(&name));
        self.entries.insert(name, entry);
        dropped
    }

    /// Drops what is over among the next few; gives it back.
    pub fn sweep(&mut self, now: u64) -> Vec<Entry> {
        let dropped = self.look_at(SWEPT.min(self.queue.len()), now);
        if self.entries.capacity() > 4 * self.entries.len().max(SMALL) {
            self.entries.shrink_to(self.entries.len());
            self.queue.shrink_to(self.queue.len());
        }
        dropped
    }

    fn look_at(&mut self, number: usize, now: u64) -> Vec<Entry> {
        let mut dropped = Vec::new();
        for _ in 0..number {
            let Some(oldest) = self.queue.pop_front() else { break };
            match self.entries.get(&oldest) {
                Some(entry) if entry.is_over(now) => dropped.extend(self.entries.remove(&oldest)),
                Some(_) => self.queue.push_back(oldest),
                None => {}
            }
        }
        dropped
    }

    /// The entry of this name.
    pub fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.get(name)
    }

    /// The entry of this name, to be changed.
    pub fn get_mut(&mut self, name: &str) -> Option<&mut Entry> {
        self.entries.get_mut(name)
    }

    /// Takes an entry out.
    pub fn remove(&mut self, name: &str) -> Option<Entry> {
        self.entries.remove(name)
    }

    /// Every name with its entry, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries.iter().map(|(name, entry)| (&**name, entry))
    }
}

#[cfg(test)]
mod tests {
    use super::{Ends, SMALL, Table};

    struct Until(u64);

    impl Ends for Until {
        fn is_over(&self, now: u64) -> bool {
            now >= self.0
        }
    }

    #[test]
    fn what_is_over_is_dropped_while_the_table_is_written_to() {
        let mut table = Table::default();
        for number in 0..10 * SMALL as u64 {
            table.insert(&number.to_string(), Until(number + 100), number);
        }
        assert!(table.iter().count() <= 200, "{}", table.iter().count());
        assert!(table.get(&(10 * SMALL as u64 - 1).to_string()).is_some());
    }

    #[test]
    fn what_lives_stays_however_much_comes_and_goes() {
        let mut table = Table::default();
        for number in 0..10 * SMALL as u64 {
            let end = if number % 10 == 0 { u64::MAX } else { number };
            table.insert(&number.to_string(), Until(end), number);
            table.remove(&number.saturating_sub(5).to_string()).filter(|entry| entry.0 == u64::MAX).into_iter().for_each(
                |entry| {
                    table.insert(&format!("again {number}"), entry, number);
                },
            );
        }
        assert_eq!(table.iter().filter(|(_, entry)| entry.0 == u64::MAX).count(), SMALL);
        assert!(table.queue.len() <= 3 * SMALL, "{}", table.queue.len());
    }
}
