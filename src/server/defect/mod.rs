//! Every bug the reference server can be given, one table per topic: a line names it, explains it and lists the catalogue ids it violates.
//!
//! # Adding a defect
//!
//! 1. Add a line to the table of its topic (`defect/<topic>.rs`). The name says what the bad server does, verb first; the doc comment is the help
//!    text, the report text and the manual; the list holds the ids of the requirements it violates:
//!
//!    ```text
//!    /// Does not compare the `code_verifier` with the challenge.
//!    IgnoresCodeVerifier violates ["pkce-verifier-mismatch-rejected"];
//!    ```
//!
//!    The compiler then says that the line is never used, until it has a place where it bends something. There are three kinds of place:
//! 2. A **decision** of the server: a seam, a small function in the topic's file that takes the realm's [`Defects`] and the sound decision, and that the
//!    rule in `endpoints/` or `grants/` calls by name. Use a seam that is there, or add one:
//!
//!    ```text
//!    pub fn verifier_matches(defects: &Defects, sound: bool) -> bool {
//!        sound || defects.has(Flaw::IgnoresCodeVerifier)
//!    }
//!    ```
//! 3. The **request** as the server reads it (method, query, body, headers): an arm in the topic's `before`.
//! 4. The **answer** as it leaves (status, header, member, place): an arm in the topic's `after`.
//!
//! `before` and `after` are called by `answer` for each request of a realm that has any defect; a topic that gets its first one is added there.
//!
//! A defect is narrow: it breaks what its ids say, leaves the paired positive control working, and touches nothing else.

use std::sync::LazyLock;

macro_rules! table {
    ($topic:ident; $( $(#[doc = $help:literal])+ $name:ident violates [$($id:literal),+ $(,)?]; )+) => {
        /// The defects of this topic.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Flaw { $( $(#[doc = $help])+ $name ),+ }

        impl crate::server::defect::Bit for Flaw {
            const TOPIC: crate::server::defect::Topic = crate::server::defect::Topic::$topic;
            fn bit(self) -> u32 { self as u32 }
        }

        /// What is said about each, in the order of the enum.
        pub(super) const TABLE: &[crate::server::defect::Line] = &[
            $( crate::server::defect::Line { name: stringify!($name), help: concat!($($help, "\n"),+), violates: &[$($id),+] } ),+
        ];
    };
}

pub(crate) mod answer;
pub(crate) mod authorization;
pub(crate) mod authorization_request;
pub(crate) mod authorization_response;
pub(crate) mod bearer;
pub(crate) mod client_auth;
pub(crate) mod client_credentials;
pub(crate) mod code;
pub(crate) mod device;
pub(crate) mod device_codes;
pub(crate) mod device_pages;
pub(crate) mod introspection;
pub(crate) mod legacy;
pub(crate) mod lookup;
pub(crate) mod metadata;
pub(crate) mod native;
pub(crate) mod pages;
pub(crate) mod pkce;
pub(crate) mod redirect;
pub(crate) mod refresh;
pub(crate) mod revocation;
pub(crate) mod scope;
pub(crate) mod token;

/// What the server says about one of its defects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Info {
    /// Kebab-case name, as given on the command line and to the admin listener.
    pub name: String,
    /// The table it stands in.
    pub topic: &'static str,
    /// What the bad server does.
    pub help: String,
    /// Catalogue ids of the requirements it violates.
    pub violates: &'static [&'static str],
}

/// Every defect, in the order of the tables.
pub fn all() -> &'static [Info] {
    static ALL: LazyLock<Vec<Info>> = LazyLock::new(|| Topic::ALL.into_iter().flat_map(describe).collect());
    &ALL
}

fn describe(topic: Topic) -> impl Iterator<Item = Info> {
    topic.table().iter().map(move |line| Info {
        name: kebab(line.name),
        topic: topic.name(),
        help: line.help.lines().map(str::trim).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" "),
        violates: line.violates,
    })
}

fn kebab(name: &str) -> String {
    let mut words = String::with_capacity(name.len() + 8);
    let mut previous = 'A';
    for letter in name.chars() {
        let word_begins = match letter {
            'A'..='Z' => !previous.is_ascii_uppercase(),
            '0'..='9' => previous.is_ascii_lowercase(),
            _ => false,
        };
        if word_begins {
            words.push('-');
        }
        words.push(letter.to_ascii_lowercase());
        previous = letter;
    }
    words
}

/// One line of a table, as the macro writes it.
pub(crate) struct Line {
    name: &'static str,
    help: &'static str,
    violates: &'static [&'static str],
}

/// A defect's place in the bit set.
pub(crate) trait Bit: Copy {
    /// The topic whose word holds the bit.
    const TOPIC: Topic;
    /// Which bit of that word.
    fn bit(self) -> u32;
}

/// The tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Topic {
    Authorization,
    AuthorizationRequest,
    AuthorizationResponse,
    Pages,
    Redirect,
    Native,
    Scope,
    Pkce,
    Code,
    ClientAuth,
    ClientCredentials,
    Token,
    Refresh,
    Device,
    DeviceCodes,
    DevicePages,
    Revocation,
    Introspection,
    Metadata,
    Bearer,
    Legacy,
}

impl Topic {
    const ALL: [Self; 21] = [
        Self::Authorization,
        Self::AuthorizationRequest,
        Self::AuthorizationResponse,
        Self::Pages,
        Self::Redirect,
        Self::Native,
        Self::Scope,
        Self::Pkce,
        Self::Code,
        Self::ClientAuth,
        Self::ClientCredentials,
        Self::Token,
        Self::Refresh,
        Self::Device,
        Self::DeviceCodes,
        Self::DevicePages,
        Self::Revocation,
        Self::Introspection,
        Self::Metadata,
        Self::Bearer,
        Self::Legacy,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization",
            Self::AuthorizationRequest => "authorization_request",
            Self::AuthorizationResponse => "authorization_response",
            Self::Pages => "pages",
            Self::Redirect => "redirect",
            Self::Native => "native",
            Self::Scope => "scope",
            Self::Pkce => "pkce",
            Self::Code => "code",
            Self::ClientAuth => "client_auth",
            Self::ClientCredentials => "client_credentials",
            Self::Token => "token",
            Self::Refresh => "refresh",
            Self::Device => "device",
            Self::DeviceCodes => "device_codes",
            Self::DevicePages => "device_pages",
            Self::Revocation => "revocation",
            Self::Introspection => "introspection",
            Self::Metadata => "metadata",
            Self::Bearer => "bearer",
            Self::Legacy => "legacy",
        }
    }

    fn table(self) -> &'static [Line] {
        match self {
            Self::Authorization => authorization::TABLE,
            Self::AuthorizationRequest => authorization_request::TABLE,
            Self::AuthorizationResponse => authorization_response::TABLE,
            Self::Pages => pages::TABLE,
            Self::Redirect => redirect::TABLE,
            Self::Native => native::TABLE,
            Self::Scope => scope::TABLE,
            Self::Pkce => pkce::TABLE,
            Self::Code => code::TABLE,
            Self::ClientAuth => client_auth::TABLE,
            Self::ClientCredentials => client_credentials::TABLE,
            Self::Token => token::TABLE,
            Self::Refresh => refresh::TABLE,
            Self::Device => device::TABLE,
            Self::DeviceCodes => device_codes::TABLE,
            Self::DevicePages => device_pages::TABLE,
            Self::Revocation => revocation::TABLE,
            Self::Introspection => introspection::TABLE,
            Self::Metadata => metadata::TABLE,
            Self::Bearer => bearer::TABLE,
            Self::Legacy => legacy::TABLE,
        }
    }
}

/// The defects of one realm: a bit set, one word per topic, so that the sound path costs a test of a bit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defects {
    words: [u128; Topic::ALL.len()],
}

impl Defects {
    /// The set of the named defects.
    ///
    /// # Errors
    /// [`Unknown`] for the first name that no table has.
    pub fn named<Name: AsRef<str>>(names: &[Name]) -> Result<Self, Unknown> {
        let mut set = Self::default();
        for name in names {
            let name = name.as_ref();
            let (topic, bit) = Topic::ALL
                .into_iter()
                .find_map(|topic| Some((topic, topic.table().iter().position(|line| kebab(line.name) == name)?)))
                .ok_or_else(|| Unknown::near(name))?;
            set.words[topic as usize] |= 1 << bit;
        }
        Ok(set)
    }

    /// Whether this realm has the defect.
    pub(crate) fn has<Flaw: Bit>(&self, flaw: Flaw) -> bool {
        self.words[Flaw::TOPIC as usize] & (1 << flaw.bit()) != 0
    }

    /// Whether there is nothing wrong with this realm.
    pub fn is_empty(&self) -> bool {
        self.words.iter().all(|word| *word == 0)
    }
}

/// A defect that no table has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown defect `{name}`{}", .nearest.as_ref().map(|name| format!("; did you mean `{name}`?")).unwrap_or_default())]
pub struct Unknown {
    name: String,
    nearest: Option<String>,
}

impl Unknown {
    fn near(name: &str) -> Self {
        let nearest = all()
            .iter()
            .map(|info| (distance(name, &info.name), &info.name))
            .min()
            .filter(|(distance, _)| *distance <= 3.max(name.len() / 3))
            .map(|(_, nearest)| nearest.clone());
        Self { name: name.chars().take(80).collect(), nearest }
    }
}

/// Levenshtein distance, for the "did you mean".
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (line, from) in left.chars().take(80).enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, to) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}

#[cfg(test)]
mod tests;
