//! Browser sessions: who is logged in, and what the pages of this browser are about.

use super::authorization::AuthorizationRequest;
use super::grant::ApprovingUser;
use super::message::ClientRedirect;
use super::table::Ends;

/// More questions than a browser has open at a time; the oldest is forgotten.
const OPEN_INTERACTIONS: usize = 64;

/// One browser.
pub struct Session {
    /// Who is logged in.
    pub user: Option<ApprovingUser>,
    /// What the forms of this session must carry; changed by the login, like the session's name.
    pub csrf: String,
    /// End of its life if it is not used, in milliseconds of the realm's clock.
    pub expires_at: u64,
    /// Wrong user codes typed so far.
    pub wrong_user_codes: u32,
    interactions: Vec<(String, Interaction)>,
}

/// A question that this browser's user has yet to answer.
#[derive(Clone)]
pub enum Interaction {
    /// May this client have what it asks for?
    Authorization(Box<AuthorizationRequest>),
    /// None really: the request is refused, but the client is told only after a login, or anyone with a registered client had an open redirector
    /// (RFC 9700 section 4.11.2).
    Refused(ClientRedirect),
    /// May this device (by its device code) have what it asks for?
    Device(DeviceQuestion),
}

/// A device that its user has named.
#[derive(Clone)]
pub struct DeviceQuestion {
    /// The device it is about.
    pub device_code: String,
    /// Whether the code came with the address and was not typed (RFC 8628 section 3.3.1).
    pub from_address: bool,
}

impl Session {
    /// A browser that nobody has logged in with.
    pub fn new(csrf: String, expires_at: u64) -> Self {
        Self { user: None, csrf, expires_at, wrong_user_codes: 0, interactions: Vec::new() }
    }

    /// Opens a question under a name.
    pub fn open(&mut self, id: String, interaction: Interaction) {
        if self.interactions.len() >= OPEN_INTERACTIONS {
            self.interactions.remove(0);
        }
        self.interactions.push((id, interaction));
    }

    /// The question of this name; the newest, where names are not told apart.
    pub fn interaction(&self, id: &str) -> Option<&Interaction> {
        self.interactions.iter().rev().find(|(name, _)| name == id).map(|(_, interaction)| interaction)
    }

    /// Takes the question of this name, for it is answered.
    pub fn close(&mut self, id: &str) -> Option<Interaction> {
        let at = self.interactions.iter().rposition(|(name, _)| name == id)?;
        Some(self.interactions.remove(at).1)
    }
}

impl Ends for Session {
    fn is_over(&self, now: u64) -> bool {
        now >= self.expires_at
    }
}
