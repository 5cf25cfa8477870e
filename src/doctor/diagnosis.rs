//! What the doctor found: remarks under topics, each with a sign and a way out; plain data.

use serde::Serialize;

use super::coverage::Coverage;

/// Everything that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnosis {
    /// The version of flowproof.
    pub flowproof: &'static str,
    /// The provider's name: the folder of its file.
    pub provider: String,
    /// Its issuer, as the file spells it.
    pub issuer: String,
    /// How it stands.
    pub health: Health,
    /// What was found, in the order of topics.
    pub remarks: Vec<Remark>,
    /// Which checks will run; none where no endpoint is known.
    pub coverage: Option<Coverage>,
}

/// How a configuration stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// Nothing is wrong with it, as far as can be told.
    Sound,
    /// Something in the provider file, or registered at the provider, is not as it has to be.
    Misconfigured,
    /// The provider cannot be reached.
    Unreachable,
}

/// What a remark is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Topic {
    /// What the provider file was made of.
    Preset,
    /// Whether the provider answers, by TLS, and by which clock.
    Reach,
    /// Where its metadata is, and what it lacks.
    Metadata,
    /// Whether the provider knows each client, and its secret.
    Clients,
    /// Whether each redirect URI is registered.
    RedirectUris,
    /// Whether the users can log in.
    Users,
    /// Whether a device can ask, and where its user goes.
    Device,
}

impl Topic {
    /// The heading above its remarks.
    pub fn name(self) -> &'static str {
        match self {
            Self::Preset => "preset",
            Self::Reach => "reach",
            Self::Metadata => "metadata",
            Self::Clients => "clients",
            Self::RedirectUris => "redirect URIs",
            Self::Users => "users",
            Self::Device => "device flow",
        }
    }
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sign {
    /// As it should be.
    Fine,
    /// Worth knowing, and nothing to do about.
    Note,
    /// May be wrong, or could not be told; or a matter for the checks to judge.
    Doubt,
    /// The configuration is wrong.
    Wrong,
    /// Nothing answers.
    Unreachable,
}

/// One thing that was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Remark {
    /// What it is about.
    pub topic: Topic,
    /// How bad it is.
    pub sign: Sign,
    /// Whom or what it concerns: a role, a user, an endpoint.
    pub subject: String,
    /// What was found.
    pub says: String,
    /// What to do about it.
    pub way_out: Option<String>,
}

impl Remark {
    /// A remark without a way out.
    pub fn new(topic: Topic, sign: Sign, subject: impl Into<String>, says: impl Into<String>) -> Self {
        Self { topic, sign, subject: subject.into(), says: says.into(), way_out: None }
    }

    /// The remark with what to do about it.
    #[must_use]
    pub fn way_out(mut self, way_out: impl Into<String>) -> Self {
        self.way_out = Some(way_out.into());
        self
    }
}

impl Diagnosis {
    /// How many remarks bear this sign.
    pub fn count(&self, sign: Sign) -> usize {
        self.remarks.iter().filter(|remark| remark.sign == sign).count()
    }
}

impl Health {
    /// What remarks amount to.
    pub(super) fn of(remarks: &[Remark]) -> Self {
        let any = |sign| remarks.iter().any(|remark| remark.sign == sign);
        if any(Sign::Wrong) {
            Self::Misconfigured
        } else if any(Sign::Unreachable) {
            Self::Unreachable
        } else {
            Self::Sound
        }
    }
}
