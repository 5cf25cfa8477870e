//! The loopback redirect URI, listened at: where somebody's browser comes back to, with the answer in whatever channel.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::{Host, Url};

use crate::login::destination::answer_of;
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
pub struct Answer {
    /// Where to.
    pub location: Url,
    /// In which channel.
    pub channel: Channel,
    /// With what.
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
    /// Listens at the redirect URI; nowhere, where that is no plain address of this machine.
    ///
    /// # Errors
    /// The port is taken, or the redirect URI is none that can be read.
    pub async fn open(redirect_uri: &str) -> Result<Option<Self>, String> {
        let uri = Url::parse(redirect_uri).map_err(|error| format!("the redirect URI {redirect_uri}: {error}"))?;
        let Some(place) = place(&uri) else { return Ok(None) };
        let listener = TcpListener::bind(place).await.map_err(|error| format!("cannot listen at {place}: {error}"))?;
        Ok(Some(Self { listener, uri }))
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

/// The address of this machine that a redirect URI leads to, if it does.
fn place(redirect_uri: &Url) -> Option<SocketAddr> {
    let ip = match redirect_uri.host()? {
        Host::Ipv4(ip) => ip.into(),
        Host::Ipv6(ip) => IpAddr::from(ip),
        Host::Domain("localhost") => Ipv4Addr::LOCALHOST.into(),
        Host::Domain(_) => return None,
    };
    let port = redirect_uri.port_or_known_default()?;
    (redirect_uri.scheme() == "http" && ip.is_loopback()).then_some(SocketAddr::new(ip, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(uri: &str) -> Option<String> {
        place(&Url::parse(uri).expect("a URL")).map(|place| place.to_string())
    }

    #[test]
    fn only_a_plain_address_of_this_machine_is_listened_at() {
        assert_eq!(at("http://127.0.0.1:8400/cb").as_deref(), Some("127.0.0.1:8400"));
        assert_eq!(at("http://[::1]:8400/cb").as_deref(), Some("[::1]:8400"));
        assert_eq!(at("http://localhost:8400/cb").as_deref(), Some("127.0.0.1:8400"));
        for uri in ["https://127.0.0.1:8400/cb", "http://client.example/cb", "http://192.0.2.1:8400/cb", "com.example.app:/cb"] {
            assert_eq!(at(uri), None, "{uri}");
        }
    }
}
