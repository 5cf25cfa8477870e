//! A histogram as text: the compressed V2 encoding of HdrHistogram in base64, as its logs hold it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer as _, V2DeflateSerializer};
use serde::{Deserialize, Serialize};

use super::Latency;

/// A histogram of microseconds; empty text is an empty histogram.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Packed(String);

/// A text that is no packed histogram.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a compressed HdrHistogram in base64: {0}")]
pub struct Unreadable(String);

impl Packed {
    /// Packs a histogram.
    pub fn of(histogram: &Histogram<u64>) -> Self {
        if histogram.is_empty() {
            return Self::default();
        }
        let mut octets = Vec::new();
        V2DeflateSerializer::new().serialize(histogram, &mut octets).expect("a vector takes what is written");
        Self(STANDARD.encode(octets))
    }

    /// The text, as a line of a HdrHistogram log holds it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Takes a text as it stands in a log.
    pub fn from_text(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The histogram.
    ///
    /// # Errors
    /// The text is not one of ours.
    pub fn unpack(&self) -> Result<Histogram<u64>, Unreadable> {
        let fault = |error: &dyn fmt::Display| Unreadable(error.to_string());
        if self.0.is_empty() {
            return Ok(Latency::histogram());
        }
        let octets = STANDARD.decode(&self.0).map_err(|error| fault(&error))?;
        let mut histogram: Histogram<u64> =
            Deserializer::new().deserialize(&mut octets.as_slice()).map_err(|error| fault(&error))?;
        // As all of ours, it grows with what is added.
        histogram.auto(true);
        Ok(histogram)
    }

    /// Adds another histogram's values; what cannot be read adds nothing.
    pub fn merge(&mut self, other: &Self) {
        if other.0.is_empty() {
            return;
        }
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
            return;
        }
        if let (Ok(mut mine), Ok(theirs)) = (self.unpack(), other.unpack()) {
            mine.add(theirs).expect("a histogram that grows takes every value");
            *self = Self::of(&mine);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out_as_it_went_in_and_merges_without_loss() {
        let (mut whole, mut left, mut right) = (Latency::histogram(), Latency::histogram(), Latency::histogram());
        for micros in [1_u64, 1, 250, 4_003, 4_003, 10_000_000] {
            whole.record(micros).expect("it grows");
            if micros < 300 { &mut left } else { &mut right }.record(micros).expect("it grows");
        }
        let mut packed = Packed::of(&left);
        packed.merge(&Packed::of(&right));
        assert_eq!(packed.unpack().expect("it is ours"), whole);
        assert_eq!(Packed::default().unpack().expect("nothing is an empty one").len(), 0);
        assert!(Packed::from_text("HIST!").unpack().is_err());
    }
}
