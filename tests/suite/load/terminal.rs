//! `flowproof load` on a terminal: what it shows while it runs, and that the terminal is afterwards as it was.

use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, ExitStatus, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

/// A machine that does other things as well takes its time.
const PATIENCE: Duration = Duration::from_secs(60);

/// The program on a terminal of its own, and what that shows.
struct Session {
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    seen: Arc<Mutex<Seen>>,
    reader: JoinHandle<()>,
    before: String,
    _dir: tempfile::TempDir,
}

struct Seen {
    screen: vt100::Parser,
    octets: Vec<u8>,
}

fn some(count: u16) -> NonZero<u16> {
    NonZero::new(count).expect("more than none")
}

fn size(cols: u16, rows: u16) -> PtySize {
    PtySize { rows, cols, pixel_width: 0, pixel_height: 0 }
}

impl Session {
    fn start(args: &[&str]) -> Self {
        Self::with(args, &[])
    }

    fn with(args: &[&str], environment: &[(&str, &str)]) -> Self {
        let dir = tempfile::tempdir().expect("a directory");
        let pair = native_pty_system().openpty(size(100, 30)).expect("a terminal");
        let before = modes(pair.master.as_ref());
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_flowproof"));
        command.arg("load");
        command.args(args);
        command.cwd(dir.path());
        command.env("TERM", "xterm-256color");
        command.env_remove("NO_COLOR");
        environment.iter().for_each(|(name, value)| command.env(name, value));
        let child = pair.slave.spawn_command(command).expect("the program starts");
        let seen = Arc::new(Mutex::new(Seen { screen: vt100::Parser::new(some(30), some(100), 500), octets: Vec::new() }));
        let (mut reader, sees) = (pair.master.try_clone_reader().expect("it can be read"), Arc::clone(&seen));
        // The slave is kept open until the child ends, by the child.
        drop(pair.slave);
        let reader = std::thread::spawn(move || {
            let mut octets = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut octets) {
                let mut seen = sees.lock().expect("nobody panics with it");
                seen.screen.process(&octets[..count]);
                seen.octets.extend_from_slice(&octets[..count]);
            }
        });
        Self { child, master: pair.master, seen, reader, before, _dir: dir }
    }

    fn text(&self) -> String {
        self.seen.lock().expect("nobody panics with it").screen.screen().contents()
    }

    fn until(&self, what: &str) -> String {
        let began = Instant::now();
        loop {
            let text = self.text();
            if text.contains(what) {
                return text;
            }
            assert!(began.elapsed() < PATIENCE, "no {what:?} in:\n{text}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn type_in(&self, keys: &str) {
        let mut writer = self.master.take_writer().expect("the first that writes");
        writer.write_all(keys.as_bytes()).and_then(|()| writer.flush()).expect("the terminal takes it");
        // When the writer is dropped, the terminal is told that nothing more comes.
        std::mem::forget(writer);
    }

    fn end(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it can be asked") {
                // What it wrote last is still on the way; nobody has the terminal open after it.
                while !self.reader.is_finished() {
                    assert!(began.elapsed() < PATIENCE, "the terminal is still open:\n{}", self.text());
                    std::thread::sleep(Duration::from_millis(10));
                }
                return status;
            }
            assert!(began.elapsed() < PATIENCE, "it does not end:\n{}", self.text());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Asserts that the terminal is as it was.
    fn is_as_before(&self) {
        let seen = self.seen.lock().expect("nobody panics with it");
        let screen = seen.screen.screen();
        assert!(!screen.alternate_screen() && !screen.hide_cursor(), "{}", screen.contents());
        drop(seen);
        assert_eq!(modes(self.master.as_ref()), self.before);
    }

    fn drew(&self) -> bool {
        let seen = self.seen.lock().expect("nobody panics with it");
        seen.octets.windows(8).any(|octets| octets == b"\x1b[?1049h")
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        // Of a test that failed; one that passed has ended it.
        drop(self.child.kill());
    }
}

/// How the terminal is set, as `stty` would tell.
fn modes(master: &dyn MasterPty) -> String {
    format!("{:?}", master.get_termios().expect("a terminal has modes"))
}

#[test]
fn a_run_shows_how_it_goes_and_leaves_the_terminal_as_it_was() {
    let mut session = Session::start(&["--plan", "token", "--users", "2", "--hold", "4s"]);
    let text = session.until("hold ");
    for part in ["flowproof load  token", "of 2 users", "p99", "Ctrl-C ends the run"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    assert_ne!(modes(session.master.as_ref()), session.before, "keys are not shown within the picture");
    session.type_in("typed blindly");
    session.until("client_credentials/token");
    session.until("thresholds");
    assert!(!session.text().contains("typed"), "{}", session.text());
    let status = session.end();
    // 3 where the generator was what held the run back.
    assert!(matches!(status.exit_code(), 0 | 3), "{status:?}\n{}", session.text());
    session.is_as_before();
    let text = session.text();
    assert!(text.contains("flowproof 0") && text.contains("reports/load/report.json"), "{text}");
    assert!(!text.contains("Ctrl-C ends") && !text.contains('█'), "nothing of the picture is left: {text}");
}

#[test]
fn ctrl_c_ends_a_run_on_a_terminal_in_good_order_and_twice_at_once() {
    let mut session = Session::start(&["--plan", "token", "--users", "2", "--hold", "5m"]);
    session.until("hold ");
    session.type_in("\u{3}");
    let asked = Instant::now();
    let status = session.end();
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert_eq!(status.exit_code(), 3, "{}", session.text());
    session.is_as_before();
    session.until("cut short");

    let mut session = Session::start(&["--plan", "token", "--users", "2", "--hold", "5m"]);
    session.until("hold ");
    session.type_in("\u{3}\u{3}");
    assert_eq!(session.end().exit_code(), 3);
    session.is_as_before();
}

#[test]
fn a_run_that_is_stopped_gives_the_terminal_back_and_takes_it_again() {
    let mut session = Session::start(&["--plan", "token", "--users", "2", "--hold", "5m"]);
    session.until("hold ");
    session.type_in("\u{1a}");
    let began = Instant::now();
    while session.seen.lock().expect("nobody panics with it").screen.screen().alternate_screen() {
        assert!(began.elapsed() < PATIENCE, "{}", session.text());
        std::thread::sleep(Duration::from_millis(20));
    }
    session.is_as_before();
    let pid = session.child.process_id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?)).expect("it runs");
    kill_process(pid, Signal::CONT).expect("it is ours");
    session.until("hold ");
    kill_process(pid, Signal::INT).expect("it is ours");
    assert_eq!(session.end().exit_code(), 3, "{}", session.text());
    session.is_as_before();
}

#[test]
fn a_window_that_changes_its_size_is_drawn_anew() {
    let mut session = Session::start(&["--plan", "token", "--users", "2", "--hold", "5m"]);
    session.until("Ctrl-C ends the run");
    session.master.resize(size(60, 15)).expect("a terminal can be resized");
    session.seen.lock().expect("nobody panics with it").screen.screen_mut().set_size(some(15), some(60));
    let began = Instant::now();
    // The hint stands on the last row, wherever that is.
    while !session.text().lines().nth(14).is_some_and(|line| line.starts_with("Ctrl-C ends the run")) {
        assert!(began.elapsed() < PATIENCE, "{}", session.text());
        std::thread::sleep(Duration::from_millis(50));
    }
    session.type_in("\u{3}");
    session.end();
    session.is_as_before();
}

#[test]
fn who_wants_a_line_gets_a_line() {
    for (args, environment) in [(&["--no-tui"][..], &[][..]), (&[], &[("TERM", "dumb")]), (&["--quiet"], &[])] {
        let mut session = Session::with(&[&["--plan", "token", "--users", "2", "--hold", "1s"], args].concat(), environment);
        let status = session.end();
        assert!(matches!(status.exit_code(), 0 | 3), "{status:?}\n{}", session.text());
        assert!(!session.drew(), "{args:?} {environment:?}");
        session.is_as_before();
        let octets = session.seen.lock().expect("nobody panics with it").octets.clone();
        assert_eq!(String::from_utf8_lossy(&octets).contains("2 users  "), args != ["--quiet"], "{args:?}");
    }
}

/// Whether a picture was drawn with a colour in it.
fn is_coloured(args: &[&str], environment: &[(&str, &str)]) -> bool {
    let mut session = Session::with(&[&["--plan", "token", "--users", "2", "--hold", "2s"], args].concat(), environment);
    session.until("hold ");
    session.end();
    assert!(session.drew());
    let octets = session.seen.lock().expect("nobody panics with it").octets.clone();
    let text = String::from_utf8_lossy(&octets).into_owned();
    (1..=7).any(|color| text.contains(&format!("\u{1b}[3{color}m")) || text.contains(&format!("\u{1b}[38;5;{color}m")))
}

#[test]
fn colours_are_kept_out_where_they_are_not_wanted() {
    assert!(is_coloured(&[], &[]), "where nobody says anything, there are some");
    assert!(!is_coloured(&["--color", "never"], &[]));
    assert!(!is_coloured(&[], &[("NO_COLOR", "1")]));
}

#[test]
fn no_secret_is_shown_on_the_way() {
    let mut session = Session::start(&["--plan", "login", "--users", "2", "--hold", "2s"]);
    session.end();
    assert!(session.drew());
    let octets = session.seen.lock().expect("nobody panics with it").octets.clone();
    let text = String::from_utf8_lossy(&octets).into_owned();
    let demo = serde_json::to_value(flowproof::server::Config::demo().realms).expect("it serialises");
    let mut secrets = Vec::new();
    super::command::collect(&demo, &mut secrets);
    assert!(secrets.len() > 5);
    assert!(secrets.iter().all(|secret| !text.contains(secret.as_str())));
}

#[test]
fn a_missing_plan_is_told_without_a_picture() {
    let mut session = Session::start(&["--plan", "tokken"]);
    assert_eq!(session.end().exit_code(), 2);
    assert!(!session.drew());
    session.is_as_before();
}
