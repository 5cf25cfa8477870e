//! One flow of a plan: which, by which share of the users, with which client, and what is particular to it.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::Threshold;
use super::share::{Share, TokenKind, TokenMix};
use crate::load::measure::Step;
use crate::provider::Grant;

/// One flow of a plan.
#[derive(Clone, Debug, PartialEq)]
pub struct FlowPlan {
    /// The flow.
    pub flow: Flow,
    /// Its name in reports, where one flow stands in the plan more than once.
    pub name: Option<String>,
    /// Its share of the users.
    pub weight: usize,
    /// The client's role in the provider file; by default the first that fits.
    pub client: Option<String>,
    /// The user's name in the provider file; by default all but `carol`, who is there to deny, in turn.
    pub user: Option<String>,
    /// Whether a refresh must bring a new refresh token; `false` for a provider that repeats the old one to a confidential client.
    pub rotates: bool,
    /// The role of the client whose tokens are introspected or revoked; by default the first that gets some.
    pub holder: Option<String>,
    /// Whether a login finds the browser's session of an earlier one.
    pub session: Session,
    /// Of the devices, the share that a user approves.
    pub approve: Share,
    /// Whether a device polls faster than it was told to.
    pub impatient: bool,
    /// What the tokens are that are introspected or revoked.
    pub tokens: TokenMix,
    /// Of the requests of `bad_credentials`, the share whose secret is wrong.
    pub share: Share,
    /// What must hold for this flow.
    pub thresholds: Vec<Threshold>,
}

/// A flow as the plan spells it: what is left out has a default that depends on the flow.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelled {
    flow: Flow,
    #[serde(default)]
    name: Option<String>,
    #[serde(default = "one", deserialize_with = "weight")]
    weight: usize,
    #[serde(default)]
    client: Option<String>,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    rotates: Option<bool>,
    #[serde(default)]
    holder: Option<String>,
    #[serde(default)]
    session: Option<Session>,
    #[serde(default)]
    approve: Option<Share>,
    #[serde(default)]
    impatient: Option<bool>,
    #[serde(default)]
    tokens: Option<TokenMix>,
    #[serde(default)]
    share: Option<Share>,
    #[serde(default)]
    thresholds: Vec<Threshold>,
}

/// A key of some flows, with whose it is.
type OwnKey = (&'static str, fn(Flow) -> bool);

/// The keys that some flows have and others do not.
pub const OWN_KEYS: [OwnKey; 9] = [
    ("client", Flow::has_client),
    ("user", Flow::has_user),
    ("rotates", Flow::refreshes),
    ("holder", |flow| matches!(flow, Flow::Introspection)),
    ("session", |flow| matches!(flow, Flow::AuthorizationCode)),
    ("approve", |flow| matches!(flow, Flow::Device)),
    ("impatient", |flow| matches!(flow, Flow::Device)),
    ("tokens", |flow| matches!(flow, Flow::Introspection | Flow::Revocation)),
    ("share", |flow| matches!(flow, Flow::BadCredentials)),
];

impl<'de> Deserialize<'de> for FlowPlan {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let it = Spelled::deserialize(from)?;
        // In their order.
        let said = [
            it.client.is_some(),
            it.user.is_some(),
            it.rotates.is_some(),
            it.holder.is_some(),
            it.session.is_some(),
            it.approve.is_some(),
            it.impatient.is_some(),
            it.tokens.is_some(),
            it.share.is_some(),
        ];
        let strays = OWN_KEYS.into_iter().zip(said).find(|((_, belongs), is_said)| *is_said && !belongs(it.flow));
        if let Some(((key, belongs), _)) = strays {
            let flows: Vec<&str> = Flow::ALL.into_iter().filter(|flow| belongs(*flow)).map(Flow::name).collect();
            let what = format!("the flow {} has no `{key}`: it is for {}", it.flow.name(), flows.join(", "));
            return Err(D::Error::custom(what));
        }
        let impatient = it.impatient.unwrap_or(false);
        Ok(Self {
            flow: it.flow,
            name: it.name,
            weight: it.weight,
            client: it.client,
            user: it.user,
            rotates: it.rotates.unwrap_or(true),
            holder: it.holder,
            session: it.session.unwrap_or_default(),
            // A storm is about the polls: to wait for a token after it takes as long as it told the device to slow down.
            approve: it.approve.unwrap_or(if impatient { Share::none() } else { Share::whole() }),
            impatient,
            tokens: it.tokens.unwrap_or_default(),
            share: it.share.unwrap_or(Share::whole()),
            thresholds: it.thresholds,
        })
    }
}

impl FlowPlan {
    /// The flow's name in reports.
    pub fn label(&self) -> &str {
        self.name.as_deref().unwrap_or(self.flow.name())
    }

    /// The steps that are measured, in order: those that the plan leaves something to do for.
    pub fn steps(&self) -> Vec<Step> {
        let approves = !self.approve.is_none();
        let denies = !self.impatient && self.approve != Share::whole();
        let is_there = |step: &Step| match (self.flow, step) {
            (Flow::BadCredentials, Step::Token) => self.share != Share::whole(),
            (Flow::BadCredentials, Step::Refusal) => !self.share.is_none(),
            (Flow::Device, Step::Poll) => self.impatient,
            (Flow::Device, Step::Denial | Step::Refusal) => denies,
            (Flow::Device, Step::Approval | Step::Token) => approves,
            (Flow::Revocation, Step::Token) => self.tokens.has(TokenKind::Live),
            _ => true,
        };
        self.flow.steps().iter().copied().filter(is_there).collect()
    }
}

/// What a login finds in the browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Session {
    /// Nothing: each login is in a fresh browser, with password and consent.
    #[default]
    Fresh,
    /// The cookies of the user's earlier logins: the provider's session answers where there still is one.
    Reused,
}

/// The flows that can be put under load.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flow {
    /// RFC 6749 section 4.4: one request.
    ClientCredentials,
    /// RFC 6749 section 5.2: a wrong secret, which has to be refused.
    BadCredentials,
    /// RFC 6749 section 6: each user's own chain of rotating refresh tokens.
    Refresh,
    /// RFC 9700 section 4.14.2: one refresh token in two requests at once.
    RefreshRace,
    /// RFC 6749 section 4.1 with PKCE: a whole login in a browser, and the redemption.
    AuthorizationCode,
    /// RFC 8628: authorization, approval by a user, polls at the interval, one token.
    Device,
    /// RFC 7662: tokens of several kinds, each of which is known to be active or not.
    Introspection,
    /// RFC 7009: tokens of several kinds are revoked.
    Revocation,
    /// RFC 6750 section 2.1: a protected resource, such as userinfo, with a live token.
    Userinfo,
    /// RFC 8414 section 3: the metadata document.
    Metadata,
    /// RFC 7517: the key set.
    Jwks,
}

impl Flow {
    /// Every flow.
    pub const ALL: [Self; 11] = [
        Self::ClientCredentials,
        Self::BadCredentials,
        Self::Refresh,
        Self::RefreshRace,
        Self::AuthorizationCode,
        Self::Device,
        Self::Introspection,
        Self::Revocation,
        Self::Userinfo,
        Self::Metadata,
        Self::Jwks,
    ];

    /// The name that plans and reports use.
    pub fn name(self) -> &'static str {
        match self {
            Self::ClientCredentials => "client_credentials",
            Self::BadCredentials => "bad_credentials",
            Self::Refresh => "refresh",
            Self::RefreshRace => "refresh_race",
            Self::AuthorizationCode => "authorization_code",
            Self::Device => "device",
            Self::Introspection => "introspection",
            Self::Revocation => "revocation",
            Self::Userinfo => "userinfo",
            Self::Metadata => "metadata",
            Self::Jwks => "jwks",
        }
    }

    /// The steps that it may have, in order.
    pub fn steps(self) -> &'static [Step] {
        match self {
            Self::ClientCredentials | Self::Refresh => &[Step::Token],
            Self::BadCredentials => &[Step::Refusal, Step::Token],
            Self::RefreshRace => &[Step::Race],
            Self::AuthorizationCode => &[Step::Login, Step::Token],
            Self::Device => &[Step::Authorization, Step::Poll, Step::Approval, Step::Denial, Step::Refusal, Step::Token],
            Self::Introspection => &[Step::Introspection],
            Self::Revocation => &[Step::Token, Step::Revocation],
            Self::Userinfo => &[Step::Userinfo],
            Self::Metadata => &[Step::Metadata],
            Self::Jwks => &[Step::Jwks],
        }
    }

    /// The grants that a client needs for it.
    pub fn grants(self) -> &'static [Grant] {
        match self {
            Self::ClientCredentials | Self::BadCredentials | Self::Revocation => &[Grant::ClientCredentials],
            Self::Refresh | Self::RefreshRace => &[Grant::AuthorizationCode, Grant::RefreshToken],
            Self::AuthorizationCode | Self::Userinfo => &[Grant::AuthorizationCode],
            Self::Device => &[Grant::DeviceCode],
            Self::Introspection | Self::Metadata | Self::Jwks => &[],
        }
    }

    /// The roles that are looked at first for a client.
    pub fn roles(self) -> &'static [&'static str] {
        match self {
            Self::ClientCredentials | Self::BadCredentials | Self::Revocation => &["batch", "batch_post"],
            Self::Refresh | Self::RefreshRace | Self::AuthorizationCode | Self::Userinfo => &["web", "spa"],
            Self::Device => &["tv", "console"],
            Self::Introspection => &["inspector"],
            Self::Metadata | Self::Jwks => &[],
        }
    }

    /// Whether a client sends its requests.
    pub fn has_client(self) -> bool {
        !matches!(self, Self::Metadata | Self::Jwks)
    }

    /// Whether a user's browser walks to the authorization endpoint, in the run or before it.
    pub fn logs_in(self) -> bool {
        matches!(self, Self::Refresh | Self::RefreshRace | Self::AuthorizationCode | Self::Userinfo)
    }

    /// Whether it is about users.
    pub fn has_user(self) -> bool {
        self.logs_in() || self == Self::Device
    }

    /// Whether it uses refresh tokens up.
    pub fn refreshes(self) -> bool {
        matches!(self, Self::Refresh | Self::RefreshRace)
    }
}

fn one() -> usize {
    1
}

fn weight<'de, D: Deserializer<'de>>(from: D) -> Result<usize, D::Error> {
    let weight = usize::deserialize(from)?;
    if weight == 0 || weight > 1000 { Err(D::Error::custom("expected a weight of 1 to 1000")) } else { Ok(weight) }
}
