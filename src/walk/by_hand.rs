//! A login by hand: a human goes to the provider in a browser of their own, and the answer is awaited where the client would be.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::{Host, Url};

/// A request line that is longer is no answer of a provider's.
const LONGEST_HEAD: usize = 16 << 10;

/// A browser that has connected and says nothing is not waited for.
const SILENCE: Duration = Duration::from_secs(10);

/// What the human sees when it is over.
const PAGE: &str =
    "<!doctype html><title>Back at the client</title><p>The answer has come back to flowproof. You may close this page.</p>";

/// Where an answer is awaited.
pub(super) struct Door {
    redirect_uri: Url,
    listener: Option<TcpListener>,
}

impl Door {
    /// Listens at the redirect URI where that is on this machine; else, and beside it, the address can be pasted.
    ///
    /// # Errors
    /// The port is taken, or the redirect URI is none that can be read.
    pub(super) async fn open(redirect_uri: &str) -> Result<Self, String> {
        let redirect_uri = Url::parse(redirect_uri).map_err(|error| format!("the redirect URI {redirect_uri}: {error}"))?;
        let listener = match place(&redirect_uri) {
            None => None,
            Some(place) => Some(TcpListener::bind(place).await.map_err(|error| format!("cannot listen at {place}: {error}"))?),
        };
        Ok(Self { redirect_uri, listener })
    }

    /// Whether the browser finds somebody at the redirect URI.
    pub(super) fn listens(&self) -> bool {
        self.listener.is_some()
    }

    /// The address that the browser comes back with, or that is pasted.
    pub(super) async fn answer(self) -> Url {
        let Self { redirect_uri, listener } = self;
        let comes = async {
            match listener {
                None => std::future::pending().await,
                Some(listener) => loop {
                    let Ok((stream, _)) = listener.accept().await else { continue };
                    // A browser may open a connection ahead, and ask for an icon beside.
                    if let Ok(Ok(Some(answer))) = tokio::time::timeout(SILENCE, greet(stream, &redirect_uri)).await {
                        break answer;
                    }
                },
            }
        };
        tokio::select! {
            answer = comes => answer,
            answer = pasted(&redirect_uri) => answer,
        }
    }
}

/// The address of this machine that a redirect URI leads to, if it does.
fn place(redirect_uri: &Url) -> Option<SocketAddr> {
    let ip = match redirect_uri.host()? {
        Host::Ipv4(ip) => ip.into(),
        Host::Ipv6(ip) => std::net::IpAddr::from(ip),
        Host::Domain("localhost") => std::net::Ipv4Addr::LOCALHOST.into(),
        Host::Domain(_) => return None,
    };
    let port = redirect_uri.port_or_known_default()?;
    (redirect_uri.scheme() == "http" && ip.is_loopback()).then_some(SocketAddr::new(ip, port))
}

/// Reads one request, and answers it; the address asked for, if it is the redirect URI with an answer in it.
async fn greet(mut stream: TcpStream, redirect_uri: &Url) -> io::Result<Option<Url>> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < LONGEST_HEAD {
        if stream.read_buf(&mut head).await? == 0 {
            break;
        }
    }
    let head = String::from_utf8_lossy(&head);
    let mut words = head.split(' ');
    let target = words.next().filter(|method| *method == "GET").and_then(|_| words.next()).unwrap_or_default();
    let answer = redirect_uri.join(target).ok().filter(|url| is_answer(url, redirect_uri));
    let (status, body) = if answer.is_some() { ("200 OK", PAGE) } else { ("404 Not Found", "") };
    let response = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html\r\ncontent-length: {}\r\nreferrer-policy: no-referrer\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(response.as_bytes()).await?;
    stream.shutdown().await?;
    Ok(answer)
}

fn is_answer(url: &Url, redirect_uri: &Url) -> bool {
    url.origin() == redirect_uri.origin() && url.path() == redirect_uri.path() && url.query().is_some()
}

/// An address that somebody pastes; never, where nobody can.
async fn pasted(redirect_uri: &Url) -> Url {
    loop {
        let read = tokio::task::spawn_blocking(|| {
            let mut line = String::new();
            io::stdin().read_line(&mut line).map(|octets| (octets, line))
        });
        match read.await {
            Ok(Ok((1.., line))) => match Url::parse(line.trim()) {
                Ok(url) if url.query().is_some() && url.path() == redirect_uri.path() => return url,
                Ok(_) | Err(_) => {}
            },
            Ok(Ok((0, _)) | Err(_)) | Err(_) => return std::future::pending().await,
        }
    }
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

    #[test]
    fn a_browser_that_asks_for_something_else_is_no_answer() {
        let uri = Url::parse("http://127.0.0.1:8400/cb").expect("a URL");
        for (target, is) in [
            ("/cb?code=x&state=y", true),
            ("/favicon.ico", false),
            ("/cb", false),
            ("/other?code=x", false),
            ("//evil.example/cb?code=x", false),
        ] {
            let url = uri.join(target).expect("a URL");
            assert_eq!(is_answer(&url, &uri), is, "{target}");
        }
    }
}
