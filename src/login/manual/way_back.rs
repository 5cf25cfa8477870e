//! The way back of a browser that somebody operates themselves: its answer is heard at the redirect URI, or pasted.

use std::io::IsTerminal as _;
use std::time::Duration;

use url::Url;

use super::door::{Answer, Door};
use super::keys::Keys;

/// How long somebody may take.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// Where somebody is awaited; nobody else asks for a line meanwhile.
pub struct WayBack {
    door: Option<Door>,
    keys: Keys,
}

/// What came.
pub(super) enum Came {
    /// A browser, with this answer.
    Heard(Answer),
    /// A line that somebody typed.
    Typed(String),
}

impl WayBack {
    /// Listens at the redirect URI where that is a plain one on this machine; else, and beside it, a line can be typed.
    ///
    /// # Errors
    /// The port is taken, or the redirect URI is none that can be read.
    pub async fn open(redirect_uri: &str) -> Result<Self, String> {
        // In its turn: those who wait side by side may wait at one port.
        let mut back = Self::pasted().await;
        back.door = Door::open(redirect_uri).await?;
        Ok(back)
    }

    /// Listens nowhere.
    pub(super) async fn pasted() -> Self {
        let mut keys = Keys::turn().await;
        if std::io::stdin().is_terminal() {
            keys.forget();
        }
        Self { door: None, keys }
    }

    /// Whether the browser finds somebody at the redirect URI.
    pub fn listens(&self) -> bool {
        self.door.is_some()
    }

    /// What comes next; none where nothing can any more.
    pub(super) async fn next(&mut self) -> Option<Came> {
        let Self { door, keys } = self;
        let Some(door) = door else { return keys.line().await.map(Came::Typed) };
        tokio::select! {
            answer = door.answer() => Some(Came::Heard(answer)),
            line = keys.line() => match line {
                Some(line) => Some(Came::Typed(line)),
                // Where nobody can type, a browser may still come back.
                None => Some(Came::Heard(door.answer().await)),
            },
        }
    }

    /// The answer to a request whose redirect URI this is: what else is typed is no answer; none where none can come, or none came in time.
    pub async fn answer(&mut self, redirect_uri: &Url) -> Option<Answer> {
        let comes = async {
            loop {
                match self.next().await? {
                    Came::Heard(answer) => return Some(answer),
                    Came::Typed(line) => match Url::parse(line.trim()) {
                        Ok(url) if url.path() == redirect_uri.path() && (url.query(), url.fragment()) != (None, None) => {
                            return Some(Answer::of(url));
                        }
                        Ok(_) | Err(_) => {}
                    },
                }
            }
        };
        tokio::time::timeout(LONGEST_WAIT, comes).await.ok().flatten()
    }
}
