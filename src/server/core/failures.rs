//! Counts wrong secrets, passwords and user codes, so that guessing is slow (RFC 6749 section 2.3.1, RFC 8628 section 5.1).

use std::collections::HashMap;

const MINUTE: u64 = 60_000;

/// Failures of the minute under way, by what was guessed at. The names are those of registered clients and users, so it cannot grow.
#[derive(Default)]
pub struct Failures {
    by_name: HashMap<String, Window>,
}

struct Window {
    began_at: u64,
    failures: u32,
}

impl Failures {
    /// Whether this name has failed more often than a minute bears.
    pub fn exhausted(&self, name: &str, per_minute: u32, now: u64) -> bool {
        self.by_name.get(name).is_some_and(|window| now < window.began_at + MINUTE && window.failures > per_minute)
    }

    /// Counts one failure.
    pub fn count(&mut self, name: &str, now: u64) {
        let window = self.by_name.entry(name.to_owned()).or_insert(Window { began_at: now, failures: 0 });
        if now >= window.began_at + MINUTE {
            *window = Window { began_at: now, failures: 0 };
        }
        window.failures += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::Failures;

    #[test]
    fn failures_count_within_their_minute_only() {
        let mut failures = Failures::default();
        for _ in 0..3 {
            failures.count("web-app", 1_000);
        }
        assert!(failures.exhausted("web-app", 2, 2_000));
        assert!(!failures.exhausted("web-app", 3, 2_000));
        assert!(!failures.exhausted("other-app", 2, 2_000));
        assert!(!failures.exhausted("web-app", 2, 61_000));
    }
}
