//! What the core reads and writes: a request and a response without any HTTP library in them.

use std::time::Duration;

use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use serde::Serialize;
use serde_json::Value;

/// A request as the listener hands it over: body read to its end and bounded.
#[derive(Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// The path, percent-encoded as received.
    pub path: String,
    /// What stands behind the `?`, as received.
    pub query: String,
    /// Header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Request {
    /// The request behind this head, with its body.
    pub fn of(head: Parts, body: Vec<u8>) -> Self {
        Self {
            path: head.uri.path().to_owned(),
            query: head.uri.query().unwrap_or_default().to_owned(),
            method: head.method,
            headers: head.headers,
            body,
        }
    }

    /// The first field of this name (in lower case).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(text)
    }

    /// Every field of this name (in lower case).
    pub fn all_headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers.get_all(name).into_iter().map(text)
    }

    /// Whether the body is said to be a form, with or without a charset.
    pub fn is_form(&self) -> bool {
        self.media_type().is_some_and(|media_type| media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded"))
    }

    /// The media type of the body, without its parameters.
    pub fn media_type(&self) -> Option<&str> {
        self.header("content-type")?.split(';').next().map(str::trim)
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.all_headers("cookie")
            .flat_map(|field| field.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find_map(|(cookie, value)| (cookie == name).then_some(value))
    }
}

/// The value of a field. What is not UTF-8 is nothing that anybody understands.
fn text(value: &HeaderValue) -> &str {
    std::str::from_utf8(value.as_bytes()).unwrap_or("\u{fffd}")
}

/// What goes back.
#[derive(Clone)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Header fields beside those that the content implies.
    pub headers: Vec<(&'static str, String)>,
    /// The content.
    pub content: Content,
    /// How long the listener holds the answer back; only a defect or a fault does that, to make a race window real or a network slow.
    pub delay: Option<Duration>,
    /// How much of the answer the listener lets out; only a fault asks for less than all of it.
    pub ending: Ending,
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Ending {
    /// As it should.
    #[default]
    Whole,
    /// `Content-Length` promises the whole body, half of it comes, and the connection is closed. Where there is no body, as [`Self::Closed`].
    Truncated,
    /// The connection is closed without a byte of the answer.
    Closed,
}

/// The content of a response, as data for as long as possible.
#[derive(Clone)]
pub enum Content {
    /// Nothing.
    Empty,
    /// A JSON document.
    Json(Value),
    /// A JSON document that is written already; only where nothing can want to bend it.
    Written(String),
    /// A page.
    Html(String),
    /// The browser goes on to another page of this server.
    Page(String),
    /// The browser goes back to the client with these parameters (RFC 6749 section 4.1.2).
    Client(ClientRedirect),
}

/// An authorization response: where to, and with which parameters.
#[derive(Clone)]
pub struct ClientRedirect {
    /// The redirect URI that was validated.
    pub uri: String,
    /// The parameters, in order.
    pub parameters: Vec<(&'static str, String)>,
    /// Whether they go into the fragment; a sound server never does that.
    pub in_fragment: bool,
}

impl ClientRedirect {
    /// The value of the `Location` header: the redirect URI keeps its own query (RFC 6749 section 3.1.2).
    pub fn location(&self) -> String {
        let mut encoded = form_urlencoded::Serializer::new(String::new());
        encoded.extend_pairs(&self.parameters);
        let separator = match (self.in_fragment, self.uri.contains('?')) {
            (true, _) => '#',
            (false, true) => '&',
            (false, false) => '?',
        };
        format!("{}{separator}{}", self.uri, encoded.finish())
    }
}

impl Response {
    /// A response with nothing in it.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), content: Content::Empty, delay: None, ending: Ending::Whole }
    }

    /// A JSON document.
    pub fn json(status: u16, document: Value) -> Self {
        Self { content: Content::Json(document), ..Self::empty(status) }
    }

    /// A JSON document that is made in one go where it is final, and kept as data where something may still bend it.
    pub fn written(status: u16, document: &impl Serialize, is_final: bool) -> Self {
        const FIT: &str = "documents have names that are strings";
        let content = if is_final {
            Content::Written(serde_json::to_string(document).expect(FIT))
        } else {
            Content::Json(serde_json::to_value(document).expect(FIT))
        };
        Self { content, ..Self::empty(status) }
    }

    /// The same with one more header field.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Secrets do not belong into caches (RFC 6749 section 5.1).
    #[must_use]
    pub fn not_stored(self) -> Self {
        self.with("cache-control", "no-store").with("pragma", "no-cache")
    }

    /// Only for `405`: which methods there are (RFC 9110 section 15.5.6).
    pub fn method_not_allowed(allowed: &str) -> Self {
        Self::json(405, serde_json::json!({ "error": "invalid_request", "error_description": "method not allowed" }))
            .with("allow", allowed)
            .not_stored()
    }

    /// Takes away every field of this name.
    pub fn drop_header(&mut self, name: &str) {
        self.headers.retain(|(field, _)| *field != name);
    }

    /// The answer in the vocabulary of the `http` crate.
    pub fn into_http(self) -> http::Response<Vec<u8>> {
        let (status, fields, body) = self.render();
        let mut answer = http::Response::new(body);
        *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        answer.headers_mut().reserve(fields.len());
        for (name, value) in fields {
            // A value that HTTP cannot carry (a line break, say) is left out rather than sent on.
            if let Ok(value) = HeaderValue::try_from(value) {
                answer.headers_mut().append(HeaderName::from_static(name), value);
            }
        }
        answer
    }

    /// Status, fields and body, ready to be written.
    pub fn render(self) -> (u16, Vec<(&'static str, String)>, Vec<u8>) {
        let Self { status, mut headers, content, delay: _, ending: _ } = self;
        let (implied, body) = match content {
            Content::Empty => (None, Vec::new()),
            Content::Json(document) => (Some(("content-type", "application/json".to_owned())), document.to_string().into_bytes()),
            Content::Written(document) => (Some(("content-type", "application/json".to_owned())), document.into_bytes()),
            Content::Html(page) => (Some(("content-type", "text/html; charset=utf-8".to_owned())), page.into_bytes()),
            Content::Page(location) => (Some(("location", location)), Vec::new()),
            Content::Client(redirect) => (Some(("location", redirect.location())), Vec::new()),
        };
        if let Some((name, value)) = implied
            && !headers.iter().any(|(field, _)| *field == name)
        {
            headers.insert(0, (name, value));
        }
        (status, headers, body)
    }
}
