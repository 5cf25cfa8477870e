//! The sets of specifications that a provider can be judged by.

use serde::{Deserialize, Serialize};

/// Which set of specifications a provider is judged by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Profile {
    /// The RFCs with RFC 9700.
    #[default]
    #[serde(rename = "oauth-2.0")]
    OAuth20,
    /// The OAuth 2.1 draft.
    #[serde(rename = "oauth-2.1")]
    OAuth21,
}

impl Profile {
    /// The name that the provider file and `--profile` use.
    pub fn name(self) -> &'static str {
        match self {
            Self::OAuth20 => "oauth-2.0",
            Self::OAuth21 => "oauth-2.1",
        }
    }
}
