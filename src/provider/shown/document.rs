//! The line of a fault in a document that could be parsed: what each of its octets is, is known.

use std::ops::Range;

use super::super::endpoints::Endpoints;
use super::super::expand::is_reference;
use super::super::tree::{At, Node, Shape};
use super::{Line, Masked, holds_credentials, indent_of, is_secret_key, is_word, names_a_secret, octets_of_line};

/// The line with its keys, structure, and the values of keys that hold no secret.
pub fn in_document(text: &str, root: &Node, at: &At) -> Option<Line> {
    let mut marks = Marks { text, shown: Vec::new(), hidden: Vec::new() };
    marks.walk(root, &mut Vec::new(), false);
    let line = octets_of_line(text, at.line)?;
    let fault = text
        .get(line.clone())?
        .char_indices()
        .nth(at.column.saturating_sub(1))
        .map_or(line.end, |(offset, _)| line.start + offset);
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

/// Whether a key and its value may stand in an error, given the keys round it.
fn is_harmless(path: &[String]) -> bool {
    let path: Vec<&str> = path.iter().map(String::as_str).collect();
    match path.as_slice() {
        ["issuer" | "profile"] => true,
        ["endpoints", endpoint] => Endpoints::KEYS.contains(endpoint),
        [
            "clients",
            _,
            "id" | "auth" | "introspect" | "redirect_uris" | "grants" | "scopes" | "pkce" | "rotation" | "reuse_grace",
        ] => true,
        ["clients", _, "redirect_uris" | "grants" | "scopes", ITEM] => true,
        ["lifetimes", "code" | "refresh" | "reuse_grace"] => true,
        ["users", _, "username" | "sub"] => true,
        ["login", "driver"] | ["admin", "url" | "realm"] | ["load", "allow"] | ["resource", "url" | "scope"] => true,
        ["pace", "requests_per_second" | "at_once" | "logins_at_once"]
        | ["pkce", "optional_for"]
        | ["pkce", "optional_for", ITEM]
        | ["capabilities", _] => true,
        _ => false,
    }
}

/// Whether the keys of the mapping at this path are names that may be shown.
fn has_plain_keys(path: &[String]) -> bool {
    match path {
        [] => true,
        [one] => {
            ["endpoints", "clients", "users", "login", "admin", "load", "pace", "pkce", "resource", "capabilities", "lifetimes"]
                .contains(&one.as_str())
        }
        [one, _] => one == "clients" || one == "users",
        _ => false,
    }
}

/// Whether a key that means nothing may be shown: a word that stands where a key does. A lost colon or comma puts a value there.
pub fn is_plain_key(key: &str, text: &str, at: Option<&At>) -> bool {
    let Some(at) = at else { return is_word(key) };
    let (before, after) = (text.get(..at.octets.start).unwrap_or_default(), text.get(at.octets.end..).unwrap_or_default());
    let before = before.trim_end_matches([' ', '\t']);
    let stands = before.is_empty() || before.ends_with(['\n', '{', ',', '-', '?']);
    is_word(key) && after.trim_start().starts_with(':') && stands && !follows_a_secret(before, at.column.saturating_sub(1))
}

/// Whether the lines above are a secret of several lines, of which this may be one that lost its indent.
fn follows_a_secret(before: &str, indent: usize) -> bool {
    let deeper = |line: &&str| line.trim().is_empty() || indent_of(line) > indent;
    let mut above = before.lines().rev().skip_while(|line| line.trim().is_empty()).peekable();
    above.peek().is_some_and(deeper) && above.find(|line| !deeper(line)).is_some_and(is_secret_key)
}

/// The path element of a list's items.
const ITEM: &str = "[]";

/// Which octets may be shown; hidden wins, because an alias can give one value two meanings.
struct Marks<'a> {
    text: &'a str,
    shown: Vec<Range<usize>>,
    hidden: Vec<Range<usize>>,
}

impl Marks<'_> {
    fn walk(&mut self, node: &Node, path: &mut Vec<String>, in_hidden: bool) {
        match &node.shape {
            Shape::Map(entries) => {
                let plain = !in_hidden && has_plain_keys(path);
                for (key, value) in entries {
                    let name = match &key.shape {
                        Shape::Text(name) => name.clone(),
                        Shape::Null | Shape::Flag(_) | Shape::Number(_) | Shape::List(_) | Shape::Map(_) => String::new(),
                    };
                    self.mark(key, plain && is_plain_key(&name, self.text, key.at.as_ref()));
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
                let harmless = !in_hidden && is_harmless(path) && !holds_credentials(text) && !names_a_secret(text);
                self.mark(node, harmless || is_reference(text));
            }
            Shape::Null | Shape::Flag(_) | Shape::Number(_) => self.mark(node, !in_hidden && is_harmless(path)),
        }
    }

    fn mark(&mut self, node: &Node, shown: bool) {
        let Some(at) = &node.at else { return };
        if shown {
            // One word at most: a lost quote or `#` makes what follows, a secret even, part of the value.
            let spelled = self.text.get(at.octets.clone()).unwrap_or_default();
            let word = at.octets.start + spelled.find(char::is_whitespace).unwrap_or(spelled.len());
            self.shown.push(at.octets.start..word);
            self.hidden.push(word..at.octets.end);
        } else {
            self.hidden.push(at.octets.clone());
        }
    }
}
