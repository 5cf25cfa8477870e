//! How the load goes over time: the arrival rate, the stages of the hold, the warm-up.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use super::{LONGEST, MOST_USERS, bounded, span};

/// The most arrivals per second of one generator.
const MOST_ARRIVALS: f64 = 1_000_000.0;

/// The bound of a warm-up until steady that names none.
const LONGEST_WARMUP: Duration = Duration::from_secs(300);

/// Arrivals per second, as `200/s` or `90/m`.
#[derive(Clone, Debug, PartialEq)]
pub struct Rate {
    per_second: f64,
    text: String,
}

impl Rate {
    /// Where a search begins whose plan names no rate.
    pub fn first_of_a_search() -> Self {
        Self { per_second: 50.0, text: "50/s".to_owned() }
    }

    /// Arrivals per second.
    pub fn per_second(&self) -> f64 {
        self.per_second
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fault = || format!("{text:?} is no rate: expected arrivals per second or minute, such as 200/s or 90/m");
        let (number, unit) = text.trim().split_once('/').ok_or_else(fault)?;
        let number: f64 = number.trim().parse().map_err(|_| fault())?;
        let per_second = match unit.trim() {
            "s" => number,
            "m" => number / 60.0,
            _ => return Err(fault()),
        };
        if !(0.0..=MOST_ARRIVALS).contains(&per_second) {
            return Err(format!("{text:?}: expected 0/s to {MOST_ARRIVALS}/s"));
        }
        Ok(Self { per_second, text: text.trim().to_owned() })
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

/// A stretch of the hold: the load goes evenly from where it is to what is said here.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// How long it takes; nothing is a jump.
    #[serde(rename = "for", deserialize_with = "bounded")]
    pub span: Duration,
    /// Users at its end; by default as many as at its beginning.
    #[serde(default, deserialize_with = "some_users")]
    pub users: Option<usize>,
    /// Arrivals per second at its end, where the plan has an arrival rate; by default as many as at its beginning.
    #[serde(default)]
    pub arrivals: Option<Rate>,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let span = self.span.as_secs_f64();
        match (&self.arrivals, self.users) {
            (Some(rate), _) => write!(f, "{span}s to {rate}"),
            (None, Some(users)) => write!(f, "{span}s to {users} users"),
            (None, None) => write!(f, "{span}s"),
        }
    }
}

fn some_users<'de, D: Deserializer<'de>>(from: D) -> Result<Option<usize>, D::Error> {
    let users = usize::deserialize(from)?;
    if users > MOST_USERS { Err(D::Error::custom(format!("expected 0 to {MOST_USERS} users"))) } else { Ok(Some(users)) }
}

/// What is run before the hold with its full load, looked at and not measured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Warmup {
    /// Nothing.
    #[default]
    None,
    /// For a time.
    For(Duration),
    /// Until rate and latency no longer drift, at most for a time.
    UntilSteady(Duration),
}

impl Warmup {
    /// The longest that it takes.
    pub fn longest(self) -> Duration {
        match self {
            Self::None => Duration::ZERO,
            Self::For(span) | Self::UntilSteady(span) => span,
        }
    }
}

impl FromStr for Warmup {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let text = text.trim();
        let bound = |span: Duration| if span > LONGEST { Err(format!("{text:?}: expected at most 12h")) } else { Ok(span) };
        let Some(rest) = text.strip_prefix("until-steady") else {
            let span = span::parse(text).map_err(|_| {
                format!("{text:?} is no warm-up: expected a time, such as 30s, or until-steady, or until-steady at most 2m")
            })?;
            return Ok(if span.is_zero() { Self::None } else { Self::For(bound(span)?) });
        };
        match rest.trim() {
            "" => Ok(Self::UntilSteady(LONGEST_WARMUP)),
            rest => {
                let most = rest
                    .strip_prefix("at most")
                    .ok_or_else(|| format!("{text:?} is no warm-up: expected until-steady, or until-steady at most 2m"))?;
                Ok(Self::UntilSteady(bound(span::parse(most)?)?))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Warmup {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_arrivals_per_second_or_minute() {
        let rate = |text: &str| text.parse::<Rate>().map(|rate| rate.per_second());
        assert_eq!((rate("200/s"), rate("90/m"), rate(" 0.5 / s ")), (Ok(200.0), Ok(1.5), Ok(0.5)));
        for text in ["200", "/s", "200/h", "-1/s", "inf/s", "NaN/s", "2000000/s"] {
            assert!(rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_warm_up_is_a_time_or_waits_until_steady_within_a_bound() {
        let warmup = |text: &str| text.parse::<Warmup>();
        assert_eq!(warmup("30s"), Ok(Warmup::For(Duration::from_secs(30))));
        assert_eq!(warmup("0s"), Ok(Warmup::None));
        assert_eq!(warmup("until-steady"), Ok(Warmup::UntilSteady(LONGEST_WARMUP)));
        assert_eq!(warmup("until-steady at most 2m"), Ok(Warmup::UntilSteady(Duration::from_secs(120))));
        for text in ["", "steady", "until-steady 2m", "until-steady at most", "until-steady at most 23h"] {
            assert!(warmup(text).is_err(), "{text}");
        }
    }
}
