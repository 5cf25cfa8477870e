//! A walk for people: each step with its channel and what it is for, then what was made, sent and heard, then how it ended.
//!
//! ```text
//! 5  The client redeems the code                                                  back channel
//!    Straight from the client to the provider, with nobody between.
//!
//!    → POST https://auth.example.com/token
//!        grant_type  authorization_code
//!        code        ‹code 92a57f48›
//!    ← 200 application/json  3.2 ms
//!        access_token  ‹access_token 20cf6bb7›
//! ```

use std::io::{self, Write};
use std::time::{Duration, SystemTime};

use anstyle::{AnsiColor, Style as Escapes};

use super::qr;
use url::Url;

use crate::report::Style;
use crate::report::text::{Ink, columns_of, plain, wrap};
use crate::walk::{Arrival, Channel, Event, Prompt, Sign, Step, Trip, Trouble};

/// The column in which what belongs to a step begins.
pub(super) const INDENT: usize = 3;

/// How a walk is laid out.
pub(super) struct Sheet {
    pub(super) style: Style,
    /// Only what a user has to know: where to go, and how it ended.
    pub(super) terse: bool,
    /// Every page of the login, with its forms.
    pub(super) verbose: bool,
    /// The wait may be told on a line that moves.
    pub(super) animates: bool,
    /// Addresses are drawn as QR codes.
    pub(super) qr: bool,
    pub(super) now: fn() -> SystemTime,
    /// A wait is on the screen.
    pub(super) waits: bool,
}

impl Sheet {
    /// Who meets whom.
    pub(super) fn heading(&self, trip: &Trip<'_>, out: &mut dyn Write) -> io::Result<()> {
        if self.terse {
            return Ok(());
        }
        let head = format!("flowproof {}", env!("CARGO_PKG_VERSION"));
        writeln!(out, "{}  try {} at {}", self.style.paint(Ink::Strong, head), trip.flow.name(), plain(trip.provider()))?;
        writeln!(out, "  {}", plain(trip.issuer()))?;
        let client = trip.client;
        let secret = match client.is_public() {
            true => "public: it has no secret".to_owned(),
            false => format!("confidential: it shows its secret by {}", client.auth.name()),
        };
        self.style.labelled(out, 10, "  client", &format!("{} (clients.{}), {secret}", client.id, client.role))?;
        if trip.by_hand {
            writeln!(out, "{}    you, in a browser of your own", self.style.paint(Ink::Faint, "  user"))?;
        } else if let Some(user) = trip.user {
            let driver = trip.driver().name();
            self.style.labelled(
                out,
                10,
                "  user",
                &format!("{} (users.{}), by the login driver {driver}", user.username, user.name),
            )?;
        }
        self.style.labelled(out, 10, "  scope", trip.scope.as_deref().unwrap_or_default())?;
        trip.doubts.iter().try_for_each(|doubt| self.remark(2, Sign::Doubt, doubt, out))
    }

    /// An account for whoever logs in by hand at the embedded server.
    pub(super) fn account(&self, username: &str, password: &str, out: &mut dyn Write) -> io::Result<()> {
        self.style.labelled(out, 10, "  log in", &format!("as {username}, with the password {password}"))
    }

    /// One event, as it happens.
    pub(super) fn event(&mut self, event: &Event, out: &mut dyn Write) -> io::Result<()> {
        match event {
            Event::Prompt(prompt) => self.prompt(prompt, out),
            Event::GoTo { address, listens } => self.go_to(address, *listens, out),
            Event::Waiting { polls, next, left } => self.waiting(*polls, *next, *left, out),
            Event::Waited => self.waited(),
            _ if self.terse => Ok(()),
            Event::Step(step) => self.step(step, out),
            Event::Made(values) => self.made(values, out),
            Event::Asked(sent) => self.asked(sent, out),
            Event::Exchange(exchange) => self.exchange(exchange, out),
            Event::Hop(hop) => self.hop(hop, out),
            Event::Returned { address, parameters } => self.returned(address, parameters, out),
            Event::Token(token) => self.token(token, out),
            Event::Remark(sign, says) => self.remark(INDENT, *sign, says, out),
        }
    }

    fn step(&self, step: &Step, out: &mut dyn Write) -> io::Result<()> {
        let heading = format!("{}  {}", step.number, step.title);
        let channel = step.channel.name();
        let ink = match step.channel {
            Channel::Front => Ink::Doubt,
            Channel::Back => Ink::Good,
            Channel::Client | Channel::User => Ink::Faint,
        };
        let gap = self.style.columns().saturating_sub(columns_of(&heading) + columns_of(channel)).max(2);
        writeln!(out, "\n{}{:gap$}{}", self.style.paint(Ink::Strong, &heading), "", self.style.paint(ink, channel))?;
        for line in wrap(&step.why, self.style.columns() - INDENT) {
            writeln!(out, "{:INDENT$}{line}", "")?;
        }
        writeln!(out)
    }

    fn made(&self, values: &[(&str, String, &str)], out: &mut dyn Write) -> io::Result<()> {
        let width = values.iter().map(|(name, ..)| name.len()).max().unwrap_or_default();
        for (name, value, note) in values {
            let indent = INDENT + width + 2;
            self.style.labelled(out, indent, &format!("{:INDENT$}{name}", ""), value)?;
            for line in wrap(note, self.style.columns() - indent) {
                writeln!(out, "{:indent$}{}", "", self.style.paint(Ink::Faint, line))?;
            }
        }
        Ok(())
    }

    /// Names with their values, the values below each other.
    pub(super) fn pairs(&self, indent: usize, pairs: &[(String, String)], out: &mut dyn Write) -> io::Result<()> {
        /// A name that is longer than this stands out of its column.
        const WIDEST: usize = 28;
        let width = pairs.iter().map(|(name, _)| columns_of(name)).filter(|width| *width <= WIDEST).max().unwrap_or_default();
        for (name, value) in pairs {
            let label = format!("{:indent$}{}", "", plain(name));
            let value = if value.is_empty() { "\"\"" } else { value };
            let hang = (indent + width + 2).max(if columns_of(name) > width { columns_of(&label) + 1 } else { 0 });
            self.style.labelled(out, hang, &label, value)?;
        }
        Ok(())
    }

    pub(super) fn remark(&self, indent: usize, sign: Sign, says: &str, out: &mut dyn Write) -> io::Result<()> {
        let (ink, sign) = match sign {
            Sign::Fine => (Ink::Good, "✓"),
            Sign::Doubt => (Ink::Doubt, "!"),
            Sign::Note => (Ink::Faint, "·"),
        };
        let label = format!("{:indent$}{sign}", "");
        self.style.labelled_in(ink, out, indent + 2, &label, says)
    }

    fn prompt(&self, prompt: &Prompt, out: &mut dyn Write) -> io::Result<()> {
        let address = plain(prompt.verification_uri.as_str());
        // Not broken, so that the address can be opened from a terminal.
        writeln!(out, "{:INDENT$}Open {} in your browser", "", self.style.paint(Ink::Strong, address))?;
        writeln!(out, "{:INDENT$}and enter code: {}", "", self.style.paint(Ink::Strong, plain(&prompt.user_code)))?;
        if let Some(complete) = &prompt.complete {
            writeln!(out, "{:INDENT$}or open {}", "", plain(complete.as_str()))?;
        }
        let code = self.qr.then(|| qr::lines(prompt.complete.as_ref().unwrap_or(&prompt.verification_uri).as_str())).flatten();
        if let Some(lines) = code {
            let ground = Escapes::new().fg_color(Some(AnsiColor::BrightWhite.into())).bg_color(Some(AnsiColor::Black.into()));
            let ground = if self.style.color { ground } else { Escapes::new() };
            writeln!(out)?;
            for line in lines {
                writeln!(out, "{:INDENT$}{ground}{line}{ground:#}", "")?;
            }
        }
        Ok(())
    }

    fn go_to(&self, address: &Url, listens: bool, out: &mut dyn Write) -> io::Result<()> {
        // Not broken, so that the address can be opened from a terminal.
        writeln!(out, "{:INDENT$}Open {}", "", self.style.paint(Ink::Strong, plain(address.as_str())))?;
        let how = match listens {
            true => "(waiting for your browser to come back; if it cannot, paste the address that it ends at)",
            false => "(paste the address that your browser ends at, though it shows no page)",
        };
        writeln!(out, "{:INDENT$}{}", "", self.style.paint(Ink::Faint, how))
    }

    /// The wait: a line that moves on a terminal, else a line once.
    fn waiting(&mut self, polls: usize, next: Duration, left: Duration, out: &mut dyn Write) -> io::Result<()> {
        if self.animates {
            self.waits = true;
            let asked = match polls {
                0 => String::new(),
                1 => "asked once, ".to_owned(),
                polls => format!("asked {polls} times, "),
            };
            let line =
                format!("(waiting… {asked}asks again in {} s; the code is good for {})", next.as_secs() + 1, minutes(left));
            let line = self.style.paint(Ink::Faint, line);
            let mut stderr = io::stderr().lock();
            return write!(stderr, "\r{:INDENT$}{line}\u{1b}[K", "").and_then(|()| stderr.flush());
        }
        if !self.waits && !self.terse {
            self.waits = true;
            let line = format!("(waiting… the code is good for {})", minutes(left));
            writeln!(out, "{:INDENT$}{}\n", "", self.style.paint(Ink::Faint, line))?;
        }
        Ok(())
    }

    /// The line that moved goes.
    fn waited(&mut self) -> io::Result<()> {
        if self.animates && self.waits {
            self.waits = false;
            let mut stderr = io::stderr().lock();
            return write!(stderr, "\r\u{1b}[K").and_then(|()| stderr.flush());
        }
        Ok(())
    }

    /// How it ended well.
    pub(super) fn arrival(&self, arrival: &Arrival, out: &mut dyn Write) -> io::Result<()> {
        if !self.terse {
            writeln!(out)?;
        }
        self.style.labelled_in(Ink::Good, out, 2, "✓", &arrival.says)?;
        arrival.also.iter().try_for_each(|line| self.style.labelled(out, 2, "", line))
    }

    /// How it ended before its end.
    pub(super) fn trouble(&self, trouble: &Trouble, out: &mut dyn Write) -> io::Result<()> {
        const HANG: usize = 12;
        if !self.terse {
            writeln!(out)?;
        }
        let step = match trouble.step {
            Some((number, title)) => format!("Step {number}: {title}"),
            None => "It did not begin".to_owned(),
        };
        self.style.labelled_in(Ink::Bad, out, 2, "✗", &step)?;
        self.style.labelled(out, HANG, "  expected", &trouble.expected)?;
        self.style.labelled(out, HANG, "  came", &trouble.came)?;
        for (at, look_at) in trouble.look_at.iter().enumerate() {
            self.style.labelled(out, HANG, if at == 0 { "  look at" } else { "" }, look_at)?;
        }
        Ok(())
    }
}

/// A time as people say it.
pub(super) fn minutes(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", (seconds + 30) / 60),
        seconds @ 7200..172_800 => format!("{} h", (seconds + 1800) / 3600),
        seconds => format!("{} days", (seconds + 43_200) / 86_400),
    }
}
