//! The HTTP clients of a run: one for each way on which the provider is reached.

use std::error::Error as _;
use std::time::Duration;

use reqwest::header::{HOST, HeaderValue};
use reqwest::{Client, ClientBuilder};
use url::{Position, Url};

use super::client::Bounds;
use super::connect::{Address, Connect, Route};
use super::proxy::Proxy;
use super::tls::Keys;
use crate::protocol::Failure;

/// The clients, and what they were made of.
#[derive(Debug)]
pub(super) struct Paths {
    pub(super) connect: Connect,
    pub(super) keys: Keys,
    direct: Client,
    proxied: Vec<(Proxy, Client)>,
    placed: Vec<(Address, Client)>,
}

/// How one request goes out.
pub(super) struct Path<'a> {
    pub(super) client: &'a Client,
    /// Where to, with the port at which it is.
    pub(super) url: Url,
    /// The `Host` that the URL no longer says.
    pub(super) host: Option<HeaderValue>,
    /// What is in between.
    pub(super) proxy: Option<&'a Proxy>,
}

impl Paths {
    /// Makes the clients.
    pub(super) fn new(bounds: Bounds, connect: Connect) -> Result<Self, Failure> {
        let keys = Keys::default();
        let made = |builder: ClientBuilder| builder.build().map_err(|error| Failure::Unsendable(chain(&error)));
        let builder = |protocols: &[&str]| Ok(builder(bounds.connect).tls_backend_preconfigured(connect.tls(protocols, &keys)?));
        let direct = made(builder(&["h2", "http/1.1"])?)?;
        let mut proxied = Vec::new();
        for proxy in connect.proxies.iter().flat_map(|proxies| proxies.each()) {
            let mut to = reqwest::Proxy::all(proxy.url().clone()).map_err(|error| Failure::Unsendable(chain(&error)))?;
            if let Some((user, password)) = proxy.credentials() {
                to = to.basic_auth(user, password.expose());
            }
            proxied.push((proxy.clone(), made(builder(&["h2", "http/1.1"])?.proxy(to))?));
        }
        let mut placed = Vec::new();
        for address in &connect.resolve {
            // HTTP/2 has no `Host` that could say another port than the one connected to.
            let protocols: &[&str] = if address.to.port() == address.port { &["h2", "http/1.1"] } else { &["http/1.1"] };
            placed.push((address.clone(), made(builder(protocols)?.resolve(&address.host, address.to))?));
        }
        Ok(Self { connect, keys, direct, proxied, placed })
    }

    /// How a request for this URL goes out.
    pub(super) fn to(&self, url: Url) -> Path<'_> {
        match self.connect.route(&url) {
            Route::Direct => Path { client: &self.direct, url, host: None, proxy: None },
            Route::Through(proxy) => {
                let client = self.proxied.iter().find(|(other, _)| other == proxy).map_or(&self.direct, |(_, client)| client);
                Path { client, url, host: None, proxy: Some(proxy) }
            }
            Route::At(to) => {
                let found = self.placed.iter().find(|(address, _)| address.is_for(&url));
                let client = found.map_or(&self.direct, |(_, client)| client);
                if url.port_or_known_default() == Some(to.port()) {
                    return Path { client, url, host: None, proxy: None };
                }
                let host = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]).ok();
                let mut moved = url;
                // Only a URL without a host takes no port, and an address is for a host.
                let _ = moved.set_port(Some(to.port()));
                Path { client, url: moved, host, proxy: None }
            }
        }
    }
}

impl Path<'_> {
    /// The request that goes out so.
    pub(super) fn request(&self, method: reqwest::Method, names_host: bool) -> reqwest::RequestBuilder {
        let builder = self.client.request(method, self.url.clone());
        match self.host.as_ref().filter(|_| !names_host) {
            Some(host) => builder.header(HOST, host),
            None => builder,
        }
    }
}

/// What all clients have in common, with the longest that a connection may take.
pub(super) fn builder(connect: Duration) -> ClientBuilder {
    Client::builder()
        .user_agent(concat!("flowproof/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(connect)
        .pool_idle_timeout(Duration::from_secs(15))
}

/// The causes of an error without its URL, which may hold a code or a token.
pub(super) fn chain(error: &reqwest::Error) -> String {
    let mut words = Vec::new();
    let mut cause = error.source();
    while let Some(inner) = cause {
        words.push(inner.to_string());
        cause = inner.source();
    }
    words.dedup();
    if words.is_empty() { "no cause given".to_owned() } else { words.join(": ") }
}
