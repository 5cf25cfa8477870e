//! The server in a unit test of yours: its answers, mounted into a `wiremock::MockServer`.

use std::sync::Arc;
use std::time::Duration;

use ::wiremock::{Request as MockRequest, Respond, ResponseTemplate};

use super::config::Config;
use super::core::Core;
use super::core::message::Request;
use super::in_process::core_of;
use super::log;
use super::running::StartError;

/// A whole authorization server as the responder of a mock: what it issues it knows, what is used up is used up.
///
/// Its clones share one memory: keep one to move a clock.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
/// use flowproof::server::{Config, wiremock::Responder};
/// use wiremock::{Mock, MockServer, matchers::any};
///
/// let mock = MockServer::start().await;
/// let provider = Responder::new(Config::demo(), &mock.uri())?;
/// Mock::given(any()).respond_with(provider.clone()).mount(&mock).await;
///
/// // From here on it is your client's turn; it is configured with the issuer.
/// let issuer = provider.issuer("my-app");
/// let (id, secret) = ("batch-job", "batch-job-secret-b64e02");
/// # let http = reqwest::Client::new();
/// # let post = |path: &str, form: &'static str| http.post(format!("{issuer}/protocol/openid-connect/{path}"))
/// #     .basic_auth(id, Some(secret)).header("content-type", "application/x-www-form-urlencoded").body(form);
/// # let json = async |answer: reqwest::Response| serde_json::from_slice::<serde_json::Value>(&answer.bytes().await.unwrap()).unwrap();
/// let answer = post("token", "grant_type=client_credentials").send().await?;
/// assert_eq!(answer.status(), 200);
/// assert_eq!(answer.headers()["cache-control"], "no-store");
/// let token = json(answer).await["access_token"].as_str().unwrap().to_owned();
/// # let introspected = async || {
/// #     let inspector = http.post(format!("{issuer}/protocol/openid-connect/token/introspect"));
/// #     let inspector = inspector.basic_auth("billing-api", Some("billing-api-secret-3d77c8"));
/// #     let form = inspector.header("content-type", "application/x-www-form-urlencoded").body(format!("token={token}"));
/// #     json(form.send().await.unwrap()).await
/// # };
/// assert_eq!(introspected().await["active"], true);
///
/// // Ten minutes later the token is too old, without waiting.
/// provider.advance_clock("my-app", Duration::from_secs(600));
/// assert_eq!(introspected().await["active"], false);
/// # Ok(())
/// # }
/// ```
///
/// A provider with a bug shows what your client does about it:
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowproof::server::{Config, wiremock::Responder};
/// # use wiremock::{Mock, MockServer, matchers::any};
/// # let mock = MockServer::start().await;
///
/// let mut config = Config::demo();
/// config.realms[0].defects.push("omits-no-store".to_owned());
/// let provider = Responder::new(config, &mock.uri())?;
/// Mock::given(any()).respond_with(provider.clone()).mount(&mock).await;
/// # let answer = reqwest::Client::new().post(format!("{}/protocol/openid-connect/token", provider.issuer("my-app")))
/// #     .basic_auth("batch-job", Some("batch-job-secret-b64e02")).header("content-type", "application/x-www-form-urlencoded")
/// #     .body("grant_type=client_credentials").send().await?;
/// assert_eq!(answer.status(), 200);
/// assert_eq!(answer.headers().get("cache-control"), None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Responder {
    core: Arc<Core>,
}

impl Responder {
    /// The realms of the configuration, whose issuers begin with the mock's URI. What it says of listeners is for [`ReferenceServer`] alone.
    ///
    /// [`ReferenceServer`]: super::ReferenceServer
    ///
    /// # Errors
    /// [`StartError`] when the configuration names an unknown defect, a realm twice, or the like.
    pub fn new(config: Config, uri: &str) -> Result<Self, StartError> {
        Ok(Self { core: Arc::new(core_of(config, uri.trim_end_matches('/'))?) })
    }

    /// The issuer of a realm, whether or not it exists.
    pub fn issuer(&self, realm: &str) -> String {
        self.core.issuer(realm)
    }

    /// Moves the clock of a realm on, so that what it issued grows old; says whether the realm exists and its clock can go that far.
    pub fn advance_clock(&self, realm: &str, by: Duration) -> bool {
        self.core.realm(realm).is_some_and(|realm| realm.advance(by).is_some())
    }
}

impl Respond for Responder {
    /// An answer that a defect or fault holds back comes late; one that a fault would cut off comes whole, for a mock cannot cut.
    fn respond(&self, request: &MockRequest) -> ResponseTemplate {
        let mut head = http::Request::new(());
        *head.method_mut() = request.method.clone();
        *head.headers_mut() = request.headers.clone();
        match request.url.as_str().parse() {
            Ok(uri) => *head.uri_mut() = uri,
            // The mock's own HTTP library has read it already.
            Err(_) => return ResponseTemplate::new(400),
        }
        let (head, ()) = head.into_parts();
        let response = log::answer(&self.core, Request::of(head, request.body.clone()));
        let delay = response.delay;
        let (head, body) = response.into_http().into_parts();
        let answer = head
            .headers
            .iter()
            .fold(ResponseTemplate::new(head.status), |answer, (name, value)| answer.append_header(name, value))
            .set_body_bytes(body);
        match delay {
            Some(delay) => answer.set_delay(delay),
            None => answer,
        }
    }
}
