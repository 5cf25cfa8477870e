//! The manual driver: somebody opens the address in a browser of their own; where it is sent is heard on loopback, or pasted.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::net::SocketAddr;
use std::sync::OnceLock;
use std::time::Duration;

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::{Mutex, mpsc};
use url::Url;

use super::destination::{Place, Territory, answer_of};
use super::errand::{Decision, Errand, Stop};
use super::sighting::{End, Role, Sighting};
use super::walk;
use crate::protocol::vault::SECRET_MEMBERS;
use crate::protocol::{Method, Secret};
use crate::wire::{Jar, Tape, Wire};

/// How long somebody may take.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

/// A request line and headers that are longer come from no browser.
const LONGEST_HEAD: usize = 32 << 10;

/// The lines that are typed: read by one thread for all, because a read cannot be taken back. One asks at a time.
static TYPED: OnceLock<Mutex<mpsc::UnboundedReceiver<String>>> = OnceLock::new();

/// Follows the errand over the wire to the first page that stands still, and asks somebody to begin anew from its start.
pub(super) async fn ask(wire: &Wire, tape: &Tape, jar: &mut Jar, errand: &Errand<'_>) -> Sighting {
    let Sighting { hops, end } = walk::approach(wire, tape, jar, errand).await;
    let page = hops.last().map(|hop| (hop.role.clone(), hop.status));
    let Some((role, status)) = page.filter(|_| matches!(end, End::Finished)) else { return Sighting { hops, end } };
    let end = match errand.stop_at {
        Stop::Asked(_) if role == Role::ConsentPage => end,
        Stop::Asked(_) => stuck("nobody is asked to stop before the decision"),
        Stop::RedirectUri(_) | Stop::Decision if errand.start.method == Method::Post => {
            stuck("a request by POST cannot be opened as an address")
        }
        Stop::RedirectUri(_) | Stop::Decision => wait(tape, errand, status).await,
    };
    Sighting { hops, end }
}

fn stuck(why: &str) -> End {
    End::Stuck { why: why.to_owned() }
}

async fn wait(tape: &Tape, errand: &Errand<'_>, status: u16) -> End {
    let mut typed = TYPED.get_or_init(|| Mutex::new(listen_to_keys())).lock().await;
    let at_terminal = std::io::stdin().is_terminal();
    let listener = listener(errand).await;
    if !at_terminal && listener.is_none() {
        return stuck("the manual driver needs a terminal, or a redirect URI on loopback with a free port to listen on");
    }
    show(errand, listener.is_some(), at_terminal);
    let heard = async {
        match &listener {
            Some((listener, uri)) => heard(listener, uri).await,
            None => std::future::pending().await,
        }
    };
    let line = async {
        match at_terminal {
            true => typed.recv().await.unwrap_or_default(),
            false => std::future::pending().await,
        }
    };
    let came = async {
        tokio::select! {
            url = heard => url,
            line = line => line,
        }
    };
    match tokio::time::timeout(LONGEST_WAIT, came).await {
        Err(_) => stuck("nobody logged in within ten minutes"),
        Ok(_) if errand.stop_at == Stop::Decision => End::Finished,
        Ok(line) => read(tape, errand, status, line.trim()),
    }
}

/// Where the answer went.
fn read(tape: &Tape, errand: &Errand<'_>, status: u16, line: &str) -> End {
    let Ok(location) = Url::parse(line) else { return stuck("what was pasted is no URL") };
    let (channel, params) = answer_of(&location);
    let secrets = params.0.iter().filter(|(name, _)| SECRET_MEMBERS.contains(&name.as_str()));
    tape.learn(&secrets.map(|(name, value)| Secret::of_member(name, value)).collect::<Vec<_>>());
    let raw = line.to_owned();
    match Territory::new(&errand.start.target(), errand.stop_at.uris()).place(&location) {
        Place::Stop => End::Redirected { location, raw, status, channel, params },
        Place::Outside => End::Outside { location, raw, status, channel, params },
        Place::Provider => stuck("what was pasted is a page of the provider's, and not where it led"),
    }
}

fn show(errand: &Errand<'_>, listens: bool, at_terminal: bool) {
    let url = errand.start.target();
    let what = match errand.decision {
        Decision::Approve => "approve",
        Decision::Deny => "deny",
    };
    let mut text = format!("\nLog in as {}, and {what}, at\n  {url}\n", errand.username);
    if let Some(code) = errand.user_code {
        text.push_str(&format!("with the code {code}\n"));
    }
    if std::io::stderr().is_terminal()
        && let Ok(code) = QrCode::new(url.as_str())
    {
        text.push_str(&code.render::<Dense1x2>().build());
        text.push('\n');
    }
    text.push_str(match (errand.stop_at == Stop::Decision, listens, at_terminal) {
        (true, _, _) => "Press Enter when that is done.\n",
        (false, true, true) => "flowproof listens for where that leads; else paste it here, and press Enter.\n",
        (false, true, false) => "flowproof listens for where that leads.\n",
        (false, false, _) => "Paste the address where that leads, and press Enter.\n",
    });
    let _ = std::io::stderr().write_all(text.as_bytes());
}

fn listen_to_keys() -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    if std::io::stdin().is_terminal() {
        std::thread::spawn(move || {
            for line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
    }
    receiver
}

/// The request's redirect URI, listened on, where it is one on loopback.
async fn listener(errand: &Errand<'_>) -> Option<(TcpListener, Url)> {
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
    Some((TcpListener::bind(address).await.ok()?, uri))
}

/// The first request for the redirect URI, as the URL that it asks for.
async fn heard(listener: &TcpListener, uri: &Url) -> String {
    loop {
        let Ok((mut stream, _)) = listener.accept().await else { continue };
        let mut head = Vec::new();
        let read = tokio::time::timeout(Duration::from_secs(5), async {
            while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < LONGEST_HEAD {
                if stream.read_buf(&mut head).await.unwrap_or(0) == 0 {
                    break;
                }
            }
        });
        let _ = read.await;
        let text = String::from_utf8_lossy(&head);
        let target = text.lines().next().and_then(|line| line.split(' ').nth(1)).and_then(|target| uri.join(target).ok());
        let found = target.filter(|url| url.path() == uri.path());
        let (status, body) = match found {
            Some(_) => ("200 OK", "<!doctype html><title>flowproof</title><p>flowproof has heard it. You can close this page."),
            None => ("404 Not Found", ""),
        };
        let answer = format!(
            "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        let _ = stream.write_all(answer.as_bytes()).await;
        if let Some(url) = found {
            return url.into();
        }
    }
}
