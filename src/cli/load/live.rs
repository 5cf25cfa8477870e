//! The picture of a run under way: hears its news, looks at it twice a second, and draws in a thread of its own, so that a slow terminal holds up
//! nobody who is measured.

use std::convert::Infallible;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::crossterm::style::force_color_output;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use rustix::process::{Signal, getpid, kill_process};
use tokio::signal::unix::{SignalKind, signal};

use crate::load::{Live, News};

mod draw;
mod picture;
pub mod screen;

use draw::Paint;
use picture::Picture;
use screen::Pen;

/// Between two looks at the run.
const LOOK: Duration = Duration::from_millis(500);

/// Between two looks at the terminal, whose size may change, and which may be taken away and given again.
const GLANCE: Duration = Duration::from_millis(100);

/// Shows the picture until it is closed.
pub struct Gallery {
    ear: Ear,
    thread: JoinHandle<()>,
}

/// Where news for the picture goes.
#[derive(Clone, Default)]
pub struct Ear(Arc<(Mutex<Heard>, Condvar)>);

/// What was heard.
#[derive(Default)]
struct Heard {
    live: Option<Arc<Live>>,
    picture: Picture,
    /// Whether there is more to show than what was drawn last.
    is_new: bool,
    is_closed: bool,
}

impl Ear {
    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes in a piece of news; says whether there is a picture, or may be one again.
    pub fn hear(&self, news: &News<'_>) -> bool {
        let mut heard = self.lock();
        if let News::Found(live) = news {
            heard.live = Some(Arc::clone(live));
        }
        heard.is_new |= heard.picture.hear(news);
        drop(heard);
        self.0.1.notify_one();
        !screen::is_over()
    }

    /// Waits for news, but not for long; the run, what is known of it beside what a look brings, and whether there was news. None once it is closed.
    fn next(&self) -> Option<(Option<Arc<Live>>, Picture, bool)> {
        let (mut heard, _) = self
            .0
            .1
            .wait_timeout_while(self.lock(), GLANCE, |heard| !heard.is_new && !heard.is_closed)
            .unwrap_or_else(PoisonError::into_inner);
        let is_new = std::mem::take(&mut heard.is_new);
        (!heard.is_closed).then(|| (heard.live.clone(), heard.picture.clone(), is_new))
    }
}

impl Gallery {
    /// A picture on the terminal that is stderr; none where that cannot show one.
    pub fn open(in_color: bool) -> Option<Self> {
        if !screen::can_be_taken() {
            return None;
        }
        // crossterm looks at NO_COLOR for itself; `--color always` is stronger.
        force_color_output(in_color);
        let ear = Ear::default();
        let (paint, hears) = (Paint { in_color }, ear.clone());
        let show = move || show(&hears, paint);
        let thread = std::thread::Builder::new().name("live view".to_owned()).spawn(show).ok()?;
        Some(Self { ear, thread })
    }

    /// Where news goes.
    pub fn ear(&self) -> Ear {
        self.ear.clone()
    }

    /// Gives the terminal back while the program is stopped by Ctrl-Z; it is taken again once the program goes on in the foreground. Never ends.
    pub async fn mind_suspension(&self) -> Infallible {
        if let Ok(mut stops) = signal(SignalKind::from_raw(Signal::TSTP.as_raw())) {
            while stops.recv().await.is_some() {
                screen::suspend();
                // What the signal would have done if nobody had listened for it.
                let _ = kill_process(getpid(), Signal::STOP);
                screen::resume();
            }
        }
        std::future::pending().await
    }

    /// Gives the terminal back; the lines that are worth to be kept below it.
    pub fn close(self) -> Vec<String> {
        self.ear.lock().is_closed = true;
        self.ear.0.1.notify_one();
        // A panic of it was told by the hook.
        drop(self.thread.join());
        screen::give_back();
        let heard = self.ear.lock();
        heard.picture.kept()
    }
}

/// Draws until the gallery is closed or the screen is lost.
fn show(ear: &Ear, paint: Paint) {
    let mut canvas: Option<(Terminal<CrosstermBackend<Pen>>, Rect)> = None;
    let mut snapshot = None;
    let mut looked: Option<Instant> = None;
    while let Some((live, mut picture, is_new)) = ear.next() {
        // There is nothing to show before the provider is found, and what goes wrong until then is told below the prompt.
        let Some(live) = live else { continue };
        if screen::is_over() {
            return;
        }
        let Some(area) = screen::take() else {
            canvas = None;
            continue;
        };
        let is_due = looked.is_none_or(|looked| looked.elapsed() >= LOOK);
        let fits = canvas.as_ref().is_some_and(|(_, drawn)| *drawn == area.rect) && !area.is_fresh;
        if !is_due && !is_new && fits {
            continue;
        }
        if is_due || snapshot.is_none() {
            snapshot = Some(live.snapshot());
            looked = Some(Instant::now());
        }
        picture.snapshot = snapshot.clone().unwrap_or_default();
        if !fits {
            canvas = canvas_of(area.rect);
        }
        if let Some((terminal, _)) = &mut canvas {
            // A terminal that is gone shows nothing: the run goes on, and is reported.
            drop(terminal.draw(|frame| draw::draw(frame, &picture, paint)));
        }
    }
}

/// An empty canvas. Its size is told to it: ratatui itself would ask another terminal than stderr, if there is one.
fn canvas_of(area: Rect) -> Option<(Terminal<CrosstermBackend<Pen>>, Rect)> {
    let options = TerminalOptions { viewport: Viewport::Fixed(area) };
    let mut backend = CrosstermBackend::new(Pen::default());
    backend.clear().ok()?;
    Terminal::with_options(backend, options).ok().map(|terminal| (terminal, area))
}
