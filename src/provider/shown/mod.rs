//! What of a provider file may be shown in an error: the offending line, and of it only what cannot be a secret.

mod document;
mod unparsed;

use std::ops::Range;

pub(super) use document::{in_document, is_plain_key};
pub(super) use unparsed::in_text;

/// What stands in the place of what is not shown.
const HIDDEN: &str = "‹hidden›";

/// Lines longer than this are cut round the fault.
const WIDEST: usize = 110;

/// A line as it may be shown, and under which of its characters (from 0) the fault is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// The line, parts of it replaced.
    pub text: String,
    /// The character of `text` that the fault is under, from 0.
    pub caret: usize,
}

/// A line in the making.
#[derive(Default)]
struct Masked {
    chars: Vec<char>,
    caret: Option<usize>,
    hiding: bool,
}

impl Masked {
    fn show(&mut self, c: char) {
        // A terminal must not be driven by what a file holds.
        self.chars.push(if c == '\t' {
            ' '
        } else if c.is_control() {
            '·'
        } else {
            c
        });
        self.hiding = false;
    }

    /// The fault is at what was added since `start`, or within what was hidden before.
    fn point(&mut self, start: usize) {
        self.caret = Some(if self.hiding { self.chars.len() - HIDDEN.chars().count() } else { start });
    }

    fn hide(&mut self) {
        if !self.hiding {
            self.chars.extend(HIDDEN.chars());
        }
        self.hiding = true;
    }

    fn finish(self) -> Line {
        let caret = self.caret.unwrap_or(self.chars.len());
        let start = if self.chars.len() <= WIDEST { 0 } else { caret.saturating_sub(WIDEST / 2) };
        let mut text: String = self.chars.iter().skip(start).take(WIDEST).collect();
        if start > 0 {
            text.insert(0, '…');
        }
        if start + WIDEST < self.chars.len() {
            text.push('…');
        }
        Line { text: text.trim_end().to_owned(), caret: caret - start + usize::from(start > 0) }
    }
}

/// The line as it stands, of a document that holds no secret.
pub(super) fn openly(text: &str, line: usize, column: usize) -> Option<Line> {
    let mut out = Masked::default();
    for (count, c) in text[octets_of_line(text, line)?].chars().enumerate() {
        let start = out.chars.len();
        out.show(c);
        if count + 1 == column {
            out.point(start);
        }
    }
    Some(out.finish())
}

fn octets_of_line(text: &str, line: usize) -> Option<Range<usize>> {
    let mut start = 0;
    for (number, one) in text.split_inclusive('\n').enumerate() {
        if number + 1 == line {
            return Some(start..start + one.trim_end_matches(['\n', '\r']).len());
        }
        start += one.len();
    }
    None
}

fn indent_of(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn is_word(key: &str) -> bool {
    !key.is_empty() && key.len() <= 40 && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Whether a URL has a user and a password in it.
fn holds_credentials(text: &str) -> bool {
    text.split("//").skip(1).any(|rest| rest.split(['/', '?', '#']).next().is_some_and(|host| host.contains('@')))
}

fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["secret", "password", "key"].iter().any(|word| key.contains(word))
}

/// Whether a value holds the key of a secret, its line break or comma lost.
fn names_a_secret(text: &str) -> bool {
    let text = text.to_ascii_lowercase();
    ["secret", "password", "key"].iter().any(|word| text.contains(&format!("{word}:")))
}
