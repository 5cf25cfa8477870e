//! Device authorizations (RFC 8628): the pair of codes, the polls, and the user's decision.

use std::collections::HashMap;

use super::environment::Random;
use super::grant::{ApprovingUser, REMEMBERED};
use super::scope::Scopes;
use super::table::{Ends, Table};

/// No vowels, so no words; nothing that looks like something else (RFC 8628 section 6.1).
const ALPHABET: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";

/// One device that waits for its user.
pub struct Device {
    /// The client it was issued to.
    pub client_id: String,
    /// What is asked for.
    pub scopes: Scopes,
    /// What the user types, with its dash.
    pub user_code: String,
    /// Milliseconds of the realm's clock.
    pub issued_at: u64,
    /// End of its life, in milliseconds of the realm's clock.
    pub expires_at: u64,
    /// The gap that two polls must leave, in milliseconds; `slow_down` makes it longer.
    pub gap: u64,
    /// The time of the latest poll.
    pub polled_at: Option<u64>,
    /// What the user said.
    pub decision: Decision,
}

/// What the user of a device said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Nothing yet.
    Pending,
    /// Yes.
    Approved(ApprovingUser),
    /// No.
    Denied,
    /// Yes, and the token has been fetched.
    Spent(ApprovingUser),
}

impl Ends for Device {
    fn is_over(&self, now: u64) -> bool {
        now >= self.expires_at + REMEMBERED
    }
}

/// All devices of a realm, by device code and by user code.
#[derive(Default)]
pub struct Devices {
    by_device_code: Table<Device>,
    by_user_code: HashMap<String, String>,
}

impl Devices {
    /// Adds a device under a user code that no other waiting device has.
    pub fn insert(&mut self, device_code: &str, device: Device, now: u64) {
        self.by_user_code.insert(letters(&device.user_code), device_code.to_owned());
        for dropped in self.by_device_code.insert(device_code, device, now) {
            self.by_user_code.remove(&letters(&dropped.user_code));
        }
    }

    /// Drops those that nobody can need any more.
    pub fn sweep(&mut self, now: u64) {
        for dropped in self.by_device_code.sweep(now) {
            self.by_user_code.remove(&letters(&dropped.user_code));
        }
    }

    /// A fresh user code.
    pub fn fresh_user_code(&self, random: &dyn Random) -> String {
        loop {
            let code = user_code(random);
            if !self.by_user_code.contains_key(&letters(&code)) {
                return code;
            }
        }
    }

    /// The device of this device code.
    pub fn get_mut(&mut self, device_code: &str) -> Option<&mut Device> {
        self.by_device_code.get_mut(device_code)
    }

    /// The device of this device code.
    pub fn get(&self, device_code: &str) -> Option<&Device> {
        self.by_device_code.get(device_code)
    }

    /// Every device, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Device> {
        self.by_device_code.iter().map(|(_, device)| device)
    }

    /// The device code behind what a user typed, whatever its case, dashes and spaces (RFC 8628 section 6.1).
    pub fn find(&self, typed: &str) -> Option<&str> {
        self.by_user_code.get(&letters(typed)).map(String::as_str)
    }
}

fn letters(typed: &str) -> String {
    typed.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).take(64).collect()
}

fn user_code(random: &dyn Random) -> String {
    let mut code = String::with_capacity(9);
    let mut byte = [0];
    while code.len() < 9 {
        random.fill(&mut byte);
        // 240 is the largest multiple of the alphabet's size in a byte; what is above would favour the first letters.
        if byte[0] < 240 {
            code.push(char::from(ALPHABET[usize::from(byte[0]) % ALPHABET.len()]));
            if code.len() == 4 {
                code.push('-');
            }
        }
    }
    code
}
