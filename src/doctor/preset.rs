//! Presets: what is known of a provider before anyone looks at one, as data under `presets/`.

use std::collections::BTreeMap;
use std::fmt;

use include_dir::{Dir, include_dir};
use serde::Deserialize;

use super::diagnosis::{Remark, Sign, Topic};
use crate::provider::{Provider, nearest};

static PRESETS: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/presets");

/// What is known of one provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Preset {
    /// The name of its file: what `--preset` and `preset:` say.
    #[serde(skip)]
    pub name: String,
    /// The provider's name.
    pub title: String,
    /// Which version it was run with, and when; none where nobody did.
    pub verified: Option<Verified>,
    /// How an issuer looks there, placeholders in capitals.
    pub issuer: String,
    /// Addresses that metadata does not name, by the keys of `endpoints:`; `{issuer}` stands for the issuer.
    #[serde(default)]
    pub endpoints: BTreeMap<String, String>,
    /// The scopes that a client of users asks for, where `openid profile email` will not do.
    #[serde(default)]
    pub scopes: Vec<String>,
    /// Further keys of the provider file, as they stand there.
    #[serde(default)]
    pub provider_file: String,
    /// What to switch on at the provider.
    #[serde(default)]
    pub settings: Vec<Setting>,
    /// What surprises whoever tests it.
    #[serde(default)]
    pub quirks: Vec<String>,
}

/// A run that showed that a preset is right.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verified {
    /// The provider's version.
    pub version: String,
    /// The day.
    pub date: String,
}

/// One switch of the provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// What it turns on.
    #[serde(rename = "for")]
    pub purpose: Purpose,
    /// Where it is, in the provider's words.
    #[serde(rename = "do")]
    pub instruction: String,
}

/// What a switch turns on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// A client with a secret.
    ConfidentialClient,
    /// A client without one.
    PublicClient,
    /// RFC 6749 section 4.1.
    AuthorizationCode,
    /// RFC 6749 section 6.
    RefreshToken,
    /// RFC 6749 section 4.4.
    ClientCredentials,
    /// RFC 8628.
    DeviceCode,
    /// RFC 7662.
    Introspection,
    /// RFC 7009.
    Revocation,
    /// A page that asks the user for the decision.
    Consent,
    /// RFC 7636.
    Pkce,
    /// Users who can log in.
    Users,
    /// RFC 7591.
    DynamicRegistration,
}

impl Purpose {
    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::ConfidentialClient => "confidential client",
            Self::PublicClient => "public client",
            Self::AuthorizationCode => "authorization code",
            Self::RefreshToken => "refresh token",
            Self::ClientCredentials => "client credentials",
            Self::DeviceCode => "device flow",
            Self::Introspection => "introspection",
            Self::Revocation => "revocation",
            Self::Consent => "consent",
            Self::Pkce => "PKCE",
            Self::Users => "users",
            Self::DynamicRegistration => "registration",
        }
    }
}

/// Why there is no such preset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PresetError {
    /// None has this name.
    Unknown {
        /// The name.
        name: String,
        /// The one that was probably meant.
        meant: Option<String>,
    },
    /// Its file cannot be read: a bug of flowproof's own.
    Broken {
        /// The name.
        name: String,
        /// What is wrong with it.
        cause: String,
    },
}

impl std::error::Error for PresetError {}

impl fmt::Display for PresetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { name, meant } => {
                write!(f, "no preset has the name {name:?}")?;
                if let Some(meant) = meant {
                    write!(f, "; did you mean {meant}?")?;
                }
                write!(f, "\n  `flowproof init --list-presets` lists them")
            }
            Self::Broken { name, cause } => write!(f, "the preset {name} cannot be read: {cause}"),
        }
    }
}

impl Preset {
    /// The names of all, sorted.
    pub fn names() -> Vec<&'static str> {
        let files = PRESETS.files().map(include_dir::File::path);
        let yaml = files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
        let mut names: Vec<&str> = yaml.filter_map(|path| path.file_stem()?.to_str()).collect();
        names.sort_unstable();
        names
    }

    /// The one of this name.
    ///
    /// # Errors
    /// There is none, or it cannot be read.
    pub fn named(name: &str) -> Result<Self, PresetError> {
        let Some(file) =
            Self::names().into_iter().find(|known| *known == name).and_then(|name| PRESETS.get_file(format!("{name}.yaml")))
        else {
            return Err(PresetError::Unknown { name: name.to_owned(), meant: nearest(name, Self::names()).map(str::to_owned) });
        };
        let broken = |cause: String| PresetError::Broken { name: name.to_owned(), cause };
        let text = file.contents_utf8().ok_or_else(|| broken("it is not UTF-8".to_owned()))?;
        let preset: Self = serde_yaml::from_str(text).map_err(|error| broken(error.to_string()))?;
        Ok(Self { name: name.to_owned(), ..preset })
    }

    /// Whether anyone ran it, in words.
    pub fn standing(&self) -> String {
        match &self.verified {
            Some(Verified { version, date }) => format!("verified with {} {version} on {date}", self.title),
            None => "unverified: made from documentation, and not run yet".to_owned(),
        }
    }

    /// The address of an endpoint that metadata does not name, for this issuer.
    pub fn endpoint(&self, key: &str, issuer: &str) -> Option<String> {
        Some(self.endpoints.get(key)?.replace("{issuer}", issuer.trim_end_matches('/')))
    }
}

/// What the provider file's preset is worth.
pub(super) fn remark(provider: &Provider) -> Option<Remark> {
    let name = provider.preset.as_ref()?;
    Some(match Preset::named(name) {
        Ok(preset) => {
            let sign = if preset.verified.is_some() { Sign::Fine } else { Sign::Doubt };
            let remark = Remark::new(Topic::Preset, sign, name, preset.standing());
            if preset.verified.is_some() {
                remark
            } else {
                remark.way_out("read what follows with that in mind: the preset may be wrong, too")
            }
        }
        Err(error @ (PresetError::Unknown { .. } | PresetError::Broken { .. })) => {
            Remark::new(Topic::Preset, Sign::Wrong, name, error.to_string().lines().next().unwrap_or_default())
                .way_out("`flowproof init --list-presets` lists them; leave `preset:` out if there is none")
        }
    })
}
