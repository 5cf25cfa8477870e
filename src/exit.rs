//! The documented exit codes, in the order in which the first that holds is used.

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 70: a bug of flowproof's own.
    Bug,
    /// 2: usage or configuration, also a filter that matches no check.
    Usage,
    /// 1: non-conformant, or a threshold missed.
    Failed,
    /// 3: incomplete, or the provider cannot be reached.
    Incomplete,
    /// 4: an entry of the baseline is stale.
    Stale,
    /// 0: everything holds.
    Success,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Bug => 70,
            Self::Usage => 2,
            Self::Failed => 1,
            Self::Incomplete => 3,
            Self::Stale => 4,
            Self::Success => 0,
        }
    }
}
