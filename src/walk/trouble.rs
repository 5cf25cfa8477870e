//! Where a walk ended before its end: at which step, what was expected, what came, and what to look at.

/// How far the provider went along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// It refused, or answered otherwise than it should.
    Answered,
    /// It did not answer.
    Silent,
    /// The walk cannot be walked so: a setting of ours has to change.
    Unwalkable,
}

/// Why a walk did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// The step at which it ended: its number and its title.
    pub step: Option<(usize, &'static str)>,
    /// How far the provider went along.
    pub stage: Stage,
    /// What should have come.
    pub expected: String,
    /// What came, masked.
    pub came: String,
    /// What to look at, the likeliest first.
    pub look_at: Vec<String>,
}
