//! How users connect: kept connections or a new one each time, which HTTP, and whether TLS sessions are resumed.

use std::fmt;

use serde::Deserialize;

/// How every user of a plan connects.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Connecting {
    /// Whether a connection is kept for the next request; otherwise each request has a new one, which counts into its time.
    pub keep_alive: bool,
    /// Which HTTP is spoken.
    pub http: HttpVersion,
    /// Whether a new TLS connection may resume an earlier one's session.
    pub tls_resumption: bool,
}

/// A version of HTTP.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum HttpVersion {
    /// RFC 9112.
    #[default]
    #[serde(rename = "1.1")]
    Http1,
    /// RFC 9113; in clear text by prior knowledge.
    #[serde(rename = "2")]
    Http2,
}

impl Default for Connecting {
    fn default() -> Self {
        Self { keep_alive: true, http: HttpVersion::Http1, tls_resumption: true }
    }
}

impl fmt::Display for Connecting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.keep_alive { "keep-alive" } else { "a new connection each" })?;
        f.write_str(match self.http {
            HttpVersion::Http1 => ", HTTP/1.1",
            HttpVersion::Http2 => ", HTTP/2",
        })?;
        f.write_str(if self.tls_resumption { "" } else { ", no TLS resumption" })
    }
}
