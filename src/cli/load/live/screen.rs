//! The terminal that stderr is, while it shows a picture: taken, and given back as it was, whatever happens.
//!
//! The picture stands on the alternate screen, so that what is above the prompt stays as it is. Keys are neither read nor shown: the terminal goes on
//! making signals of Ctrl-C and Ctrl-Z, and what is typed otherwise waits for the shell.

use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};
use std::time::{Duration, Instant};

use ratatui::layout::Rect;
use rustix::process::getpgrp;
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcgetpgrp, tcgetwinsize, tcsetattr};

/// What a terminal has in the place of a key that does nothing (`_POSIX_VDISABLE`).
const NO_KEY: u8 = if cfg!(target_os = "linux") { 0 } else { 0xff };

/// To the alternate screen, without a cursor.
const ENTER: &[u8] = b"\x1b[?1049h\x1b[?25l";

/// Back, with the cursor and without colours.
const LEAVE: &[u8] = b"\x1b[0m\x1b[?25h\x1b[?1049l";

/// Columns and rows that a picture needs to say more than a line does.
const SMALLEST: (u16, u16) = (40, 10);

/// So long the end waits for a picture that is being written: a terminal far away, or a machine that does much else, may take its time, and without
/// this its screen would stay. Only where the output was stopped, by Ctrl-S say, is it waited for in vain.
const PATIENCE: Duration = Duration::from_secs(1);

/// Who has the terminal.
enum Holder {
    /// The shell, until we take it.
    Shell,
    /// We have it, and it was like this before.
    Us(Box<Termios>),
    /// The shell, while we are stopped.
    Stopped,
    /// The shell again, for good.
    Over,
}

/// Held for a moment, never while something is written.
static HOLDER: Mutex<Holder> = Mutex::new(Holder::Shell);

/// Held while something is written, so that nothing of a picture comes after the end; taken before [`HOLDER`].
static PEN: Mutex<()> = Mutex::new(());

/// The screen as it is now.
pub struct Area {
    /// Its size.
    pub rect: Rect,
    /// Whether it was taken just now, and shows nothing.
    pub is_fresh: bool,
}

fn lock<T>(mutex: &'static Mutex<T>) -> MutexGuard<'static, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the shell has us in the foreground; where there is no job control, nobody else is.
fn is_in_front() -> bool {
    tcgetpgrp(io::stderr()).map_or(true, |group| group == getpgrp())
}

fn size() -> Option<Rect> {
    let size = tcgetwinsize(io::stderr()).ok()?;
    Some(Rect::new(0, 0, size.ws_col, size.ws_row))
}

/// Whether there is a terminal that is ours to take, and large enough.
pub fn can_be_taken() -> bool {
    let is_large = size().is_some_and(|size| size.width >= SMALLEST.0 && size.height >= SMALLEST.1);
    is_large && is_in_front() && tcgetattr(io::stderr()).is_ok()
}

/// Takes the terminal, or keeps it; none where it cannot be had now.
pub fn take() -> Option<Area> {
    let _pen = lock(&PEN);
    let rect = size()?;
    let write = |octets: &[u8]| drop(io::stderr().write_all(octets));
    let mut holder = lock(&HOLDER);
    match (&*holder, is_in_front()) {
        (Holder::Us(_), true) => Some(Area { rect, is_fresh: false }),
        (Holder::Us(_), false) => {
            // We were stopped without being told, and sent to the background: the shell has set its terminal to rights, but not its screen.
            *holder = Holder::Shell;
            drop(holder);
            write(LEAVE);
            None
        }
        (Holder::Shell, true) => {
            let before = tcgetattr(io::stderr()).ok()?;
            let mut ours = before.clone();
            ours.local_modes -= LocalModes::ECHO | LocalModes::ECHONL;
            // Its signal would end us without a word, on this screen: Ctrl-C twice ends at once as well.
            ours.special_codes[SpecialCodeIndex::VQUIT] = NO_KEY;
            tcsetattr(io::stderr(), OptionalActions::Now, &ours).ok()?;
            *holder = Holder::Us(Box::new(before));
            drop(holder);
            write(ENTER);
            Some(Area { rect, is_fresh: true })
        }
        (Holder::Shell, false) | (Holder::Stopped | Holder::Over, _) => None,
    }
}

/// Gives the terminal back until [`resume`].
pub fn suspend() {
    leave(Holder::Stopped);
}

/// Lets it be taken again.
pub fn resume() {
    let mut holder = lock(&HOLDER);
    if matches!(*holder, Holder::Stopped) {
        *holder = Holder::Shell;
    }
}

/// Gives the terminal back for good; does nothing where it was not taken, and may be called from anywhere.
pub fn give_back() {
    leave(Holder::Over);
}

/// Whether it was given back for good.
pub fn is_over() -> bool {
    matches!(*lock(&HOLDER), Holder::Over)
}

fn leave(next: Holder) {
    let pen = patiently(&PEN);
    let mut holder = lock(&HOLDER);
    let next = if matches!(*holder, Holder::Over) { Holder::Over } else { next };
    let before = std::mem::replace(&mut *holder, next);
    drop(holder);
    let Holder::Us(before) = before else { return };
    // In the background that would stop us, and the shell has done it.
    if is_in_front() {
        let _ = tcsetattr(io::stderr(), OptionalActions::Now, &before);
    }
    if pen.is_some() {
        drop(io::stderr().write_all(LEAVE));
    }
}

/// Waits, but not for ever: a terminal that takes no more output must not keep the program.
fn patiently(mutex: &'static Mutex<()>) -> Option<MutexGuard<'static, ()>> {
    let began = Instant::now();
    loop {
        match mutex.try_lock() {
            Ok(guard) => return Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => return Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) if began.elapsed() < PATIENCE => std::thread::sleep(Duration::from_millis(1)),
            Err(TryLockError::WouldBlock) => return None,
        }
    }
}

/// Writes to the screen as long as it is ours; what is written is shown when it is flushed.
#[derive(Default)]
pub struct Pen(Vec<u8>);

impl Write for Pen {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        self.0.extend_from_slice(octets);
        Ok(octets.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _pen = lock(&PEN);
        let octets = std::mem::take(&mut self.0);
        let is_ours = matches!(*lock(&HOLDER), Holder::Us(_));
        if is_ours { io::stderr().write_all(&octets) } else { Ok(()) }
    }
}
