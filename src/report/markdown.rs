//! Text put into Markdown so that it shows as it is, whatever a provider sent.

use super::text::plain;

/// The text on one line, with nothing that Markdown or HTML would obey, but that what stands between backticks is code.
pub fn text(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // One without its partner stands for itself.
    if parts.len().is_multiple_of(2) || parts.iter().skip(1).step_by(2).any(|part| part.trim().is_empty()) {
        return escaped(text);
    }
    parts.iter().enumerate().map(|(at, part)| if at % 2 == 1 { code(part) } else { escaped(part) }).collect()
}

fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    let text = plain(text);
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let is_inside_a_word = || {
            let next = text[at + c.len_utf8()..].chars().next();
            before.is_alphanumeric() && next.is_some_and(char::is_alphanumeric)
        };
        match c {
            '_' if is_inside_a_word() => escaped.push(c),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '$' | '@' => {
                escaped.push('\\');
                escaped.push(c);
            }
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            c => escaped.push(c),
        }
        before = c;
    }
    escaped
}

/// The text as inline code.
pub fn code(text: &str) -> String {
    // A pipe would end a cell even within code.
    let text = plain(text).replace('|', "\\|");
    let fence = "`".repeat(longest_run(&text) + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// The lines as a block of code in a language.
pub fn block(language: &str, lines: &str) -> String {
    let fence = "`".repeat(longest_run(lines).max(2) + 1);
    let lines: String = lines.trim_end().lines().map(|line| plain(line) + "\n").collect();
    format!("{fence}{language}\n{lines}{fence}\n")
}

fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_provider_sent_is_obeyed() {
        assert_eq!(text("<img src=x> a|b *c* @team"), "&lt;img src=x&gt; a\\|b \\*c\\* \\@team");
        assert_eq!(text("invalid_grant _x_ [a](b)"), "invalid_grant \\_x\\_ \\[a\\](b)");
        assert_eq!(text("set `a_b: [<c>]` or `"), "set \\`a_b: \\[&lt;c&gt;\\]\\` or \\`");
        assert_eq!(text("set `a_b: [<c>]`"), "set `a_b: [<c>]`");
        assert_eq!(code("a`b|c"), "``a`b\\|c``");
        assert_eq!(block("", "x\n```\ny\n"), "````\nx\n```\ny\n````\n");
    }
}
