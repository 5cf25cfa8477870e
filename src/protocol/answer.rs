//! Readers of what a provider says: token answers, error answers, authorization responses, challenges. They report what is wrong and judge nothing.

use std::time::Duration;

use serde_json::{Map, Value};
use url::{Url, form_urlencoded};

use super::exchange::Response;
use super::jwt::Jwt;
use super::secret::Secret;

/// Why an answer is not what it should be, in words for the *got* line of a violation.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Misread(pub String);

/// A successful access token response (RFC 6749 section 5.1).
#[derive(Clone, Debug)]
pub struct Tokens {
    /// `access_token`
    pub access_token: Secret,
    /// `refresh_token`, if there is one.
    pub refresh_token: Option<Secret>,
    /// `scope` as a set, if there is one and it is a string.
    pub scope: Option<Vec<String>>,
    /// `expires_in` in seconds, if it is a JSON number.
    pub expires_in: Option<u64>,
    /// Every member, as it came.
    pub members: Map<String, Value>,
}

impl Tokens {
    /// Reads the answer of the token endpoint; takes any 2xx with a JSON object that holds a non-empty `access_token`.
    pub fn read(response: &Response) -> Result<Self, Misread> {
        let members = object(response)?;
        if !(200..300).contains(&response.status) {
            return Err(Misread(describe(response)));
        }
        let text = |name: &str| members.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        let Some(access_token) = text("access_token") else {
            return Err(Misread(format!("{} without an access_token", describe(response))));
        };
        Ok(Self {
            access_token: Secret::new("access_token", access_token),
            refresh_token: text("refresh_token").map(|token| Secret::new("refresh_token", token)),
            scope: members.get("scope").and_then(Value::as_str).map(scopes),
            expires_in: members.get("expires_in").and_then(Value::as_u64),
            members,
        })
    }
}

impl Tokens {
    /// How long after its issue the later of the two tokens becomes valid, by what it says of itself where it is a JWT (`nbf` and `iat`, RFC 7519
    /// section 4.1); nothing is verified.
    pub fn not_before(&self) -> Duration {
        let tokens = std::iter::once(&self.access_token).chain(&self.refresh_token);
        tokens.filter_map(|token| not_before(token.expose())).max().unwrap_or_default()
    }
}

fn not_before(token: &str) -> Option<Duration> {
    let claims = claims(token)?;
    let seconds = |name: &str| claims.get(name).and_then(Value::as_u64);
    seconds("nbf")?.checked_sub(seconds("iat")?).map(Duration::from_secs)
}

/// The scope tokens of a `scope` value, sorted, once each (RFC 6749 section 3.3: order does not matter).
pub fn scopes(scope: &str) -> Vec<String> {
    let mut tokens: Vec<String> = scope.split_ascii_whitespace().map(str::to_owned).collect();
    tokens.sort();
    tokens.dedup();
    tokens
}

/// An error response (RFC 6749 section 5.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthError {
    /// The status code.
    pub status: u16,
    /// `error`
    pub error: String,
    /// `error_description`
    pub description: Option<String>,
}

impl OAuthError {
    /// Reads a 4xx answer whose body is a JSON object with a string `error`; `Content-Type` is not looked at.
    pub fn read(response: &Response) -> Result<Self, Misread> {
        let members = object(response)?;
        match members.get("error") {
            Some(Value::String(error)) if (400..500).contains(&response.status) => Ok(Self {
                status: response.status,
                error: error.clone(),
                description: members.get("error_description").and_then(Value::as_str).map(str::to_owned),
            }),
            Some(Value::String(error)) => Err(Misread(format!("error {error:?} with status {}", response.status))),
            Some(_) => Err(Misread(format!("{} whose error is not a string", describe(response)))),
            None => Err(Misread(describe(response))),
        }
    }
}

/// The JSON object in a body.
pub fn object(response: &Response) -> Result<Map<String, Value>, Misread> {
    match response.json() {
        Some(Value::Object(members)) => Ok(members),
        Some(_) => Err(Misread(format!("{} whose body is not a JSON object", describe(response)))),
        None => Err(Misread(describe(response))),
    }
}

/// The claims of a JWT, unverified (RFC 7519 section 3): for what a token says of itself where nothing is granted for it.
pub fn claims(token: &str) -> Option<Map<String, Value>> {
    Jwt::read(token.trim()).map(|jwt| jwt.claims)
}

/// A response in a few words: status, media type, the OAuth `error` if it has one, and where it leads. Never a token.
pub fn describe(response: &Response) -> String {
    let mut words = format!("status {}", response.status);
    if let Some(error) = response.json().as_ref().and_then(|json| json.get("error")).and_then(Value::as_str) {
        // A code is short; what is not is not to fill reports.
        let error: String = error.chars().take(60).collect();
        words.push_str(&format!(" with error {error:?}"));
    }
    if response.body.is_empty() {
        words.push_str(", empty body");
    } else if let Some(media) = response.media_type() {
        words.push_str(&format!(", {media}"));
    }
    if let Some(location) = response.header("location").filter(|_| (300..400).contains(&response.status)) {
        // What follows the path is of this request; the path says where such requests are sent.
        let place = location.split(['?', '#', ';']).next().unwrap_or_default();
        let place: String = place.chars().take(120).collect();
        words.push_str(&format!(", a redirect to {place}"));
    }
    words
}

/// The parameters of an authorization response, in order, repeats kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Params(pub Vec<(String, String)>);

impl Params {
    /// The parameters in a URL's query.
    pub fn of_query(url: &Url) -> Self {
        Self(url.query_pairs().into_owned().collect())
    }

    /// The parameters in a URL's fragment.
    pub fn of_fragment(url: &Url) -> Self {
        Self(form_urlencoded::parse(url.fragment().unwrap_or_default().as_bytes()).into_owned().collect())
    }

    /// The first value of a parameter.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// How often a parameter stands there.
    pub fn count(&self, name: &str) -> usize {
        self.0.iter().filter(|(other, _)| other == name).count()
    }

    /// The authorization code, if there is a non-empty one.
    pub fn code(&self) -> Option<Secret> {
        self.get("code").filter(|code| !code.is_empty()).map(|code| Secret::new("code", code))
    }
}

/// One challenge of `WWW-Authenticate` (RFC 9110 section 11.6.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The scheme as it is spelled.
    pub scheme: String,
    /// Its parameters, names in lower case.
    pub params: Vec<(String, String)>,
}

impl Challenge {
    /// The first value of a parameter.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }

    /// Reads every challenge of a response; what cannot be read is left out.
    pub fn read(response: &Response) -> Vec<Self> {
        response.header_values("www-authenticate").flat_map(Self::parse).collect()
    }

    /// Reads one header value, which may hold several challenges.
    pub fn parse(header: &str) -> Vec<Self> {
        let mut challenges: Vec<Self> = Vec::new();
        for part in split_outside_quotes(header) {
            let part = part.trim();
            let (head, rest) = match part.find([' ', '=']) {
                Some(at) if part.as_bytes()[at] == b' ' => (&part[..at], part[at..].trim()),
                Some(_) => ("", part),
                None => (part, ""),
            };
            if !head.is_empty() {
                challenges.push(Self { scheme: head.to_owned(), params: Vec::new() });
            }
            if let (Some((name, value)), Some(challenge)) = (rest.split_once('='), challenges.last_mut()) {
                challenge.params.push((name.trim().to_ascii_lowercase(), unquote(value.trim())));
            }
        }
        challenges
    }
}

fn split_outside_quotes(header: &str) -> Vec<&str> {
    let (mut parts, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, c) in header.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            ',' if !quoted => {
                parts.push(&header[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&header[start..]);
    parts.retain(|part| !part.trim().is_empty());
    parts
}

fn unquote(value: &str) -> String {
    match value.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')) {
        Some(inner) => {
            let mut out = String::new();
            let mut escaped = false;
            for c in inner.chars() {
                if c == '\\' && !escaped {
                    escaped = true;
                } else {
                    out.push(c);
                    escaped = false;
                }
            }
            out
        }
        None => value.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use base64::Engine as _;
    use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn a_token_that_is_a_jwt_says_itself_from_when_on_it_is_valid() {
        let jwt = |claims: &str| format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        let of = |access: &str, refresh: &str| {
            let body = format!(r#"{{"access_token":"{access}","refresh_token":"{refresh}"}}"#);
            Tokens::read(&response(200, &body)).expect("tokens").not_before().as_secs()
        };
        assert_eq!(of("opaque", "a.b.c"), 0);
        let padded = |claims: &str| format!("e30=.{}.c2ln", URL_SAFE.encode(claims));
        assert_eq!(of("opaque", &padded(r#"{"iat":100, "nbf":400}"#)), 300, "some pad what is not to be padded");
        assert_eq!(of(&jwt(r#"{"iat":100,"nbf":100}"#), &jwt(r#"{"iat":100,"nbf":400}"#)), 300);
        assert_eq!(of(&jwt(r#"{"iat":100,"nbf":90}"#), &jwt(r#"{"nbf":400}"#)), 0);
    }

    fn response(status: u16, body: &str) -> Response {
        Response {
            status,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: body.as_bytes().to_vec(),
            elapsed: Duration::ZERO,
        }
    }

    #[test]
    fn the_token_response_of_rfc_6749_section_5_1_is_read() {
        let body = r#"{"access_token":"2YotnFZFEjr1zCsicMWpAA","token_type":"example","expires_in":3600,"refresh_token":"tGzv3JOkF0XG5Qx2TlKWIA","scope":"b a"}"#;
        let tokens = Tokens::read(&response(200, body)).expect("a token response");
        assert_eq!(tokens.access_token.expose(), "2YotnFZFEjr1zCsicMWpAA");
        assert_eq!(tokens.expires_in, Some(3600));
        assert_eq!(tokens.scope, Some(vec!["a".to_owned(), "b".to_owned()]));
    }

    #[test]
    fn an_error_in_a_200_is_neither_a_token_nor_an_error_answer() {
        let answer = response(200, r#"{"error":"invalid_grant"}"#);
        assert!(Tokens::read(&answer).is_err());
        assert!(OAuthError::read(&answer).is_err());
    }

    #[test]
    fn several_challenges_in_one_header_are_told_apart() {
        let challenges = Challenge::parse(r#"Basic realm="a, \"b\"", Bearer error="invalid_token", scope=x, Negotiate"#);
        let schemes: Vec<&str> = challenges.iter().map(|challenge| challenge.scheme.as_str()).collect();
        assert_eq!(schemes, ["Basic", "Bearer", "Negotiate"]);
        assert_eq!(challenges[0].param("realm"), Some(r#"a, "b""#));
        assert_eq!(challenges[1].param("error"), Some("invalid_token"));
        assert_eq!(challenges[1].param("scope"), Some("x"));
    }
}
