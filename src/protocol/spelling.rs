//! One text in many spellings: undoes what JSON, HTML and URLs do to a character, and remembers where each octet stood.

use std::ops::Range;

/// Octets, each with the place in the text as it came that spells it.
pub(super) struct Reading {
    octets: Vec<u8>,
    places: Vec<Range<usize>>,
}

/// The longest spelling of one character that is looked for, `&#1114111;` and the like.
const LONGEST: usize = 12;

impl Reading {
    /// The text with one layer of escapes undone; nothing if there is none.
    pub fn behind_escapes(text: &str) -> Option<Self> {
        // Most texts have none, and a reading is many times as large as its text.
        if text.contains(['\\', '%', '&']) { Self::of(text).unescaped() } else { None }
    }

    /// The text as it stands.
    fn of(text: &str) -> Self {
        Self { octets: text.as_bytes().to_vec(), places: (0..text.len()).map(|at| at..at + 1).collect() }
    }

    /// The octets as they read.
    pub fn octets(&self) -> &[u8] {
        &self.octets
    }

    /// The place in the text as it came of some octets as they read.
    pub fn place(&self, octets: Range<usize>) -> Range<usize> {
        match (self.places.get(octets.start), self.places.get(octets.end - 1)) {
            (Some(first), Some(last)) => first.start..last.end,
            _ => 0..0,
        }
    }

    /// The same with one layer of escapes undone; nothing if there is none.
    pub fn unescaped(&self) -> Option<Self> {
        let (mut octets, mut places) = (Vec::with_capacity(self.octets.len()), Vec::with_capacity(self.octets.len()));
        let (mut at, mut undone) = (0, false);
        while at < self.octets.len() {
            let (character, length) = match escape(&self.octets[at..]) {
                Some((character, length)) => {
                    undone = true;
                    (character, length)
                }
                None => (Spelled::Octet(self.octets[at]), 1),
            };
            let place = self.places[at].start..self.places[at + length - 1].end;
            let mut room = [0; 4];
            let spelled: &[u8] = match character {
                Spelled::Octet(octet) => {
                    room[0] = octet;
                    &room[..1]
                }
                Spelled::Character(character) => character.encode_utf8(&mut room).as_bytes(),
            };
            for octet in spelled {
                octets.push(*octet);
                places.push(place.clone());
            }
            at += length;
        }
        undone.then_some(Self { octets, places })
    }
}

/// A text with one layer of escapes undone.
pub(super) fn unescape(text: &str) -> String {
    Reading::behind_escapes(text).map_or_else(|| text.to_owned(), |undone| String::from_utf8_lossy(undone.octets()).into_owned())
}

/// What an escape stands for.
enum Spelled {
    /// Part of a character in UTF-8: URLs escape octets.
    Octet(u8),
    /// A whole one.
    Character(char),
}

/// The escape that a text begins with, and its length.
fn escape(text: &[u8]) -> Option<(Spelled, usize)> {
    match text {
        [b'%', high, low, ..] => Some((Spelled::Octet(octet(*high, *low)?), 3)),
        [b'\\', b'u', rest @ ..] => unicode(rest).map(|(character, length)| (Spelled::Character(character), length + 2)),
        [b'\\', b'x', high, low, ..] => Some((Spelled::Character(char::from(octet(*high, *low)?)), 4)),
        [b'\\', plain @ (b'/' | b'"' | b'\'' | b'\\'), ..] => Some((Spelled::Octet(*plain), 2)),
        // White space: what stands behind it begins a word.
        [b'\\', b'b' | b'f' | b'n' | b'r' | b't', ..] => Some((Spelled::Octet(b'\n'), 2)),
        [b'&', rest @ ..] => entity(rest).map(|(character, length)| (Spelled::Character(character), length + 1)),
        _ => None,
    }
}

fn octet(high: u8, low: u8) -> Option<u8> {
    let digit = |octet: u8| char::from(octet).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}

/// Four digits behind `\u`, or two such groups for a character beyond them (RFC 8259 section 7).
fn unicode(digits: &[u8]) -> Option<(char, usize)> {
    let unit = |digits: &[u8]| match digits {
        [a, b, c, d, ..] => Some(u16::from(octet(*a, *b)?) << 8 | u16::from(octet(*c, *d)?)),
        _ => None,
    };
    let first = unit(digits)?;
    if let Some(character) = char::from_u32(u32::from(first)) {
        return Some((character, 4));
    }
    let second = unit(digits.get(4..)?.strip_prefix(b"\\u")?)?;
    char::decode_utf16([first, second]).next()?.ok().map(|character| (character, 10))
}

/// A character reference of HTML behind its `&`: by number, or by the names of what values of tokens and URLs are made of.
fn entity(text: &[u8]) -> Option<(char, usize)> {
    let end = text.iter().take(LONGEST).position(|octet| *octet == b';')?;
    let name = std::str::from_utf8(&text[..end]).ok()?;
    let character = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "sol" => '/',
        "equals" => '=',
        "plus" => '+',
        "colon" => ':',
        "period" => '.',
        "lowbar" => '_',
        "percnt" => '%',
        "num" => '#',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((character, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_of_json_html_and_urls_are_undone() {
        for (spelled, read) in [
            (r"a\/b\u003d\u002B", "a/b=+"),
            (r"\ud83d\udd11", "🔑"),
            ("a%2Fb%3d%C3%BC", "a/b=ü"),
            ("a&#x2F;b&#61;c&amp;d&quot;", "a/b=c&d\""),
            (r"\x3d", "="),
            (r"a\nb\tc", "a\nb\nc"),
        ] {
            assert_eq!(unescape(spelled), read);
        }
    }

    #[test]
    fn what_only_looks_like_an_escape_stays() {
        for text in ["100% of", "%zz", r"\u12", r"\ud83d alone", "&nosuch;", "& so on", "&#x110000;", "\\", "%", "&"] {
            assert_eq!(unescape(text), text);
        }
    }

    #[test]
    fn a_place_is_that_of_the_text_as_it_came_through_every_layer() {
        let text = "x%253Dy";
        let twice = Reading::of(text).unescaped().and_then(|once| once.unescaped()).expect("two layers");
        assert_eq!(twice.octets(), b"x=y");
        assert_eq!(&text[twice.place(1..2)], "%253D");
    }
}
