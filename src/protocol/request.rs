//! What a client sends: a request described before it is sent, so that check and load share it, and malformed input is one more move.

mod client_auth;
mod endpoint;
mod flows;
mod value;

use url::{Url, form_urlencoded};

pub use self::client_auth::ClientAuth;
pub use self::endpoint::Endpoint;
pub use self::flows::{
    DEVICE_CODE_GRANT, authorize, client_credentials, device, introspect, poll, redeem, refresh, resource, revoke, token,
};
pub use self::value::{Body, Value};
use super::exchange::Method;
use super::secret::Secret;

/// A request, described; `wire` or the load generator sends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The endpoint it is meant for.
    pub endpoint: Endpoint,
    /// The method.
    pub method: Method,
    /// The endpoint's URL, as it stands in metadata; its own query is kept.
    pub url: Url,
    /// Parameters added to the URL's query, in order, repeats allowed.
    pub query: Vec<(String, Value)>,
    /// Headers, in order; names in lower case.
    pub headers: Vec<(String, Value)>,
    /// The body.
    pub body: Body,
}

impl Request {
    /// A GET of `url`.
    pub fn get(endpoint: Endpoint, url: &Url) -> Self {
        Self { endpoint, method: Method::Get, url: url.clone(), query: Vec::new(), headers: Vec::new(), body: Body::Empty }
    }

    /// A POST of an empty form to `url`, asking for JSON as real clients do.
    pub fn post(endpoint: Endpoint, url: &Url) -> Self {
        let mut request = Self::get(endpoint, url);
        request.method = Method::Post;
        request.body = Body::Form(Vec::new());
        request.header("accept", "application/json")
    }

    /// Sets the method.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Adds a header; an earlier one of that name goes.
    #[must_use]
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        let name = name.to_ascii_lowercase();
        self.headers.retain(|(other, _)| *other != name);
        self.headers.push((name, value.into()));
        self
    }

    /// Adds a header beside an earlier one of that name.
    #[must_use]
    pub fn another_header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.headers.push((name.to_ascii_lowercase(), value.into()));
        self
    }

    /// Drops a header.
    #[must_use]
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(other, _)| !other.eq_ignore_ascii_case(name));
        self
    }

    /// The parameters: the form's where there is one, else the query's.
    pub fn params(&self) -> &[(String, Value)] {
        match &self.body {
            Body::Form(form) => form,
            Body::Empty | Body::Raw { .. } => &self.query,
        }
    }

    fn params_mut(&mut self) -> &mut Vec<(String, Value)> {
        match &mut self.body {
            Body::Form(form) => form,
            Body::Empty | Body::Raw { .. } => &mut self.query,
        }
    }

    /// The first value of a parameter.
    pub fn param(&self, name: &str) -> Option<&Value> {
        self.params().iter().find(|(other, _)| other == name).map(|(_, value)| value)
    }

    /// Sets a parameter where it stands, or adds it at the end; repeats of it go.
    #[must_use]
    pub fn set(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        let params = self.params_mut();
        match params.iter().position(|(other, _)| other == name) {
            Some(at) => {
                params[at].1 = value;
                let mut seen = 0;
                params.retain(|(other, _)| {
                    seen += usize::from(other == name);
                    other != name || seen == 1
                });
            }
            None => params.push((name.to_owned(), value)),
        }
        self
    }

    /// Sets a parameter if there is a value for it.
    #[must_use]
    pub fn set_some(self, name: &str, value: Option<impl Into<Value>>) -> Self {
        match value {
            Some(value) => self.set(name, value),
            None => self,
        }
    }

    /// Leaves a parameter out.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.params_mut().retain(|(other, _)| other != name);
        self
    }

    /// Sends a parameter once more, with this value (RFC 6749 sections 3.1 and 3.2 forbid it).
    #[must_use]
    pub fn twice(mut self, name: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.params_mut().push((name.to_owned(), value));
        self
    }

    /// Moves every parameter of the body into the query, leaving an empty form.
    #[must_use]
    pub fn in_query(mut self) -> Self {
        if let Body::Form(form) = &mut self.body {
            self.query.append(form);
        }
        self
    }

    /// Turns it into a GET with every parameter in the query.
    #[must_use]
    pub fn as_get(self) -> Self {
        let mut request = self.in_query();
        request.method = Method::Get;
        request.body = Body::Empty;
        request
    }

    /// Sends the same parameters as a JSON object.
    #[must_use]
    pub fn as_json(mut self) -> Self {
        if let Body::Form(form) = &self.body {
            let object = |text: &dyn Fn(&Value) -> String| {
                let members = form.iter().map(|(name, value)| (name.clone(), text(value).into()));
                serde_json::Value::Object(members.collect()).to_string()
            };
            let octets = object(&|value| value.expose().to_owned()).into_bytes();
            let shown = Some(object(&Value::masked));
            self.body = Body::Raw { content_type: "application/json".to_owned(), octets, shown };
        }
        self
    }

    /// The URL with its whole query, as it goes over the wire.
    pub fn target(&self) -> Url {
        let mut url = self.url.clone();
        if !self.query.is_empty() {
            let mut pairs = url.query_pairs_mut();
            for (name, value) in &self.query {
                pairs.append_pair(name, value.expose());
            }
        }
        url
    }

    /// The `Content-Type` and the octets of the body, as they go over the wire.
    pub fn payload(&self) -> Option<(String, Vec<u8>)> {
        match &self.body {
            Body::Empty => None,
            Body::Form(form) => {
                let mut encoded = form_urlencoded::Serializer::new(String::new());
                for (name, value) in form {
                    encoded.append_pair(name, value.expose());
                }
                Some(("application/x-www-form-urlencoded".to_owned(), encoded.finish().into_bytes()))
            }
            Body::Raw { content_type, octets, .. } => Some((content_type.clone(), octets.clone())),
        }
    }

    /// Every secret that the request carries.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let form = match &self.body {
            Body::Form(form) => form.as_slice(),
            Body::Empty | Body::Raw { .. } => &[],
        };
        self.query.iter().chain(&self.headers).chain(form).filter_map(|(_, value)| match value {
            Value::Plain(_) => None,
            Value::Secret(secret) => Some(secret),
        })
    }
}

/// `application/x-www-form-urlencoded` of one value (RFC 6749 appendix B).
pub fn form_encode(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn endpoint() -> Url {
        Url::parse("https://as.example/token?tenant=1").expect("a constant URL")
    }

    #[test]
    fn a_redemption_is_the_form_of_rfc_6749_section_4_1_3() {
        let request = redeem(&endpoint(), &Secret::new("code", "SplxlOBeZQQYbYS6WxSbIA"))
            .set("redirect_uri", "https://client.example.com/cb");
        let (content_type, body) = request.payload().expect("a form");
        assert_eq!(content_type, "application/x-www-form-urlencoded");
        assert_eq!(
            String::from_utf8(body).expect("a form is ASCII"),
            "grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA&redirect_uri=https%3A%2F%2Fclient.example.com%2Fcb"
        );
    }

    #[test]
    fn basic_encodes_user_and_password_as_forms_before_base64() {
        let auth = ClientAuth::Basic { id: "a b".to_owned(), secret: Secret::new("client_secret", "p:%+/&=") };
        let request = client_credentials(&endpoint()).authenticate(&auth);
        let header = request.headers.iter().find(|(name, _)| name == "authorization").expect("a header").1.expose().to_owned();
        let decoded = STANDARD.decode(header.strip_prefix("Basic ").expect("the scheme")).expect("base64");
        assert_eq!(decoded, b"a+b:p%3A%25%2B%2F%26%3D");
    }

    #[test]
    fn moves_change_one_thing_and_leave_the_rest_in_place() {
        let request = redeem(&endpoint(), &Secret::new("code", "c")).set("redirect_uri", "r");
        assert_eq!(request.clone().without("code").params().len(), 2);
        assert_eq!(request.clone().twice("code", "d").params().len(), 4);
        assert_eq!(request.clone().twice("code", "d").set("code", "e").params().len(), 3);
        let get = request.as_get();
        assert_eq!(
            get.target().as_str(),
            "https://as.example/token?tenant=1&grant_type=authorization_code&code=c&redirect_uri=r"
        );
        assert_eq!(get.payload(), None);
    }
}
