//! Learns the secrets that pass by: those that are sent, and those that an answer carries in its body, its headers or its pages.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::exchange::Response;
use super::mask::{Masker, Sought};
use super::request::{Body, Request, Value as Sent, form_encode};
use super::secret::Secret;
use super::spelling::unescape;
use super::user_code::{self, UserCodes};

/// JSON members and redirect parameters whose value is a secret (RFC 6749, 7591, 8628, OpenID Connect).
pub const SECRET_MEMBERS: [&str; 10] = [
    "access_token",
    "refresh_token",
    "id_token",
    "code",
    "device_code",
    "user_code",
    "client_secret",
    "registration_access_token",
    "code_verifier",
    "password",
];

/// Values shorter than this are not replaced in running text: they would be found by chance.
const SHORTEST: usize = 6;

/// The secrets seen so far in one scenario or run.
#[derive(Clone, Debug, Default)]
pub struct Vault {
    known: Vec<Sought>,
    spellings: BTreeSet<String>,
    codes: UserCodes,
}

impl Vault {
    /// Adds a secret in each spelling that it can have on the wire.
    pub fn learn(&mut self, secret: &Secret) {
        if user_code::is_one(secret) {
            return self.codes.learn(secret);
        }
        if let Some(within) = secret.within() {
            self.learn(within);
        }
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
            self.known.push(Sought::anywhere(text, secret));
        }
    }

    /// Learns the secrets that a request carries, and under which names it sends user codes.
    pub fn learn_sent(&mut self, request: &Request) {
        request.secrets().for_each(|secret| self.learn(secret));
        let form = match &request.body {
            Body::Form(form) => form.as_slice(),
            Body::Empty | Body::Raw { .. } => &[],
        };
        for (name, value) in request.query.iter().chain(form) {
            if let Sent::Secret(secret) = value
                && user_code::is_one(secret)
            {
                self.codes.learn_name(name);
            }
        }
    }

    /// Learns the secrets that a response carries: tokens, codes and cookies.
    pub fn learn_from(&mut self, response: &Response) {
        match response.json() {
            Some(json) => self.learn_from_json(&json),
            None => self.learn_from_text(&response.text()),
        }
        for location in response.header_values("location") {
            self.learn_from_location(location);
        }
        for cookie in response.header_values("set-cookie") {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                self.learn(&Secret::new(format!("cookie {}", name.trim()), value.trim()));
            }
        }
    }

    fn learn_from_json(&mut self, json: &Value) {
        match json {
            Value::Object(object) => {
                self.learn_user_code(object);
                for (name, value) in object {
                    match value {
                        Value::String(text) if SECRET_MEMBERS.contains(&name.as_str()) => {
                            self.learn(&Secret::of_member(name, text));
                        }
                        nested => self.learn_from_json(nested),
                    }
                }
            }
            Value::Array(items) => items.iter().for_each(|item| self.learn_from_json(item)),
            // Where a script is to lead the browser (`redirect_to`), or a form or a page within JSON.
            Value::String(text) => {
                self.learn_from_location(text);
                self.learn_from_text(text);
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    /// Learns the user code of a device authorization response (RFC 8628 section 3.2), before anything else in it that may hold the code.
    fn learn_user_code(&mut self, object: &Map<String, Value>) {
        let text = |name: &str| object.get(name).and_then(Value::as_str);
        let (Some(code), Some(device_code)) = (text("user_code"), text("device_code")) else { return };
        let code = Secret::beside("user_code", code, &Secret::new("device_code", device_code));
        self.codes.learn(&code);
        if let Some(address) = text("verification_uri_complete") {
            self.codes.learn_address(address, &code);
        }
    }

    fn learn_from_location(&mut self, location: &str) {
        for (name, value) in parameters(location) {
            self.learn_member(&name, &value);
        }
    }

    /// Learns from a form, or from a page: its fields, its links and its scripts.
    fn learn_from_text(&mut self, text: &str) {
        let trimmed = text.trim();
        if !trimmed.starts_with(['<', '{']) && trimmed.contains('=') {
            for (name, value) in form_urlencoded::parse(trimmed.as_bytes()) {
                self.learn_member(&name, &value);
            }
        }
        for field in INPUT.find_iter(text) {
            let attribute = |pattern: &Regex| pattern.captures(field.as_str()).map(|found| unescape(unquoted(&found[1])));
            if let (Some(name), Some(value)) = (attribute(&NAME), attribute(&VALUE)) {
                self.learn_member(&name, &value);
            }
        }
        for parameter in PARAMETER.captures_iter(text) {
            // Behind whatever quotes the link, the value itself is a URL's.
            let value = unescape(&parameter[2]);
            let pair = format!("{}={value}", &parameter[1]);
            for (name, value) in form_urlencoded::parse(pair.as_bytes()) {
                self.learn_member(&name, &value);
            }
        }
    }

    fn learn_member(&mut self, name: &str, value: &str) {
        if SECRET_MEMBERS.contains(&name) {
            self.learn(&Secret::of_member(name, value));
        }
    }

    /// Puts names in the place of all that is known by now.
    pub fn masker(&self) -> Masker {
        Masker::new(self.known.iter().cloned().chain(self.codes.sought()).collect(), self.codes.clone())
    }
}

/// An input element of a page.
static INPUT: LazyLock<Regex> = LazyLock::new(|| constant(r#"(?i)<input\b(?:[^>"']|"[^"]*"|'[^']*')*>"#));

/// The attributes of an element that make a field, with their quotes.
static NAME: LazyLock<Regex> = LazyLock::new(|| constant(r#"(?i)\sname\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+)"#));
static VALUE: LazyLock<Regex> = LazyLock::new(|| constant(r#"(?i)\svalue\s*=\s*("[^"]*"|'[^']*'|[^\s>"']+)"#));

/// A parameter of a URL that stands in a page, `&` perhaps as `&amp;` or `\u0026`.
static PARAMETER: LazyLock<Regex> = LazyLock::new(|| {
    let names = SECRET_MEMBERS.join("|");
    constant(&format!(
        r#"(?:[?&\#;]|\\u0026|\\x26)({names})=((?:\\u[0-9a-fA-F]{{4}}|\\/|&\#?x?[0-9a-zA-Z]{{1,7}};|[^\s&\#"'<>\\])+)"#
    ))
});

fn constant(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a constant pattern")
}

fn unquoted(value: &str) -> &str {
    value.trim_matches(['"', '\''])
}

/// The parameters in the query and the fragment of a `Location`.
/// By hand, since what is no URL (`http://127.0.0.1:99999/cb?code=…`) may carry them too.
fn parameters(location: &str) -> Vec<(String, String)> {
    let (before, fragment) = location.split_once('#').unwrap_or((location, ""));
    let query = before.split_once('?').map_or("", |(_, query)| query);
    let read = |text: &str| form_urlencoded::parse(text.as_bytes()).into_owned().collect::<Vec<_>>();
    [read(query), read(fragment)].concat()
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
    fn a_code_in_a_location_that_is_no_url_is_replaced() {
        let mut vault = Vault::default();
        vault.learn_from(&response(&[("location", "http://127.0.0.1:99999/cb?state=s&code=abcdef-12345")], ""));
        let shown = vault.masker().mask("http://127.0.0.1:99999/cb?state=s&code=abcdef-12345");
        assert!(!shown.contains("abcdef-12345"), "{shown}");
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
    fn a_token_is_learnt_whatever_escapes_its_server_writes() {
        for body in [
            r#"{"access_token":"s3cr3t\/t0ken\u003d"}"#,
            r#"{"access_token":"s3cr3t/t0ken\u003D","nested":{"again":"s3cr3t\/t0ken="}}"#,
            r#"{"redirect_to":"https:\/\/c.example\/cb?code=s3cr3t%2Ft0ken%3D&state=x"}"#,
            r#"{"url":"/cb#access_token=s3cr3t%2Ft0ken%3d"}"#,
            "access_token=s3cr3t%2Ft0ken%3D&scope=&token_type=bearer",
            r#"<form method=post><input type="hidden" name="code" value="s3cr3t&#x2F;t0ken&#61;"></form>"#,
            "<input value='s3cr3t/t0ken=' data-x='>' name=id_token>",
            r#"<a href="https://c.example/cb?state=x&amp;code=s3cr3t%2Ft0ken%3D">on</a>"#,
            r#"<script>location = "https:\/\/c.example\/cb?state=x\u0026code=s3cr3t\/t0ken\u003d"</script>"#,
        ] {
            let mut vault = Vault::default();
            let answer = response(&[], body);
            vault.learn_from(&answer);
            let shown = vault.masker().body(&answer);
            assert!(!shown.contains("s3cr3t"), "{shown}");
            assert!(!vault.masker().mask("a s3cr3t/t0ken= b").contains("s3cr3t"), "{body}");
        }
    }

    #[test]
    fn the_user_code_of_a_device_is_replaced_wherever_its_answer_and_its_pages_show_it() {
        for code in ["WDJB-MJHT", "12-34"] {
            let mut vault = Vault::default();
            let answer = response(
                &[],
                &format!(
                    r#"{{"verification_uri_complete":"https://as.example/device?otp={code}","user_code":"{code}","device_code":"d3v1ce-c0de"}}"#
                ),
            );
            vault.learn_from(&answer);
            let mark = Secret::beside("user_code", code, &Secret::new("device_code", "d3v1ce-c0de")).to_string();
            let shown = vault.masker().body(&answer);
            assert!(!shown.contains(code) && shown.matches(&mark).count() == 2, "{shown}");
            let page =
                format!("<p>Is it <b>{code}</b>?<form action='/device?otp={code}'><input name=user_code value=\"{code}\">");
            let shown = vault.masker().mask(&page);
            assert!(!shown.contains(code) && shown.matches(&mark).count() == 3, "{shown}");
        }
    }

    #[test]
    fn nothing_is_learnt_of_prose() {
        let mut vault = Vault::default();
        vault.learn_from(&response(&[], "<p>Type the code=123456 that we sent</p><a href='?decode=abcdefgh&scope=openid'>x</a>"));
        assert!(vault.known.is_empty(), "{:?}", vault.known);
    }
}
