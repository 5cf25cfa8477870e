//! Shares of requests, as `80%`, and mixes of them; which request falls into which is even over any stretch of a run.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// Successive multiples of it, less their whole part, fill the stretch from 0 to 1 evenly.
const GOLDEN: f64 = 0.618_033_988_749_894_9;

/// Where between 0 and 1 the request of this number falls.
fn place(number: usize) -> f64 {
    (number as f64 * GOLDEN).fract()
}

/// A share, from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Share(f64);

impl Share {
    /// Nothing.
    pub fn none() -> Self {
        Self(0.0)
    }

    /// All.
    pub fn whole() -> Self {
        Self(1.0)
    }

    /// Whether the request of this number, from 0, is within the share.
    pub fn has(self, number: usize) -> bool {
        place(number) < self.0
    }

    /// Whether there is nothing in it.
    pub fn is_none(self) -> bool {
        self.0 == 0.0
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0 * 100.0)
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        let percent = text.trim().strip_suffix('%').and_then(|digits| digits.trim().parse::<f64>().ok());
        match percent.filter(|percent| (0.0..=100.0).contains(percent)) {
            Some(percent) => Ok(Self(percent / 100.0)),
            None => Err(D::Error::custom(format!("{text:?} is no share: expected 0% to 100%"))),
        }
    }
}

/// What a token is that is introspected or revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// It was issued, and neither expired nor revoked since.
    Live,
    /// Its time is over.
    Expired,
    /// It was revoked.
    Revoked,
    /// It was never issued.
    Garbage,
}

impl TokenKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Live, Self::Expired, Self::Revoked, Self::Garbage];

    /// As plans spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Garbage => "garbage",
        }
    }
}

/// How many tokens of each kind there are among those that are asked about.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TokenMix {
    parts: [(TokenKind, f64); 4],
}

impl Default for TokenMix {
    fn default() -> Self {
        let [live, expired, revoked, garbage] = TokenKind::ALL;
        Self { parts: [(live, 0.7), (expired, 0.0), (revoked, 0.15), (garbage, 0.15)] }
    }
}

impl TokenMix {
    /// The kind of the request of this number, from 0.
    pub fn kind(&self, number: usize) -> TokenKind {
        let whole: f64 = self.parts.iter().map(|(_, part)| part).sum();
        let mut left = place(number) * whole;
        for (kind, part) in self.parts {
            if left < part {
                return kind;
            }
            left -= part;
        }
        self.parts.iter().rfind(|(_, part)| *part > 0.0).map_or(TokenKind::Live, |(kind, _)| *kind)
    }

    /// Whether there are any of this kind.
    pub fn has(&self, kind: TokenKind) -> bool {
        self.parts.iter().any(|(other, part)| *other == kind && *part > 0.0)
    }

    /// The mix without this kind; the others keep their proportions.
    #[must_use]
    pub fn without(mut self, kind: TokenKind) -> Self {
        self.parts.iter_mut().filter(|(other, _)| *other == kind).for_each(|(_, part)| *part = 0.0);
        self
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(|(_, part)| *part == 0.0)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spelled {
    #[serde(default = "Share::none")]
    live: Share,
    #[serde(default = "Share::none")]
    expired: Share,
    #[serde(default = "Share::none")]
    revoked: Share,
    #[serde(default = "Share::none")]
    garbage: Share,
}

impl<'de> Deserialize<'de> for TokenMix {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Spelled { live, expired, revoked, garbage } = Spelled::deserialize(from)?;
        let shares = [live, expired, revoked, garbage];
        let whole: f64 = shares.iter().map(|share| share.0).sum();
        if (whole - 1.0).abs() > 0.001 {
            let what = format!("the shares come to {}, and must come to 100%", Share(whole));
            return Err(D::Error::custom(what));
        }
        let mut parts = TokenKind::ALL.map(|kind| (kind, 0.0));
        parts.iter_mut().zip(shares).for_each(|(part, share)| part.1 = share.0);
        Ok(Self { parts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_even_over_any_stretch_of_a_run() {
        let share = Share(0.8);
        for from in [0, 17, 100_000] {
            let within = (from..from + 100).filter(|number| share.has(*number)).count();
            assert!((78..=82).contains(&within), "{within} from {from}");
        }
        assert!((0..1000).all(|number| Share::whole().has(number) && !Share::none().has(number)));
    }

    #[test]
    fn a_mix_has_its_proportions_also_without_one_of_its_kinds() {
        let mix = TokenMix::default();
        let count = |mix: TokenMix, kind| (0..1000).filter(|number| mix.kind(*number) == kind).count();
        assert!((695..=705).contains(&count(mix, TokenKind::Live)));
        assert_eq!(count(mix, TokenKind::Expired), 0);
        let mix = mix.without(TokenKind::Live);
        assert!((495..=505).contains(&count(mix, TokenKind::Garbage)));
        assert!(mix.without(TokenKind::Garbage).without(TokenKind::Revoked).is_empty());
    }
}
