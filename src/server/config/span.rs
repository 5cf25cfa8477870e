//! A length of time as people write it: `50ms`, `90s`, `10m`, `1h30m`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time in whole milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(Duration);

/// Not a length of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a duration such as 50ms, 90s, 10m, 1h or 1m30s")]
pub struct NotASpan;

/// The units, the largest first, with their milliseconds.
const UNITS: [(&str, u128); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Span {
    /// As the standard library has it.
    pub fn duration(self) -> Duration {
        self.0
    }

    /// In milliseconds.
    pub fn milliseconds(self) -> f64 {
        self.0.as_secs_f64() * 1_000.0
    }
}

impl From<Duration> for Span {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}

impl FromStr for Span {
    type Err = NotASpan;

    fn from_str(text: &str) -> Result<Self, NotASpan> {
        let mut rest = text;
        let mut sum = 0_u128;
        while !rest.is_empty() {
            let (number, unit_on) = rest.split_at(rest.find(|letter: char| !letter.is_ascii_digit()).ok_or(NotASpan)?);
            let (unit, further) = unit_on.split_at(unit_on.find(|letter: char| letter.is_ascii_digit()).unwrap_or(unit_on.len()));
            let (_, milliseconds) = UNITS.into_iter().find(|(name, _)| *name == unit).ok_or(NotASpan)?;
            let number: u64 = number.parse().map_err(|_| NotASpan)?;
            sum = u128::from(number).checked_mul(milliseconds).and_then(|part| sum.checked_add(part)).ok_or(NotASpan)?;
            rest = further;
        }
        let seconds = u64::try_from(sum / 1_000).map_err(|_| NotASpan)?;
        let nanoseconds = (sum % 1_000) as u32 * 1_000_000;
        if text.is_empty() { Err(NotASpan) } else { Ok(Self(Duration::new(seconds, nanoseconds))) }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0.as_millis();
        if rest == 0 {
            return formatter.write_str("0s");
        }
        for (name, milliseconds) in UNITS {
            if rest >= milliseconds {
                write!(formatter, "{}{name}", rest / milliseconds)?;
                rest %= milliseconds;
            }
        }
        Ok(())
    }
}

impl Serialize for Span {
    fn serialize<Into: Serializer>(&self, serializer: Into) -> Result<Into::Ok, Into::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<From: Deserializer<'de>>(deserializer: From) -> Result<Self, From::Error> {
        String::deserialize(deserializer)?.parse().map_err(From::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::{NotASpan, Span};

    #[test]
    fn a_span_is_numbers_with_units_and_is_written_as_it_is_read() {
        for (text, milliseconds) in
            [("90s", 90_000), ("10m", 600_000), ("1h", 3_600_000), ("1m30s", 90_000), ("0s", 0), ("50ms", 50), ("1s5ms", 1_005)]
        {
            let span: Span = text.parse().expect(text);
            assert_eq!(span.duration().as_millis(), milliseconds, "{text}");
            assert_eq!(span.to_string().parse(), Ok(span), "{text}");
        }
        assert_eq!("90s".parse::<Span>().map(|span| span.to_string()), Ok("1m30s".to_owned()));
        for text in ["", "10", "m", "1x", "-1s", "1.5s", "99999999999999999999s", "1m30", "1 s", "ms", "1µs"] {
            assert_eq!(text.parse::<Span>(), Err(NotASpan), "{text}");
        }
    }
}
