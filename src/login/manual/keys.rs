//! What somebody types, line by line: read by one thread for all, because a read cannot be taken back.

use std::io::BufRead as _;
use std::sync::OnceLock;

use tokio::sync::{Mutex, MutexGuard, mpsc};

static TYPED: OnceLock<Mutex<mpsc::UnboundedReceiver<String>>> = OnceLock::new();

/// The turn of one who asks; nobody else does meanwhile.
pub(super) struct Keys(MutexGuard<'static, mpsc::UnboundedReceiver<String>>);

impl Keys {
    /// Waits for its turn.
    pub async fn turn() -> Self {
        Self(TYPED.get_or_init(|| Mutex::new(listen())).lock().await)
    }

    /// Forgets what was typed before anybody asked.
    pub fn forget(&mut self) {
        while self.0.try_recv().is_ok() {}
    }

    /// The next line; none where nobody is there to type one.
    pub async fn line(&mut self) -> Option<String> {
        self.0.recv().await
    }
}

fn listen() -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
