//! The process's panic hook while runs are under way.
//!
//! A panic in a step is a finding, and cucumber keeps it from the terminal: it takes the hook when a run begins and puts back at the end
//! what it took. Of two runs side by side, the second would take the silence of the first and leave it behind. So the first run of all
//! sets the hook aside, and the last one puts it back.

use std::panic::{self, PanicHookInfo};
use std::sync::{Mutex, MutexGuard, PoisonError};

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

#[derive(Default)]
struct Aside {
    runs: usize,
    hook: Option<Hook>,
}

static ASIDE: Mutex<Aside> = Mutex::new(Aside { runs: 0, hook: None });

fn aside() -> MutexGuard<'static, Aside> {
    ASIDE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A run is under way, as long as this lives.
pub(super) struct Hush(());

impl Hush {
    pub(super) fn begin() -> Self {
        let mut aside = aside();
        if aside.hook.is_none() {
            aside.hook = Some(panic::take_hook());
            panic::set_hook(Box::new(|_| {}));
        }
        aside.runs += 1;
        Self(())
    }
}

impl Drop for Hush {
    fn drop(&mut self) {
        let mut aside = aside();
        aside.runs -= 1;
        // A thread that panics may not touch the hook: the next run's end will.
        if aside.runs == 0
            && !std::thread::panicking()
            && let Some(hook) = aside.hook.take()
        {
            panic::set_hook(hook);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const WORDS: &str = "only this one is counted";

    /// Panics elsewhere, and says how often it was heard since the beginning.
    fn cry(heard: &AtomicUsize) -> usize {
        std::thread::spawn(|| panic!("{WORDS}")).join().expect_err("it panics");
        heard.load(Ordering::SeqCst)
    }

    #[test]
    fn the_hook_is_silent_until_the_last_run_ends_and_then_as_it_was() {
        let heard = Arc::new(AtomicUsize::new(0));
        let (counter, usual) = (heard.clone(), panic::take_hook());
        panic::set_hook(Box::new(move |found| match found.payload_as_str() {
            Some(WORDS) => drop(counter.fetch_add(1, Ordering::SeqCst)),
            _ => usual(found),
        }));
        assert_eq!(cry(&heard), 1);
        let first = Hush::begin();
        assert_eq!(cry(&heard), 1);
        // What cucumber does of its own.
        let found = panic::take_hook();
        let second = Hush::begin();
        panic::set_hook(found);
        drop(first);
        assert_eq!(cry(&heard), 1);
        drop(second);
        assert_eq!(cry(&heard), 2);
        let third = Hush::begin();
        std::thread::spawn(move || {
            let _third = third;
            panic!("{WORDS}");
        })
        .join()
        .expect_err("it panics");
        drop(Hush::begin());
        assert_eq!(cry(&heard), 3, "after a run that ended by a panic");
    }
}
