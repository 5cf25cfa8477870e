//! What happens to the documents of a browser's window, as HTTP facts: requests, redirects and answers, whichever browser tells them.

use serde_json::Value as Json;
use url::Url;

use crate::protocol::{Body, Endpoint, Method, Request, Secret, Value};
use crate::wire::Cookie;

/// Something that happened to a document of the browser's window.
#[derive(Clone, Debug)]
pub(super) enum Fact {
    /// It is asked for.
    Asked(Request),
    /// The answer to what was asked leads on, and that is asked for now.
    Redirected(Answer, Request),
    /// The answer to what was asked came.
    Answered(Answer),
    /// The answer leads to a program other than the browser.
    LeftBrowser(Answer, Url),
    /// There is no answer.
    Failed(String),
}

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
}

/// A request as the browser sent it: what it says of where it comes from, and what its form carries.
pub(super) fn request(url: &Url, verb: &str, headers: Vec<(String, String)>, form: &str, password: &Secret) -> Request {
    let method = match verb {
        "POST" => Method::Post,
        "HEAD" => Method::Head,
        _ => Method::Get,
    };
    let mut request = Request::get(Endpoint::Page, url).method(method);
    let told = ["referer", "origin"];
    request.headers = headers
        .into_iter()
        .filter(|(name, _)| told.contains(&name.as_str()))
        .map(|(name, value)| (name, Value::from(value.as_str())))
        .collect();
    if method == Method::Post {
        let value = |value: String| match value == password.expose() {
            true => Value::Secret(password.clone()),
            false => Value::from(value.as_str()),
        };
        let entries = url::form_urlencoded::parse(form.as_bytes()).into_owned();
        request.body = Body::Form(entries.map(|(name, text)| (name, value(text))).collect());
    }
    request
}

/// A cookie as a browser tells it, with its value, which each puts in a way of its own.
pub(super) fn cookie(said: &Json, value: String) -> Cookie {
    let text = |key: &str| said[key].as_str().unwrap_or_default().to_owned();
    let flag = |key: &str| said[key].as_bool().unwrap_or(false);
    let domain = text("domain");
    Cookie {
        host_only: !domain.starts_with('.'),
        name: text("name"),
        value,
        path: text("path"),
        secure: flag("secure"),
        http_only: flag("httpOnly"),
        domain,
    }
}

/// A header as lines: several of one name are told as one value with line breaks.
pub(super) fn header_lines(name: &str, value: &str) -> Vec<(String, String)> {
    value.lines().map(|line| (name.to_ascii_lowercase(), line.to_owned())).collect()
}

/// The URL of a program other than the browser, where an answer with this status and these headers leads to one.
pub(super) fn leaves_browser(answer: &Answer) -> Option<Url> {
    let (_, location) = answer.headers.iter().find(|(name, _)| name == "location")?;
    let to = Url::parse(location).ok().filter(|url| !matches!(url.scheme(), "http" | "https"))?;
    (300..400).contains(&answer.status).then_some(to)
}
