//! The form of a challenge, letter by letter (RFC 6750 section 3, RFC 9110 section 11.6.1).

use super::super::halt::{Halt, Step};
use super::super::phrase::Phrase;
use super::super::scene::Scene;
use super::tokens::fault;
use crate::verdict::Kind;

/// The sentences.
pub static PHRASES: &[Phrase] = &[
    Phrase::judge("no attribute stands twice in its challenge", &[], |s, _| Box::pin(stands_once(s))),
    Phrase::judge("its challenge is spelled as challenges are", &[], |s, _| Box::pin(is_spelled(s))),
];

/// A parameter with its value, unquoted.
type Param = (String, String);

/// The parameters of the Bearer challenges in a header value, or what is wrong with how it is spelled.
fn bearer_params(header: &str) -> Result<Vec<Vec<Param>>, String> {
    let mut challenges: Vec<(String, Vec<Param>)> = Vec::new();
    let mut rest = header.trim_start_matches([' ', '\t', ',']);
    while !rest.is_empty() {
        let name = &rest[..rest.find(|c: char| !is_token_char(c)).unwrap_or(rest.len())];
        if name.is_empty() {
            return Err(format!("{} where a name belongs", stray(rest)));
        }
        let after = &rest[name.len()..];
        let value = after.trim_start_matches([' ', '\t']);
        match (value.strip_prefix('='), challenges.last_mut()) {
            (Some(value), Some((_, params))) => {
                let (value, after) = value_of(value.trim_start_matches([' ', '\t']))?;
                params.push((name.to_ascii_lowercase(), value));
                let after = after.trim_start_matches([' ', '\t']);
                if !after.is_empty() && !after.starts_with(',') {
                    return Err(format!("{} after the value of {name}", stray(after)));
                }
                rest = after;
            }
            (Some(_), None) => return Err(format!("{name} before any scheme")),
            (None, _) => {
                challenges.push((name.to_owned(), Vec::new()));
                // Other schemes may carry a token68, which is none of ours to judge.
                rest = if name.eq_ignore_ascii_case("bearer") { value } else { beyond_token68(value) };
            }
        }
        rest = rest.trim_start_matches([' ', '\t', ',']);
    }
    let is_bearer = |(scheme, params): (String, Vec<Param>)| scheme.eq_ignore_ascii_case("bearer").then_some(params);
    Ok(challenges.into_iter().filter_map(is_bearer).collect())
}

/// What follows a token68, if there is one: it is followed by a comma or by nothing.
fn beyond_token68(text: &str) -> &str {
    let end = text.find(',').unwrap_or(text.len());
    let word = text[..end].trim();
    let is_token68 = !word.is_empty() && !word.trim_end_matches('=').contains(['=', ' ', '"']);
    if is_token68 { &text[end..] } else { text }
}

fn is_token_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

fn stray(text: &str) -> String {
    text.chars().next().map_or_else(|| "nothing".to_owned(), |c| format!("{c:?}"))
}

/// A value, quoted or not, and what follows it.
fn value_of(text: &str) -> Result<(String, &str), String> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find(|c: char| !is_token_char(c)).unwrap_or(text.len());
        return if end == 0 {
            Err(format!("{} where a value belongs", stray(text)))
        } else {
            Ok((text[..end].to_owned(), &text[end..]))
        };
    };
    let (mut value, mut escaped) = (String::new(), false);
    for (at, c) in quoted.char_indices() {
        match c {
            _ if escaped => {
                value.push(c);
                escaped = false;
            }
            '\\' => escaped = true,
            '"' => return Ok((value, &quoted[at + 1..])),
            _ => value.push(c),
        }
    }
    Err("a quote that is never closed".to_owned())
}

/// The character of an attribute's value that does not belong there (RFC 6750 section 3).
fn misplaced(name: &str, value: &str) -> Option<char> {
    let in_text = |c: char| matches!(c, '\x20'..='\x21' | '\x23'..='\x5b' | '\x5d'..='\x7e');
    let wrong = |c: &char| match name {
        "error" | "error_description" | "scope" => !in_text(*c),
        "error_uri" => !in_text(*c) || *c == ' ',
        _ => false,
    };
    value.chars().find(wrong)
}

/// The Bearer challenges of one header value, or why it cannot be read.
type Read = Result<Vec<Vec<Param>>, String>;

/// The Bearer challenges of the answer, each header value by itself.
fn challenges(scene: &Scene) -> Result<Vec<Read>, Halt> {
    let response = scene.response("an answer with WWW-Authenticate")?;
    let read: Vec<_> = response.header_values("www-authenticate").map(bearer_params).collect();
    if read.iter().all(|read| read.as_ref().is_ok_and(Vec::is_empty)) {
        return Err(Halt::NotApplicable("the answer carries no challenge for Bearer".to_owned()));
    }
    Ok(read)
}

async fn stands_once(scene: &mut Scene) -> Step {
    let expected = "realm, scope, error, error_description and error_uri at most once each";
    // How it is spelled is judged once, where it is provoked.
    for params in challenges(scene)?.into_iter().flatten().flatten() {
        for name in ["realm", "scope", "error", "error_description", "error_uri"] {
            let times = params.iter().filter(|(other, _)| other == name).count();
            if times > 1 {
                return Err(fault(scene, Kind::Malformed, expected, &format!("{name} {times} times"))?.into());
            }
        }
    }
    Ok(())
}

async fn is_spelled(scene: &mut Scene) -> Step {
    let expected = "a challenge whose values are quoted rightly, and of the characters that RFC 6750 section 3 allows";
    for read in challenges(scene)? {
        let params = match read {
            Ok(params) => params,
            Err(got) => return Err(fault(scene, Kind::Malformed, expected, &got)?.into()),
        };
        for (name, value) in params.into_iter().flatten() {
            if let Some(c) = misplaced(&name, &value) {
                return Err(fault(scene, Kind::Malformed, expected, &format!("{c:?} in {name}"))?.into());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn params(header: &str) -> Vec<Vec<Param>> {
        bearer_params(header).expect("a well-formed header")
    }

    #[test]
    fn a_challenge_is_read_among_others() {
        let read = params(r#"Negotiate YWJj==, Bearer realm="a, \"b\"", error=invalid_token, Basic realm="x""#);
        assert_eq!(read.len(), 1);
        assert_eq!(read[0][0], ("realm".to_owned(), r#"a, "b""#.to_owned()));
        assert_eq!(read[0][1], ("error".to_owned(), "invalid_token".to_owned()));
        assert_eq!(params("Bearer"), [vec![]]);
        assert!(params(r#"Basic realm="Bearer""#).is_empty());
    }

    #[test]
    fn a_quote_within_quotes_is_seen() {
        for broken in [
            r#"Bearer error_description="no token ab"cd here""#,
            r#"Bearer error="invalid_token"#,
            r#"Bearer error="a" realm="b""#,
            "Bearer error=",
        ] {
            assert!(bearer_params(broken).is_err(), "{broken}");
        }
    }

    #[test]
    fn a_character_outside_of_an_attributes_set_is_seen() {
        assert_eq!(misplaced("error_description", "token \u{e9}"), Some('\u{e9}'));
        assert_eq!(misplaced("error_description", r#"a "b""#), Some('"'));
        assert_eq!(misplaced("error_uri", "https://as.example/a b"), Some(' '));
        assert_eq!(misplaced("realm", r#"a "b""#), None);
        assert_eq!(misplaced("scope", "openid profile"), None);
    }
}
