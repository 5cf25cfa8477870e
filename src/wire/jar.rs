//! One browser's cookies: kept from responses, added to requests, never shared between users.

use cookie_store::{CookieDomain, CookieStore};
use url::Url;

use crate::protocol::{Request, Response, Secret};

/// A cookie jar. `Secure` cookies also go to plain http on `127.0.0.1`, `[::1]` and `localhost`, as browsers do.
#[derive(Clone, Debug, Default)]
pub struct Jar {
    store: CookieStore,
}

/// One cookie, outside of a jar.
#[derive(Clone, PartialEq, Eq)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// Its value, which may be worth a session.
    pub value: String,
    /// The host, or the domain, that it is sent to.
    pub domain: String,
    /// Whether hosts below the domain do not get it.
    pub host_only: bool,
    /// Where on the host it is sent.
    pub path: String,
    /// Whether it is sent over TLS only.
    pub secure: bool,
    /// Whether scripts do not see it.
    pub http_only: bool,
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

    /// Its cookies, for another browser to take over.
    pub fn cookies(&self) -> impl Iterator<Item = Cookie> {
        self.store.iter_unexpired().filter_map(|cookie| {
            let (domain, host_only) = match &cookie.domain {
                CookieDomain::HostOnly(host) => (host.clone(), true),
                CookieDomain::Suffix(domain) => (domain.clone(), false),
                CookieDomain::NotPresent | CookieDomain::Empty => return None,
            };
            Some(Cookie {
                name: cookie.name().to_owned(),
                value: cookie.value().to_owned(),
                domain,
                host_only,
                path: String::from(&*cookie.path),
                secure: cookie.secure().unwrap_or(false),
                http_only: cookie.http_only().unwrap_or(false),
            })
        })
    }

    /// A cookie that no response brought.
    pub fn put(&mut self, cookie: &Cookie) {
        let Ok(url) = Url::parse(&format!("https://{}{}", cookie.domain.trim_start_matches('.'), cookie.path)) else { return };
        let mut text = format!("{}={}; Path={}", cookie.name, cookie.value, cookie.path);
        if !cookie.host_only {
            text.push_str(&format!("; Domain={}", cookie.domain.trim_start_matches('.')));
        }
        for (flag, name) in [(cookie.secure, "; Secure"), (cookie.http_only, "; HttpOnly")] {
            text.push_str(if flag { name } else { "" });
        }
        let _ = self.store.parse(&text, &url);
    }

    /// Whether the jar holds nothing.
    pub fn is_empty(&self) -> bool {
        self.store.iter_any().next().is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jar_that_another_browser_took_over_comes_back_as_it_was() {
        let url = Url::parse("http://127.0.0.1:8400/login").expect("a URL");
        let headers = ["a=1; Path=/", "__Host-b=2; Path=/; Secure; HttpOnly", "c=3; Path=/elsewhere"];
        let headers = headers.iter().map(|value| ("set-cookie".to_owned(), (*value).to_owned())).collect();
        let response = Response { status: 200, headers, body: Vec::new(), elapsed: std::time::Duration::ZERO };
        let mut jar = Jar::default();
        jar.keep(&url, &response);
        let mut other = Jar::default();
        jar.cookies().for_each(|cookie| other.put(&cookie));
        let names = |jar: &Jar| {
            let mut names: Vec<String> = jar.cookies().map(|cookie| format!("{}{}", cookie.name, cookie.path)).collect();
            names.sort();
            names
        };
        assert_eq!(names(&other), ["__Host-b/", "a/", "c/elsewhere"]);
        assert_eq!(names(&other), names(&jar));
        let request = other.attach(Request::get(crate::protocol::Endpoint::Page, &url));
        assert!(request.headers.iter().any(|(_, value)| value.expose().contains("__Host-b=2")));
    }
}
