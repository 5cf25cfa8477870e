//! The arguments of a step: clients, alterations, credentials, error codes, numbers and texts.

use super::super::alteration::Bound;
use super::super::role::Role;
use crate::provider::Need;
use crate::verdict::Spoiled;

/// Every credential by its words. A looser pattern would cut them short where an alteration may follow.
pub(super) const TOKENS: &str =
    "(the (?:first )?(?:access|refresh) token|the (?:device )?code|the client secret|the made up token)";

/// A credential that a grant yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token {
    /// The newest access token.
    Access,
    /// The newest refresh token.
    Refresh,
    /// The access token that the grant first yielded.
    FirstAccess,
    /// The refresh token that the grant first yielded.
    FirstRefresh,
    /// The authorization code.
    Code,
    /// The device code.
    DeviceCode,
    /// The secret of the client that the scenario is about: a credential, but no token.
    ClientSecret,
    /// A string that no one issued.
    Unknown,
}

impl Token {
    /// The words that steps use.
    pub fn named(words: &str) -> Option<Self> {
        Some(match words {
            "the access token" => Self::Access,
            "the refresh token" => Self::Refresh,
            "the first access token" => Self::FirstAccess,
            "the first refresh token" => Self::FirstRefresh,
            "the code" => Self::Code,
            "the device code" => Self::DeviceCode,
            "the client secret" => Self::ClientSecret,
            "the made up token" => Self::Unknown,
            _ => return None,
        })
    }
}

/// One argument.
#[derive(Clone)]
pub enum Arg {
    /// The optional part was left out.
    Absent,
    /// `{client}`
    Client(&'static Role),
    /// `{alteration}`
    Alteration(Bound),
    /// `{errors}`
    Errors(Vec<String>),
    /// `{token}`
    Token(Token),
    /// `{number}`
    Number(u64),
    /// `{string}`, `{word}`
    Text(String),
}

/// The arguments of one step, in the order of the sentence.
#[derive(Clone, Default)]
pub struct Args(pub(super) Vec<Arg>);

impl Args {
    /// What the arguments need of the provider.
    pub fn needs(&self) -> Vec<Need> {
        self.0
            .iter()
            .flat_map(|arg| match arg {
                Arg::Client(role) => vec![role.need],
                Arg::Alteration(bound) => bound.needs(),
                Arg::Absent | Arg::Errors(_) | Arg::Token(_) | Arg::Number(_) | Arg::Text(_) => Vec::new(),
            })
            .collect()
    }

    /// The alterations among the arguments, in the words of their vocabulary.
    pub fn alterations(&self) -> Vec<&'static str> {
        let altered = |arg: &Arg| match arg {
            Arg::Alteration(bound) => bound.words(),
            Arg::Absent | Arg::Client(_) | Arg::Errors(_) | Arg::Token(_) | Arg::Number(_) | Arg::Text(_) => Vec::new(),
        };
        self.0.iter().flat_map(altered).collect()
    }

    /// What of a request the alterations among the arguments spoil, where that is one thing.
    pub fn spoils(&self) -> Option<Spoiled> {
        let spoils = |arg: &Arg| match arg {
            Arg::Alteration(bound) => bound.spoils(),
            Arg::Absent | Arg::Client(_) | Arg::Errors(_) | Arg::Token(_) | Arg::Number(_) | Arg::Text(_) => None,
        };
        self.0.iter().find_map(spoils)
    }

    /// Whether a credential among the arguments may have been replaced already.
    pub fn reuses(&self) -> bool {
        self.0.iter().any(|arg| matches!(arg, Arg::Token(Token::FirstRefresh)))
    }

    /// The clients among the arguments, in order.
    pub fn clients(&self) -> impl Iterator<Item = &'static Role> {
        self.0.iter().filter_map(|arg| match arg {
            Arg::Client(role) => Some(*role),
            Arg::Absent | Arg::Alteration(_) | Arg::Errors(_) | Arg::Token(_) | Arg::Number(_) | Arg::Text(_) => None,
        })
    }

    /// The first client among the arguments.
    pub fn first_client(&self) -> Option<&'static Role> {
        self.clients().next()
    }

    /// The client named at this place.
    pub fn client(&self, at: usize) -> &'static Role {
        match &self.0[at] {
            Arg::Client(role) => role,
            _ => panic!("argument {at} is not a client"),
        }
    }

    /// The alteration at this place, or none if it was left out.
    pub fn alteration(&self, at: usize) -> Option<&Bound> {
        match &self.0[at] {
            Arg::Alteration(bound) => Some(bound),
            Arg::Absent => None,
            _ => panic!("argument {at} is not an alteration"),
        }
    }

    /// The error codes at this place; empty if they were left out.
    pub fn errors(&self, at: usize) -> &[String] {
        match &self.0[at] {
            Arg::Errors(codes) => codes,
            Arg::Absent => &[],
            _ => panic!("argument {at} is not a list of error codes"),
        }
    }

    /// The credential named at this place.
    pub fn token(&self, at: usize) -> Token {
        match &self.0[at] {
            Arg::Token(token) => *token,
            _ => panic!("argument {at} is not a credential"),
        }
    }

    /// The number at this place.
    pub fn number(&self, at: usize) -> u64 {
        match &self.0[at] {
            Arg::Number(number) => *number,
            _ => panic!("argument {at} is not a number"),
        }
    }

    /// The text at this place.
    pub fn text(&self, at: usize) -> &str {
        match &self.0[at] {
            Arg::Text(text) => text,
            _ => panic!("argument {at} is not a text"),
        }
    }
}
