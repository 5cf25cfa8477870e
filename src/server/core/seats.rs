//! Something that all threads hold on to, once for each of a few seats, so that two threads seldom count at the same counter.
//!
//! A token keeps its client's name and scopes by reference. With one counter for all of them every core would wait for every other core's
//! turn at it, many times a request.

use std::sync::atomic::{AtomicUsize, Ordering};

/// More seats than most machines have cores that serve.
const SEATS: usize = 8;
/// What lies between two seats, so that they do not share a cache line.
type Arm = Box<[u8; 128]>;

/// One copy for each seat.
pub struct Seats<Held> {
    copies: Vec<(Held, Arm)>,
}

impl<Held> Seats<Held> {
    /// As many as there are seats, each made anew.
    pub fn new(make: impl Fn() -> Held) -> Self {
        Self { copies: (0..SEATS).map(|_| (make(), Box::new([0; 128]))).collect() }
    }

    /// The copy of the calling thread's seat.
    pub fn mine(&self) -> &Held {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        thread_local! {
            static SEAT: usize = NEXT.fetch_add(1, Ordering::Relaxed) % SEATS;
        }
        &self.copies[SEAT.with(|seat| *seat)].0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{SEATS, Seats};

    #[test]
    fn a_thread_keeps_its_seat_and_the_next_one_takes_another() {
        let seats: Seats<Arc<str>> = Seats::new(|| "batch".into());
        let mine = || Arc::as_ptr(seats.mine()) as *const u8 as usize;
        assert_eq!(mine(), mine());
        let others: std::collections::HashSet<usize> = std::thread::scope(|scope| {
            (0..2 * SEATS).map(|_| scope.spawn(mine)).map(|thread| thread.join().expect("it sits")).collect()
        });
        assert_eq!(others.len(), SEATS);
    }
}
