//! How a run is told while it is under way: a picture on a terminal, a line a second everywhere else.

use std::convert::Infallible;
use std::io::{self, Write as _};
use std::sync::Arc;

use super::live::Gallery;
use crate::cli::Console;
use crate::load::{News, Tell};

/// Takes a line away before another one is written over it.
const CLEAR: &str = "\r\u{1b}[2K";

/// Who tells how a run goes, on stderr.
pub struct Teller {
    gallery: Option<Gallery>,
    line: Line,
}

/// A line a second: redrawn on a terminal, one below the other elsewhere.
#[derive(Clone, Copy)]
struct Line {
    is_quiet: bool,
    is_redrawn: bool,
}

impl Teller {
    /// A teller that shows a picture if that is wanted and stderr is a terminal that can show one.
    pub fn new(console: &Console, wants_picture: bool) -> Self {
        let line = Line { is_quiet: console.quiet, is_redrawn: console.animates() };
        let gallery = (wants_picture && console.animates()).then(|| Gallery::open(console.colors_stderr())).flatten();
        Self { gallery, line }
    }

    /// Where the run tells its news.
    pub fn ear(&self) -> Arc<Tell> {
        let line = self.line;
        match self.gallery.as_ref().map(Gallery::ear) {
            Some(ear) => Arc::new(move |news: News<'_>| {
                // A panic has taken the picture away: whoever waits for the run is told in lines.
                if !ear.hear(&news) {
                    line.tell(&news);
                }
            }),
            None => Arc::new(move |news: News<'_>| line.tell(&news)),
        }
    }

    /// Minds what the terminal's user does to the program meanwhile; never ends.
    pub async fn mind(&self) -> Infallible {
        match &self.gallery {
            Some(gallery) => gallery.mind_suspension().await,
            None => std::future::pending().await,
        }
    }

    /// Takes away what was shown; what is worth to be kept is printed.
    pub fn end(self) {
        let kept = self.gallery.map(Gallery::close).unwrap_or_default();
        let mut stderr = io::stderr().lock();
        // Nobody is left to tell when stderr itself is gone.
        if self.line.is_redrawn {
            drop(write!(stderr, "{CLEAR}"));
        }
        for line in kept {
            drop(writeln!(stderr, "{line}"));
        }
    }
}

impl Line {
    fn tell(self, news: &News<'_>) {
        let is_warning = news.is_warning();
        if (self.is_quiet && !is_warning) || matches!(news, News::Found(_)) {
            return;
        }
        let mut stderr = io::stderr().lock();
        let clear = if self.is_redrawn { CLEAR } else { "" };
        // Nobody is left to tell when stderr itself is gone.
        drop(match (is_warning, self.is_redrawn) {
            (true, _) => writeln!(stderr, "{clear}warning: {news}"),
            (false, true) => write!(stderr, "{clear}{news}"),
            (false, false) => writeln!(stderr, "{news}"),
        });
        drop(stderr.flush());
    }
}
