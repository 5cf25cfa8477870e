//! What is to be said beside the figures: first what is wrong, then how the run stands by its own measure.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::paint::{Paint, short};
use super::{rate, span};
use crate::cli::load::live::picture::Picture;
use crate::load::{Phase, Snapshot};
use crate::report::text::{Ink, columns_of, wrap};
use crate::verdict::{Arrivals, micros_in_words};

/// The column in which the text of a remark begins.
const INDENT: usize = 12;

/// Kinds of errors that are shown by name.
const MOST_KINDS: usize = 4;

/// What separates two items of a line.
const APART: &str = "   ";

/// All of it, one below the other.
pub fn all(picture: &Picture, width: usize, paint: Paint) -> Vec<Line<'static>> {
    let mut lines = Sheet::new(width, paint);
    lines.wrongs(picture);
    lines.standing(picture);
    lines.lines
}

/// What is wrong on the left, how the run stands on the right; one column where nothing is wrong.
pub fn in_columns(picture: &Picture, width: usize, paint: Paint) -> Vec<Vec<Line<'static>>> {
    let half = width / 2;
    let mut left = Sheet::new(half - 2, paint);
    left.wrongs(picture);
    if left.lines.is_empty() {
        return vec![all(picture, width, paint)];
    }
    let mut right = Sheet::new(half, paint);
    right.standing(picture);
    vec![left.lines, right.lines]
}

struct Sheet {
    width: usize,
    paint: Paint,
    lines: Vec<Line<'static>>,
}

impl Sheet {
    fn new(width: usize, paint: Paint) -> Self {
        Self { width, paint, lines: Vec::new() }
    }

    fn room(&self) -> usize {
        self.width.saturating_sub(INDENT)
    }

    /// A remark on one line, or on two.
    fn say(&mut self, label: &str, ink: Ink, text: &str) {
        let mut lines = wrap(text, self.room());
        if lines.len() > 1 {
            let rest = lines.split_off(1).join(" ");
            lines.push(rest);
        }
        for (at, line) in lines.into_iter().enumerate() {
            self.line(if at == 0 { label } else { "" }, ink, &line);
        }
    }

    fn line(&mut self, label: &str, ink: Ink, text: &str) {
        let label = Span::styled(format!("{label:INDENT$}"), self.paint.of(ink));
        self.lines.push(Line::from(vec![label, Span::raw(short(text, self.room()))]));
    }

    /// Items one after the other, on as many lines as they need.
    fn list(&mut self, label: &str, items: Vec<(Ink, String)>) {
        let (mut line, mut used) = (Vec::new(), 0);
        let mut lines: Vec<Vec<Span<'static>>> = Vec::new();
        for (ink, item) in items {
            let item = short(&item, self.room());
            let wide = columns_of(&item);
            if used > 0 && used + APART.len() + wide > self.room() {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            if used > 0 {
                line.push(Span::raw(APART));
                used += APART.len();
            }
            used += wide;
            line.push(Span::styled(item, if ink == Ink::Good { Style::new() } else { self.paint.of(ink) }));
        }
        if !line.is_empty() {
            lines.push(line);
        }
        for (at, mut line) in lines.into_iter().enumerate() {
            let label = if at == 0 { label } else { "" };
            line.insert(0, Span::styled(format!("{label:INDENT$}"), self.paint.of(Ink::Faint)));
            self.lines.push(Line::from(line));
        }
    }

    fn wrongs(&mut self, picture: &Picture) {
        let now = &picture.snapshot;
        for broken in &now.broken {
            let times = if broken.times == 1 { "once".to_owned() } else { format!("{} times", broken.times) };
            let (label, ink) = if broken.is_must { ("VIOLATED", Ink::Bad) } else { ("warned", Ink::Doubt) };
            self.say(label, ink, &format!("not so {times}: {}", broken.title));
        }
        if let Some(why) = &now.generator.bound {
            self.say("GENERATOR", Ink::Open, &format!("it holds the run back: {why}"));
        }
        match (now.rest.left, now.rest.asked) {
            (_, 0) => {}
            (Some(left), asked) => {
                let more = span(left.max(std::time::Duration::from_secs(1)));
                self.say(
                    "resting",
                    Ink::Doubt,
                    &format!("{more} more, as the provider asks; {asked} answers of 429 or 503 so far"),
                );
            }
            (None, asked) if now.rest.rested.is_zero() => {
                self.say("not obeyed", Ink::Doubt, &format!("{asked} answers of 429 or 503, as the plan says"));
            }
            (None, asked) => {
                let text = format!("{} in all, as {asked} answers of 429 or 503 asked", span(now.rest.rested));
                self.say("rested", Ink::Doubt, &text);
            }
        }
        for warning in &picture.warnings {
            self.say("warning", Ink::Bad, warning);
        }
        for note in &picture.notes {
            self.say("note", Ink::Doubt, note);
        }
        for (at, (what, count)) in now.errors.iter().take(MOST_KINDS).enumerate() {
            self.line(if at == 0 { "errors" } else { "" }, Ink::Bad, &format!("{count:>7}  {what}"));
        }
        if let Some(rest) = now.errors.get(MOST_KINDS..).filter(|rest| !rest.is_empty()) {
            let count: u64 = rest.iter().map(|(_, count)| count).sum();
            self.line("", Ink::Bad, &format!("{count:>7}  of {} more kinds", rest.len()));
        }
    }

    fn standing(&mut self, picture: &Picture) {
        let now = &picture.snapshot;
        // Those that do not hold come first.
        let (missed, others): (Vec<_>, Vec<_>) = now.thresholds.iter().partition(|one| one.holds == Some(false));
        let thresholds = missed.into_iter().chain(others).map(|one| {
            let name = one.flow.as_ref().map_or_else(|| one.threshold.clone(), |flow| format!("{flow}: {}", one.threshold));
            match one.holds {
                Some(true) => (Ink::Good, format!("✓ {name}: {}", one.measured)),
                Some(false) => (Ink::Bad, format!("✗ {name}: {}", one.measured)),
                None => (Ink::Faint, format!("? {name}")),
            }
        });
        self.list("thresholds", thresholds.collect());
        if let Some(search) = &now.search {
            self.say("goal", Ink::Faint, &search.goal);
            let tried = picture.attempts.iter().map(|one| match one.held {
                true => (Ink::Good, format!("✓ {}/s", rate(one.rate))),
                false => (Ink::Bad, format!("✗ {}/s", rate(one.rate))),
            });
            self.list("tried", tried.collect());
            if let Some(last) = picture.attempts.last() {
                self.say("at the last", Ink::Faint, &last.measured.join(", "));
            }
        }
        if let Some(arrivals) = &now.arrivals {
            let (ink, text) = of(arrivals);
            self.say("arrivals", ink, &text);
        }
        self.generator(now);
    }

    fn generator(&mut self, now: &Snapshot) {
        if now.phase == Phase::Before {
            return;
        }
        let mut parts = Vec::new();
        if let Some(share) = now.cpu_share {
            let threads = now.generator.threads;
            let of = if threads > 0 { format!(" of {threads} threads") } else { String::new() };
            parts.push(format!("{:.0}%{of} busy", share * 100.0));
        }
        if let Some(lag) = now.generator.lag.quantile(0.99) {
            parts.push(format!("wakes up late by {} (p99)", micros_in_words(lag as f64)));
        }
        if !parts.is_empty() {
            self.say("generator", Ink::Faint, &parts.join(", "));
        }
    }
}

/// How arrivals keep to their times.
fn of(arrivals: &Arrivals) -> (Ink, String) {
    let mut text = format!("{} due, {} made", arrivals.due, arrivals.made);
    let causes = [(arrivals.late_for_want_of_users, "for want of users"), (arrivals.late_by_generator, "by the generator")];
    let causes: Vec<String> =
        causes.into_iter().filter(|(late, _)| *late > 0).map(|(late, why)| format!("{late} {why}")).collect();
    if !causes.is_empty() {
        text.push_str(&format!("; late: {}", causes.join(", ")));
    }
    if arrivals.never_made() > 0 {
        text.push_str(&format!("; {} wait for a user", arrivals.never_made()));
    }
    (if arrivals.late() + arrivals.never_made() > 0 { Ink::Doubt } else { Ink::Faint }, text)
}
