//! The manual driver: somebody opens the address in a browser of their own; where it is sent is heard on loopback, or pasted.

mod door;
mod keys;
mod way_back;

use std::io::{IsTerminal as _, Write as _};

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use url::Url;

pub use self::door::Answer;
pub use self::way_back::WayBack;
use self::way_back::{Came, LONGEST_WAIT};
use super::destination::Territory;
use super::errand::{Decision, Errand, Stop};
use super::sighting::{End, Role, Sighting};
use super::walk;
use crate::protocol::Method;
use crate::wire::{Jar, Tape, Wire};

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
    let uri = errand.start.param("redirect_uri").filter(|_| errand.stop_at != Stop::Decision);
    // A port that is taken leaves the address to be pasted.
    let opened = match uri {
        Some(uri) => WayBack::open(uri.expose()).await.ok(),
        None => None,
    };
    let mut back = match opened {
        Some(back) => back,
        None => WayBack::pasted().await,
    };
    show(errand, back.listens(), std::io::stdin().is_terminal());
    let came = async {
        loop {
            match back.next().await? {
                Came::Heard(answer) => {
                    let raw = answer.location.to_string();
                    return Some(arrived(tape, errand, status, &raw, answer));
                }
                Came::Typed(_) if errand.stop_at == Stop::Decision => return Some(End::Finished),
                Came::Typed(line) => match Url::parse(line.trim()) {
                    Ok(url) => return Some(arrived(tape, errand, status, line.trim(), Answer::of(url))),
                    Err(_) => say("That is no address; paste all of it, from its scheme on.\n"),
                },
            }
        }
    };
    match tokio::time::timeout(LONGEST_WAIT, came).await {
        Err(_) => stuck("nobody logged in within ten minutes"),
        Ok(None) => {
            stuck("the manual driver needs somebody to type, or a redirect URI on loopback with a free port to listen on")
        }
        Ok(Some(end)) => end,
    }
}

/// The end that an answer is.
fn arrived(tape: &Tape, errand: &Errand<'_>, status: u16, raw: &str, answer: Answer) -> End {
    let Answer { location, channel, params } = answer;
    let territory = Territory::new(&errand.start.target(), errand.stop_at.uris());
    let end = territory.end_at(tape, location, raw.to_owned(), status, (channel, params));
    end.unwrap_or_else(|| stuck("what was pasted is a page of the provider's, and not where it led"))
}

fn show(errand: &Errand<'_>, listens: bool, at_terminal: bool) {
    let url = errand.start.target();
    let what = match errand.decision {
        Decision::Approve => "approve",
        Decision::Deny => "deny",
    };
    let mut text = format!("\nLog in as {}, and {what}, at\n  {url}\n", errand.username);
    if let Some(code) = errand.user_code {
        // For the eyes of who is to type it; no report has it.
        text.push_str(&format!("with the code {}\n", code.expose()));
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
    say(&text);
}

fn say(text: &str) {
    let _ = std::io::stderr().write_all(text.as_bytes());
}
