//! One browser's cookies: kept from responses, added to requests, never shared between users.

use cookie_store::CookieStore;
use url::Url;

use crate::protocol::{Request, Response, Secret};

/// A cookie jar. `Secure` cookies also go to plain http on `127.0.0.1`, `[::1]` and `localhost`, as browsers do.
#[derive(Clone, Debug, Default)]
pub struct Jar {
    store: CookieStore,
}

impl Jar {
    /// Keeps the cookies of a response to a request for `url`.
    pub fn keep(&mut self, url: &Url, response: &Response) {
        for cookie in response.header_values("set-cookie") {
            // A cookie that the store refuses is one that a browser would refuse.
            let _ = self.store.parse(cookie, url);
        }
    }

    /// The request with this jar's cookies for its URL.
    pub fn attach(&self, request: Request) -> Request {
        let url = request.target();
        let pairs: Vec<String> = self.store.get_request_values(&url).map(|(name, value)| format!("{name}={value}")).collect();
        if pairs.is_empty() { request } else { request.header("cookie", Secret::new("cookies", pairs.join("; "))) }
    }

    /// The value of a cookie that would go to this URL.
    pub fn value(&self, url: &Url, name: &str) -> Option<String> {
        self.store.get_request_values(url).find(|(other, _)| *other == name).map(|(_, value)| value.to_owned())
    }

    /// Whether the jar holds nothing.
    pub fn is_empty(&self) -> bool {
        self.store.iter_any().next().is_none()
    }
}
