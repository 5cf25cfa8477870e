//! The exchange behind a finding, as the wire saw it and secrets masked.

use std::io::{self, Write};

use super::detail::Evidence;
use crate::protocol::{Answer, Exchange};
use crate::report::text::{Ink, Style, plain, wrap};
use crate::verdict::Finding;

/// How many characters of a body or a parameter are shown; the JSON report holds more.
const BODY_SHOWN: usize = 480;

/// Headers that a requirement speaks of; the JSON report holds all.
const HEADERS_SHOWN: [&str; 14] = [
    "authorization",
    "content-type",
    "location",
    "www-authenticate",
    "cache-control",
    "pragma",
    "allow",
    "retry-after",
    "content-security-policy",
    "x-frame-options",
    "referrer-policy",
    "access-control-allow-origin",
    "origin",
    "dpop",
];

/// Writes the exchange that was judged: the last one at the violation's endpoint, or the last at all.
pub fn render(finding: &Finding, evidence: Evidence, indent: usize, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let endpoint = finding.violation.as_ref().map(|violation| violation.endpoint);
    let named = finding.violation.as_ref().and_then(|violation| violation.exchange).filter(|at| *at < finding.exchanges.len());
    let judged = named.or_else(|| finding.exchanges.iter().rposition(|exchange| Some(exchange.endpoint) == endpoint));
    let Some(at) = judged.or(finding.exchanges.len().checked_sub(1)) else { return Ok(()) };
    let Exchange { endpoint: _, request, answer } = &finding.exchanges[at];

    let (address, query) = match request.url.split_once('?') {
        Some((address, query)) => (format!("{address}?"), query),
        None => (request.url.clone(), ""),
    };
    // Not broken: a terminal joins what it broke itself, so that the address can be copied.
    let gap = indent - "  exchange".len();
    writeln!(out, "{}{:gap$}{} {}", style.paint(Ink::Faint, "  exchange"), "", request.method.as_str(), plain(&address))?;
    match evidence {
        Evidence::Brief => writeln!(out, "{:indent$}{}", "", plain(&status(answer))),
        Evidence::Whole => {
            let mut page = Block { indent: indent + 2, style, out };
            page.headers(&request.headers, false)?;
            page.text(&query.split('&').filter(|pair| !pair.is_empty()).map(shown).collect::<Vec<_>>().join("  "))?;
            page.text(&request.form.iter().map(parameter).collect::<Vec<_>>().join("  "))?;
            writeln!(page.out, "{:indent$}{}", "", style.paint(Ink::Strong, plain(&status(answer))))?;
            if let Answer::Response { headers, body, .. } = answer {
                page.headers(headers, true)?;
                page.text(&body_shown(body))?;
            }
            if finding.exchanges.len() > 1 {
                let place = format!("(exchange {} of {}; the JSON report holds all)", at + 1, finding.exchanges.len());
                writeln!(page.out, "{:indent$}{}", "", style.paint(Ink::Faint, place))?;
            }
            Ok(())
        }
    }
}

struct Block<'a> {
    indent: usize,
    style: &'a Style,
    out: &'a mut dyn Write,
}

impl Block<'_> {
    fn text(&mut self, text: &str) -> io::Result<()> {
        let indent = self.indent;
        for line in wrap(text, self.style.columns().saturating_sub(indent)) {
            writeln!(self.out, "{:indent$}{line}", "")?;
        }
        Ok(())
    }

    /// The media type of an answer stands beside its status already.
    fn headers(&mut self, headers: &[(String, String)], of_answer: bool) -> io::Result<()> {
        for (name, value) in headers {
            let lower = name.to_ascii_lowercase();
            if HEADERS_SHOWN.contains(&lower.as_str()) && !(of_answer && lower == "content-type") {
                self.text(&format!("{lower}: {value}"))?;
            }
        }
        Ok(())
    }
}

fn status(answer: &Answer) -> String {
    match answer {
        Answer::Response { status, headers, .. } => {
            let media = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-type"));
            format!("{status} {}", media.map_or("(no content type)", |(_, value)| value.as_str()))
        }
        Answer::Failure(failure) => format!("no answer: {failure}"),
    }
}

fn parameter((name, value): &(String, String)) -> String {
    shown(&if name.is_empty() { value.clone() } else { format!("{name}={value}") })
}

/// The beginning of a body on one line.
fn body_shown(body: &str) -> String {
    let line = body.split_whitespace().collect::<Vec<_>>().join(" ");
    shown(&line)
}

/// The beginning of a text.
fn shown(text: &str) -> String {
    match text.char_indices().nth(BODY_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::{BODY_SHOWN, parameter, shown};

    #[test]
    fn a_parameter_of_thousands_of_letters_does_not_fill_the_screen() {
        let long = parameter(&("state".to_owned(), "x".repeat(60_000)));
        assert_eq!(long.chars().count(), BODY_SHOWN + 1);
        assert_eq!(shown("state=x"), "state=x");
    }
}
