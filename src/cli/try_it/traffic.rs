//! What went over the wire: requests, answers, and the hops of the login driver.

use std::io::{self, Write};

use url::form_urlencoded;

use super::sheet::{INDENT, Sheet};
use crate::protocol::{Answer, Exchange, Sent};
use crate::report::text::{Ink, columns_of, plain, wrap};
use crate::walk::{FormSeen, HopSeen};

/// The column in which what a message holds begins.
const INSIDE: usize = INDENT + 4;

/// The headers of a request that a reader should see.
const ASKED: [&str; 2] = ["authorization", "content-type"];

/// The headers of an answer that a reader should see; its media type stands beside the status.
const TOLD: [&str; 4] = ["location", "www-authenticate", "cache-control", "retry-after"];

/// How much of a body is shown that is no JSON object.
const BODY_SHOWN: usize = 300;

impl Sheet {
    /// A request whose answer is told elsewhere.
    pub(super) fn asked(&self, sent: &Sent, out: &mut dyn Write) -> io::Result<()> {
        let (address, query) = sent.url.split_once('?').unwrap_or((&sent.url, ""));
        let joint = if query.is_empty() { "" } else { "?" };
        // Not broken: a terminal joins what it broke itself, so that the address can be copied.
        writeln!(
            out,
            "{:INDENT$}{} {} {}{joint}",
            "",
            self.style.paint(Ink::Faint, "→"),
            self.style.paint(Ink::Strong, sent.method.as_str()),
            plain(address)
        )?;
        self.headers(&sent.headers, &ASKED, out)?;
        let query = form_urlencoded::parse(query.as_bytes()).into_owned();
        let pairs: Vec<(String, String)> = query.chain(sent.form.iter().cloned()).collect();
        self.pairs(INSIDE, &pairs, out)
    }

    /// A request, and what came back.
    pub(super) fn exchange(&self, exchange: &Exchange, out: &mut dyn Write) -> io::Result<()> {
        self.asked(&exchange.request, out)?;
        let arrow = self.style.paint(Ink::Faint, "←");
        match &exchange.answer {
            Answer::Failure(failure) => {
                let says = format!("no answer: {failure}");
                writeln!(out, "{:INDENT$}{arrow} {}", "", self.style.paint(Ink::Bad, plain(&says)))
            }
            Answer::Response { status, headers, body, micros } => {
                let media = headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, media)| media.as_str());
                let ink = if *status < 400 { Ink::Strong } else { Ink::Doubt };
                let took = format!("{}.{} ms", micros / 1000, micros % 1000 / 100);
                let status = self.style.paint(ink, status);
                writeln!(out, "{:INDENT$}{arrow} {status} {}  {}", "", plain(media), self.style.paint(Ink::Faint, took))?;
                self.headers(headers, &TOLD, out)?;
                self.body(body, out)
            }
        }
    }

    fn headers(&self, headers: &[(String, String)], shown: &[&str], out: &mut dyn Write) -> io::Result<()> {
        for (name, value) in headers.iter().filter(|(name, _)| shown.contains(&name.as_str())) {
            for line in wrap(&format!("{name}: {value}"), self.style.columns() - INSIDE) {
                writeln!(out, "{:INSIDE$}{}", "", self.style.paint(Ink::Faint, line))?;
            }
        }
        Ok(())
    }

    /// The members of a JSON object, a line each; the beginning of anything else.
    fn body(&self, body: &str, out: &mut dyn Write) -> io::Result<()> {
        if let Ok(serde_json::Value::Object(members)) = serde_json::from_str(body) {
            let pairs: Vec<(String, String)> = members.into_iter().map(|(name, value)| (name, text(value))).collect();
            return self.pairs(INSIDE, &pairs, out);
        }
        let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
        let shown: String = line.chars().take(BODY_SHOWN).collect();
        let shown = if shown.len() < line.len() { format!("{shown}…") } else { shown };
        self.style.labelled(out, INSIDE, "", &shown)
    }

    /// The browser comes back to the client.
    pub(super) fn returned(&self, address: &str, parameters: &[(String, String)], out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{:INDENT$}{} {}", "", self.style.paint(Ink::Faint, "←"), plain(address))?;
        self.pairs(INSIDE, parameters, out)
    }

    /// A page on the way: a line, and with `--verbose` all that a recipe may need.
    pub(super) fn hop(&self, hop: &HopSeen, out: &mut dyn Write) -> io::Result<()> {
        let what = match (&hop.leads_to, &hop.title) {
            (Some(to), _) => format!("→ {}", brief(to, &hop.url)),
            (None, Some(title)) => format!("{} {title:?}", hop.role),
            (None, None) => hop.role.to_owned(),
        };
        const HANG: usize = INDENT + 8;
        let asked = format!("{:INDENT$}{}  {:4} {}", "", hop.number, hop.method, plain(&path(&hop.url)));
        let came = format!("{} {}", hop.status, plain(&what));
        if self.verbose {
            let number = format!("{:INDENT$}{}", "", hop.number);
            writeln!(
                out,
                "{}  {} {}",
                self.style.paint(Ink::Strong, number),
                self.style.paint(Ink::Strong, hop.method),
                plain(&hop.url)
            )?;
            return self.hop_in_full(hop, &came, out);
        }
        if columns_of(&asked) + 2 + columns_of(&came) <= self.style.columns() {
            writeln!(out, "{asked}  {}", self.style.paint(Ink::Faint, came))
        } else {
            writeln!(out, "{asked}\n{:HANG$}{}", "", self.style.paint(Ink::Faint, came))
        }
    }

    fn hop_in_full(&self, hop: &HopSeen, came: &str, out: &mut dyn Write) -> io::Result<()> {
        const HANG: usize = INDENT + 13;
        let mut line = |label: &str, text: &str| {
            let label = format!("{:width$}{label}", "", width = INDENT + 3);
            self.style.labelled(out, HANG, &label, text)
        };
        line("sent", &hop.sent.join(", "))?;
        line("cookies", &hop.cookies_sent.join(", "))?;
        line("came", came)?;
        line("sets", &hop.cookies_set.join(", "))?;
        for form in &hop.forms {
            line("form", &form_line(form, &hop.url))?;
            line("", &format!("fields: {}", or_none(&form.fields)))?;
            line("", &format!("buttons: {}", or_none(&form.buttons)))?;
        }
        line("members", &hop.members.join(", "))?;
        if hop.leads_to.is_none() && hop.forms.is_empty() && hop.loads > 0 {
            line("no form", &format!("it loads {} scripts, styles or images: a script may make the form", hop.loads))?;
        }
        Ok(())
    }
}

fn form_line(form: &FormSeen, page: &str) -> String {
    format!("{} {}", form.method, brief(&form.action, page))
}

fn or_none(names: &[String]) -> String {
    if names.is_empty() { "none".to_owned() } else { names.join(", ") }
}

/// An address in two: scheme with host, and what comes after. It may be masked, so it is not read as a URL.
fn parted(address: &str) -> (&str, &str) {
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address[host..].find('/').map_or(address.len(), |at| host + at);
    address.split_at(end)
}

/// An address without its host.
fn path(address: &str) -> String {
    parted(address).1.to_owned()
}

/// An address without its host where that is the other's.
fn brief(address: &str, other: &str) -> String {
    let (origin, path) = parted(address);
    if origin == parted(other).0 { path.to_owned() } else { address.to_owned() }
}

fn text(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text,
        other => other.to_string(),
    }
}
