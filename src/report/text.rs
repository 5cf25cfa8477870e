//! Text for people: colours, line breaks, and nothing that a terminal would obey.

use std::fmt;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style as Escapes};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// How text for people is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// With ANSI colours.
    pub color: bool,
    /// Columns.
    pub width: usize,
}

/// The narrowest page that is laid out; a narrower terminal breaks the lines itself.
const NARROWEST: usize = 60;

/// What a colour says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// As it should be.
    Good,
    /// Broken.
    Bad,
    /// Doubtful.
    Doubt,
    /// Not known.
    Open,
    /// Worth a look.
    Strong,
    /// Beside the point.
    Faint,
}

impl Style {
    /// The columns to fill.
    pub fn columns(&self) -> usize {
        self.width.max(NARROWEST)
    }

    /// The text in this ink, or as it is where there are no colours.
    pub fn paint<T: fmt::Display>(&self, ink: Ink, text: T) -> Painted<T> {
        let escapes = match ink {
            Ink::Good => Escapes::new().fg_color(Some(AnsiColor::Green.into())),
            Ink::Bad => Escapes::new().fg_color(Some(AnsiColor::Red.into())).bold(),
            Ink::Doubt => Escapes::new().fg_color(Some(AnsiColor::Yellow.into())),
            Ink::Open => Escapes::new().fg_color(Some(AnsiColor::Magenta.into())),
            Ink::Strong => Escapes::new().bold(),
            Ink::Faint => Escapes::new().dimmed(),
        };
        Painted { escapes: if self.color { escapes } else { Escapes::new() }, text }
    }

    /// Writes a faint `label` and then `text`, broken so that each line of it begins in column `indent`; nothing for an empty text.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn labelled(&self, out: &mut dyn Write, indent: usize, label: &str, text: &str) -> io::Result<()> {
        self.labelled_in(Ink::Faint, out, indent, label, text)
    }

    /// The same with the label in another ink.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn labelled_in(&self, ink: Ink, out: &mut dyn Write, indent: usize, label: &str, text: &str) -> io::Result<()> {
        for (at, line) in wrap(text, self.columns().saturating_sub(indent)).iter().enumerate() {
            if at == 0 && !label.is_empty() {
                let gap = indent.saturating_sub(columns_of(label));
                writeln!(out, "{}{:gap$}{line}", self.paint(ink, label), "")?;
            } else {
                writeln!(out, "{:indent$}{line}", "")?;
            }
        }
        Ok(())
    }
}

/// Text between the escape sequences of its ink.
#[derive(Clone, Copy, Debug)]
pub struct Painted<T> {
    escapes: Escapes,
    text: T,
}

impl<T: fmt::Display> fmt::Display for Painted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}{:#}", self.escapes, self.text, self.escapes)
    }
}

/// How many columns a text takes.
pub fn columns_of(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The text on one line and without a character that moves the cursor, changes colours or turns the reading direction: each is shown by its
/// number. What a provider sends ends up here.
pub fn plain(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | '\r' | '\t' => shown.push_str(match c {
                '\n' => "\\n",
                '\r' => "\\r",
                _ => "\\t",
            }),
            c if c.is_control() || turns_direction(c) => shown.extend(c.escape_unicode()),
            c => shown.push(c),
        }
    }
    shown
}

fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// Breaks a text into lines of at most `columns`: at spaces, after a comma or an ampersand (JSON and
/// queries have no spaces), and inside a word only where the word alone is longer. A masked secret is one word.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    let mut inside_secret = false;
    let ends_word = |c: char| {
        inside_secret = c == '‹' || (inside_secret && c != '›');
        matches!(c, ' ' | ',' | '&') && !inside_secret
    };
    for word in plain(text).split_inclusive(ends_word) {
        // A space at the end of a line may hang over: it is taken off below.
        if used > 0 && used + columns_of(word.trim_end()) > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        for c in word.chars() {
            let wide = c.width().unwrap_or(0);
            if used > 0 && used + wide > columns && c != ' ' {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            line.push(c);
            used += wide;
        }
    }
    lines.push(line);
    lines.iter().map(|line| line.trim_end().to_owned()).filter(|line| !line.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_obey_is_shown_by_its_number() {
        assert_eq!(plain("a\u{1b}[31mb\u{7}\r\nc\u{202e}d\u{9b}"), "a\\u{1b}[31mb\\u{7}\\r\\nc\\u{202e}d\\u{9b}");
        assert_eq!(plain("‹code 3fa9c1d2› größer 東京"), "‹code 3fa9c1d2› größer 東京");
    }

    #[test]
    fn lines_break_at_spaces_and_long_words_inside() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij kl", 4), ["abcd", "efgh", "ij", "kl"]);
        assert_eq!(wrap("", 4), Vec::<String>::new());
        assert_eq!(wrap(r#"{"error":"x","more":1}"#, 14), [r#"{"error":"x","#, r#""more":1}"#]);
        assert_eq!(wrap("a b=‹code 3fa9c1d2› c", 18), ["a", "b=‹code 3fa9c1d2›", "c"]);
    }

    #[test]
    fn no_line_is_wider_than_asked_with_wide_characters_too() {
        for columns in 2..30 {
            for line in wrap("東京都 is a city; x=‹access_token 0011aabb› and-a-very-long-word-without-a-space", columns) {
                assert!(columns_of(&line) <= columns, "{columns}: {line}");
            }
        }
    }

    #[test]
    fn a_label_stands_once_and_its_text_hangs() {
        let mut out = Vec::new();
        let text = "the status is 400 and the error is invalid_grant, as the section on errors says";
        Style { color: false, width: 0 }.labelled(&mut out, 12, "  expected", text).expect("a Vec takes it");
        let out = String::from_utf8(out).expect("text");
        assert_eq!(
            out,
            "  expected  the status is 400 and the error is\n            invalid_grant, as the section on errors says\n"
        );
    }

    #[test]
    fn there_is_no_escape_sequence_where_no_colour_is_asked_for() {
        let painted = |color| Style { color, width: 80 }.paint(Ink::Bad, "x").to_string();
        assert_eq!(painted(false), "x");
        assert!(painted(true).starts_with('\u{1b}') && painted(true).ends_with('m'));
    }
}
