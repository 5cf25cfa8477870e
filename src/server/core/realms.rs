//! The realms by name: read by every request without a lock, replaced as a whole by the few that change them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::{ArcSwap, Guard};

use super::realm::Realm;

/// All realms at one moment.
pub type ByName = HashMap<String, Arc<Realm>>;

/// All realms.
#[derive(Default)]
pub struct Realms {
    now: ArcSwap<ByName>,
    /// Held by whoever makes the next moment of this one.
    change: Mutex<()>,
}

impl Realms {
    /// The realms as they are at this moment.
    pub fn now(&self) -> Guard<Arc<ByName>> {
        self.now.load()
    }

    /// Changes them, one change after the other; those that a request looks at already stay as they were for it.
    pub fn change<Told>(&self, change: impl FnOnce(&mut ByName) -> Told) -> Told {
        let _turn = self.change.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = ByName::clone(&self.now.load());
        let told = change(&mut next);
        self.now.store(Arc::new(next));
        told
    }
}
