//! The handshake before a connection's first request: TLS 1.2 or 1.3, nothing older.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{Error, ServerConfig};
use tokio_rustls::server::TlsStream;

use super::Stop;
use crate::server::certificate::Certificate;
use crate::server::log;

/// The one protocol that is spoken below TLS.
const HTTP_1_1: &[u8] = b"http/1.1";

/// What makes a connection private.
///
/// # Errors
/// The library's, when it cannot use the certificate: the key belongs to another one, say.
pub fn acceptor(certificate: Certificate) -> Result<TlsAcceptor, Error> {
    let Certificate { chain, key, authority: _ } = certificate;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&TLS13, &TLS12])?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![HTTP_1_1.to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// The private connection; nothing when the client cannot agree with us, is too slow, or the server is told to stop.
pub async fn secured(
    acceptor: TlsAcceptor,
    stream: TcpStream,
    patience: Duration,
    mut stop: Stop,
) -> Option<TlsStream<TcpStream>> {
    tokio::select! {
        agreed = tokio::time::timeout(patience, acceptor.accept(stream)) => {
            let agreed = agreed.inspect_err(|late| log::no_handshake(late)).ok()?;
            agreed.inspect_err(|error| log::no_handshake(error)).ok()
        }
        _ = stop.changed() => None,
    }
}
