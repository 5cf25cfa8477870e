//! Pages as real servers make them, read and answered.

mod choosing;
mod login;
mod reading;

use std::time::Duration;

use url::Url;

use super::Page;
use crate::protocol::{Body, Method, Request, Response, Secret};

fn response(html: &str) -> Response {
    Response {
        status: 200,
        headers: vec![("content-type".to_owned(), "text/html; charset=utf-8".to_owned())],
        body: html.as_bytes().to_vec(),
        elapsed: Duration::ZERO,
    }
}

fn page(html: &str) -> Page {
    let url = Url::parse("https://as.example/pages/here?tab=1").expect("a URL");
    Page::read(&url, &response(html))
}

fn password() -> Secret {
    Secret::new("password of alice", "correct horse")
}

/// Method, target and body of a request in one line.
fn line(request: &Request) -> String {
    let form = match &request.body {
        Body::Form(_) => request.payload().map(|(_, octets)| String::from_utf8(octets).expect("a form is ASCII")),
        Body::Empty | Body::Raw { .. } => None,
    };
    assert_eq!(form.is_some(), request.method == Method::Post);
    [Some(request.method.as_str().to_owned()), Some(request.target().to_string()), form]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

/// The request that logs alice in, in one line; or `-`.
fn logging_in(html: &str) -> String {
    page(html).log_in("alice", &password()).map_or_else(|| "-".to_owned(), |request| line(&request))
}
