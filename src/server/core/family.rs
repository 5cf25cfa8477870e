//! Families of refresh tokens: whichever token of a chain is presented, its family is known, without a record of each one that was ever replaced.

use std::collections::VecDeque;
use std::sync::{Arc, Weak};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;

use super::environment::Random;
use super::grant::{Grant, RefreshToken};
use super::table::{Ends, Table};

/// How many replaced tokens of a family keep a record of their own; of an older one only its seal is left to tell that it was issued here.
const RECORDED: usize = 8;
/// Random bytes in a family's name and in what sets its tokens apart: 144 bits each.
const BYTES: usize = 18;
/// Letters of each of the three parts of a token: [`BYTES`] in base64url, which leaves no bit over that could be changed unseen.
const LETTERS: usize = BYTES / 3 * 4;

/// Refresh tokens with their families. A token's name begins with its family's, so both are in the same part of a realm's memory.
#[derive(Default)]
pub struct Chains {
    /// The tokens in use, and of each family the latest that were replaced.
    pub tokens: Table<RefreshToken>,
    /// The families, by the name that all their tokens begin with.
    pub families: Table<Family>,
}

/// What a refresh token and its family have in common, whatever the string is.
pub fn stem(token: &str) -> &str {
    token.get(..LETTERS).unwrap_or(token)
}

/// The tokens that follow one another under one grant.
pub struct Family {
    grant: Weak<Grant>,
    replaced: VecDeque<String>,
}

impl Family {
    /// The family of a grant.
    pub fn of(grant: &Arc<Grant>) -> Self {
        Self { grant: Arc::downgrade(grant), replaced: VecDeque::new() }
    }

    /// The grant, as long as anything lives by it.
    pub fn grant(&self) -> Option<Arc<Grant>> {
        self.grant.upgrade()
    }

    /// Notes that a token was replaced; gives back the one whose record is to go for it.
    pub fn replaced(&mut self, token: &str) -> Option<String> {
        self.replaced.push_back(token.to_owned());
        if self.replaced.len() > RECORDED { self.replaced.pop_front() } else { None }
    }
}

impl Ends for Family {
    fn is_over(&self, _now: u64) -> bool {
        self.grant.strong_count() == 0
    }
}

/// Makes refresh tokens, and knows them again: the family's name, random letters, and a seal over both. Nobody who has one can make another.
pub struct Mint {
    key: hmac::Key,
}

impl Mint {
    /// A mint with a key of its own.
    pub fn new(random: &dyn Random) -> Self {
        let mut key = [0; 32];
        random.fill(&mut key);
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key) }
    }

    /// A name for a new family.
    pub fn family(random: &dyn Random) -> String {
        let mut bytes = [0; BYTES];
        random.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// A new token of a family.
    pub fn token(&self, family: &str, random: &dyn Random) -> String {
        let unsealed = format!("{family}{}", Self::family(random));
        let seal = self.seal(&unsealed);
        unsealed + &seal
    }

    /// The family of a token, if the token was made here.
    pub fn family_of<'token>(&self, token: &'token str) -> Option<&'token str> {
        let (unsealed, seal) = token.split_at_checked(2 * LETTERS)?;
        let genuine: bool = self.seal(unsealed).as_bytes().ct_eq(seal.as_bytes()).into();
        if genuine { unsealed.get(..LETTERS) } else { None }
    }

    fn seal(&self, unsealed: &str) -> String {
        URL_SAFE_NO_PAD.encode(&hmac::sign(&self.key, unsealed.as_bytes()).as_ref()[..BYTES])
    }
}

#[cfg(test)]
mod tests {
    use super::{LETTERS, Mint};
    use crate::server::core::environment::SystemRandom;

    #[test]
    fn a_mint_knows_its_own_tokens_and_no_other() {
        let (mint, other) = (Mint::new(&SystemRandom), Mint::new(&SystemRandom));
        let family = Mint::family(&SystemRandom);
        let token = mint.token(&family, &SystemRandom);
        assert_eq!(token.len(), 3 * LETTERS);
        assert_ne!(token, mint.token(&family, &SystemRandom));
        assert_eq!(mint.family_of(&token), Some(family.as_str()));
        assert_eq!(other.family_of(&token), None);
        for wrong in ["", "short", "äöü", &token[1..], &token[..token.len() - 1], &format!("{token}A"), &"é".repeat(LETTERS)]
        {
            assert_eq!(mint.family_of(wrong), None, "{wrong}");
        }
        for place in 0..token.len() {
            let mut damaged = token.clone().into_bytes();
            damaged[place] = if damaged[place] == b'A' { b'B' } else { b'A' };
            let damaged = String::from_utf8(damaged).expect("ASCII");
            assert_eq!(mint.family_of(&damaged), None, "{place}");
        }
    }
}
