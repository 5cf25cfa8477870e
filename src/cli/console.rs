//! Where a command speaks: results to stdout, progress and errors to stderr.

use std::fmt;
use std::future::Future;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::time::Instant;

use anstyle::{AnsiColor, Style as Paint};

use super::{Colour, Surroundings};
use crate::exit::Exit;
use crate::report::{Progress, Style};

/// The width where there is no terminal to ask: the same in every pipe and file.
const PIPED_WIDTH: usize = 100;

/// The two streams, and how to write to them.
#[derive(Clone, Copy, Debug)]
pub struct Console {
    /// How results are rendered on stdout.
    pub style: Style,
    /// Whether errors are coloured on stderr.
    stderr_color: bool,
    stderr_is_terminal: bool,
    stdout_is_terminal: bool,
    /// No progress was asked for.
    pub quiet: bool,
    /// When the program began.
    pub started: Instant,
}

impl Console {
    pub(super) fn new(surroundings: Surroundings, color: Colour, quiet: bool) -> Self {
        let coloured = |terminal: bool| match color {
            Colour::Auto => terminal && !surroundings.no_color && !surroundings.dumb,
            Colour::Always => true,
            Colour::Never => false,
        };
        Self {
            style: Style { color: coloured(surroundings.stdout_is_terminal), width: surroundings.width.unwrap_or(PIPED_WIDTH) },
            stderr_color: coloured(surroundings.stderr_is_terminal),
            stdout_is_terminal: surroundings.stdout_is_terminal && !surroundings.dumb,
            stderr_is_terminal: surroundings.stderr_is_terminal && !surroundings.dumb,
            quiet,
            started: Instant::now(),
        }
    }

    /// Whether what goes to stderr is coloured.
    pub fn colors_stderr(&self) -> bool {
        self.stderr_color
    }

    /// Whether a line on stderr may be redrawn.
    pub fn animates(&self) -> bool {
        self.stderr_is_terminal && !self.quiet
    }

    /// Whether results go to a terminal.
    pub fn shows_on_terminal(&self) -> bool {
        self.stdout_is_terminal
    }

    /// A progress line over so many steps of `noun`, silent with `--quiet` and where there is no terminal.
    pub fn progress(&self, total: usize, noun: &'static str) -> Progress {
        Progress::new(total, noun, self.stderr_is_terminal, self.quiet)
    }

    /// Writes results to stdout. A reader that has gone away (`| head`) is no error.
    ///
    /// # Errors
    /// Any other failure to write.
    pub fn show(&self, render: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let mut out = BufWriter::new(io::stdout().lock());
        match render(&mut out).and_then(|()| out.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// Says which reports were written, unless `--quiet`.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn list_reports(&self, paths: &[PathBuf], out: &mut dyn Write) -> io::Result<()> {
        if self.quiet {
            return Ok(());
        }
        let names: Vec<String> = paths.iter().map(|path| path.display().to_string()).collect();
        writeln!(out, "reports: {}", names.join(", "))
    }

    /// Says on stderr what went wrong.
    pub fn error(&self, message: &dyn fmt::Display) {
        self.say("error", AnsiColor::Red, message);
    }

    /// Says on stderr what the user should know, `--quiet` or not.
    pub fn warn(&self, message: &dyn fmt::Display) {
        self.say("warning", AnsiColor::Yellow, message);
    }

    /// Says what is wrong with the command line or the configuration, and ends so.
    pub fn usage(&self, message: &dyn fmt::Display) -> Exit {
        self.error(message);
        Exit::Usage
    }

    fn say(&self, label: &str, color: AnsiColor, message: &dyn fmt::Display) {
        let paint = if self.stderr_color { Paint::new().bold().fg_color(Some(color.into())) } else { Paint::new() };
        // Nobody is left to tell when stderr itself is gone.
        drop(writeln!(io::stderr().lock(), "{paint}{label}:{paint:#} {message}"));
    }

    /// Runs a command's asynchronous part to its end.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> Result<T, Exit> {
        match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
            Ok(runtime) => {
                let result = runtime.block_on(future);
                // A name look-up that hangs must not keep the program after Ctrl-C.
                runtime.shutdown_background();
                Ok(result)
            }
            Err(error) => Err(self.usage(&format_args!("cannot start the threads that the run needs: {error}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TERMINAL: Surroundings =
        Surroundings { no_color: false, dumb: false, stdout_is_terminal: true, stderr_is_terminal: true, width: Some(120) };
    const PIPE: Surroundings = Surroundings { stdout_is_terminal: false, width: None, ..TERMINAL };

    fn colours(surroundings: Surroundings, color: Colour) -> bool {
        Console::new(surroundings, color, false).style.color
    }

    #[test]
    fn colour_is_for_terminals_that_want_it_unless_it_is_asked_for_or_refused() {
        assert!(colours(TERMINAL, Colour::Auto));
        assert!(!colours(PIPE, Colour::Auto));
        assert!(!colours(Surroundings { no_color: true, ..TERMINAL }, Colour::Auto));
        assert!(!colours(Surroundings { dumb: true, ..TERMINAL }, Colour::Auto));
        assert!(colours(Surroundings { no_color: true, ..PIPE }, Colour::Always));
        assert!(!colours(TERMINAL, Colour::Never));
    }

    #[test]
    fn a_pipe_has_a_width_of_its_own_and_a_terminal_its_own() {
        assert_eq!(Console::new(TERMINAL, Colour::Auto, false).style.width, 120);
        assert_eq!(Console::new(PIPE, Colour::Auto, false).style.width, PIPED_WIDTH);
    }

    #[test]
    fn nothing_moves_where_it_was_asked_not_to_or_cannot() {
        assert!(Console::new(TERMINAL, Colour::Never, false).animates());
        assert!(!Console::new(TERMINAL, Colour::Always, true).animates());
        assert!(!Console::new(Surroundings { dumb: true, ..TERMINAL }, Colour::Always, false).animates());
        assert!(!Console::new(Surroundings { stderr_is_terminal: false, ..TERMINAL }, Colour::Always, false).animates());
    }
}
