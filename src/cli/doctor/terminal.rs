//! What the doctor found, for people: a sign, whom it concerns, what was found, and the way out.
//!
//! ```text
//! CLIENTS
//!   ✓ web    its secret is right, by a made-up code (client_secret_basic)
//!   ✗ batch  the provider does not let `batch-job` in: status 401 with error "invalid_client", application/json
//!            → compare `clients.batch.id` and `.secret` with what the provider has registered
//! ```

use std::io::{self, Write};

use crate::doctor::{Coverage, Diagnosis, Health, Remark, Sign};
use crate::provider::Provider;
use crate::report::Style;
use crate::report::text::{Ink, columns_of, plain, wrap};

/// How it is laid out.
#[derive(Clone, Copy)]
pub(super) struct Sheet {
    pub(super) style: Style,
    /// Only what asks for attention.
    pub(super) terse: bool,
}

impl Sheet {
    /// Who is examined.
    pub(super) fn heading(&self, provider: &Provider, out: &mut dyn Write) -> io::Result<()> {
        if self.terse {
            return Ok(());
        }
        let head = format!("flowproof {}", env!("CARGO_PKG_VERSION"));
        writeln!(out, "{}  doctor of {}", self.style.paint(Ink::Strong, head), plain(&provider.name))?;
        writeln!(out, "  {}", plain(&provider.issuer))
    }

    /// The remarks of one topic, or of several.
    pub(super) fn topic(&self, remarks: &[Remark], out: &mut dyn Write) -> io::Result<()> {
        let shown: Vec<&Remark> = remarks.iter().filter(|remark| !self.terse || needs_a_look(remark.sign)).collect();
        let mut heading = None;
        for (at, remark) in shown.iter().enumerate() {
            if heading != Some(remark.topic) {
                heading = Some(remark.topic);
                let name = remark.topic.name().to_uppercase();
                writeln!(out, "\n{}", self.style.paint(Ink::Strong, name))?;
            }
            let of_topic = shown.iter().filter(|other| other.topic == remark.topic);
            let width = of_topic.map(|other| columns_of(&plain(&other.subject))).max().unwrap_or_default();
            let again = at > 0 && shown[at - 1].topic == remark.topic && shown[at - 1].subject == remark.subject;
            self.remark(remark, width, again, out)?;
        }
        Ok(())
    }

    fn remark(&self, remark: &Remark, width: usize, again: bool, out: &mut dyn Write) -> io::Result<()> {
        let (ink, sign) = sign(remark.sign);
        let subject = if again { String::new() } else { plain(&remark.subject) };
        let gap = width - columns_of(&subject);
        let indent = width + 6;
        let lines = wrap(&remark.says, self.style.columns() - indent);
        let faint = remark.sign == Sign::Note;
        for (at, line) in lines.iter().enumerate() {
            if at == 0 {
                write!(out, "  {} {subject}{:gap$}  ", self.style.paint(ink, sign), "")?;
            } else {
                write!(out, "{:indent$}", "")?;
            }
            if faint { writeln!(out, "{}", self.style.paint(Ink::Faint, line))? } else { writeln!(out, "{line}")? }
        }
        if let Some(way_out) = &remark.way_out {
            for (at, line) in wrap(way_out, self.style.columns() - indent - 2).iter().enumerate() {
                let arrow = if at == 0 { "→" } else { " " };
                writeln!(out, "{:indent$}{} {}", "", self.style.paint(Ink::Faint, arrow), self.style.paint(Ink::Faint, line))?;
            }
        }
        Ok(())
    }

    /// Which checks will run, and how the configuration stands.
    pub(super) fn conclusion(&self, diagnosis: &Diagnosis, out: &mut dyn Write) -> io::Result<()> {
        if let Some(coverage) = diagnosis.coverage.as_ref().filter(|_| !self.terse) {
            self.coverage(coverage, out)?;
        }
        let doubts = diagnosis.count(Sign::Doubt);
        let also = match doubts {
            0 => String::new(),
            1 => "; 1 thing to look at (!)".to_owned(),
            _ => format!("; {doubts} things to look at (!)"),
        };
        let (ink, name, why) = match diagnosis.health {
            Health::Sound => (Ink::Good, "READY", format!("nothing is wrong with the configuration{also}")),
            Health::Misconfigured => {
                let wrong = match diagnosis.count(Sign::Wrong) {
                    1 => "1 thing is".to_owned(),
                    wrong => format!("{wrong} things are"),
                };
                (Ink::Bad, "NOT READY", format!("{wrong} to be put right (✗){also}"))
            }
            Health::Unreachable => (Ink::Bad, "UNREACHABLE", "the provider does not answer".to_owned()),
        };
        writeln!(out)?;
        self.style.labelled_in(ink, out, name.len() + 2, name, &why)
    }

    fn coverage(&self, coverage: &Coverage, out: &mut dyn Write) -> io::Result<()> {
        let Coverage { checks, plays, gaps } = coverage;
        let title = self.style.paint(Ink::Strong, "CHECKS");
        if gaps.is_empty() {
            return writeln!(out, "\n{title}\n  {} all {checks} will run", self.style.paint(Ink::Good, "✓"));
        }
        writeln!(out, "\n{title}\n  {plays} of {checks} will run; what the others lack, and how many lack nothing else:")?;
        writeln!(out, "  {}", self.style.paint(Ink::Faint, " lack  alone"))?;
        for gap in gaps {
            for (at, line) in wrap(&gap.lacks, self.style.columns() - 17).iter().enumerate() {
                if at == 0 {
                    writeln!(out, "  {:5}  {:5}  {line}", gap.checks, gap.alone)?;
                } else {
                    writeln!(out, "{:16}{line}", "")?;
                }
            }
        }
        Ok(())
    }
}

fn needs_a_look(sign: Sign) -> bool {
    match sign {
        Sign::Fine | Sign::Note => false,
        Sign::Doubt | Sign::Wrong | Sign::Unreachable => true,
    }
}

fn sign(sign: Sign) -> (Ink, &'static str) {
    match sign {
        Sign::Fine => (Ink::Good, "✓"),
        Sign::Note => (Ink::Faint, "·"),
        Sign::Doubt => (Ink::Doubt, "!"),
        Sign::Wrong | Sign::Unreachable => (Ink::Bad, "✗"),
    }
}
