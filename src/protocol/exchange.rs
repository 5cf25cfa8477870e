//! One request and what came back: the response as it came, and the exchange as it may be shown.

use std::borrow::Cow;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use url::Url;

use super::mask::Masker;
use super::request::{Body, Endpoint, Request, Value, form_encode};
use super::way::Way;

/// The HTTP methods that flowproof uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Method {
    /// GET
    Get,
    /// POST
    Post,
    /// PUT
    Put,
    /// PATCH
    Patch,
    /// DELETE
    Delete,
    /// OPTIONS
    Options,
    /// HEAD
    Head,
}

impl Method {
    /// The method's name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
            Self::Options => "OPTIONS",
            Self::Head => "HEAD",
        }
    }
}

/// A response as it came, body bounded.
#[derive(Clone, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers in order, names in lower case, values as ISO 8859-1.
    pub headers: Vec<(String, String)>,
    /// The body's octets, decoded from its content coding.
    pub body: Vec<u8>,
    /// From the send to the last octet of the body.
    pub elapsed: Duration,
}

impl fmt::Debug for Response {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Response {{ status: {}, body: {} octets }}", self.status, self.body.len())
    }
}

impl Response {
    /// The first value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Every value of a header.
    pub fn header_values(&self, name: &'static str) -> impl Iterator<Item = &str> {
        self.headers.iter().filter(move |(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The media type without parameters, in lower case.
    pub fn media_type(&self) -> Option<String> {
        let value = self.header("content-type")?;
        Some(value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
    }

    /// Whether `Content-Type` says `application/json` or a `+json` type.
    pub fn says_json(&self) -> bool {
        self.media_type()
            .is_some_and(|media| media == "application/json" || (media.starts_with("application/") && media.ends_with("+json")))
    }

    /// Whether `Content-Type` says HTML.
    pub fn says_html(&self) -> bool {
        self.media_type().is_some_and(|media| media == "text/html" || media == "application/xhtml+xml")
    }

    /// The body as text, malformed UTF-8 replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body as JSON, whatever `Content-Type` says.
    pub fn json(&self) -> Option<serde_json::Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// Whether `Cache-Control` holds this directive.
    pub fn cache_control(&self, directive: &str) -> bool {
        self.header_values("cache-control")
            .flat_map(|value| value.split(','))
            .any(|one| one.trim().eq_ignore_ascii_case(directive))
    }

    /// Where a redirect leads, resolved against the request's URL.
    pub fn location(&self, base: &Url) -> Option<Url> {
        base.join(self.header("location")?).ok()
    }
}

/// Why no response came.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "failure", content = "detail")]
pub enum Failure {
    /// The connection could not be made.
    #[error("cannot connect: {0}")]
    Connect(String),
    /// No whole response within the bound.
    #[error("no whole answer within {0:?}")]
    TimedOut(Duration),
    /// The connection ended before the response did.
    #[error("the connection broke: {0}")]
    Broken(String),
    /// The body is longer than the bound.
    #[error("the body is longer than {0} octets")]
    TooLong(usize),
    /// What came is not HTTP, or its coding is broken.
    #[error("not a valid HTTP answer: {0}")]
    Malformed(String),
    /// The request could not be made of what was given.
    #[error("the request cannot be sent: {0}")]
    Unsendable(String),
}

/// One exchange as it may be shown and stored: masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exchange {
    /// The endpoint it was meant for.
    pub endpoint: Endpoint,
    /// What was sent.
    pub request: Sent,
    /// How it went out.
    #[serde(skip_serializing_if = "Way::is_plain", default)]
    pub way: Way,
    /// What came back.
    pub answer: Answer,
}

/// A request as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// The method.
    pub method: Method,
    /// The whole URL, secrets replaced.
    pub url: String,
    /// The headers, secrets replaced.
    pub headers: Vec<(String, String)>,
    /// The form's parameters, or one nameless entry for another body.
    pub form: Vec<(String, String)>,
}

/// What came back, as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A response.
    Response {
        /// The status code.
        status: u16,
        /// The headers, secrets replaced.
        headers: Vec<(String, String)>,
        /// The body, secrets replaced, cut to a bounded length.
        body: String,
        /// Microseconds from the send to the last octet.
        micros: u64,
    },
    /// No response.
    Failure(Failure),
}

impl Sent {
    /// The showable form of a request.
    pub fn shown(request: &Request, masker: &Masker) -> Self {
        let show = |(name, value): &(String, Value)| (name.clone(), masker.parameter(name, &value.masked()));
        let mut headers: Vec<(String, String)> = request.headers.iter().map(show).collect();
        let form = match &request.body {
            Body::Empty => Vec::new(),
            Body::Form(form) => form.iter().map(show).collect(),
            Body::Raw { content_type, octets, shown } => {
                if !headers.iter().any(|(name, _)| name == "content-type") {
                    headers.push(("content-type".to_owned(), content_type.clone()));
                }
                let hidden = || format!("‹body of {} octets›", octets.len());
                vec![(String::new(), shown.as_ref().map_or_else(hidden, |shown| masker.mask(shown)))]
            }
        };
        let mut url = request.url.to_string();
        for (at, (name, value)) in request.query.iter().enumerate() {
            let joint = if at == 0 && request.url.query().is_none() { '?' } else { '&' };
            let value = match value {
                Value::Plain(text) => masker.short_code(name, text).unwrap_or_else(|| form_encode(text)),
                Value::Secret(secret) => secret.to_string(),
            };
            url.push_str(&format!("{joint}{}={value}", form_encode(name)));
        }
        Self { method: request.method, url: masker.mask(&url), headers, form }
    }
}

impl Exchange {
    /// The showable form of a request and what came of it.
    pub fn shown(request: &Request, outcome: Result<&Response, &Failure>, masker: &Masker) -> Self {
        let answer = match outcome {
            Ok(response) => Answer::Response {
                status: response.status,
                headers: masker.headers(response),
                body: masker.body(response),
                micros: u64::try_from(response.elapsed.as_micros()).unwrap_or(u64::MAX),
            },
            Err(failure) => Answer::Failure(failure.clone()),
        };
        Self { endpoint: request.endpoint, request: Sent::shown(request, masker), way: Way::default(), answer }
    }
}
