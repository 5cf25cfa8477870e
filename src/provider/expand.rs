//! `${VAR}` in a string: replaced by the variable's value after the file is parsed, so that no value can become structure.

/// Answers for a variable of the environment.
pub type Env<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// Why a string cannot be expanded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unexpanded {
    /// The variable of this name is not set.
    Unset {
        /// Its name.
        variable: String,
        /// The octet of the string where its `${` stands.
        at: usize,
    },
    /// `${` is followed by no name and `}`.
    NoName {
        /// The octet where it stands.
        at: usize,
    },
}

/// Replaces each `${VAR}`; `$${` stands for `${`, and any other `$` for itself. What a variable holds is not expanded again.
///
/// # Errors
/// [`Unexpanded`] for a variable that is not set, and for `${` without a name.
pub fn expand(text: &str, env: &Env<'_>) -> Result<String, Unexpanded> {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while let Some(found) = text[at..].find('$') {
        let dollar = at + found;
        out.push_str(&text[at..dollar]);
        let rest = &text[dollar..];
        if rest.starts_with("$${") {
            out.push_str("${");
            at = dollar + 3;
        } else if let Some(inner) = rest.strip_prefix("${") {
            let name = inner.split_once('}').map(|(name, _)| name).filter(|name| is_name(name));
            let Some(name) = name else { return Err(Unexpanded::NoName { at: dollar }) };
            let Some(value) = env(name) else { return Err(Unexpanded::Unset { variable: name.to_owned(), at: dollar }) };
            out.push_str(&value);
            at = dollar + name.len() + 3;
        } else {
            out.push('$');
            at = dollar + 1;
        }
    }
    out.push_str(&text[at..]);
    Ok(out)
}

/// Whether the string is one `${VAR}` and nothing else, so that it shows no secret.
pub(super) fn is_reference(text: &str) -> bool {
    text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}')).is_some_and(is_name)
}

fn is_name(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> Option<String> {
        match name {
            "A" => Some("alpha".to_owned()),
            "NESTED" => Some("${A} $${A}".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_replaced_wherever_they_stand() {
        assert_eq!(expand("${A}", &env), Ok("alpha".to_owned()));
        assert_eq!(expand("<${A}-${A}>${EMPTY}", &env), Ok("<alpha-alpha>".to_owned()));
    }

    #[test]
    fn an_escaped_reference_and_a_lone_dollar_stand_for_themselves() {
        assert_eq!(expand("$${A} $A $$ $", &env), Ok("${A} $A $$ $".to_owned()));
        assert_eq!(expand("$$${A}", &env), Ok("$${A}".to_owned()));
    }

    #[test]
    fn what_a_variable_holds_is_not_expanded_again() {
        assert_eq!(expand("${NESTED}", &env), Ok("${A} $${A}".to_owned()));
    }

    #[test]
    fn an_unset_variable_is_named_with_its_place() {
        assert_eq!(expand("é ${NOPE}", &env), Err(Unexpanded::Unset { variable: "NOPE".to_owned(), at: 3 }));
    }

    #[test]
    fn a_reference_without_a_name_is_refused() {
        for text in ["${}", "${A", "${A-b}", "${1}", "${A:-default}"] {
            assert_eq!(expand(text, &env), Err(Unexpanded::NoName { at: 0 }), "{text}");
        }
    }

    #[test]
    fn only_a_whole_reference_may_be_shown() {
        assert!(is_reference("${WEB_SECRET}"));
        for text in ["${A}x", "x${A}", "${A}${B}", "$${A}", "${}"] {
            assert!(!is_reference(text), "{text}");
        }
    }
}
