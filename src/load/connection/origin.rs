//! Where connections lead, and the TLS that they need: made once per run.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Url};

use crate::load::plan::{Connecting, HttpVersion};
use crate::protocol::Failure;
use crate::wire::{Connect, Keys, Route};

/// Where a connection leads: an origin, how it is connected to, and the TLS that it needs.
pub struct Origin {
    host: Host,
    port: u16,
    /// Where it is, whatever the name service says.
    at: Option<SocketAddr>,
    tls: Option<TlsConnector>,
    connecting: Connecting,
}

impl Origin {
    /// The origin of an endpoint.
    ///
    /// # Errors
    /// The URL has no host, there is a proxy before it, or TLS cannot be set up on this machine.
    pub fn of(url: &Url, connecting: Connecting, connect: &Connect) -> Result<Self, Failure> {
        let unsendable = |what: &str| Failure::Unsendable(what.to_owned());
        let host = url.host().ok_or_else(|| unsendable("the endpoint has no host"))?.to_owned();
        let port = url.port_or_known_default().ok_or_else(|| unsendable("the endpoint has no port"))?;
        let at = match connect.route(url) {
            Route::Direct => None,
            Route::At(address) => Some(address),
            Route::Through(_) => {
                return Err(unsendable(
                    "load goes straight to the provider, for through a proxy the figures would be the proxy's: \
                     take it out with `connect: { proxy: none }`",
                ));
            }
        };
        let tls = if url.scheme() == "https" { Some(tls(connecting, connect)?) } else { None };
        Ok(Self { host, port, at, tls, connecting })
    }

    /// How it is connected to.
    pub fn connecting(&self) -> Connecting {
        self.connecting
    }

    /// A TCP connection to it.
    ///
    /// # Errors
    /// Nobody answers there.
    pub async fn tcp(&self) -> Result<TcpStream, Failure> {
        let port = self.port;
        let stream = match (self.at, &self.host) {
            (Some(address), _) => TcpStream::connect(address).await,
            (None, Host::Domain(name)) => TcpStream::connect((name.as_str(), port)).await,
            (None, Host::Ipv4(address)) => TcpStream::connect((*address, port)).await,
            (None, Host::Ipv6(address)) => TcpStream::connect((*address, port)).await,
        };
        let stream = stream.map_err(refused)?;
        stream.set_nodelay(true).map_err(refused)?;
        Ok(stream)
    }

    /// TLS over it, where the origin has any.
    ///
    /// # Errors
    /// The TCP connection comes back where the origin has no TLS; the handshake failed, or the server does not speak the HTTP that is wanted.
    pub async fn tls(&self, stream: TcpStream) -> Result<Secured, Failure> {
        let Some(tls) = &self.tls else { return Ok(Secured::Plain(stream)) };
        let name = match &self.host {
            Host::Domain(name) => ServerName::try_from(name.clone())
                .map_err(|_| Failure::Unsendable("the endpoint's host is no name for TLS".to_owned()))?,
            Host::Ipv4(address) => ServerName::from(IpAddr::V4(*address)),
            Host::Ipv6(address) => ServerName::from(IpAddr::V6(*address)),
        };
        let stream = tls.connect(name, stream).await.map_err(refused)?;
        if self.connecting.http == HttpVersion::Http2 && stream.get_ref().1.alpn_protocol() != Some(b"h2") {
            return Err(Failure::Connect("the server does not speak HTTP/2".to_owned()));
        }
        Ok(Secured::Tls(Box::new(stream)))
    }
}

/// A connection with or without TLS.
pub enum Secured {
    /// Without.
    Plain(TcpStream),
    /// With.
    Tls(Box<TlsStream<TcpStream>>),
}

fn refused(error: std::io::Error) -> Failure {
    Failure::Connect(error.to_string())
}

fn tls(connecting: Connecting, connect: &Connect) -> Result<TlsConnector, Failure> {
    let protocol = match connecting.http {
        HttpVersion::Http1 => "http/1.1",
        HttpVersion::Http2 => "h2",
    };
    let mut config = connect.tls(&[protocol], &Keys::default())?;
    if !connecting.tls_resumption {
        config.resumption = Resumption::disabled();
    }
    Ok(TlsConnector::from(Arc::new(config)))
}
