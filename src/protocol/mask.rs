//! What may be shown of an exchange: learns the secrets that pass by and puts their names in their place.

use std::collections::BTreeSet;

use aho_corasick::{AhoCorasick, MatchKind};
use url::Url;

use super::exchange::Response;
use super::request::form_encode;
use super::secret::Secret;

/// JSON members and redirect parameters whose value is a secret (RFC 6749, 7591, 8628, OpenID Connect).
pub const SECRET_MEMBERS: [&str; 9] = [
    "access_token",
    "refresh_token",
    "id_token",
    "code",
    "device_code",
    "client_secret",
    "registration_access_token",
    "code_verifier",
    "password",
];

/// How much of a body a report keeps.
const BODY_SHOWN: usize = 4096;

/// Values shorter than this are not replaced in running text: they would be found by chance.
const SHORTEST: usize = 6;

/// The secrets seen so far in one scenario or run.
#[derive(Clone, Debug, Default)]
pub struct Vault {
    known: Vec<(String, Secret)>,
    spellings: BTreeSet<String>,
}

impl Vault {
    /// Adds a secret in each spelling that it can have on the wire.
    pub fn learn(&mut self, secret: &Secret) {
        let value = secret.expose();
        // A header holds scheme and value; the value alone is what would leak.
        let bare = value.split_once(' ').filter(|(scheme, _)| scheme.chars().all(char::is_alphabetic)).map(|(_, rest)| rest);
        for text in [Some(value), bare].into_iter().flatten() {
            self.learn_spelling(text.to_owned(), secret);
            self.learn_spelling(form_encode(text), secret);
            self.learn_spelling(form_encode(text).replace('+', "%20"), secret);
        }
    }

    fn learn_spelling(&mut self, text: String, secret: &Secret) {
        if text.len() >= SHORTEST && self.spellings.insert(text.clone()) {
            self.known.push((text, secret.clone()));
        }
    }

    /// Learns the secrets that a response carries: tokens, codes and cookies.
    pub fn learn_from(&mut self, response: &Response) {
        if let Some(json) = response.json() {
            self.learn_from_json(&json);
        }
        for location in response.header_values("location") {
            for (name, value) in parameters(location) {
                if SECRET_MEMBERS.contains(&name.as_str()) {
                    self.learn(&Secret::new(name, value));
                }
            }
        }
        for cookie in response.header_values("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.learn(&Secret::new(format!("cookie {}", name.trim()), value.trim()));
            }
        }
    }

    fn learn_from_json(&mut self, json: &serde_json::Value) {
        match json {
            serde_json::Value::Object(object) => {
                for (name, value) in object {
                    match value {
                        serde_json::Value::String(text) if SECRET_MEMBERS.contains(&name.as_str()) => {
                            self.learn(&Secret::new(name, text))
                        }
                        nested => self.learn_from_json(nested),
                    }
                }
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| self.learn_from_json(item)),
            serde_json::Value::Null
            | serde_json::Value::Bool(_)
            | serde_json::Value::Number(_)
            | serde_json::Value::String(_) => {}
        }
    }

    /// Puts names in the place of all that is known by now.
    pub fn masker(&self) -> Masker {
        let patterns = self.known.iter().map(|(value, _)| value.as_str());
        // A text that no automaton can be made of would have to be longer than any body that is read.
        let automaton = AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(patterns).expect("secrets are short");
        Masker { automaton, names: self.known.iter().map(|(_, secret)| secret.to_string()).collect() }
    }
}

/// Replaces secrets in texts.
#[derive(Clone, Debug)]
pub struct Masker {
    automaton: AhoCorasick,
    names: Vec<String>,
}

impl Masker {
    /// The text with every known secret replaced by its name and digest.
    pub fn mask(&self, text: &str) -> String {
        self.automaton.replace_all(text, &self.names)
    }

    /// The headers of a response with secrets replaced.
    pub fn headers(&self, response: &Response) -> Vec<(String, String)> {
        response.headers.iter().map(|(name, value)| (name.clone(), self.mask(value))).collect()
    }

    /// The body of a response with secrets replaced, cut to what a report keeps.
    pub fn body(&self, response: &Response) -> String {
        let text = response.text();
        let masked = self.mask(&text);
        let shown = if response.says_html() { mask_random_runs(&masked) } else { masked };
        if shown.len() <= BODY_SHOWN {
            return shown;
        }
        let mut end = BODY_SHOWN;
        while !shown.is_char_boundary(end) {
            end -= 1;
        }
        format!("{}… ({} octets in all)", &shown[..end], response.body.len())
    }
}

/// The parameters in the query and the fragment of a `Location`.
fn parameters(location: &str) -> Vec<(String, String)> {
    let base = Url::parse("http://relative.invalid/").expect("a constant URL parses");
    let Ok(url) = base.join(location) else { return Vec::new() };
    let fragment = url.fragment().unwrap_or_default().to_owned();
    url.query_pairs().into_owned().chain(url::form_urlencoded::parse(fragment.as_bytes()).into_owned()).collect()
}

/// Replaces long runs of letters and digits in a page: anti-forgery tokens and session identifiers in hidden fields and links.
fn mask_random_runs(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut run = String::new();
    let flush = |run: &mut String, out: &mut String| {
        let random = run.len() >= 20 && run.chars().any(|c| c.is_ascii_digit()) && run.chars().any(|c| c.is_ascii_alphabetic());
        out.push_str(if random { "‹…›" } else { run });
        run.clear();
    };
    for c in html.chars() {
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '~') {
            run.push(c);
        } else {
            flush(&mut run, &mut out);
            out.push(c);
        }
    }
    flush(&mut run, &mut out);
    out
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn response(headers: &[(&str, &str)], body: &str) -> Response {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Response { status: 200, headers, body: body.as_bytes().to_vec(), elapsed: Duration::ZERO }
    }

    #[test]
    fn tokens_in_json_are_replaced_wherever_they_stand_again() {
        let mut vault = Vault::default();
        let answer = response(
            &[("content-type", "application/json")],
            r#"{"access_token":"s3cr3t-t0ken","nested":{"refresh_token":"r3fresh-me"}}"#,
        );
        vault.learn_from(&answer);
        let masker = vault.masker();
        let shown = masker.body(&answer);
        assert!(!shown.contains("s3cr3t") && !shown.contains("r3fresh"), "{shown}");
        assert!(shown.contains("‹access_token "), "{shown}");
        assert!(!masker.mask("Bearer s3cr3t-t0ken").contains("s3cr3t"));
    }

    #[test]
    fn codes_in_a_location_and_cookies_are_replaced() {
        let mut vault = Vault::default();
        let answer = response(
            &[("location", "https://c.example/cb?code=abc%2Fdef1&state=s"), ("set-cookie", "sid=0123456789; Path=/")],
            "",
        );
        vault.learn_from(&answer);
        let headers = vault.masker().headers(&answer);
        assert!(headers[0].1.contains("state=s") && !headers[0].1.contains("abc%2Fdef1"), "{headers:?}");
        assert!(!headers[1].1.contains("0123456789"), "{headers:?}");
    }

    #[test]
    fn random_looking_values_in_a_page_are_replaced_and_words_are_not() {
        let page = r#"<input name="authenticity_token" value="a8f5f167f44f4964e6c998dee827110c"><p>internationalisation</p>"#;
        let shown = mask_random_runs(page);
        assert!(
            shown.contains("authenticity_token") && shown.contains("internationalisation") && !shown.contains("a8f5f167"),
            "{shown}"
        );
    }
}
