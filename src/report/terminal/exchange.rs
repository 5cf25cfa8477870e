//! The exchange behind a finding, as the wire saw it and secrets masked.

use std::io::{self, Write};

use super::detail::Evidence;
use crate::protocol::{Answer, Exchange, Replay};
use crate::report::text::{Ink, Style, plain, wrap};
use crate::verdict::Finding;

/// How many characters of a body or a parameter are shown; the JSON report holds more.
const BODY_SHOWN: usize = 480;

/// How many characters of a command are shown.
const COMMAND_SHOWN: usize = 2000;

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

/// Writes the exchange that was judged.
pub fn render(finding: &Finding, evidence: Evidence, indent: usize, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let Some(at) = finding.judged() else { return Ok(()) };
    let exchange = &finding.exchanges[at];
    let gap = indent - "  exchange".len();
    write!(out, "{}{:gap$}", style.paint(Ink::Faint, "  exchange"), "")?;
    match evidence {
        Evidence::Brief => {
            writeln!(out, "{}", first_line(exchange))?;
            writeln!(out, "{:indent$}{}", "", plain(&status(&exchange.answer)))
        }
        Evidence::Whole => {
            whole(exchange, indent, style, out)?;
            if finding.exchanges.len() > 1 {
                let place = format!("(exchange {} of {}; the JSON report holds all)", at + 1, finding.exchanges.len());
                writeln!(out, "{:indent$}{}", "", style.paint(Ink::Faint, place))?;
            }
            match finding.violation {
                Some(_) => replay(finding, at, indent, style, out),
                None => Ok(()),
            }
        }
    }
}

/// Writes an exchange, its first line where the cursor stands and the others behind `indent`.
pub(in crate::report) fn whole(exchange: &Exchange, indent: usize, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    // The command behind it shows the way.
    let Exchange { endpoint: _, request, way: _, answer } = exchange;
    writeln!(out, "{}", first_line(exchange))?;
    let mut page = Block { indent: indent + 2, style, out };
    page.headers(&request.headers, false)?;
    let query = request.url.split_once('?').map_or("", |(_, query)| query);
    page.text(&query.split('&').filter(|pair| !pair.is_empty()).map(shown).collect::<Vec<_>>().join("  "))?;
    page.text(&request.form.iter().map(parameter).collect::<Vec<_>>().join("  "))?;
    writeln!(page.out, "{:indent$}{}", "", style.paint(Ink::Strong, plain(&status(answer))))?;
    if let Answer::Response { headers, body, .. } = answer {
        page.headers(headers, true)?;
        page.text(&body_shown(body))?;
    }
    Ok(())
}

/// The method and the address. Not broken: a terminal joins what it broke itself, so that the address can be copied.
fn first_line(exchange: &Exchange) -> String {
    let url = &exchange.request.url;
    let address = url.find('?').map_or(url.as_str(), |at| &url[..=at]);
    format!("{} {}", exchange.request.method.as_str(), plain(address))
}

/// The same request for a shell, and what it needs. Its lines are not broken, so that they can be copied.
fn replay(finding: &Finding, at: usize, indent: usize, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let replay = Replay::of(&finding.exchanges);
    let Some(curl) = replay.commands.get(at) else { return Ok(()) };
    let gap = indent - "  again".len();
    let command = curl.to_string();
    if command.len() > COMMAND_SHOWN {
        return style.labelled(out, indent, "  again", "the command is long: the JSON report has it");
    }
    for (number, line) in command.lines().enumerate() {
        match number {
            0 => writeln!(out, "{}{:gap$}{}", style.paint(Ink::Faint, "  again"), "", plain(line))?,
            _ => writeln!(out, "{:indent$}{}", "", plain(line))?,
        }
    }
    for variable in replay.variables_of(at) {
        style.labelled(out, indent + 2, "", &format!("{}: {variable}", variable.name))?;
    }
    Ok(())
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

pub(in crate::report) fn status(answer: &Answer) -> String {
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
