//! What of a provider file may be shown in an error: the offending line, and of it only what cannot be a secret.

use std::ops::Range;

use super::endpoints::Endpoints;
use super::expand::is_reference;
use super::tree::{At, Node, Shape};

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

/// The line of a fault in a document that could be parsed: keys, structure, and the values of keys that hold no secret.
pub(super) fn in_document(text: &str, root: &Node, at: &At) -> Option<Line> {
    let mut marks = Marks::default();
    marks.walk(root, &mut Vec::new(), false);
    let line = octets_of_line(text, at.line)?;
    let fault = text.get(line.clone())?.char_indices().nth(at.column - 1).map_or(line.end, |(offset, _)| line.start + offset);
    let mut out = Masked::default();
    for (offset, c) in text[line.clone()].char_indices() {
        let octet = line.start + offset;
        let start = out.chars.len();
        let holds = |range: &Range<usize>| range.contains(&octet);
        if marks.hidden.iter().any(holds) {
            out.hide();
        } else if marks.shown.iter().any(holds) || c.is_whitespace() || "{}[],:-\"'|>?&*!".contains(c) {
            out.show(c);
        } else if c == '#' {
            break; // a comment may hold anything
        } else {
            out.hide();
        }
        if octet == fault {
            out.point(start);
        }
    }
    Some(out.finish())
}

/// The line of a fault in a text that could not be parsed, so that only its words can be gone by. Nothing that follows a key of unknown
/// meaning is shown.
pub(super) fn in_text(text: &str, line: usize, column: usize) -> Option<Line> {
    if continues_a_secret(text, line) {
        return None;
    }
    let text = &text[octets_of_line(text, line)?];
    let end = shown_octets(text);
    let mut out = Masked::default();
    for (count, (offset, c)) in text.char_indices().enumerate() {
        let start = out.chars.len();
        if offset < end || (c == ' ' && !out.hiding) {
            out.show(c)
        } else {
            out.hide()
        }
        if count + 1 == column {
            out.point(start);
        }
    }
    text[..end].contains(char::is_alphanumeric).then(|| out.finish())
}

/// Whether a key and its value may stand in an error, given the keys round it.
fn is_harmless(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["issuer" | "profile"] => true,
        ["endpoints", endpoint] => Endpoints::KEYS.contains(endpoint),
        ["clients", _, "id" | "auth" | "introspect" | "redirect_uris" | "grants" | "scopes"] => true,
        ["clients", _, "redirect_uris" | "grants" | "scopes", ITEM] => true,
        ["users", _, "username" | "sub"] => true,
        ["login", "driver"] | ["admin", "url" | "realm"] | ["load", "allow"] | ["resource", "url" | "scope"] => true,
        ["pkce", "optional_for"] | ["pkce", "optional_for", ITEM] | ["capabilities", _] => true,
        _ => false,
    }
}

/// Whether the keys of the mapping at this path are names that may be shown.
fn has_plain_keys(path: &[String]) -> bool {
    match path {
        [] => true,
        [one] => ["endpoints", "clients", "users", "login", "admin", "load", "pkce", "resource", "capabilities"]
            .contains(&one.as_str()),
        [one, _] => one == "clients" || one == "users",
        _ => false,
    }
}

/// Whether a key that means nothing may be shown. A forgotten colon or space puts the value into the key.
pub(super) fn is_plain_key(key: &str) -> bool {
    !key.is_empty() && key.len() <= 40 && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// The path element of a list's items.
const ITEM: &str = "[]";

/// Which octets may be shown; hidden wins, because an alias can give one value two meanings.
#[derive(Default)]
struct Marks {
    shown: Vec<Range<usize>>,
    hidden: Vec<Range<usize>>,
}

impl Marks {
    fn walk(&mut self, node: &Node, path: &mut Vec<String>, in_hidden: bool) {
        match &node.shape {
            Shape::Map(entries) => {
                let plain = !in_hidden && has_plain_keys(path);
                for (key, value) in entries {
                    let name = match &key.shape {
                        Shape::Text(name) => name.clone(),
                        Shape::Null | Shape::Flag(_) | Shape::Number | Shape::List(_) | Shape::Map(_) => String::new(),
                    };
                    self.mark(key, plain && is_plain_key(&name));
                    path.push(name);
                    self.walk(value, path, !plain);
                    path.pop();
                }
            }
            Shape::List(items) => {
                path.push(ITEM.to_owned());
                items.iter().for_each(|item| self.walk(item, path, in_hidden));
                path.pop();
            }
            Shape::Text(text) => {
                let harmless = !in_hidden && is_harmless(path) && !holds_credentials(text);
                self.mark(node, harmless || is_reference(text));
            }
            Shape::Null | Shape::Flag(_) | Shape::Number => self.mark(node, !in_hidden && is_harmless(path)),
        }
    }

    fn mark(&mut self, node: &Node, shown: bool) {
        if let Some(at) = &node.at {
            let marks = if shown { &mut self.shown } else { &mut self.hidden };
            marks.push(at.octets.clone());
        }
    }
}

/// Whether a URL has a user and a password in it.
fn holds_credentials(text: &str) -> bool {
    text.split("//").skip(1).any(|rest| rest.split(['/', '?', '#']).next().is_some_and(|host| host.contains('@')))
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

/// Keys whose value cannot be a secret, wherever they stand.
const HARMLESS: [&str; 22] = [
    "issuer",
    "profile",
    "authorization",
    "token",
    "device_authorization",
    "revocation",
    "introspection",
    "jwks",
    "id",
    "auth",
    "introspect",
    "redirect_uris",
    "grants",
    "scopes",
    "username",
    "sub",
    "driver",
    "url",
    "realm",
    "allow",
    "optional_for",
    "scope",
];

/// How many octets of a line, from its start, may be shown, going by its words alone.
fn shown_octets(line: &str) -> usize {
    let mut end = 0;
    let mut rest = line;
    loop {
        let structure = rest.len() - rest.trim_start_matches([' ', '\t', '{', '[', '-', ',', '}', ']']).len();
        rest = &rest[structure..];
        end += structure;
        let Some((key, after)) = leading_key(rest) else { return end };
        end += after;
        rest = &rest[after..];
        let value = rest.trim_start();
        if value.is_empty() {
            return end;
        }
        if HARMLESS.contains(&key) {
            let length = harmless_value(rest);
            end += length;
            rest = &rest[length..];
        } else if !value.starts_with('{') || is_secret_key(key) {
            return end;
        }
    }
}

/// The key that a text starts with, and how many octets it takes up with its colon.
fn leading_key(text: &str) -> Option<(&str, usize)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    let open = usize::from(quote.is_some());
    let length = text[open..].find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-')))?;
    let key = &text[open..open + length];
    let rest = &text[open + length..];
    let rest = match quote {
        Some(quote) => rest.strip_prefix(quote)?,
        None => rest,
    };
    let after = rest.strip_prefix(':')?;
    let ends = after.is_empty() || after.starts_with([' ', '\t']);
    (ends && is_plain_key(key)).then(|| (key, text.len() - after.len()))
}

/// How far a harmless value reaches at most: to the next comma, brace or comment outside its brackets.
fn harmless_value(text: &str) -> usize {
    let mut brackets = 0_usize;
    let mut before = ' ';
    for (offset, c) in text.char_indices() {
        match c {
            '[' => brackets += 1,
            ']' => brackets = brackets.saturating_sub(1),
            ',' | '{' | '}' if brackets == 0 => return offset,
            '#' if before == ' ' => return offset,
            _ => {}
        }
        before = c;
    }
    if holds_credentials(text) { 0 } else { text.len() }
}

fn is_secret_key(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["secret", "password", "key"].iter().any(|word| key.contains(word))
}

/// Whether a line of a text that could not be parsed may belong to a secret that starts above it: a line above is indented less and
/// speaks of a secret, or opens a quote after it that it does not close.
fn continues_a_secret(text: &str, line: usize) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let lines: Vec<&str> = text.lines().take(line).collect();
    let Some((own, above)) = lines.split_last() else { return false };
    let mut least = indent(own);
    above.iter().rev().filter(|above| !above.trim().is_empty()).any(|above| {
        let opens = is_secret_key(above) && ['"', '\''].iter().any(|quote| above.matches(*quote).count() % 2 == 1);
        let holds = is_secret_key(above) && indent(above) < least;
        least = least.min(indent(above));
        opens || holds
    })
}
