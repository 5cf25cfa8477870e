//! The steps of the flows as they go: counts and errors of the whole run, rate and latency of the last seconds.

use ratatui::Frame;
use ratatui::layout::{Constraint, Rect};
use ratatui::text::{Line, Span, Text};
use ratatui::widgets::{Cell, Row, Table};

use super::paint::{Paint, short};
use super::rate;
use crate::load::{Snapshot, StepNow};
use crate::report::text::Ink;
use crate::verdict::micros_in_words;

/// The columns that the name of a step has at least.
const NARROWEST_NAME: u16 = 18;

/// A column of figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    Count,
    Errors,
    Rate,
    P50,
    P90,
    P99,
}

impl Figure {
    const ALL: [Self; 6] = [Self::Count, Self::Errors, Self::Rate, Self::P50, Self::P90, Self::P99];

    /// Which goes first where the screen is narrow.
    const EXPENDABLE: [Self; 4] = [Self::P90, Self::P50, Self::Count, Self::Rate];

    fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Errors => "errors",
            Self::Rate => "rate/s",
            Self::P50 => "p50",
            Self::P90 => "p90",
            Self::P99 => "p99",
        }
    }

    fn width(self) -> u16 {
        match self {
            Self::Count => 9,
            Self::Errors | Self::Rate => 8,
            Self::P50 | Self::P90 | Self::P99 => 7,
        }
    }

    fn of(self, step: &StepNow) -> String {
        let quantile = |at: usize| step.percentiles.map_or("-".to_owned(), |values| micros_in_words(values[at] as f64));
        match self {
            Self::Count => step.count.to_string(),
            Self::Errors => step.wrong.to_string(),
            Self::Rate => step.rate.map_or("-".to_owned(), rate),
            Self::P50 => quantile(0),
            Self::P90 => quantile(1),
            Self::P99 => quantile(2),
        }
    }

    /// Those that there is room for.
    fn fitting(width: u16) -> Vec<Self> {
        let mut shown = Self::ALL.to_vec();
        for gone in Self::EXPENDABLE {
            let taken: u16 = shown.iter().map(|figure| figure.width() + 1).sum();
            if NARROWEST_NAME + taken <= width {
                break;
            }
            shown.retain(|figure| *figure != gone);
        }
        shown
    }
}

/// Draws as many steps as there is room for.
pub fn draw(frame: &mut Frame<'_>, area: Rect, now: &Snapshot, paint: Paint) {
    let figures = Figure::fitting(area.width);
    let taken: u16 = figures.iter().map(|figure| figure.width() + 1).sum();
    let name = area.width.saturating_sub(taken);
    let right = |text: String, ink: Option<Ink>| {
        let span = Span::styled(text, ink.map_or_else(Default::default, |ink| paint.of(ink)));
        Cell::from(Text::from(Line::from(span).right_aligned()))
    };
    let heading = match now.window {
        0 | 1 => "step".to_owned(),
        seconds => format!("step  (rate, pNN over {seconds}s)"),
    };
    let heading = short(&heading, usize::from(name));
    let header = std::iter::once(Cell::from(heading)).chain(figures.iter().map(|figure| right(figure.name().to_owned(), None)));
    let room = usize::from(area.height.saturating_sub(1));
    let hidden = if now.steps.len() > room { now.steps.len() - room.saturating_sub(1) } else { 0 };
    let shown = &now.steps[..now.steps.len() - hidden];
    let mut rows: Vec<Row<'_>> = Vec::new();
    for step in shown {
        let label = short(&format!("{}/{}", step.flow, step.step), usize::from(name));
        let cell = |figure: &Figure| {
            let ink = match figure {
                Figure::Errors if step.wrong > 0 => Some(Ink::Bad),
                Figure::Errors => Some(Ink::Faint),
                Figure::Count | Figure::Rate | Figure::P50 | Figure::P90 | Figure::P99 => None,
            };
            right(figure.of(step), ink)
        };
        rows.push(Row::new(std::iter::once(Cell::from(label)).chain(figures.iter().map(cell))));
    }
    if hidden > 0 {
        rows.push(Row::new([format!("… {hidden} more")]).style(paint.of(Ink::Faint)));
    }
    let widths = std::iter::once(name).chain(figures.iter().map(|figure| figure.width())).map(Constraint::Length);
    let table = Table::new(rows, widths).header(Row::new(header).style(paint.of(Ink::Faint))).column_spacing(1);
    frame.render_widget(table, area);
}
