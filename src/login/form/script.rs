//! The two things that scripts of a login page commonly do and that need no interpreter: submit a form, and go elsewhere.

/// Whether the script submits a form.
pub(super) fn submits(script: &str) -> bool {
    script.contains(".submit(") || script.contains(".requestSubmit(") || script.contains("['submit'](")
}

/// Where the script goes, if it says so in a plain string: `location = "…"`, `location.href = "…"`, `location.replace("…")`.
pub(super) fn destination(script: &str) -> Option<String> {
    script.match_indices("location").find_map(|(at, word)| {
        let rest = script[at + word.len()..].trim_start();
        let rest =
            [".href", ".replace", ".assign"].iter().find_map(|member| rest.strip_prefix(member)).unwrap_or(rest).trim_start();
        let rest = rest.strip_prefix('(').or_else(|| rest.strip_prefix('=').filter(|rest| !rest.starts_with('=')))?.trim_start();
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
        literal(&rest[1..], quote)
    })
}

/// A string literal up to its closing quote, escapes resolved; none if something is put together after it.
fn literal(text: &str, quote: char) -> Option<String> {
    let mut out = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            let rest = text[at + c.len_utf8()..].trim_start();
            return (!rest.starts_with('+') && !out.is_empty()).then_some(out);
        }
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next()?.1 {
            'u' => out.push(hexadecimal(&mut chars, 4)?),
            'x' => out.push(hexadecimal(&mut chars, 2)?),
            'n' => out.push('\n'),
            other => out.push(other),
        }
    }
    None
}

fn hexadecimal(chars: &mut std::str::CharIndices<'_>, digits: usize) -> Option<char> {
    let mut value = 0;
    for _ in 0..digits {
        value = value * 16 + chars.next()?.1.to_digit(16)?;
    }
    char::from_u32(value)
}
