//! The certificate of the OAuth listener: yours, or one made at start by an authority that signs nothing else.

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// The word for a generated certificate in a configuration.
const GENERATED: &str = "generated";
const DAY: Duration = Duration::from_secs(86_400);
/// How long a generated certificate is valid; some clients refuse more than 825 days.
const VALIDITY: Duration = Duration::from_secs(365 * 86_400);

/// Where the certificate comes from: `generated`, or `{ cert: PATH, key: PATH }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Made at start, for this machine's names and the configured ones.
    Generated,
    /// Read from PEM files.
    Files {
        /// The certificate, followed by those between it and its authority.
        cert: PathBuf,
        /// Its private key.
        key: PathBuf,
    },
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file does not hold what it should.
    #[error("{} holds no {wanted} in PEM form", path.display())]
    Empty {
        /// Which file.
        path: PathBuf,
        /// What it should hold.
        wanted: &'static str,
    },
    /// The library cannot use it: the key belongs to another certificate, say.
    #[error("the certificate cannot be used: {0}")]
    Unusable(String),
}

/// A certificate, its key, and whom a client must trust to believe it.
pub struct Certificate {
    /// The certificate, followed by those between it and its authority.
    pub chain: Vec<CertificateDer<'static>>,
    /// Its private key.
    pub key: PrivateKeyDer<'static>,
    /// The authority that was made for it, in PEM form.
    pub authority: Option<String>,
}

impl Certificate {
    /// Reads it, or makes one for these host names and addresses.
    ///
    /// # Errors
    /// [`CertificateError`] when a file does not hold what it should.
    pub fn obtain(tls: &Tls, names: Vec<String>) -> Result<Self, CertificateError> {
        match tls {
            Tls::Generated => generated(names).map_err(|error| CertificateError::Unusable(error.to_string())),
            Tls::Files { cert, key } => Ok(Self { chain: certificates(cert)?, key: private_key(key)?, authority: None }),
        }
    }
}

fn generated(names: Vec<String>) -> Result<Certificate, rcgen::Error> {
    let now = SystemTime::now();
    let named = |mut params: CertificateParams, name: &str| {
        params.distinguished_name.push(DnType::CommonName, name);
        // A clock that is a little behind ours must not refuse it.
        params.not_before = (now - DAY).into();
        params.not_after = (now + VALIDITY).into();
        params
    };
    let mut authority = named(CertificateParams::default(), "flowproof reference server, for tests only");
    authority.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    authority.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // The authority's key ends with this function: whoever trusts the authority trusts the one certificate below, and no other ever.
    let authority_key = KeyPair::generate()?;
    let pem = authority.self_signed(&authority_key)?.pem();

    let mut leaf = named(CertificateParams::new(names)?, "localhost");
    leaf.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    leaf.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    leaf.use_authority_key_identifier_extension = true;
    let key = KeyPair::generate()?;
    let certificate = leaf.signed_by(&key, &Issuer::new(authority, authority_key))?;
    Ok(Certificate {
        chain: vec![certificate.der().clone()],
        key: PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        authority: Some(pem),
    })
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, CertificateError> {
    let pem = bytes(path)?;
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
    chain.ok().filter(|chain| !chain.is_empty()).ok_or_else(|| holds_no(path, "certificate"))
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, CertificateError> {
    PrivateKeyDer::from_pem_slice(&bytes(path)?).map_err(|_| holds_no(path, "private key"))
}

fn bytes(path: &Path) -> Result<Vec<u8>, CertificateError> {
    std::fs::read(path).map_err(|source| CertificateError::Unreadable { path: path.to_owned(), source })
}

fn holds_no(path: &Path, wanted: &'static str) -> CertificateError {
    CertificateError::Empty { path: path.to_owned(), wanted }
}

impl Serialize for Tls {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Generated => serializer.serialize_str(GENERATED),
            Self::Files { cert, key } => {
                let mut files = serializer.serialize_struct("Tls", 2)?;
                files.serialize_field("cert", cert)?;
                files.serialize_field("key", key)?;
                files.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tls {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TlsVisitor)
    }
}

/// The files, as they stand in a configuration.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Files {
    cert: PathBuf,
    key: PathBuf,
}

struct TlsVisitor;

impl<'de> Visitor<'de> for TlsVisitor {
    type Value = Tls;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "`{GENERATED}` or {{ cert: PATH, key: PATH }}")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Tls, E> {
        if word == GENERATED { Ok(Tls::Generated) } else { Err(E::invalid_value(de::Unexpected::Str(word), &self)) }
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Tls, A::Error> {
        let Files { cert, key } = Files::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Tls::Files { cert, key })
    }
}
