//! A request in the form in which it is sent, made once where it is sent often.

use http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
use http::uri::{Authority, Parts, Scheme};
use http::{HeaderMap, Uri};
use http_body_util::Full;
use hyper::body::Bytes;

use crate::load::plan::HttpVersion;
use crate::protocol::{Failure, Request};

/// A request in the form in which it is sent, made once where it is sent often.
#[derive(Clone)]
pub struct Outgoing {
    method: http::Method,
    /// Path and query, as HTTP/1.1 sends them.
    path: Uri,
    /// With the path and the host it is the whole URI, as HTTP/2 takes it apart.
    scheme: Scheme,
    headers: HeaderMap,
    body: Bytes,
}

impl Outgoing {
    /// Prepares a request.
    ///
    /// # Errors
    /// A header's value cannot be sent.
    pub fn of(request: &Request) -> Result<Self, Failure> {
        let unsendable = |what: &str| Failure::Unsendable(what.to_owned());
        let url = request.target();
        let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
        let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
        let mut headers = HeaderMap::with_capacity(request.headers.len() + 3);
        headers.insert(HOST, HeaderValue::from_str(authority).map_err(|_| unsendable("the endpoint's host"))?);
        headers.insert(USER_AGENT, HeaderValue::from_static(concat!("flowproof/", env!("CARGO_PKG_VERSION"))));
        for (name, value) in &request.headers {
            let value = HeaderValue::from_bytes(value.expose().as_bytes()).map_err(|_| unsendable("the value of a header"))?;
            headers.insert(HeaderName::from_bytes(name.as_bytes()).map_err(|_| unsendable("the name of a header"))?, value);
        }
        let mut body = Bytes::new();
        if let Some((content_type, octets)) = request.payload() {
            headers.insert(CONTENT_TYPE, HeaderValue::from_str(&content_type).map_err(|_| unsendable("Content-Type"))?);
            body = Bytes::from(octets);
        }
        let method = http::Method::from_bytes(request.method.as_str().as_bytes()).expect("our methods are HTTP's");
        let path = target.parse().map_err(|_| unsendable("the endpoint's path"))?;
        let scheme = if url.scheme() == "https" { Scheme::HTTPS } else { Scheme::HTTP };
        Ok(Self { method, path, scheme, headers, body })
    }

    /// The message for this version of HTTP.
    ///
    /// # Errors
    /// The host cannot be sent in a URI.
    pub fn message(&self, http: HttpVersion) -> Result<http::Request<Full<Bytes>>, Failure> {
        let mut request = http::Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.headers_mut() = self.headers.clone();
        match http {
            HttpVersion::Http1 => *request.uri_mut() = self.path.clone(),
            HttpVersion::Http2 => {
                *request.version_mut() = http::Version::HTTP_2;
                // The authority is in the URI.
                let host = request.headers_mut().remove(HOST);
                *request.uri_mut() = self.whole(host).ok_or_else(|| Failure::Unsendable("the endpoint's host".to_owned()))?;
            }
        }
        Ok(request)
    }

    fn whole(&self, host: Option<HeaderValue>) -> Option<Uri> {
        let mut parts = Parts::default();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(Authority::try_from(host?.as_bytes()).ok()?);
        parts.path_and_query = self.path.path_and_query().cloned();
        Uri::from_parts(parts).ok()
    }
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;
    use crate::protocol::Endpoint;

    #[test]
    fn each_version_of_http_has_the_uri_and_the_host_where_it_wants_them() {
        for (url, path) in [
            ("https://as.example/token?a=1#no", "/token?a=1"),
            ("http://[::1]:9400/", "/"),
            ("http://user:word@127.0.0.1:9400/a/b", "/a/b"),
        ] {
            let url = Url::parse(url).expect("a URL");
            let outgoing = Outgoing::of(&Request::get(Endpoint::Jwks, &url)).expect("it can be sent");
            let authority = &url[url::Position::BeforeHost..url::Position::AfterPort];
            let first = outgoing.message(HttpVersion::Http1).expect("it can be sent");
            assert_eq!((first.uri().to_string().as_str(), first.headers()[HOST].as_bytes()), (path, authority.as_bytes()));
            let second = outgoing.message(HttpVersion::Http2).expect("it can be sent");
            assert_eq!(second.uri().to_string(), format!("{}://{authority}{path}", url.scheme()));
            assert!(!second.headers().contains_key(HOST));
        }
    }
}
