//! Whose certificates are trusted: this machine's authorities, those of a file, or everybody's; and which keys were shown.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_platform_verifier::Verifier;
use sha2::{Digest as _, Sha256};
use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::verify_server_name;
use tokio_rustls::rustls::crypto::{self, CryptoProvider, aws_lc_rs};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};
use webpki::{EndEntityCert, KeyUsage};

use super::connect::Connect;
use crate::protocol::Failure;

/// Certificates of authorities.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authorities(Vec<CertificateDer<'static>>);

impl Authorities {
    /// Reads PEM: one certificate or more.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn of_pem(text: &[u8]) -> Result<Self, String> {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text).collect();
        let certificates = read.map_err(|error| format!("it is not PEM: {error:?}"))?;
        if certificates.is_empty() {
            return Err("it holds no `-----BEGIN CERTIFICATE-----`".to_owned());
        }
        let mut store = RootCertStore::empty();
        for (at, certificate) in certificates.iter().enumerate() {
            store.add(certificate.clone()).map_err(|error| format!("its certificate {} cannot be used: {error}", at + 1))?;
        }
        Ok(Self(certificates))
    }

    fn holds(&self, certificate: &CertificateDer<'_>) -> bool {
        self.0.iter().any(|one| one == certificate)
    }
}

/// The SHA-256 of public keys, in Base64: of certificates that were trusted, and of the authorities that made them so.
#[derive(Clone, Debug, Default)]
pub struct Keys(Arc<Mutex<BTreeSet<String>>>);

impl Keys {
    /// Those so far.
    pub fn so_far(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    fn keep(&self, certificate: &CertificateDer<'_>) {
        if let Ok(parsed) = EndEntityCert::try_from(certificate) {
            let digest = STANDARD.encode(Sha256::digest(parsed.subject_public_key_info().as_ref()));
            self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(digest);
        }
    }
}

impl Connect {
    /// The TLS of a client that trusts whom this says; the protocols are offered by ALPN, the first is preferred. The keys of who is trusted by
    /// the file's authorities are kept as they are shown.
    ///
    /// # Errors
    /// TLS cannot be set up on this machine.
    pub fn tls(&self, protocols: &[&str], keys: &Keys) -> Result<ClientConfig, Failure> {
        let failed = |error: Error| Failure::Unsendable(format!("TLS cannot be set up: {error}"));
        let provider = Arc::new(aws_lc_rs::default_provider());
        let authorities = self.ca.as_ref().map(|(_, authorities)| authorities.clone()).unwrap_or_default();
        authorities.0.iter().for_each(|certificate| keys.keep(certificate));
        let verifier: Arc<dyn ServerCertVerifier> = if self.insecure {
            Arc::new(Anybody(Arc::clone(&provider)))
        } else {
            let inner = Verifier::new_with_extra_roots(authorities.0.clone(), Arc::clone(&provider)).map_err(failed)?;
            Arc::new(Trusted { inner, authorities, keys: keys.clone() })
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
        Ok(config)
    }
}

/// The certificate's subject is its issuer: no authority stands behind it.
#[derive(Debug)]
struct SelfSigned;

impl fmt::Display for SelfSigned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the certificate is signed by itself")
    }
}

impl std::error::Error for SelfSigned {}

/// This machine's authorities, and those of a file. A certificate that stands in the file itself is trusted for its names: most of those that
/// are signed by themselves say that they are an authority, and no path leads from such a one to itself.
#[derive(Debug)]
struct Trusted {
    inner: Verifier,
    authorities: Authorities,
    keys: Keys,
}

impl ServerCertVerifier for Trusted {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.inner.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now);
        let verified = match verified {
            Err(Error::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::Other(_)))
                if is_self_signed(end_entity, now) =>
            {
                if self.authorities.holds(end_entity) {
                    verify_server_name(&ParsedCertificate::try_from(end_entity)?, server_name)
                        .map(|()| ServerCertVerified::assertion())
                } else {
                    Err(CertificateError::Other(OtherError(Arc::new(SelfSigned))).into())
                }
            }
            other => other,
        };
        if verified.is_ok() && !self.authorities.0.is_empty() {
            self.keys.keep(end_entity);
        }
        verified
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.inner.verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.inner.supported_verify_schemes()
    }
}

/// Whether a certificate names itself as its issuer, and its own key signed it: names alone are given twice now and then.
fn is_self_signed(certificate: &CertificateDer<'_>, now: UnixTime) -> bool {
    let (Ok(parsed), Ok(anchor)) = (EndEntityCert::try_from(certificate), webpki::anchor_from_trusted_cert(certificate)) else {
        return false;
    };
    let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms.all;
    let (anchors, usage) = ([anchor], KeyUsage::server_auth());
    let by_itself = parsed.verify_for_usage(algorithms, &anchors, &[], now, usage, None, None);
    // Of an authority that is nobody's end entity the signature is not looked at.
    let denied = matches!(by_itself, Err(webpki::Error::UnknownIssuer | webpki::Error::InvalidSignatureForPublicKey));
    parsed.subject() == parsed.issuer() && !denied
}

/// Everybody is trusted, who holds the key of the certificate that they show.
#[derive(Debug)]
struct Anybody(Arc<CryptoProvider>);

impl ServerCertVerifier for Anybody {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls12_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        crypto::verify_tls13_signature(message, certificate, signature, &self.0.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
