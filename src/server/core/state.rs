//! All that a realm remembers between two requests, behind one lock that nobody holds while signing.

use super::device::Devices;
use super::failures::Failures;
use super::family::Family;
use super::grant::{AccessToken, Code, RefreshToken};
use super::session::Session;
use super::table::Table;

/// The memory of a realm.
#[derive(Default)]
pub struct State {
    /// Browsers, by the value of their cookie.
    pub sessions: Table<Session>,
    /// Authorization codes.
    pub codes: Table<Code>,
    /// Access tokens, by the whole token: one that was tampered with is another one.
    pub access_tokens: Table<AccessToken>,
    /// Refresh tokens in use, and of each family the latest that were replaced.
    pub refresh_tokens: Table<RefreshToken>,
    /// Families of refresh tokens, by the name that all their tokens begin with.
    pub families: Table<Family>,
    /// Devices that wait for their user.
    pub devices: Devices,
    /// Wrong guesses.
    pub failures: Failures,
    /// Subject of whoever logged in last; only a defect reads it.
    pub latest_login: Option<String>,
}
