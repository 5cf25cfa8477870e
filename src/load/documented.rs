//! The page of plans, `scenarios/README.md`, names what the parser knows, and what it shows parses.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

use super::data::{CLIENT_COLUMNS, USER_COLUMNS};
use super::plan::{Connecting, DataPlan, Flow, FlowPlan, OWN_KEYS, Plan, PlanError, Stage, Threshold, TokenMix};

const PAGE: &str = include_str!("../../scenarios/README.md");

/// Reads nothing, and says which keys a type would have read.
struct Keys;

#[derive(Debug)]
struct Asked(&'static [&'static str]);

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.0)
    }
}

impl std::error::Error for Asked {}

impl serde::de::Error for Asked {
    fn custom<T: fmt::Display>(what: T) -> Self {
        panic!("it is no struct: {what}")
    }
}

impl<'de> Deserializer<'de> for Keys {
    type Error = Asked;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Asked> {
        Err(Asked(&[]))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Asked> {
        Err(Asked(fields))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

fn keys_of<T: for<'de> Deserialize<'de>>() -> BTreeSet<&'static str> {
    match T::deserialize(Keys) {
        Ok(_) => panic!("nothing can be read of nothing"),
        Err(Asked(keys)) => keys.iter().copied().collect(),
    }
}

/// The rows of the table whose first heading is this, below the heading of its section; each cell without the spaces about it.
fn table(section: &str, heading: &str) -> Vec<Vec<&'static str>> {
    let part = PAGE.split("\n#").find(|part| part.trim_start_matches('#').trim_start().starts_with(section));
    let part = part.unwrap_or_else(|| panic!("no section {section:?}"));
    let start = format!("| {heading} |");
    let rows = part.lines().skip_while(|line| !line.starts_with(&start)).skip(2).take_while(|line| line.starts_with('|'));
    let rows: Vec<Vec<&str>> = rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect();
    assert!(!rows.is_empty(), "no table {heading:?} in {section:?}");
    rows
}

/// What stands in back ticks in a cell.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

fn first(row: &[&'static str]) -> &'static str {
    quoted(row[0])[0]
}

fn example(row: &[&'static str]) -> &'static str {
    quoted(row.last().expect("a row has cells"))[0]
}

/// That a table has a row for each of these keys and no other.
fn names(section: &str, heading: &str, keys: &BTreeSet<&str>) -> Vec<Vec<&'static str>> {
    let rows = table(section, heading);
    let named: Vec<&str> = rows.iter().map(|row| first(row)).collect();
    assert_eq!(&named.iter().copied().collect::<BTreeSet<_>>(), keys, "{section}");
    assert_eq!(named.len(), keys.len(), "{section}: one row a key");
    rows
}

/// A plan with these lines, and what has to be said beside them.
fn parsed(lines: &str) -> Result<Plan, PlanError> {
    let mut text = lines.to_owned();
    for (key, line) in [("users:", "users: 20\n"), ("flows:", "flows: [{ flow: jwks }]\n"), ("hold:", "hold: 10s\n")] {
        let is_said = lines.lines().any(|said| said.starts_with(key) || key == "hold:" && said.starts_with("stages:"));
        if !is_said {
            text.push_str(line);
        }
    }
    Plan::parse(&text, "example").and_then(|plan| plan.with(None, None))
}

fn plan(lines: &str) -> Plan {
    parsed(lines).unwrap_or_else(|error| panic!("{lines}: {error}"))
}

/// A flow of which this is said beside its name, in the flow that the row's example is of.
fn of_flow(row: &[&'static str], said: &str) -> String {
    let flow = example(row).split(['{', ',', '}']).nth(1).expect("an example begins with its flow").trim();
    format!("flows: [{{ {flow}{said} }}]\n")
}

/// A stage of which this is said, with what has to be said beside it.
fn of_stage(row: &[&'static str], said: &str) -> String {
    let rate = if first(row) == "arrivals" { "arrivals: 1/s\n" } else { "" };
    let span = if first(row) == "for" { "" } else { ", for: 1s" };
    format!("{rate}stages: [{{ {said}{span} }}]\n")
}

/// The value that a cell of defaults begins with, where it is one.
fn default_of(row: &[&'static str]) -> Option<String> {
    let (kind, cell) = (row[1], row[2]);
    match cell.chars().next() {
        Some('`') => Some(quoted(cell)[0].to_owned()),
        Some(c) if c.is_ascii_digit() && kind == "keys below" => {
            let parts = cell.split(", ").map(|part| part.split_once(' ').expect("a share and of what"));
            Some(format!("{{ {} }}", parts.map(|(share, of)| format!("{of}: {share}")).collect::<Vec<_>>().join(", ")))
        }
        Some(c) if c.is_ascii_digit() => cell.split([' ', ';', ',']).next().map(str::to_owned),
        _ => None,
    }
}

/// Values that a cell of bounds lets in, and values that it does not, each with what their refusal has to name.
fn edges(bounds: &str) -> (Vec<String>, Vec<(String, String)>) {
    let (mut within, mut beyond) = (Vec::new(), Vec::new());
    for bound in bounds.split([',', ';']).map(str::trim) {
        let number = |text: &str| -> (i64, String) {
            let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
            (text[..text.len() - unit.len()].parse().expect("a number"), unit.to_owned())
        };
        if let Some((least, most)) = bound.split_once(" to ") {
            let ((low, unit), (high, _)) = (number(least), number(most));
            within.extend([least.to_owned(), most.to_owned()]);
            // A number below zero is no number to the parser.
            let outside = [low - 1, high + 1].into_iter().filter(|value| *value >= 0);
            beyond.extend(outside.map(|value| (format!("{value}{unit}"), high.to_string())));
        } else if let Some(most) = bound.strip_prefix("of at most ") {
            within.push(format!("1/{most}"));
            beyond.push((format!("1/{}", number(most).0 + 1), most.to_owned()));
        } else if let Some(most) = bound.strip_prefix("at most ") {
            within.push(most.to_owned());
            beyond.push((format!("{most}1s"), bound.to_owned()));
        } else if bound == "more than nothing" {
            within.push("1s".to_owned());
            beyond.push(("0s".to_owned(), bound.to_owned()));
        } else if let Some(least) = bound.strip_suffix(" or more").filter(|least| *least != "one") {
            within.push(least.to_owned());
            beyond.push(((number(least).0 - 1).to_string(), "at least".to_owned()));
        }
    }
    (within, beyond)
}

#[test]
fn every_key_has_a_row_and_an_example_that_parses() {
    for row in names("Keys of a plan", "key", &keys_of::<Plan>()) {
        assert!(example(&row).starts_with(&format!("{}:", first(&row))), "{row:?}");
        plan(&format!("{}\n", example(&row)));
    }
    for row in names("Keys of a stage", "key", &keys_of::<Stage>()) {
        plan(&of_stage(&row, example(&row)));
    }
    for row in names("Keys of `connections`", "key", &keys_of::<Connecting>()) {
        plan(&format!("connections: {{ {} }}\n", example(&row)));
    }
    for row in names("Keys of `data`", "key", &keys_of::<DataPlan>()) {
        plan(&format!("data: {{ {} }}\n", example(&row)));
    }
    for row in names("Keys of a flow", "key", &keys_of::<FlowPlan>()) {
        assert!(example(&row).contains(&format!("{}:", first(&row))), "{row:?}");
        plan(&format!("flows: [{}]\n", example(&row)));
    }
    for row in names("Keys of `tokens`", "key", &keys_of::<TokenMix>()) {
        plan(&format!("flows: [{{ flow: introspection, tokens: {} }}]\n", example(&row)));
    }
}

#[test]
fn what_is_called_the_default_is_what_a_plan_has_that_does_not_say_it() {
    let mut told = Vec::new();
    for row in table("Keys of a plan", "key") {
        let Some(default) = default_of(&row) else { continue };
        // What a run is held to beside its plan is no part of the plan.
        if first(&row) == "thresholds" {
            assert_eq!(Threshold::default_errors().to_string(), default);
        } else {
            assert_eq!(plan(&format!("{}: {default}\n", first(&row))), plan(""), "{row:?}");
        }
        told.push(first(&row));
    }
    for row in table("Keys of `connections`", "key") {
        let default = default_of(&row).expect("each has one");
        assert_eq!(plan(&format!("connections: {{ {}: {default} }}\n", first(&row))), plan(""), "{row:?}");
    }
    for row in table("Keys of a flow", "key") {
        if let Some(default) = default_of(&row) {
            let said = format!(", {}: {default}", first(&row));
            assert_eq!(plan(&of_flow(&row, &said)), plan(&of_flow(&row, "")), "{row:?}");
            told.push(first(&row));
        }
    }
    for row in table("Keys of `tokens`", "key") {
        let default = default_of(&row).expect("each has one");
        let other = if first(&row) == "live" { "garbage" } else { "live" };
        let of = |said: &str| plan(&format!("flows: [{{ flow: introspection, tokens: {{ {other}: 100%{said} }} }}]\n"));
        assert_eq!(of(&format!(", {}: {default}", first(&row))), of(""), "{row:?}");
    }
    for key in [
        "ramp",
        "warmup",
        "pause",
        "timeout",
        "obey",
        "thresholds",
        "weight",
        "rotates",
        "session",
        "approve",
        "impatient",
        "tokens",
        "share",
    ] {
        assert!(told.contains(&key), "the page tells no default of {key}: {told:?}");
    }
}

#[test]
fn bounds_are_those_that_are_kept() {
    let kept = |row: &[&'static str], lines: &dyn Fn(&str) -> String| {
        let measured = ["number", "rate", "time", "share", "part"].iter().any(|kind| row[1].starts_with(kind));
        if !measured || row[3].is_empty() {
            return;
        }
        let (within, beyond) = edges(row[3]);
        assert!(!beyond.is_empty(), "nothing is beyond {row:?}");
        for value in within {
            plan(&lines(&format!("{}: {value}", first(row))));
        }
        for (value, named) in beyond {
            let lines = lines(&format!("{}: {value}", first(row)));
            let refusal = parsed(&lines).expect_err(&lines).to_string();
            assert!(refusal.contains("expected") && refusal.contains(&named), "{lines}: {refusal}");
        }
    };
    for row in table("Keys of a plan", "key") {
        kept(&row, &|said| format!("{said}\n"));
    }
    for row in table("Keys of a stage", "key") {
        kept(&row, &|said| of_stage(&row, said));
    }
    for row in table("Keys of a flow", "key") {
        kept(&row, &|said| of_flow(&row, &format!(", {said}")));
    }
}

#[test]
fn every_flow_has_a_row_with_its_steps_and_the_keys_that_are_its_own() {
    let rows = names("Flows", "flow", &Flow::ALL.iter().map(|flow| flow.name()).collect());
    for row in rows {
        let flow = Flow::ALL.into_iter().find(|flow| flow.name() == first(&row)).expect("it is one");
        let steps: Vec<&str> = flow.steps().iter().map(|step| step.name()).collect();
        assert_eq!(quoted(row[2]), steps, "{}", flow.name());
        let own: Vec<&str> = OWN_KEYS.iter().filter(|(_, belongs)| belongs(flow)).map(|(key, _)| *key).collect();
        assert_eq!(quoted(row[3]), own, "{}", flow.name());
    }
}

#[test]
fn every_metric_has_a_row_and_an_example_that_parses() {
    // What the parser would have taken: `expected p50, p90, p99.9 or the like, max, …, rate, late, lag or violations`.
    let told = "nothing < 1s".parse::<Threshold>().expect_err("no metric");
    let (quantiles, others) =
        told.split_once("expected ").and_then(|(_, list)| list.split_once(" or the like, ")).expect("a list");
    let known: BTreeSet<&str> =
        quantiles.split(", ").chain(others.split([',', ' ']).filter(|word| !matches!(*word, "" | "or"))).collect();
    let rows = table("Thresholds", "metric");
    let named: BTreeSet<&str> = rows.iter().flat_map(|row| quoted(row[0])).collect();
    assert_eq!(named, known);
    for row in rows {
        let threshold: Threshold = example(&row).parse().unwrap_or_else(|error| panic!("{row:?}: {error}"));
        assert_eq!(threshold.to_string(), example(&row));
    }
}

#[test]
fn the_columns_of_data_sets_are_those_that_are_read() {
    for (heading, columns) in [("column of `clients`", CLIENT_COLUMNS.as_slice()), ("column of `users`", USER_COLUMNS.as_slice())]
    {
        let rows = table("Keys of `data`", heading);
        let named: Vec<(&str, bool)> = rows.iter().map(|row| (first(row), row[1] == "needed")).collect();
        assert_eq!(named, columns, "{heading}");
    }
}

#[test]
fn what_it_shows_whole_is_a_plan_and_the_shipped_ones_are_all_listed() {
    let blocks: Vec<&str> = PAGE.split("```yaml\n").skip(1).map(|rest| rest.split("```").next().expect("a block")).collect();
    assert!(!blocks.is_empty());
    blocks.iter().for_each(|block| drop(plan(block)));
    let shipped = Plan::shipped();
    let rows = names("Load plans", "plan", &shipped.iter().map(String::as_str).collect());
    for row in rows {
        assert_eq!(row[1], Plan::find(first(&row)).expect("it is shipped").about, "{}", first(&row));
    }
}
