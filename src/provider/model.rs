//! The provider as its file describes it: issuer, clients by role, users, and what it is known to do.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use super::client::{Client, PkceDemand};
use super::endpoints::EndpointOverrides;
use super::fault::Error;
use super::file;
use super::login::Login;
use super::needs::Need;
use crate::protocol::Profile;
use crate::protocol::Secret;
use crate::wire::{Connect, Pace};

/// Who is tested, as the provider file says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// The folder of the file, or the name that its maker gave it.
    pub name: String,
    /// The issuer identifier, spelled exactly as in the file (RFC 8414 section 2: compared character by character).
    pub issuer: String,
    /// How it is reached.
    pub connect: Connect,
    /// The preset that the file was made of.
    pub preset: Option<String>,
    /// The specifications it is judged by.
    pub profile: Profile,
    /// Endpoints that win over those of its metadata.
    pub endpoints: EndpointOverrides,
    /// Its clients by role; those of other issuers are with `others`.
    pub clients: BTreeMap<String, Client>,
    /// The same provider as the other issuers that clients name, each with its own clients; those have no others.
    pub others: Vec<Provider>,
    /// Its users by name.
    pub users: BTreeMap<String, User>,
    /// How a user is made to approve.
    pub login: Login,
    /// The reference server's admin listener.
    pub admin: Option<Admin>,
    /// Whether it may be put under load.
    pub load: LoadPolicy,
    /// Where it does not insist on PKCE.
    pub pkce: PkcePolicy,
    /// A protected resource of its own.
    pub resource: Option<Resource>,
    /// What the file says that the provider has (`true`) or that is not to be tested (`false`).
    pub capabilities: BTreeMap<Need, bool>,
    /// How long an authorization code lives, where the file says so (`lifetimes.code`).
    pub code_lifetime: Option<Duration>,
    /// After how long without use a refresh token ends, where the file says so (`lifetimes.refresh`).
    pub refresh_lifetime: Option<Duration>,
    /// How long a rotated refresh token goes on working, where the file says so (`lifetimes.reuse_grace`).
    pub reuse_grace: Option<Duration>,
    /// How fast and how wide it may be asked.
    pub pace: Pace,
    /// Where all this was read.
    pub source: Source,
}

/// A user who can log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The key in the provider file.
    pub name: String,
    /// What is typed into the login form.
    pub username: String,
    /// The password.
    pub password: Secret,
    /// The subject that the provider knows the user by.
    pub sub: Option<String>,
}

/// The reference server's admin listener: own realms, and a clock that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Admin {
    /// Its base URL.
    pub url: Url,
    /// Its key.
    pub key: Secret,
    /// The realm that the rest of the file describes.
    pub realm: String,
}

/// Whether the provider may be put under load.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoadPolicy {
    /// Whether a host other than loopback may be loaded.
    pub allow: bool,
}

/// Where the provider does not insist on PKCE.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PkcePolicy {
    /// The roles of the clients that may leave it out.
    pub optional_for: Vec<String>,
}

/// A protected resource that takes the provider's access tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// Where it is; the userinfo endpoint where it is not said.
    pub url: Option<Url>,
    /// The scope that it demands.
    pub scope: Option<String>,
}

/// Where a provider's description came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// A file.
    File(PathBuf),
    /// A document that was made and not read, by name.
    Named(String),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Named(name) => f.write_str(name),
        }
    }
}

impl Source {
    /// The name of a provider that was read there: the folder of a `provider.yaml`, else the file's stem.
    pub(super) fn provider_name(&self) -> String {
        match self {
            Self::Named(name) => name.clone(),
            Self::File(path) => {
                let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
                let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
                if stem == "provider" { folder.unwrap_or(stem) } else { stem }
            }
        }
    }
}

impl Provider {
    /// Reads a provider file; `env` answers for `${VAR}`.
    ///
    /// # Errors
    /// When there is no such file, or it says something that cannot be meant; see [`Error`].
    pub fn load(path: &Path, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => Error::NotFound { path: path.to_owned() },
            _ => Error::Unreadable { path: path.to_owned(), cause: error.to_string() },
        })?;
        Self::parse(&text, Source::File(path.to_owned()), env)
    }

    /// Reads the text of a provider file; `env` answers for `${VAR}`.
    ///
    /// # Errors
    /// When it says something that cannot be meant; see [`Error`].
    pub fn parse(text: &str, source: Source, env: &dyn Fn(&str) -> Option<String>) -> Result<Self, Error> {
        file::from_yaml(text, source, env)
    }

    /// Reads a provider file's document that was made and not written, such as the reference server's; `${` stands for itself.
    ///
    /// # Errors
    /// When it says something that cannot be meant; see [`Error`].
    pub fn from_json(document: &serde_json::Value, name: &str) -> Result<Self, Error> {
        file::from_json(document, Source::Named(name.to_owned()))
    }

    /// Every secret in the file: what no output may show.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let of_others = self.others.iter().flat_map(|other| other.clients.values());
        let clients = self.clients.values().chain(of_others).filter_map(|client| client.secret.as_ref());
        let users = self.users.values().map(|user| &user.password);
        let admin = self.admin.iter().map(|admin| &admin.key);
        clients.chain(users).chain(admin).chain(self.login.driver.secrets()).chain(self.connect.secrets())
    }

    /// The client that fills this role.
    pub fn client(&self, role: &str) -> Option<&Client> {
        self.clients.get(role)
    }

    /// Whether the client of this role may leave PKCE out: as the file says of this client, else as it says of all.
    pub fn leaves_pkce_to(&self, role: &str) -> bool {
        match self.client(role).and_then(|client| client.pkce) {
            Some(PkceDemand::Optional) => true,
            Some(PkceDemand::Required) => false,
            None => self.pkce.optional_for.iter().any(|other| other == role),
        }
    }

    /// How long a rotated refresh token of this role's client goes on working, with the key that says so: the client's own, else that of
    /// all.
    pub fn reuse_grace_of(&self, role: &str) -> Option<(Duration, String)> {
        let own = self.client(role).and_then(|client| client.reuse_grace);
        let grace = match own {
            Some(own) => (own, format!("clients.{role}.reuse_grace")),
            None => (self.reuse_grace?, "lifetimes.reuse_grace".to_owned()),
        };
        Some(grace).filter(|(grace, _)| !grace.is_zero())
    }

    /// The user of this name.
    pub fn user(&self, name: &str) -> Option<&User> {
        self.users.get(name)
    }
}
