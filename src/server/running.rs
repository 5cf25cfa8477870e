//! A server that runs: binding, addresses, and stopping.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Weak};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::admin::Admin;
use super::certificate::{Certificate, CertificateError};
use super::config::Config;
use super::core::environment::{Random as _, SystemRandom};
use super::core::message::{Request, Response};
use super::core::{Core, RealmError};
use super::http::{self, Door};
use super::in_process::core_of;
use super::{log, provider_document};

/// How long requests under way may take once the server is told to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(2);
/// How often what is over is dropped.
const SWEEP_EVERY: Duration = Duration::from_secs(1);

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A listener could not be bound.
    #[error("cannot listen on {address}: {source}")]
    Bind {
        /// Where it should have listened.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A realm of the configuration is not usable.
    #[error("{0}")]
    Realm(#[from] RealmError),
    /// The realm behind the short `/device` address is none of the configured ones.
    #[error("default_realm: there is no realm `{0}`")]
    NoSuchRealm(String),
    /// There is no usable certificate.
    #[error("tls: {0}")]
    Tls(#[from] CertificateError),
    /// The public URL is not an origin.
    #[error("public_url `{0}` is not an origin such as https://auth.example.com, with nothing behind the host and port")]
    PublicUrl(String),
    /// The signing key could not be made.
    #[error("cannot make a signing key")]
    Key,
}

/// A running server. Dropped, it stops too, and nobody waits for the requests under way.
pub struct Running {
    core: Arc<Core>,
    address: SocketAddr,
    base_url: String,
    admin_address: SocketAddr,
    admin_key: String,
    authority: Option<String>,
    /// Dropped, it tells the tasks to stop.
    stop: watch::Sender<()>,
    tasks: Vec<JoinHandle<()>>,
}

/// The reference authorization server behind two listeners: one for OAuth, one for whoever runs it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use flowproof::server::{Config, ReferenceServer};
///
/// let mut config = Config::demo(); // realms `my-app`, `strict` and `lenient`, on free loopback ports
/// config.realms[0].defects.push("ignores-code-verifier".to_owned());
/// let server = ReferenceServer::start(config).await?;
///
/// let issuer = server.issuer("my-app"); // http://127.0.0.1:PORT/realms/my-app: what your client is configured with
/// # assert!(issuer.starts_with("http://127.0.0.1:") && issuer.ends_with("/realms/my-app"));
/// // … let your client sign in …
/// server.advance_clock("my-app", std::time::Duration::from_secs(600)); // its tokens are too old now
///
/// server.stop().await;
/// # Ok(())
/// # }
/// ```
pub struct ReferenceServer;

impl ReferenceServer {
    /// Binds both listeners and serves in the background, until [`Running`] is stopped or dropped.
    ///
    /// # Errors
    /// [`StartError`] when a port is taken or the configuration names an unknown defect, a realm twice, or the like.
    pub async fn start(config: Config) -> Result<Running, StartError> {
        let (listener, address) = bind(SocketAddr::new(config.host, config.port)).await?;
        // Whoever holds the key can change every realm: that door stays on this machine.
        let admin_host = if config.host.is_loopback() { config.host } else { IpAddr::V4(Ipv4Addr::LOCALHOST) };
        let (admin_listener, admin_address) = bind(SocketAddr::new(admin_host, config.admin_port)).await?;
        let admin_key = config.admin_key.clone().unwrap_or_else(random_key);
        let base_url = match &config.public_url {
            Some(url) => origin(url)?.to_owned(),
            None => format!("{}://{}", if config.tls.is_some() { "https" } else { "http" }, reachable(address)),
        };
        let certificate = config.tls.as_ref().map(|tls| Certificate::obtain(tls, names(&base_url, config.host))).transpose()?;
        let authority = certificate.as_ref().and_then(|certificate| certificate.authority.clone());
        let tls = certificate.map(http::acceptor).transpose().map_err(|error| CertificateError::Unusable(error.to_string()))?;
        let core = Arc::new(core_of(config, &base_url)?);
        let admin = Admin::new(Arc::clone(&core), format!("http://{admin_address}"), admin_key.clone());
        log::listening(address, admin_address, &base_url, tls.is_some());
        let (stop, told) = watch::channel(());
        let tasks = vec![
            tokio::spawn(http::serve(Door { listener, tls }, answers_of(Arc::clone(&core)), told.clone())),
            tokio::spawn(http::serve(
                Door { listener: admin_listener, tls: None },
                move |request| admin.answer(&request),
                told.clone(),
            )),
            tokio::spawn(sweep(Arc::downgrade(&core), told)),
        ];
        Ok(Running { core, address, base_url, admin_address, admin_key, authority, stop, tasks })
    }
}

/// Drops what is over even when nothing new comes.
async fn sweep(core: Weak<Core>, mut stop: http::Stop) {
    let mut ticks = tokio::time::interval(SWEEP_EVERY);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            _ = stop.changed() => return,
        }
        let Some(core) = core.upgrade() else { return };
        core.sweep();
    }
}

/// The core, and before it the question whether anybody is there, which is for no realm.
fn answers_of(core: Arc<Core>) -> impl Fn(Request) -> Response + Send + Sync + 'static {
    move |request| match (request.path.as_str(), request.method.as_str()) {
        ("/health", "GET" | "HEAD") => Response::json(200, json!({ "status": "ok" })),
        ("/health", _) => Response::method_not_allowed("GET, HEAD"),
        _ => log::answer(&core, request),
    }
}

async fn bind(address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |source| StartError::Bind { address, source };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, bound))
}

/// An address that listens everywhere is named by one that a browser can go to.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip @ (IpAddr::V4(_) | IpAddr::V6(_)) => ip,
    };
    SocketAddr::new(ip, address.port())
}

/// An origin as it is configured, without the slash that many people write behind it.
fn origin(url: &str) -> Result<&str, StartError> {
    let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://")).map(|rest| rest.trim_end_matches('/'));
    let usual = |byte: u8| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte);
    match host {
        Some(host) if !host.is_empty() && host.bytes().all(usual) => Ok(url.trim_end_matches('/')),
        Some(_) | None => Err(StartError::PublicUrl(url.to_owned())),
    }
}

/// What a generated certificate is for: this machine, the address that is listened on, and the name that clients are told.
fn names(base_url: &str, host: IpAddr) -> Vec<String> {
    let mut names = vec!["localhost".to_owned(), Ipv4Addr::LOCALHOST.to_string(), Ipv6Addr::LOCALHOST.to_string()];
    let (_, authority) = base_url.split_once("://").unwrap_or_default();
    let public = match authority.strip_prefix('[') {
        Some(literal) => literal.split(']').next(),
        None => authority.split(':').next(),
    };
    let others = public.map(str::to_owned).into_iter().chain((!host.is_unspecified()).then(|| host.to_string()));
    for name in others {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn random_key() -> String {
    let mut key = [0; 24];
    SystemRandom.fill(&mut key);
    URL_SAFE_NO_PAD.encode(key)
}

impl Running {
    /// Where the OAuth endpoints listen.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// `http://host:port` (or `https`, or the public URL), without a slash at its end.
    pub fn base_url(&self) -> String {
        self.base_url.clone()
    }

    /// The issuer of a realm, whether or not it exists.
    pub fn issuer(&self, realm: &str) -> String {
        self.core.issuer(realm)
    }

    /// The names of the realms there are, sorted.
    pub fn realms(&self) -> Vec<String> {
        self.core.realm_names()
    }

    /// Where the admin listener is.
    pub fn admin_url(&self) -> String {
        format!("http://{}", self.admin_address)
    }

    /// The key of the admin listener.
    pub fn admin_key(&self) -> &str {
        &self.admin_key
    }

    /// The authority behind a generated certificate, in PEM form: clients must be told to trust it.
    pub fn certificate_authority(&self) -> Option<&str> {
        self.authority.as_deref()
    }

    /// The provider file of a realm as a JSON value, secrets included; `null` when there is no such realm.
    pub fn provider_document(&self, realm: &str) -> Value {
        self.core
            .realm(realm)
            .map_or(Value::Null, |realm| provider_document::of(&realm.config, &realm.issuer, &self.admin_url(), &self.admin_key))
    }

    /// Moves the clock of a realm on, so that what it issued grows old; says whether the realm exists and its clock can go that far.
    pub fn advance_clock(&self, realm: &str, by: Duration) -> bool {
        self.core.realm(realm).is_some_and(|realm| realm.advance(by).is_some())
    }

    /// Stops listening, answers what is under way, and returns.
    pub async fn stop(self) {
        drop(self.stop);
        let end = Instant::now() + STOP_PATIENCE;
        for task in self.tasks {
            let abort = task.abort_handle();
            if tokio::time::timeout_at(end, task).await.is_err() {
                abort.abort();
            }
        }
        log::stopped();
    }
}
