//! A request in the form in which it is sent, made once where it is sent often.

use http::header::{CONTENT_TYPE, HOST, HeaderName, HeaderValue, USER_AGENT};
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
    /// The whole, as HTTP/2 takes it apart.
    whole: Uri,
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
        let whole = url.as_str().parse().map_err(|_| unsendable("the endpoint's URL"))?;
        Ok(Self { method, path, whole, headers, body })
    }

    /// The message for this version of HTTP.
    pub fn message(&self, http: HttpVersion) -> http::Request<Full<Bytes>> {
        let mut request = http::Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.headers_mut() = self.headers.clone();
        match http {
            HttpVersion::Http1 => *request.uri_mut() = self.path.clone(),
            HttpVersion::Http2 => {
                *request.version_mut() = http::Version::HTTP_2;
                *request.uri_mut() = self.whole.clone();
                // The authority is in the URI.
                request.headers_mut().remove(HOST);
            }
        }
        request
    }
}
