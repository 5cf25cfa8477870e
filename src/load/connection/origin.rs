//! Where connections lead, and the TLS that they need: made once per run.

use std::net::IpAddr;
use std::sync::Arc;

use rustls_platform_verifier::BuilderVerifierExt as _;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Url};

use crate::load::plan::{Connecting, HttpVersion};
use crate::protocol::Failure;

/// Where a connection leads: an origin, how it is connected to, and the TLS that it needs.
#[derive(Clone)]
pub struct Origin {
    host: Host,
    port: u16,
    tls: Option<TlsConnector>,
    connecting: Connecting,
}

impl Origin {
    /// The origin of an endpoint.
    ///
    /// # Errors
    /// The URL has no host, or TLS cannot be set up on this machine.
    pub fn of(url: &Url, connecting: Connecting) -> Result<Self, Failure> {
        let unsendable = |what: &str| Failure::Unsendable(what.to_owned());
        let host = url.host().ok_or_else(|| unsendable("the endpoint has no host"))?.to_owned();
        let port = url.port_or_known_default().ok_or_else(|| unsendable("the endpoint has no port"))?;
        let tls = if url.scheme() == "https" { Some(tls(connecting)?) } else { None };
        Ok(Self { host, port, tls, connecting })
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
        let stream = match &self.host {
            Host::Domain(name) => TcpStream::connect((name.as_str(), port)).await,
            Host::Ipv4(address) => TcpStream::connect((*address, port)).await,
            Host::Ipv6(address) => TcpStream::connect((*address, port)).await,
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

fn tls(connecting: Connecting) -> Result<TlsConnector, Failure> {
    let failed = |error: tokio_rustls::rustls::Error| Failure::Unsendable(format!("TLS cannot be set up: {error}"));
    let mut config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(failed)?
        .with_platform_verifier()
        .map_err(failed)?
        .with_no_client_auth();
    config.alpn_protocols = match connecting.http {
        HttpVersion::Http1 => vec![b"http/1.1".to_vec()],
        HttpVersion::Http2 => vec![b"h2".to_vec()],
    };
    if !connecting.tls_resumption {
        config.resumption = Resumption::disabled();
    }
    Ok(TlsConnector::from(Arc::new(config)))
}
