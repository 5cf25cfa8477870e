//! Colours, marks and widths of the picture; without colours, what is wrong is reversed.

use ratatui::style::{Color, Modifier, Style};

use crate::report::text::{Ink, columns_of, plain};

/// Whether there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paint {
    /// There are.
    pub in_color: bool,
}

impl Paint {
    /// How this ink looks.
    pub fn of(self, ink: Ink) -> Style {
        let (color, modifier) = match ink {
            Ink::Good => (Some(Color::Green), Modifier::empty()),
            Ink::Bad if self.in_color => (Some(Color::Red), Modifier::BOLD),
            Ink::Bad => (None, Modifier::BOLD.union(Modifier::REVERSED)),
            Ink::Doubt => (Some(Color::Yellow), if self.in_color { Modifier::empty() } else { Modifier::BOLD }),
            Ink::Open => (Some(Color::Magenta), Modifier::BOLD),
            Ink::Strong => (None, Modifier::BOLD),
            Ink::Faint => (None, Modifier::DIM),
        };
        let style = Style::new().add_modifier(modifier);
        color.filter(|_| self.in_color).map_or(style, |color| style.fg(color))
    }

    /// What curves and bars are drawn with.
    pub fn curve(self) -> Style {
        if self.in_color { Style::new().fg(Color::Cyan) } else { Style::new() }
    }
}

/// A text within so many columns, its end replaced by an ellipsis where it is longer; of a step, the flow's name is shortened before the step's.
pub fn short(text: &str, columns: usize) -> String {
    let text = plain(text);
    if columns_of(&text) <= columns {
        return text;
    }
    let (head, tail) = match text.rfind('/') {
        Some(at) if columns_of(&text[at..]) + 2 < columns => text.split_at(at),
        _ => (text.as_str(), ""),
    };
    let room = columns.saturating_sub(columns_of(tail) + 1);
    let mut kept = String::new();
    for c in head.chars() {
        if columns_of(&kept) + columns_of(c.encode_utf8(&mut [0; 4])) > room {
            break;
        }
        kept.push(c);
    }
    format!("{kept}…{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shortened_fits_and_keeps_the_step() {
        assert_eq!(short("authorization_code/token", 24), "authorization_code/token");
        assert_eq!(short("authorization_code/token", 16), "authoriza…/token");
        assert_eq!(short("a plan with a long name", 10), "a plan wi…");
        assert_eq!(short("東京都東京都", 6), "東京…");
        assert_eq!(short("a\u{1b}[2Jb", 20), "a\\u{1b}[2Jb");
        for columns in 1..30 {
            assert!(columns_of(&short("https://東京.example/realms/very-long-name/of-a-realm", columns)) <= columns, "{columns}");
        }
    }

    #[test]
    fn without_colours_there_are_modifiers_only() {
        for ink in [Ink::Good, Ink::Bad, Ink::Doubt, Ink::Open, Ink::Strong, Ink::Faint] {
            let style = Paint { in_color: false }.of(ink);
            assert_eq!((style.fg, style.bg), (None, None));
        }
        assert_ne!(Paint { in_color: false }.of(Ink::Bad), Paint { in_color: false }.of(Ink::Good));
    }
}
