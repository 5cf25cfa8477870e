//! The line of a fault in a text that could not be parsed: only its words can be gone by, so little is shown.

use super::{Line, Masked, holds_credentials, indent_of, is_secret_key, is_word, names_a_secret, octets_of_line};

/// The line as far as nothing in it can be a secret: nothing that follows a key of unknown meaning is shown.
pub fn in_text(text: &str, line: usize, column: usize) -> Option<Line> {
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

/// Keys whose value cannot be a secret, wherever they stand.
const HARMLESS: [&str; 25] = [
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
    "requests_per_second",
    "at_once",
    "logins_at_once",
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
            if holds_credentials(&rest[..length]) || names_a_secret(&rest[..length]) {
                return end;
            }
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
    (ends && is_word(key)).then(|| (key, text.len() - after.len()))
}

/// How much of a harmless value may be shown: one word, or a list of words in brackets. What follows may be the next key, which
/// lost its comma or line break.
fn harmless_value(text: &str) -> usize {
    let start = text.len() - text.trim_start().len();
    let mut in_brackets = false;
    let mut before = ',';
    for (offset, c) in text[start..].char_indices() {
        match c {
            '[' if offset == 0 => in_brackets = true,
            ']' if in_brackets => return start + offset + 1,
            ',' | '{' | '}' if !in_brackets => return start + offset,
            ' ' | '\t' if !(in_brackets && matches!(before, ',' | '[')) => return start + offset,
            '#' if before == ' ' => return start + offset,
            _ => {}
        }
        before = c;
    }
    text.len()
}

/// Whether a line of a text that could not be parsed may belong to a secret that starts above it: a line above is indented less and
/// speaks of a secret, or opens a quote after it that it does not close.
fn continues_a_secret(text: &str, line: usize) -> bool {
    let lines: Vec<&str> = text.lines().take(line).collect();
    let Some((own, above)) = lines.split_last() else { return false };
    let mut least = indent_of(own);
    above.iter().rev().filter(|above| !above.trim().is_empty()).any(|above| {
        let opens = is_secret_key(above) && ['"', '\''].iter().any(|quote| above.matches(*quote).count() % 2 == 1);
        let holds = is_secret_key(above) && indent_of(above) < least;
        least = least.min(indent_of(above));
        opens || holds
    })
}
