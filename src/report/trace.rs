//! The trace of a check: each exchange as it happened, under the step that made it, masked.
//!
//! ```text
//! TRACE  pkce/another-code-verifier  violated
//!
//! Given a public client whose user approved a request with an S256 challenge
//!   1  GET http://127.0.0.1:9400/realms/strict/protocol/openid-connect/auth?response_type=code&client_id=my-frontend&state=xyz
//!      303 (no content type)  2.3 ms
//!        location: https://spa.example/cb?code=‹code 3fa9c1d2›&state=xyz
//! ```

use std::io::{self, Write};

use super::terminal::{exchange, ink};
use super::text::{Ink, Style, plain};
use crate::protocol::{Answer, Exchange};
use crate::verdict::Finding;

/// Writes every exchange of a finding. Lines are not broken: what stands on one can be copied and searched for.
///
/// # Errors
/// `out` cannot be written.
pub fn render(finding: &Finding, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let outcome = finding.outcome.name();
    write!(out, "{}  {}", style.paint(Ink::Faint, "TRACE"), style.paint(Ink::Strong, plain(&finding.id)))?;
    writeln!(out, "  {}", style.paint(ink(finding.outcome), outcome))?;
    let mut steps = finding.steps.iter().peekable();
    let digits = finding.exchanges.len().to_string().len().max(3);
    for (at, exchange) in finding.exchanges.iter().enumerate() {
        // A step without an exchange of its own stands above the next one's.
        while let Some(step) = steps.next_if(|step| step.began <= at) {
            writeln!(out, "\n{}", style.paint(Ink::Strong, plain(&step.text)))?;
        }
        one(at + 1, exchange, digits, style, out)?;
    }
    for step in steps {
        writeln!(out, "\n{}", style.paint(Ink::Strong, plain(&step.text)))?;
    }
    match (&finding.violation, &finding.reason) {
        (Some(violation), _) => {
            writeln!(out)?;
            let shown_by = finding.judged().map(|at| format!("  (exchange {})", at + 1)).unwrap_or_default();
            style.labelled(out, 12, "  expected", &violation.expected)?;
            style.labelled(out, 12, "  got", &format!("{}{shown_by}", violation.got))?;
        }
        (None, Some(reason)) => {
            writeln!(out)?;
            style.labelled(out, 2, "", reason)?;
        }
        (None, None) => {}
    }
    writeln!(out)
}

fn one(number: usize, exchange: &Exchange, digits: usize, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let (indent, deeper) = (digits + 2, digits + 4);
    let request = &exchange.request;
    writeln!(out, "{number:>digits$}  {} {}", style.paint(Ink::Strong, request.method.as_str()), plain(&request.url))?;
    for (name, value) in &request.headers {
        writeln!(out, "{:deeper$}{}", "", style.paint(Ink::Faint, plain(&format!("{name}: {value}"))))?;
    }
    for (name, value) in &request.form {
        let pair = if name.is_empty() { value.clone() } else { format!("{name}={value}") };
        writeln!(out, "{:deeper$}{}", "", plain(&pair))?;
    }
    let took = match &exchange.answer {
        Answer::Response { micros, .. } => format!("  {}", milliseconds(*micros)),
        Answer::Failure(_) => String::new(),
    };
    let status = exchange::status(&exchange.answer);
    writeln!(out, "{:indent$}{}{}", "", style.paint(Ink::Strong, plain(&status)), style.paint(Ink::Faint, took))?;
    if let Answer::Response { headers, body, .. } = &exchange.answer {
        for (name, value) in headers.iter().filter(|(name, _)| name != "content-type") {
            writeln!(out, "{:deeper$}{}", "", style.paint(Ink::Faint, plain(&format!("{name}: {value}"))))?;
        }
        for line in body.lines().filter(|line| !line.trim().is_empty()) {
            writeln!(out, "{:deeper$}{}", "", plain(line))?;
        }
    }
    Ok(())
}

fn milliseconds(micros: u64) -> String {
    format!("{}.{} ms", micros / 1000, micros % 1000 / 100)
}
