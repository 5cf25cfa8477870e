//! The loopback redirect URI, listened at: where somebody's browser comes back to, with the answer in whatever channel.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::Url;

use crate::login::destination::answer_of;
use crate::login::errand::{Errand, Stop};
use crate::login::sighting::Channel;
use crate::protocol::Params;

/// A request that is longer comes from no provider.
const LONGEST_REQUEST: usize = 64 << 10;

/// A browser that has connected and says nothing is not waited for.
const SILENCE: Duration = Duration::from_secs(5);

const HEARD: &str = "<!doctype html><title>flowproof</title><p>flowproof has heard it. You can close this page.<script>history.replaceState(null, '', location.pathname)</script>";

/// A fragment stays in the browser, so its own page has to hand it over.
const ASKS_FOR_FRAGMENT: &str = "<!doctype html><title>flowproof</title><p id=told>One moment.<noscript> Scripts are off: paste the address into flowproof.</noscript>
<script>fetch(location.pathname, { method: 'PUT', body: location.hash.slice(1) }).then(() => {
  history.replaceState(null, '', location.pathname);
  document.getElementById('told').textContent = 'flowproof has heard it. You can close this page.';
});</script>";

/// What a browser came back with.
pub(super) struct Answer {
    pub location: Url,
    pub channel: Channel,
    pub params: Params,
}

impl Answer {
    /// An address that somebody's browser shows.
    pub fn of(location: Url) -> Self {
        let (channel, params) = answer_of(&location);
        Self { location, channel, params }
    }
}

/// A redirect URI on loopback.
pub(super) struct Door {
    listener: TcpListener,
    uri: Url,
}

impl Door {
    /// Listens at the errand's redirect URI, where that is one on loopback with a free port.
    pub async fn open(errand: &Errand<'_>) -> Option<Self> {
        let uri = Url::parse(errand.start.param("redirect_uri")?.expose()).ok()?;
        if uri.scheme() != "http" || errand.stop_at == Stop::Decision {
            return None;
        }
        let host = match uri.host_str()? {
            "localhost" => "127.0.0.1",
            host => host.trim_matches(['[', ']']),
        };
        let address = SocketAddr::new(host.parse().ok()?, uri.port_or_known_default()?);
        if !address.ip().is_loopback() {
            return None;
        }
        Some(Self { listener: TcpListener::bind(address).await.ok()?, uri })
    }

    /// The first answer that comes.
    pub async fn answer(&self) -> Answer {
        loop {
            let Ok((stream, _)) = self.listener.accept().await else { continue };
            // A browser may open a connection ahead, and ask for an icon beside.
            if let Ok(Some(answer)) = tokio::time::timeout(SILENCE, self.greet(stream)).await {
                return answer;
            }
        }
    }

    async fn greet(&self, mut stream: TcpStream) -> Option<Answer> {
        let (head, body) = request(&mut stream).await?;
        let mut words = head.split(' ');
        let (method, target) = (words.next()?, words.next()?);
        let url = self.uri.join(target).ok().filter(|url| url.origin() == self.uri.origin() && url.path() == self.uri.path());
        let (answer, status, page) = match (method, url) {
            ("GET", Some(url)) if url.query() == self.uri.query() => (None, "200 OK", ASKS_FOR_FRAGMENT),
            ("GET", Some(url)) => (Some(Answer::of(url)), "200 OK", HEARD),
            ("PUT", Some(mut url)) => {
                url.set_fragment(Some(&body).filter(|body| !body.is_empty()).map(String::as_str));
                (Some(Answer::of(url)), "200 OK", "")
            }
            ("POST", Some(location)) => {
                let params = Params(url::form_urlencoded::parse(body.as_bytes()).into_owned().collect());
                (Some(Answer { location, channel: Channel::FormPost, params }), "200 OK", HEARD)
            }
            (_, Some(_) | None) => (None, "404 Not Found", ""),
        };
        let told = format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n\r\n{page}",
            page.len()
        );
        let _ = stream.write_all(told.as_bytes()).await;
        let _ = stream.shutdown().await;
        answer
    }
}

/// The head of a request, and its body.
async fn request(stream: &mut TcpStream) -> Option<(String, String)> {
    let mut read = Vec::new();
    let end = loop {
        if let Some(at) = read.windows(4).position(|end| end == b"\r\n\r\n") {
            break at + 4;
        }
        if read.len() >= LONGEST_REQUEST || stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&read[..end]).into_owned();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok()).flatten()
    });
    let wanted = end + length.unwrap_or(0).min(LONGEST_REQUEST);
    while read.len() < wanted {
        if stream.read_buf(&mut read).await.ok()? == 0 {
            return None;
        }
    }
    Some((head, String::from_utf8_lossy(&read[end..wanted]).into_owned()))
}
