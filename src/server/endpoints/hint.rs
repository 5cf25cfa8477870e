//! Of which kind a token is, and what a hint says about it (RFC 7009 section 2.1).

use crate::server::core::memory::Memory;

/// The tokens that can be introspected and revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `access_token`.
    Access,
    /// `refresh_token`.
    Refresh,
}

impl Kind {
    /// The kind that a hint names, if it is a known one.
    pub fn hinted(hint: &str) -> Option<Self> {
        match hint {
            "access_token" => Some(Self::Access),
            "refresh_token" => Some(Self::Refresh),
            _ => None,
        }
    }
}

/// The kind of a token that the realm has issued.
pub fn kind_of(memory: &Memory, token: &str) -> Option<Kind> {
    if memory.access_tokens.contains(token) {
        Some(Kind::Access)
    } else if memory.refresh_token(token).is_some() {
        Some(Kind::Refresh)
    } else {
        None
    }
}
