//! What a client sends: a request described before it is sent, so that check and load share it, and malformed input is one more move.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use url::Url;
use url::form_urlencoded;

use super::exchange::Method;
use super::pkce::Pkce;
use super::secret::Secret;

/// The endpoint of the provider that a request is meant for; violations with one cause share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Endpoint {
    /// RFC 6749 section 3.1.
    Authorization,
    /// RFC 6749 section 3.2.
    Token,
    /// RFC 8628 section 3.1.
    DeviceAuthorization,
    /// RFC 8628 section 3.3, the page where the user types the code.
    Verification,
    /// RFC 7009 section 2.
    Revocation,
    /// RFC 7662 section 2.
    Introspection,
    /// RFC 8414 section 3.
    Metadata,
    /// RFC 7517, `jwks_uri`.
    Jwks,
    /// RFC 6750 section 2: a resource that takes bearer tokens, such as userinfo.
    Resource,
    /// RFC 7591 section 3, and what manages a registration (RFC 7592 section 2).
    Registration,
    /// A page of the provider's own: login, consent, and what lies between.
    Page,
    /// The reference server's admin listener.
    Admin,
}

impl Endpoint {
    /// The name that reports and steps use.
    pub fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization endpoint",
            Self::Token => "token endpoint",
            Self::DeviceAuthorization => "device authorization endpoint",
            Self::Verification => "verification page",
            Self::Revocation => "revocation endpoint",
            Self::Introspection => "introspection endpoint",
            Self::Metadata => "metadata",
            Self::Jwks => "JWK set",
            Self::Resource => "protected resource",
            Self::Registration => "client registration endpoint",
            Self::Page => "login page",
            Self::Admin => "admin listener",
        }
    }
}

/// A parameter or header value: plain, or secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// May be shown.
    Plain(String),
    /// Is shown by its name.
    Secret(Secret),
}

impl Value {
    /// The value as it goes over the wire.
    pub fn expose(&self) -> &str {
        match self {
            Self::Plain(text) => text,
            Self::Secret(secret) => secret.expose(),
        }
    }

    /// The value as it may be shown.
    pub fn masked(&self) -> String {
        match self {
            Self::Plain(text) => text.clone(),
            Self::Secret(secret) => secret.shown(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Plain(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Plain(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Plain(text.clone())
    }
}

impl From<Secret> for Value {
    fn from(secret: Secret) -> Self {
        Self::Secret(secret)
    }
}

impl From<&Secret> for Value {
    fn from(secret: &Secret) -> Self {
        Self::Secret(secret.clone())
    }
}

/// What stands in the request's body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// No body, no `Content-Type`.
    Empty,
    /// `application/x-www-form-urlencoded` (RFC 6749 appendix B), parameters in order, repeats allowed.
    Form(Vec<(String, Value)>),
    /// Anything else, as it stands.
    Raw {
        /// The `Content-Type` header.
        content_type: String,
        /// The octets.
        octets: Vec<u8>,
        /// The octets with secrets replaced; none where that cannot be done, so that their number alone is shown.
        shown: Option<String>,
    },
}

/// How a client proves who it is (RFC 6749 section 2.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientAuth {
    /// Does not say who it is.
    Anonymous,
    /// `client_id` in the body and nothing else: a public client.
    None {
        /// `client_id`
        id: String,
    },
    /// HTTP Basic with form-encoded user and password (RFC 6749 section 2.3.1).
    Basic {
        /// `client_id`
        id: String,
        /// `client_secret`
        secret: Secret,
    },
    /// `client_id` and `client_secret` in the body.
    Post {
        /// `client_id`
        id: String,
        /// `client_secret`
        secret: Secret,
    },
}

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

    /// Proves the client's identity in this way, replacing an earlier one.
    #[must_use]
    pub fn authenticate(self, auth: &ClientAuth) -> Self {
        let request = self.without_header("authorization").without("client_id").without("client_secret");
        match auth {
            ClientAuth::Anonymous => request,
            ClientAuth::None { id } => request.set("client_id", id),
            ClientAuth::Basic { id, secret } => request.basic("Basic", &form_encode(id), &secret.form_encoded()),
            ClientAuth::Post { id, secret } => request.set("client_id", id).set("client_secret", secret),
        }
    }

    /// Adds an `Authorization` header of this scheme (as spelled) with user and password exactly as given.
    #[must_use]
    pub fn basic(self, scheme: &str, user: &str, password: &Secret) -> Self {
        let credentials = STANDARD.encode(format!("{user}:{}", password.expose()));
        let shown = format!("{scheme} base64({user}:{password})");
        self.header("authorization", Secret::around("authorization", format!("{scheme} {credentials}"), shown, password))
    }

    /// Adds a bearer token in the `Authorization` header (RFC 6750 section 2.1).
    #[must_use]
    pub fn bearer(self, token: &Secret) -> Self {
        let header = format!("Bearer {}", token.expose());
        self.header("authorization", Secret::around("authorization", header, format!("Bearer {token}"), token))
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

/// An authorization request (RFC 6749 section 4.1.1), PKCE and `state` to be added.
pub fn authorize(authorization_endpoint: &Url, client_id: &str) -> Request {
    let mut request = Request::get(Endpoint::Authorization, authorization_endpoint);
    request.query.push(("response_type".to_owned(), "code".into()));
    request.query.push(("client_id".to_owned(), client_id.into()));
    request
}

impl Request {
    /// Adds `code_challenge` by S256 (RFC 7636 section 4.3).
    #[must_use]
    pub fn challenge(self, pkce: &Pkce) -> Self {
        self.set("code_challenge", &pkce.challenge).set("code_challenge_method", "S256")
    }

    /// Adds `code_verifier` (RFC 7636 section 4.5).
    #[must_use]
    pub fn verifier(self, verifier: &Secret) -> Self {
        self.set("code_verifier", verifier)
    }
}

/// An access token request of any grant type, client authentication to be added (RFC 6749 section 3.2).
pub fn token(token_endpoint: &Url, grant_type: &str) -> Request {
    Request::post(Endpoint::Token, token_endpoint).set("grant_type", grant_type)
}

/// The redemption of a code (RFC 6749 section 4.1.3).
pub fn redeem(token_endpoint: &Url, code: &Secret) -> Request {
    token(token_endpoint, "authorization_code").set("code", code)
}

/// A client credentials request (RFC 6749 section 4.4.2).
pub fn client_credentials(token_endpoint: &Url) -> Request {
    token(token_endpoint, "client_credentials")
}

/// A refresh (RFC 6749 section 6).
pub fn refresh(token_endpoint: &Url, refresh_token: &Secret) -> Request {
    token(token_endpoint, "refresh_token").set("refresh_token", refresh_token)
}

/// The grant type of the device flow (RFC 8628 section 3.4).
pub const DEVICE_CODE_GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A device access token request: one poll (RFC 8628 section 3.4).
pub fn poll(token_endpoint: &Url, device_code: &Secret) -> Request {
    token(token_endpoint, DEVICE_CODE_GRANT).set("device_code", device_code)
}

/// A device authorization request (RFC 8628 section 3.1).
pub fn device(device_authorization_endpoint: &Url) -> Request {
    Request::post(Endpoint::DeviceAuthorization, device_authorization_endpoint)
}

/// A revocation (RFC 7009 section 2.1).
pub fn revoke(revocation_endpoint: &Url, token: &Secret) -> Request {
    Request::post(Endpoint::Revocation, revocation_endpoint).set("token", token)
}

/// An introspection (RFC 7662 section 2.1).
pub fn introspect(introspection_endpoint: &Url, token: &Secret) -> Request {
    Request::post(Endpoint::Introspection, introspection_endpoint).set("token", token)
}

/// A call of a protected resource without a token yet (RFC 6750 section 2).
pub fn resource(resource: &Url) -> Request {
    Request::get(Endpoint::Resource, resource).header("accept", "application/json")
}

#[cfg(test)]
mod tests {
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
