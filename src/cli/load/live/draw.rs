//! Draws a picture of a run: a function of the picture and the size of the screen alone.

use std::time::Duration;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::{Line, Span};
use ratatui::widgets::{LineGauge, Paragraph};

use super::picture::{Doing, Picture};
use crate::load::{Phase, Snapshot};
use crate::report::text::{Ink, columns_of};
use crate::verdict::micros_in_words;

mod curves;
mod paint;
mod remarks;
mod table;
#[cfg(test)]
mod tests;

pub use paint::Paint;
use paint::short;

/// From so many columns on, remarks stand in two columns.
const WIDE: u16 = 120;

/// The rows that curves get at most: more would say nothing more.
const TALLEST_CURVES: u16 = 12;

/// The rows that curves need: a title and two of bars.
const SMALLEST_CURVES: u16 = 3;

/// A rate for people: with a decimal where it is small.
fn rate(rate: f64) -> String {
    if rate < 99.95 { format!("{rate:.1}") } else { format!("{rate:.0}") }
}

/// Whole seconds: `1m 30s`.
fn span(span: Duration) -> String {
    humantime::format_duration(Duration::from_secs(span.as_secs_f64().round() as u64)).to_string()
}

/// Draws the picture.
pub fn draw(frame: &mut Frame<'_>, picture: &Picture, paint: Paint) {
    let area = frame.area();
    let mut rows = Rows(area);
    let width = usize::from(area.width);
    frame.render_widget(title(&picture.snapshot, width, paint), rows.take(1));
    progress(frame, rows.take(1), picture, paint);
    frame.render_widget(figures(&picture.snapshot, paint), rows.take(1));
    // What Ctrl-C does is said at the bottom, where there is room for it.
    if rows.0.height > 6 {
        let (above, bottom) = (rows.0.height - 1, rows.0.bottom() - 1);
        let hint = Line::styled(hint(&picture.doing), paint.of(Ink::Faint));
        frame.render_widget(hint, Rect { y: bottom, height: 1, ..rows.0 });
        rows.0.height = above;
    }
    rows.skip(1);
    let columns =
        if area.width >= WIDE { remarks::in_columns(picture, width, paint) } else { vec![remarks::all(picture, width, paint)] };
    let steps = picture.snapshot.steps.len() as u16;
    let longest = columns.iter().map(Vec::len).max().unwrap_or_default() as u16;
    let room = Room::share(rows.0.height, 1 + steps, longest);
    table::draw(frame, rows.take(room.table), &picture.snapshot, paint);
    if room.curves > 0 {
        rows.skip(1);
        curves::draw(frame, rows.take(room.curves), &picture.snapshot.moments, paint);
    }
    if room.remarks > 0 {
        rows.skip(1);
        let place = rows.take(room.remarks);
        let each = place.width / columns.len() as u16;
        for (at, lines) in columns.into_iter().enumerate() {
            let column = Rect { x: place.x + each * at as u16, width: each, ..place };
            frame.render_widget(Paragraph::new(cut(lines, usize::from(place.height), paint)), column);
        }
    }
}

/// The rows that are left of an area, from the top.
struct Rows(Rect);

impl Rows {
    fn take(&mut self, rows: u16) -> Rect {
        let rows = rows.min(self.0.height);
        let taken = Rect { height: rows, ..self.0 };
        self.0 = Rect { y: self.0.y + rows, height: self.0.height - rows, ..self.0 };
        taken
    }

    fn skip(&mut self, rows: u16) {
        self.take(rows);
    }
}

/// The rows of each part, without the empty one before it.
#[derive(Debug, PartialEq, Eq)]
struct Room {
    table: u16,
    curves: u16,
    remarks: u16,
}

impl Room {
    /// Shares rows out: remarks and the table come first, and curves take what is left.
    fn share(rows: u16, table: u16, remarks: u16) -> Self {
        // Whatever is remarked on, the first steps are seen.
        let least = table.min(3);
        let apart = u16::from(remarks > 0);
        let remarks = remarks.min(rows.saturating_sub(least + apart));
        let table = table.min(rows.saturating_sub(remarks + apart));
        let left = rows.saturating_sub(table + remarks + apart + 1);
        let curves = if left >= SMALLEST_CURVES { left.min(TALLEST_CURVES) } else { 0 };
        Self { table, curves, remarks }
    }
}

/// As many lines as there is room for, the last of which says how many there are more.
fn cut(mut lines: Vec<Line<'static>>, rows: usize, paint: Paint) -> Vec<Line<'static>> {
    if lines.len() > rows && rows > 0 {
        let more = lines.len() - rows + 1;
        lines.truncate(rows - 1);
        lines.push(Line::styled(format!("… {more} more"), paint.of(Ink::Faint)));
    }
    lines
}

fn title(now: &Snapshot, width: usize, paint: Paint) -> Line<'static> {
    let plan = short(&now.plan, width / 2);
    let left = width.saturating_sub(columns_of("flowproof load  ") + columns_of(&plan) + 2);
    // The issuer says more than the name that somebody gave it; where there is room for both, both are shown.
    let both = format!("{} {}", now.provider, now.issuer);
    let who = if columns_of(&both) <= left { both } else { now.issuer.clone() };
    Line::from(vec![
        Span::styled("flowproof load  ", paint.of(Ink::Faint)),
        Span::styled(plan, paint.of(Ink::Strong)),
        Span::raw("  "),
        Span::raw(short(&who, left)),
    ])
}

/// What the run does, and how far it is.
fn progress(frame: &mut Frame<'_>, area: Rect, picture: &Picture, paint: Paint) {
    let (what, share) = doing(picture);
    let ink = if matches!(picture.doing, Doing::Ending { interrupted: true }) { Ink::Doubt } else { Ink::Strong };
    let what = Span::styled(short(&what, usize::from(area.width).saturating_sub(8).max(1)), paint.of(ink));
    let gauge = LineGauge::default().ratio(share.clamp(0.0, 1.0)).label(Line::from(what));
    let gauge = gauge.filled_symbol("█").unfilled_symbol("░").filled_style(paint.curve()).unfilled_style(paint.of(Ink::Faint));
    frame.render_widget(gauge, area);
}

fn doing(picture: &Picture) -> (String, f64) {
    let now = &picture.snapshot;
    let part = |part: Duration, whole: Duration| if whole.is_zero() { 0.0 } else { part.as_secs_f64() / whole.as_secs_f64() };
    let of = |what: &str, from: Duration, to: Duration| {
        format!("{what} {} of {}", span(now.elapsed.saturating_sub(from)), span(to.saturating_sub(from)))
    };
    let share = part(now.elapsed, now.ends);
    match (&picture.doing, now.phase) {
        (Doing::Looking, _) => ("looking once more at tokens and codes of the run, not measured".to_owned(), 1.0),
        (Doing::Ending { interrupted: true }, _) => ("interrupted: ending".to_owned(), share),
        (Doing::Ending { interrupted: false }, _) => ("the time is up: waiting for the last answers".to_owned(), 1.0),
        (Doing::Preparing { flow, what, made, wanted }, Phase::Before) => {
            let share = *made as f64 / (*wanted).max(1) as f64;
            (format!("preparing {flow}: {made} of {wanted} {what}, not measured"), share)
        }
        (Doing::Running, Phase::Before) => ("beginning".to_owned(), 0.0),
        (_, Phase::Ramp) => (of("ramp", Duration::ZERO, now.ramp_ends), share),
        (_, Phase::Warmup) if !now.until_steady => (of("warm-up", now.ramp_ends, now.hold_begins), share),
        (_, Phase::Warmup) => {
            let (so_far, most) = (now.elapsed.saturating_sub(now.ramp_ends), now.hold_begins.saturating_sub(now.ramp_ends));
            (format!("warm-up until steady, {} of at most {}", span(so_far), span(most)), share)
        }
        (_, Phase::Hold) => match (&now.search, now.passes) {
            (Some(search), _) => {
                let rate =
                    search.trying.map_or_else(|| "a rest between two rates".to_owned(), |tried| format!("{}/s", rate(tried)));
                let (so_far, most) = (now.elapsed.saturating_sub(now.hold_begins), now.ends.saturating_sub(now.hold_begins));
                (format!("searching, {} of at most {}: {rate}", span(so_far), span(most)), share)
            }
            (None, Some((begun, all))) => (format!("hold {begun} of {all} passes"), begun as f64 / all.max(1) as f64),
            (None, None) => (of("hold", now.hold_begins, now.ends), share),
        },
        (_, Phase::Over) => ("ending".to_owned(), share),
    }
}

/// The figures of the whole run in a line.
fn figures(now: &Snapshot, paint: Paint) -> Line<'static> {
    let mut parts = vec![Span::raw(format!("{} of {} users", now.users, now.most_users))];
    if let Some(moment) = now.moments.last() {
        let rate = Span::styled(format!("{}/s", moment.count), paint.of(Ink::Strong));
        parts.extend([Span::raw("  "), rate]);
    }
    if let Some(intended) = now.intended {
        parts.push(Span::raw(format!("  intended {}/s", rate(intended))));
    }
    if let Some(p99) = now.moments.last().and_then(|moment| moment.p99) {
        let p99 = Span::styled(micros_in_words(p99 as f64), paint.of(Ink::Strong));
        parts.extend([Span::raw("  p99 "), p99]);
    }
    let (all, wrong) = now.steps.iter().fold((0, 0), |(all, wrong), step| (all + step.count, wrong + step.wrong));
    parts.push(Span::raw("  "));
    parts.push(match wrong {
        0 if all == 0 => Span::styled("no answer yet", paint.of(Ink::Faint)),
        0 => Span::styled(format!("{all} answers, no error"), Style::new()),
        _ => Span::styled(format!("{wrong} errors, {:.2}% of {all}", wrong as f64 * 100.0 / all as f64), paint.of(Ink::Bad)),
    });
    Line::from(parts)
}

fn hint(doing: &Doing) -> &'static str {
    match doing {
        Doing::Running | Doing::Preparing { .. } => "Ctrl-C ends the run and reports what was measured",
        Doing::Ending { .. } | Doing::Looking => "Ctrl-C once more ends at once, without a report",
    }
}
