//! Durations as plans and the command line spell them: `300us`, `50ms`, `2s`, `1m30s`, `1h`.

use std::time::Duration;

/// Reads a duration: numbers with the units `h`, `m`, `s`, `ms`, `us` or `µs`, larger units first; only the last may have decimals.
pub fn parse(text: &str) -> Result<Duration, String> {
    let fault = || format!("{text:?} is not a duration: expected a number and a unit, such as 500ms, 10s or 1m30s");
    let mut rest = text.trim();
    let (mut micros, mut last_unit) = (0.0_f64, f64::INFINITY);
    if rest.is_empty() {
        return Err(fault());
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(fault)?;
        let number: f64 = rest[..digits].parse().map_err(|_| fault())?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let unit = match rest[..letters].trim() {
            "h" => 3_600e6,
            "m" => 60e6,
            "s" => 1e6,
            "ms" => 1e3,
            "us" | "µs" | "μs" => 1.0,
            _ => return Err(fault()),
        };
        if unit >= last_unit {
            return Err(fault());
        }
        (micros, last_unit, rest) = (micros + number * unit, unit, &rest[letters..]);
    }
    // A day is far beyond every bound of a plan, and keeps the arithmetic in range.
    if micros > 86_400e6 {
        Err(format!("{text:?} is longer than a day"))
    } else {
        Ok(Duration::from_micros(micros.round() as u64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_the_units_of_the_field() {
        for (text, micros) in [
            ("300us", 300),
            ("300µs", 300),
            ("50ms", 50_000),
            ("1.5s", 1_500_000),
            ("2 s", 2_000_000),
            ("1m30s", 90_000_000),
            ("1h", 3_600_000_000),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_micros(micros)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_is_refused_with_an_example() {
        for text in ["", "10", "s", "10 parsecs", "1s1m", "-1s", "1..5s", "99999h"] {
            assert!(parse(text).is_err(), "{text}");
        }
        assert!(parse("10").expect_err("a number alone has no unit").contains("10s"));
    }
}
