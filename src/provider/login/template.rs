//! Text with `{name}` in it, to be filled with what a login recipe knows: `{{` and `}}` stand for the braces themselves.

use std::collections::BTreeMap;

use serde_json::Value;

/// The values that a recipe knows, by name.
pub type Known = BTreeMap<String, String>;

/// Text with names in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Name(String),
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoTemplate {
    /// A brace that nothing closes, or that closes nothing.
    LonelyBrace,
    /// What stands between braces is no name.
    NoName,
}

impl Template {
    /// Reads a text.
    pub(super) fn parse(text: &str) -> Result<Self, NoTemplate> {
        let mut pieces = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find(['{', '}']) {
            plain.push_str(&rest[..at]);
            let from = &rest[at..];
            if let Some(after) = from.strip_prefix("{{") {
                plain.push('{');
                rest = after;
            } else if let Some(after) = from.strip_prefix("}}") {
                plain.push('}');
                rest = after;
            } else {
                let (name, after) =
                    from.strip_prefix('{').and_then(|inner| inner.split_once('}')).ok_or(NoTemplate::LonelyBrace)?;
                if !is_name(name) {
                    return Err(NoTemplate::NoName);
                }
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(Piece::Name(name.to_owned()));
                rest = after;
            }
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        Ok(Self(pieces))
    }

    /// The names in it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Name(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        })
    }

    /// The text with the values as they are.
    ///
    /// # Errors
    /// The first name that is not known.
    pub fn fill(&self, known: &Known) -> Result<String, String> {
        self.fill_by(known, |value, _| value.to_owned())
    }

    /// The text as a URL: the values percent-encoded (RFC 3986 section 2.1), but for one that the URL begins with.
    ///
    /// # Errors
    /// The first name that is not known.
    pub fn fill_url(&self, known: &Known) -> Result<String, String> {
        self.fill_by(known, |value, first| if first { value.to_owned() } else { percent_encoded(value) })
    }

    fn fill_by(&self, known: &Known, put: impl Fn(&str, bool) -> String) -> Result<String, String> {
        let mut out = String::new();
        for (at, piece) in self.0.iter().enumerate() {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Name(name) => out.push_str(&put(known.get(name).ok_or_else(|| name.clone())?, at == 0)),
            }
        }
        Ok(out)
    }
}

/// A JSON document whose strings are templates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum JsonTemplate {
    /// Null, true, false, or a number.
    Plain(Value),
    /// A string.
    Text(Template),
    /// An array.
    List(Vec<JsonTemplate>),
    /// An object, its members in the order of the file.
    Map(Vec<(String, JsonTemplate)>),
}

impl JsonTemplate {
    /// The document with the values in its strings, whatever they hold.
    ///
    /// # Errors
    /// The first name that is not known.
    pub fn fill(&self, known: &Known) -> Result<Value, String> {
        Ok(match self {
            Self::Plain(value) => value.clone(),
            Self::Text(template) => Value::String(template.fill(known)?),
            Self::List(items) => Value::Array(items.iter().map(|item| item.fill(known)).collect::<Result<_, _>>()?),
            Self::Map(members) => {
                let member = |(name, value): &(String, Self)| Ok((name.clone(), value.fill(known)?));
                Value::Object(members.iter().map(member).collect::<Result<_, String>>()?)
            }
        })
    }
}

/// Whether it can stand between braces: a word of lower-case letters, digits and `_`, or `start.` and the name of a parameter.
pub(super) fn is_name(name: &str) -> bool {
    let word = |word: &str| {
        word.starts_with(|c: char| c.is_ascii_lowercase()) && word.chars().all(|c| matches!(c, 'a'..='z' | '0'..='9' | '_'))
    };
    word(name.strip_prefix("start.").unwrap_or(name))
}

fn percent_encoded(value: &str) -> String {
    value
        .bytes()
        .map(|octet| match octet {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(octet).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Known {
        [("a", "x y&"), ("start.client_id", "web"), ("next", "https://as.example/p?q=1")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn names_are_filled_and_doubled_braces_stand_for_themselves() {
        let template = Template::parse("{{{a}}} {start.client_id}").expect("a template");
        assert_eq!(template.fill(&known()).as_deref(), Ok("{x y&} web"));
        assert_eq!(template.names().collect::<Vec<_>>(), ["a", "start.client_id"]);
    }

    #[test]
    fn values_in_a_url_are_encoded_but_for_one_that_it_begins_with() {
        let url = |text: &str| Template::parse(text).expect("a template").fill_url(&known());
        assert_eq!(url("/p?v={a}").as_deref(), Ok("/p?v=x%20y%26"));
        assert_eq!(url("{next}&v={a}").as_deref(), Ok("https://as.example/p?q=1&v=x%20y%26"));
        assert_eq!(url("/{unknown}"), Err("unknown".to_owned()));
    }

    #[test]
    fn a_lonely_brace_and_a_name_that_is_none_are_told_apart() {
        for text in ["{a", "a}", "{"] {
            assert_eq!(Template::parse(text), Err(NoTemplate::LonelyBrace), "{text}");
        }
        for text in ["{}", "{A}", "{a b}", "{start.}"] {
            assert_eq!(Template::parse(text), Err(NoTemplate::NoName), "{text}");
        }
    }
}
