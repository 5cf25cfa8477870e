//! A map whose entries end: what is over is dropped whenever the map has doubled, so that it stays within twice of what lives.

use std::collections::HashMap;

/// Something that ends.
pub trait Ends {
    /// Whether nobody can need it any more at this time (milliseconds of the realm's clock).
    fn is_over(&self, now: u64) -> bool;
}

/// Entries by their secret name.
pub struct Table<Entry> {
    entries: HashMap<Box<str>, Entry>,
    sweep_at: usize,
}

/// Below this size a sweep is not worth it.
const SMALL: usize = 1_024;

impl<Entry> Default for Table<Entry> {
    fn default() -> Self {
        Self { entries: HashMap::new(), sweep_at: SMALL }
    }
}

impl<Entry: Ends> Table<Entry> {
    /// Adds an entry; says whether others had to be dropped, so that an index beside the table can follow.
    pub fn insert(&mut self, name: &str, entry: Entry, now: u64) -> bool {
        let sweep = self.entries.len() >= self.sweep_at;
        if sweep {
            self.entries.retain(|_, entry| !entry.is_over(now));
            self.sweep_at = SMALL.max(self.entries.len() * 2);
        }
        self.entries.insert(name.into(), entry);
        sweep
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
    fn what_is_over_is_dropped_when_the_table_has_grown() {
        let mut table = Table::default();
        for number in 0..10 * SMALL as u64 {
            table.insert(&number.to_string(), Until(number + 100), number);
        }
        assert!(table.iter().count() <= SMALL + 100, "{}", table.iter().count());
        assert!(table.get(&(10 * SMALL as u64 - 1).to_string()).is_some());
    }
}
