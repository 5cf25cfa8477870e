//! The gate that every request to the provider passes: how many may, and whether any still may.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts what passes; shut once, it stays shut.
#[derive(Debug, Default)]
pub(super) struct Gate {
    passed: AtomicU64,
    most: Option<u64>,
    shut: OnceLock<String>,
}

impl Gate {
    /// A gate that lets this many pass.
    pub(super) fn with_budget(most: u64) -> Self {
        Self { most: Some(most), ..Self::default() }
    }

    /// Lets one request pass, or says why none may.
    pub(super) fn pass(&self) -> Result<(), String> {
        if let Some(reason) = self.reason() {
            return Err(reason.to_owned());
        }
        let earlier = self.passed.fetch_add(1, Ordering::Relaxed);
        match self.most.filter(|most| earlier >= *most) {
            Some(most) => Err(self.shut(format!("the request budget was spent (--max-requests {most})")).to_owned()),
            None => Ok(()),
        }
    }

    /// Shuts the gate, and says why it is shut: the first reason stays.
    pub(super) fn shut(&self, reason: String) -> &str {
        self.shut.get_or_init(|| reason)
    }

    /// Why it is shut.
    pub(super) fn reason(&self) -> Option<&str> {
        self.shut.get().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_lets_so_many_pass_and_then_none_for_good() {
        let gate = Gate::with_budget(2);
        assert!(gate.pass().is_ok() && gate.pass().is_ok() && gate.reason().is_none());
        let told = gate.pass().expect_err("the budget was two");
        assert_eq!(told, "the request budget was spent (--max-requests 2)");
        assert_eq!(gate.shut("another reason".to_owned()), told);
        assert_eq!(gate.pass(), Err(told));
    }

    #[test]
    fn a_gate_without_a_budget_lets_all_pass() {
        let gate = Gate::default();
        assert!((0..1000).all(|_| gate.pass().is_ok()));
    }
}
