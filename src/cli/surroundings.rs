//! The one place that reads the environment and the terminal.

use std::io::IsTerminal;

/// What flowproof was started in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// `NO_COLOR` is set and not empty (no-color.org).
    pub no_color: bool,
    /// `TERM` is `dumb`.
    pub dumb: bool,
    /// Results go to a terminal.
    pub stdout_is_terminal: bool,
    /// Progress goes to a terminal.
    pub stderr_is_terminal: bool,
    /// The columns of the terminal that the results go to, where there is one that says so.
    pub width: Option<usize>,
}

impl Surroundings {
    /// Looks around.
    pub fn read() -> Self {
        let stdout = std::io::stdout();
        Self {
            no_color: std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
            dumb: std::env::var_os("TERM").is_some_and(|value| value == "dumb"),
            stdout_is_terminal: stdout.is_terminal(),
            stderr_is_terminal: std::io::stderr().is_terminal(),
            width: terminal_size::terminal_size_of(stdout).map(|(width, _)| usize::from(width.0)),
        }
    }
}

/// A variable of the environment, for `${NAME}` in a provider file or a configuration.
pub fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
