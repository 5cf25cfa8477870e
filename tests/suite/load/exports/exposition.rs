//! A strict reader of OpenMetrics text: what does not follow the format is a panic.

use std::collections::BTreeMap;

/// An exposition that follows the format.
pub struct Exposition {
    /// The families, in their order: name and type.
    families: Vec<(String, String)>,
    /// Every sample by its name and labels, as they stand.
    samples: BTreeMap<String, f64>,
    /// The samples in their order, by the family that they stand in.
    order: Vec<(usize, String)>,
}

impl Exposition {
    /// Reads it.
    pub fn read(text: &str) -> Self {
        let mut lines: Vec<&str> = text.lines().collect();
        assert!(text.ends_with('\n') && lines.pop() == Some("# EOF"), "it ends with # EOF: {text}");
        let mut it = Self { families: Vec::new(), samples: BTreeMap::new(), order: Vec::new() };
        let mut described = Vec::new();
        for line in lines {
            match line.strip_prefix("# ").map(|rest| rest.splitn(3, ' ').collect::<Vec<_>>()).as_deref() {
                Some(["HELP", name, help]) => {
                    assert!(help.ends_with('.') && !described.contains(&name.to_string()), "{line}");
                    described.push((*name).to_owned());
                }
                Some(["TYPE", name, kind]) => {
                    assert_eq!(described.last().map(String::as_str), Some(*name), "each type follows its help");
                    it.families.push(((*name).to_owned(), (*kind).to_owned()));
                }
                Some(["UNIT", name, unit]) => assert!(name.ends_with(&format!("_{unit}")), "{line}"),
                Some(other) => panic!("{other:?}"),
                None => it.sample(line),
            }
        }
        for (name, _) in it.families.iter().filter(|(_, kind)| kind == "histogram") {
            it.histogram(name);
        }
        it
    }

    fn sample(&mut self, line: &str) {
        let (key, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line}"));
        let value: f64 = value.parse().unwrap_or_else(|_| panic!("no number: {line}"));
        let (family, kind) = self.families.last().unwrap_or_else(|| panic!("a sample before its family: {line}"));
        let name = key.split('{').next().unwrap_or_default();
        let suffixes: &[&str] = match kind.as_str() {
            "counter" => &["_total"],
            "gauge" => &[""],
            "info" => &["_info"],
            "histogram" => &["_bucket", "_sum", "_count"],
            other => panic!("the type {other} is none of ours"),
        };
        assert!(suffixes.iter().any(|suffix| name == format!("{family}{suffix}")), "{line} in {family}, a {kind}");
        assert!(value >= 0.0 && self.samples.insert(key.to_owned(), value).is_none(), "{line}: twice, or below nothing");
        self.order.push((self.families.len() - 1, key.to_owned()));
    }

    /// Buckets ascend, their counts do too, and the last one has all.
    fn histogram(&self, name: &str) {
        let mut series: BTreeMap<String, Vec<(f64, f64)>> = BTreeMap::new();
        for (_, key) in &self.order {
            if let Some(labels) = key.strip_prefix(&format!("{name}_bucket{{le=\"")) {
                let (bound, rest) = labels.split_once('"').expect("it is quoted");
                let bound = if bound == "+Inf" { f64::INFINITY } else { bound.parse().expect("a bound") };
                let rest = rest.trim_start_matches(',').trim_end_matches('}').to_owned();
                series.entry(rest).or_default().push((bound, self.samples[key]));
            }
        }
        assert!(!series.is_empty(), "{name} has no buckets");
        for (labels, buckets) in series {
            assert!(buckets.is_sorted_by(|one, next| one.0 < next.0 && one.1 <= next.1), "{name}: {buckets:?}");
            let labels = if labels.is_empty() { labels } else { format!("{{{labels}}}") };
            assert_eq!(buckets.last(), Some(&(f64::INFINITY, self.samples[&format!("{name}_count{labels}")])), "{name}");
        }
    }

    /// The value of a sample, by its name and labels.
    pub fn value(&self, key: &str) -> f64 {
        *self.samples.get(key).unwrap_or_else(|| panic!("{key} is not among {:#?}", self.samples))
    }

    /// The finite bounds of a histogram with one series, and what they hold.
    pub fn buckets(&self, name: &str) -> Vec<(f64, u64)> {
        let bound = |key: &str| key.strip_prefix(&format!("{name}_bucket{{le=\""))?.split('"').next()?.parse::<f64>().ok();
        let told = self.order.iter().filter_map(|(_, key)| Some((bound(key)?, self.samples[key] as u64)));
        told.filter(|(bound, _)| bound.is_finite()).collect()
    }

    /// The names that users query by, in their order.
    pub fn names(&self) -> Vec<String> {
        let suffix = |kind: &str| match kind {
            "counter" => "_total",
            "info" => "_info",
            _ => "",
        };
        self.families.iter().map(|(name, kind)| format!("{name}{}", suffix(kind))).collect()
    }

    /// The phase that the run is in.
    pub fn phase(&self) -> &str {
        let now = self.samples.iter().filter(|(_, value)| **value == 1.0);
        let now: Vec<&str> =
            now.filter_map(|(key, _)| key.strip_prefix("flowproof_load_phase{phase=\"")?.strip_suffix("\"}")).collect();
        assert_eq!(now.len(), 1, "a run is in one phase: {now:?}");
        now[0]
    }

    /// Counters, and what histograms hold, never go back.
    pub fn has_grown_since(&self, earlier: &Self) {
        for (family, key) in &earlier.order {
            if matches!(earlier.families[*family].1.as_str(), "counter" | "histogram") {
                assert!(self.value(key) >= earlier.samples[key], "{key}: {} after {}", self.value(key), earlier.samples[key]);
            }
        }
    }
}
