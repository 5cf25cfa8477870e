//! Which part of a plan a generator runs, where several share it.

use std::fmt;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// The most parts of a plan.
const MOST: u32 = 1000;

/// One part of several, as `2/4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shard {
    index: u32,
    of: u32,
}

impl Shard {
    /// The whole of the plan.
    pub fn whole() -> Self {
        Self { index: 0, of: 1 }
    }

    /// The part of this number, from 1.
    pub fn new(number: u32, of: u32) -> Option<Self> {
        (number >= 1 && number <= of && of <= MOST).then(|| Self { index: number - 1, of })
    }

    /// The part's number, from 0.
    pub fn index(self) -> u32 {
        self.index
    }

    /// How many parts there are.
    pub fn of(self) -> u32 {
        self.of
    }

    /// Whether this is all of it.
    pub fn is_whole(self) -> bool {
        self.of == 1
    }

    /// Of so many users or passes, how many are this part's: those of all parts come to all.
    pub fn share(self, of_all: u64) -> u64 {
        let (index, of) = (u64::from(self.index), u64::from(self.of));
        of_all.saturating_sub(index).div_ceil(of)
    }

    /// Whether something with this number, from 0, is in this part: users and the rows of a data set are divided so.
    pub fn has(self, number: u64) -> bool {
        number % u64::from(self.of) == u64::from(self.index)
    }
}

impl Default for Shard {
    fn default() -> Self {
        Self::whole()
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index + 1, self.of)
    }
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts = text.split_once('/').and_then(|(number, of)| Some((number.trim().parse().ok()?, of.trim().parse().ok()?)));
        parts
            .and_then(|(number, of)| Self::new(number, of))
            .ok_or_else(|| format!("{text:?} is no shard: expected one part of several, such as 1/4 to 4/4, of at most {MOST}"))
    }
}

impl<'de> Deserialize<'de> for Shard {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_counted_from_one_and_have_each_number_once() {
        let shards: Vec<Shard> = ["1/3", "2/3", "3/3"].map(|text| text.parse().expect("it is a shard")).to_vec();
        assert!((0..30).all(|number| shards.iter().filter(|shard| shard.has(number)).count() == 1));
        assert_eq!(shards[1].to_string(), "2/3");
        for all in [0, 1, 2, 3, 10, 1000] {
            let shares: Vec<u64> = shards.iter().map(|shard| shard.share(all)).collect();
            assert_eq!(shares.iter().sum::<u64>(), all, "{shares:?}");
            assert!((0..3).all(|at| shares[at] == (0..all).filter(|number| shards[at].has(*number)).count() as u64));
        }
        for text in ["0/3", "4/3", "1", "1/", "a/b", "1/2000"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
