//! The rate and the 99th percentile over the whole run so far, side by side; what is not measured is faint.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Sparkline, SparklineBar};

use super::paint::{Paint, short};
use super::span;
use crate::load::Moment;
use crate::report::text::Ink;
use crate::verdict::micros_in_words;

/// Seconds that a bar may stand for.
const STEPS: [usize; 11] = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800];

/// Columns between the two.
const GAP: u16 = 3;

/// A bar: its value, where there is one, and whether it is of what is not measured.
type Bar = (Option<u64>, bool);

/// Draws both.
pub fn draw(frame: &mut Frame<'_>, area: Rect, moments: &[Moment], paint: Paint) {
    let each = area.width.saturating_sub(GAP) / 2;
    if each == 0 {
        return;
    }
    let places = [Rect { width: each, ..area }, Rect { x: area.x + each + GAP, width: each, ..area }];
    let step = step(moments.len(), usize::from(each));
    let parts: Vec<&[Moment]> = moments.chunks(step).collect();
    // Of a part that is not over, the rate is that of what is over of it.
    let rate = |part: &&[Moment]| (Some(part.iter().map(|one| one.count).sum::<u64>() / part.len() as u64), part[0].is_before);
    let p99 = |part: &&[Moment]| (part.iter().filter_map(|one| one.p99).max(), part[0].is_before);
    let bars: [Vec<Bar>; 2] = [parts.iter().map(rate).collect(), parts.iter().map(p99).collect()];
    let most = [moments.iter().map(|one| one.count).max(), moments.iter().filter_map(|one| one.p99).max()];
    let [most_rate, most_p99] = most.map(Option::unwrap_or_default);
    let titles = [("rate", format!("most {most_rate}/s")), ("p99", format!("most {}", micros_in_words(most_p99 as f64)))];
    let over = span(std::time::Duration::from_secs(moments.len() as u64));
    let a_bar =
        if step > 1 { format!(", a bar is {}", span(std::time::Duration::from_secs(step as u64))) } else { String::new() };
    for ((place, bars), (name, most)) in places.into_iter().zip(bars).zip(titles) {
        let about = if moments.is_empty() { "  no second is over".to_owned() } else { format!("  {most} in {over}{a_bar}") };
        let room = usize::from(place.width).saturating_sub(name.len());
        let title = vec![Span::styled(name, paint.of(Ink::Strong)), Span::styled(short(&about, room), paint.of(Ink::Faint))];
        frame.render_widget(Line::from(title), Rect { height: 1, ..place });
        let bar = |(value, is_before): Bar| {
            let style = if is_before { paint.of(Ink::Faint) } else { paint.curve() };
            SparklineBar::from(value).style(style)
        };
        let line = Sparkline::default().data(bars.into_iter().map(bar)).absent_value_symbol(" ");
        frame.render_widget(line, Rect { y: place.y + 1, height: place.height.saturating_sub(1), ..place });
    }
}

/// The seconds of a bar, so that all of them fit.
fn step(seconds: usize, columns: usize) -> usize {
    let fits = |step: &usize| seconds.div_ceil(*step) <= columns.max(1);
    STEPS.into_iter().find(fits).unwrap_or_else(|| seconds.div_ceil(columns.max(1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_whole_run_fits_however_long_it_is() {
        assert_eq!((step(0, 38), step(38, 38), step(39, 38), step(43_200, 38)), (1, 1, 2, 1800));
        assert!(43_200_usize.div_ceil(step(43_200, 10)) <= 10);
    }
}
