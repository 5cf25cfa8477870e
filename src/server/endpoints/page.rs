//! The shell of every page: plain HTML, nothing from elsewhere, and the headers that keep it out of frames, caches and referrers.

use std::fmt::Write as _;
use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::server::core::message::{Content, Response};

const STYLE: &str = "body{font:1rem/1.5 sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem}\
label{display:block;margin:1rem 0}input{display:block;width:100%;font:inherit}button{font:inherit;margin-right:1rem}\
.code{font:1.5rem monospace;letter-spacing:.1em}";

static POLICY: LazyLock<String> = LazyLock::new(|| {
    let digest = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; frame-ancestors 'none'")
});

/// A page around a body that is escaped already.
pub fn page(status: u16, title: &str, body: &str) -> Response {
    let title = escaped(title);
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<style>{STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n{body}\n</body>\n</html>\n"
    );
    guarded(Response { content: Content::Html(html), ..Response::empty(status) })
}

/// A page that says what is wrong.
pub fn error_page(status: u16, explanation: &str) -> Response {
    page(status, "This does not work", &format!("<p>{}</p>", escaped(explanation)))
}

/// The browser goes on to another page, with GET whatever it came with (RFC 9700 section 4.12).
pub fn see_other(location: String) -> Response {
    guarded(Response { content: Content::Page(location), ..Response::empty(303) })
}

/// What every answer to a browser carries.
pub fn guarded(response: Response) -> Response {
    response
        .with("cache-control", "no-store")
        .with("content-security-policy", POLICY.as_str())
        .with("x-frame-options", "DENY")
        .with("referrer-policy", "no-referrer")
        .with("x-content-type-options", "nosniff")
}

/// Text as it may stand in HTML, between tags and in quoted attributes.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            control if control.is_control() => {
                let _ = write!(safe, "&#xFFFD;");
            }
            other => safe.push(other),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_that_opens_a_tag_or_closes_a_quote_survives() {
        assert_eq!(escaped("<a href=\"x\" b='y'>&"), "&lt;a href=&quot;x&quot; b=&#39;y&#39;&gt;&amp;");
    }
}
