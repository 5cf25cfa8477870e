//! A plot as inline SVG: a frame with two axes, and what is drawn into it.

use maud::{Markup, html};

use super::axis::Axis;

const WIDTH: f64 = 580.0;
const HEIGHT: f64 = 250.0;
const LEFT: f64 = 54.0;
const RIGHT: f64 = 14.0;
const TOP: f64 = 24.0;
const BOTTOM: f64 = 28.0;

/// The colours that lines have; more lines begin again.
pub const COLOURS: usize = 8;

/// A plot before it is drawn.
pub struct Plot {
    /// What it shows, as a heading.
    pub title: String,
    /// The same for those who cannot see it.
    pub about: String,
    /// From left to right.
    pub x: Axis,
    /// From below.
    pub y: Axis,
    /// What the vertical axis counts.
    pub unit: &'static str,
    /// Stretches that lie beside the measurement.
    pub aside: Vec<(f64, f64)>,
    /// Bars, behind all lines.
    pub bars: Vec<Bar>,
    /// Lines.
    pub lines: Vec<Line>,
    /// Values on the horizontal axis that have a name.
    pub flags: Vec<(f64, String)>,
    /// What a stretch says when the pointer rests on it.
    pub tips: Vec<(f64, f64, String)>,
}

/// A line through values; it is broken where there is none.
pub struct Line {
    /// What it is of; lines without a name are not in the legend.
    pub name: String,
    /// Its colour's number.
    pub colour: usize,
    /// Whether it is what was meant, and not what was.
    pub is_dashed: bool,
    /// Its values, from left to right.
    pub points: Vec<(f64, Option<f64>)>,
}

/// A bar from the horizontal axis up.
pub struct Bar {
    /// Its left and right ends.
    pub from: f64,
    /// See `from`.
    pub to: f64,
    /// Its height.
    pub height: f64,
}

impl Plot {
    fn across(&self, value: f64) -> f64 {
        LEFT + self.x.place(value) * (WIDTH - LEFT - RIGHT)
    }

    fn up(&self, value: f64) -> f64 {
        HEIGHT - BOTTOM - self.y.place(value) * (HEIGHT - TOP - BOTTOM)
    }

    /// Draws it.
    pub fn draw(&self) -> Markup {
        let (left, right, bottom) = (px(LEFT), px(WIDTH - RIGHT), px(HEIGHT - BOTTOM));
        html! {
            figure {
                figcaption { (self.title) " " span class="unit" { (self.unit) } }
                svg viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) role="img" aria-label=(self.about) {
                    @for (from, to) in &self.aside { (self.block("aside", *from, *to, None)) }
                    @for (value, label) in &self.y.marks {
                        @let at = self.up(*value);
                        line class="grid" x1=(left) x2=(right) y1=(px(at)) y2=(px(at)) { }
                        text class="y" x=(px(LEFT - 6.0)) y=(px(at + 3.5)) { (label) }
                    }
                    @for (value, label) in &self.x.marks {
                        @let at = px(self.across(*value));
                        line class="tick" x1=(at) x2=(at) y1=(bottom) y2=(px(HEIGHT - BOTTOM + 4.0)) { }
                        // A label at the right end would hang over it.
                        text class=(if self.x.place(*value) > 0.97 { "y" } else { "x" }) x=(at) y=(px(HEIGHT - BOTTOM + 16.0)) { (label) }
                    }
                    line class="axis" x1=(left) x2=(right) y1=(bottom) y2=(bottom) { }
                    @for bar in &self.bars { (self.block("bar", bar.from, bar.to, Some(bar.height))) }
                    @for (value, name) in &self.flags {
                        @let at = px(self.across(*value));
                        line class="flag" x1=(at) x2=(at) y1=(px(TOP - 4.0)) y2=(bottom) { }
                        text class="x" x=(at) y=(px(TOP - 8.0)) { (name) }
                    }
                    @for line in &self.lines {
                        path class=(format!("line c{}{}", line.colour % COLOURS, if line.is_dashed { " dashed" } else { "" }))
                            d=(self.path(line)) { }
                    }
                    @for (from, to, tip) in &self.tips {
                        g class="tip" { (self.block("", *from, *to, None)) title { (tip) } }
                    }
                }
                @if self.lines.iter().any(|line| !line.name.is_empty()) {
                    ul class="legend" {
                        @for line in self.lines.iter().filter(|line| !line.name.is_empty()) {
                            li class=(format!("c{}{}", line.colour % COLOURS, if line.is_dashed { " dashed" } else { "" })) { (line.name) }
                        }
                    }
                }
            }
        }
    }

    /// A rectangle from the horizontal axis up to a value, or to the top.
    fn block(&self, class: &str, from: f64, to: f64, height: Option<f64>) -> Markup {
        let (from, to) = (self.across(from), self.across(to));
        let top = height.map_or(TOP, |height| self.up(height));
        html! {
            rect class=[(!class.is_empty()).then_some(class)] x=(px(from)) y=(px(top)) width=(px((to - from).max(0.0)))
                height=(px((HEIGHT - BOTTOM - top).max(0.0))) { }
        }
    }

    fn path(&self, line: &Line) -> String {
        let mut path = String::new();
        let mut is_down = false;
        for (at, (x, y)) in line.points.iter().enumerate() {
            let Some(y) = y else {
                is_down = false;
                continue;
            };
            path.push_str(if is_down { "L" } else { "M" });
            path.push_str(&format!("{} {}", px(self.across(*x)), px(self.up(*y))));
            let is_last = line.points.get(at + 1).is_none_or(|(_, next)| next.is_none());
            if !is_down && is_last {
                // A point alone: a line of no length, whose round ends make it a dot.
                path.push_str("h0");
            }
            is_down = true;
        }
        path
    }
}

/// A coordinate with as many digits as can be seen.
fn px(value: f64) -> String {
    format!("{}", (value * 10.0).round() / 10.0)
}
