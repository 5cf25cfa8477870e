//! What is told of a walk, as it happens: plain facts, masked already.

use std::time::Duration;

use url::Url;

use super::page::HopSeen;
use super::token::TokenSeen;
use crate::protocol::{Exchange, Sent};

/// Where a step takes place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Nothing is sent.
    Client,
    /// Through the user's browser, where others may read along.
    Front,
    /// From the client to the provider, with nobody between.
    Back,
    /// Between the user and the provider, without the client.
    User,
}

impl Channel {
    /// The name that a reader sees.
    pub fn name(self) -> &'static str {
        match self {
            Self::Client => "inside the client",
            Self::Front => "front channel",
            Self::Back => "back channel",
            Self::User => "user and provider",
        }
    }
}

/// One step of the flow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which, counted from 1.
    pub number: usize,
    /// What happens in it.
    pub title: &'static str,
    /// Where.
    pub channel: Channel,
    /// What it is for, with the section that says so.
    pub why: String,
}

/// How a remark is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// As it should be.
    Fine,
    /// Not as it should be, and the walk goes on.
    Doubt,
    /// Worth knowing.
    Note,
}

/// What a device shows its user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prompt {
    /// Where the user goes.
    pub verification_uri: Url,
    /// The same with the code in it, which a QR code may hold.
    pub complete: Option<Url>,
    /// What the user types there, as it is: nobody could type a name for it.
    pub user_code: String,
    /// How long the code is good for.
    pub expires_in: Duration,
}

/// Something that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A step begins.
    Step(Step),
    /// The client made values: name, value, and what is to be known of it.
    Made(Vec<(&'static str, String, &'static str)>),
    /// A request that the browser is sent with.
    Asked(Box<Sent>),
    /// A request, and what came back.
    Exchange(Box<Exchange>),
    /// A request of a page that the login driver made, and what came back.
    Hop(Box<HopSeen>),
    /// The browser is sent back to the client, which is where the walk stops it: the address, and the parameters in it.
    Returned {
        /// Where to.
        address: String,
        /// With what.
        parameters: Vec<(String, String)>,
    },
    /// A token, read.
    Token(Box<TokenSeen>),
    /// The user is asked to go elsewhere.
    Prompt(Prompt),
    /// The user is sent to the provider in a browser of their own.
    GoTo {
        /// Where to.
        address: Url,
        /// Whether the answer is awaited at the redirect URI; else it has to be pasted.
        listens: bool,
    },
    /// The user is waited for.
    Waiting {
        /// How often was asked so far.
        polls: usize,
        /// How long until it is asked again.
        next: Duration,
        /// How long the code is still good for.
        left: Duration,
    },
    /// The wait is over.
    Waited,
    /// What is to be said of the last answer.
    Remark(Sign, String),
}
