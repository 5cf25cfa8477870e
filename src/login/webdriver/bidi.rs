//! The wire of WebDriver BiDi: commands and their results, and the events that come between.

use std::collections::VecDeque;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value as Json, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// How long one command may take.
const LONGEST_COMMAND: Duration = Duration::from_secs(20);

/// A connection to a browser.
pub(super) struct Bidi {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last: u64,
    events: VecDeque<Json>,
}

impl Bidi {
    /// Connects to the address that the browser named.
    pub async fn connect(url: &str) -> Result<Self, String> {
        let connected = tokio::time::timeout(LONGEST_COMMAND, tokio_tungstenite::connect_async(url)).await;
        match connected {
            Ok(Ok((socket, _))) => Ok(Self { socket, last: 0, events: VecDeque::new() }),
            Ok(Err(error)) => Err(format!("the browser's {url} cannot be reached: {error}")),
            Err(_) => Err(format!("the browser's {url} cannot be reached within {LONGEST_COMMAND:?}")),
        }
    }

    /// Does this, and waits for what comes of it; what the browser says against it, where it does not.
    pub async fn command(&mut self, method: &str, params: Json) -> Result<Json, String> {
        self.last += 1;
        let id = self.last;
        let text = json!({ "id": id, "method": method, "params": params }).to_string();
        let answered = async {
            self.socket.send(Message::text(text)).await.map_err(|error| error.to_string())?;
            loop {
                let message = self.next().await.ok_or("the browser has closed its connection")?;
                if message["id"] == id {
                    return match message["type"].as_str() {
                        Some("success") => Ok(message["result"].clone()),
                        Some(_) | None => Err(message["message"].as_str().unwrap_or("no reason given").to_owned()),
                    };
                }
                self.events.push_back(message);
            }
        };
        let answered: Result<Json, String> = match tokio::time::timeout(LONGEST_COMMAND, answered).await {
            Ok(answered) => answered,
            Err(_) => Err(format!("no answer within {LONGEST_COMMAND:?}")),
        };
        answered.map_err(|why| format!("{method}: {why}"))
    }

    /// The oldest event that was not taken yet, if one has come.
    pub async fn event(&mut self) -> Option<Json> {
        if self.events.is_empty()
            && let Ok(Some(event)) = tokio::time::timeout(Duration::from_millis(2), self.next()).await
        {
            self.events.push_back(event);
        }
        self.events.pop_front()
    }

    async fn next(&mut self) -> Option<Json> {
        loop {
            if let Message::Text(text) = self.socket.next().await?.ok()?
                && let Ok(message) = serde_json::from_str(&text)
            {
                return Some(message);
            }
        }
    }
}
