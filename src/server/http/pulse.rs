//! Where a connection stands, so that one timer per connection, and none per request, finds out what lasts too long.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};

/// What a connection waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// A request, and that its answer is taken: the client's turn.
    Request,
    /// The rest of a request: the client's turn too.
    Body,
    /// An answer, which may be held back on purpose: our turn.
    Answer,
    /// Nothing any more: the client had its time.
    Overdue,
}

/// The phase of a connection, and how many came before it. Only the connection's own task writes it.
pub struct Pulse {
    phase: AtomicU8,
    beats: AtomicU32,
}

impl Pulse {
    /// Of a new connection.
    pub fn new() -> Self {
        Self { phase: AtomicU8::new(Phase::Request as u8), beats: AtomicU32::new(0) }
    }

    /// The connection goes on.
    pub fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Relaxed);
        self.beats.store(self.beats().wrapping_add(1), Ordering::Relaxed);
    }

    /// Whether this is what the connection waits for.
    pub fn is_in(&self, phase: Phase) -> bool {
        self.phase.load(Ordering::Relaxed) == phase as u8
    }

    /// How many phases there were: when the number is the same as a while ago, the connection stands still.
    pub fn beats(&self) -> u32 {
        self.beats.load(Ordering::Relaxed)
    }
}
