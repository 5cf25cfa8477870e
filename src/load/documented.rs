//! The page of plans, `scenarios/README.md`, names what the parser knows, and what it shows parses.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};

use super::data::{CLIENT_COLUMNS, USER_COLUMNS};
use super::plan::{Connecting, DataPlan, Flow, FlowPlan, OWN_KEYS, Plan, Stage, Threshold, TokenMix};

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
fn plan(lines: &str) -> Plan {
    let mut text = lines.to_owned();
    for (key, line) in [("users:", "users: 20\n"), ("flows:", "flows: [{ flow: jwks }]\n"), ("hold:", "hold: 10s\n")] {
        let is_said = lines.lines().any(|said| said.starts_with(key) || key == "hold:" && said.starts_with("stages:"));
        if !is_said {
            text.push_str(line);
        }
    }
    Plan::parse(&text, "example").and_then(|plan| plan.with(None, None)).unwrap_or_else(|error| panic!("{lines}: {error}"))
}

#[test]
fn every_key_has_a_row_and_an_example_that_parses() {
    for row in names("Keys of a plan", "key", &keys_of::<Plan>()) {
        assert!(example(&row).starts_with(&format!("{}:", first(&row))), "{row:?}");
        plan(&format!("{}\n", example(&row)));
    }
    for row in names("Keys of a stage", "key", &keys_of::<Stage>()) {
        let rate = if example(&row).starts_with("arrivals") { "arrivals: 1/s\n" } else { "" };
        let span = if first(&row) == "for" { "" } else { ", for: 1s" };
        plan(&format!("{rate}stages: [{{ {}{span} }}]\n", example(&row)));
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
