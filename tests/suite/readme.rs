//! The README shows what is there: its check stands in a feature, its commands parse, its table counts the checks of today.

use std::collections::BTreeMap;

use clap::Parser as _;
use flowproof::check::Catalog;
use flowproof::cli::Cli;
use flowproof::load::Instrument;

const README: &str = include_str!("../../README.md");

fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    README.split(fence.as_str()).skip(1).map(|rest| rest.split("```").next().expect("a block")).collect()
}

#[test]
fn the_check_it_shows_stands_in_a_feature() {
    let shown = blocks("gherkin");
    assert_eq!(shown.len(), 1);
    assert!(include_str!("../../features/pkce.feature").contains(shown[0]), "{}", shown[0]);
}

#[test]
fn its_commands_are_commands() {
    let mut seen = 0;
    for line in blocks("console").concat().lines() {
        let command = line.strip_prefix("$ ").unwrap_or_default().replace("cargo run --release --", "flowproof");
        let words: Vec<&str> = command.split_whitespace().take_while(|word| *word != ">").collect();
        if words.first() == Some(&"flowproof") {
            let parsed = Cli::try_parse_from(&words);
            assert!(parsed.is_ok(), "{line}: {}", parsed.err().map(|error| error.to_string()).unwrap_or_default());
            seen += 1;
        }
    }
    assert!(seen >= 4, "{seen} commands");
}

#[test]
fn its_table_counts_the_checks_of_today() {
    let catalog = Catalog::embedded().expect("the features are sound");
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for check in catalog.checks() {
        *counts.entry(&check.feature).or_default() += 1;
    }
    for (feature, count) in &counts {
        let row = README
            .lines()
            .filter_map(|line| line.strip_prefix("  ✓ "))
            .find(|row| row.split_whitespace().next() == Some(feature));
        let row = row.unwrap_or_else(|| panic!("no row for {feature}"));
        assert_eq!(row.split_whitespace().nth(1), Some(count.to_string().as_str()), "{feature}");
    }
    assert!(README.contains(&format!("{0} checks: {0} passed", catalog.checks().len())));
}

#[test]
fn its_walk_is_what_the_program_tells_but_for_ports_times_and_digests() {
    let shown = blocks("console").into_iter().find_map(|block| block.strip_prefix("$ flowproof try code\n")).expect("a walk");
    let told = std::process::Command::new(env!("CARGO_BIN_EXE_flowproof")).args(["try", "code"]).output().expect("it starts");
    let varies = regex::Regex::new(
        r"127\.0\.0\.1:\d+|‹(\w+) \w+›|[\d.]+ ms|(?m:^ +(?:state|code_challenge|iat|exp|auth_time|header) .*$)|key .* of",
    )
    .expect("a pattern");
    let plain = |text: &str| varies.replace_all(text, "$1").into_owned();
    let told = plain(&String::from_utf8(told.stdout).expect("text"));
    let mut rest = told.lines();
    for line in plain(shown).lines().filter(|line| *line != "…") {
        assert!(rest.any(|told| told == line), "{line:?} (in this order) is not told:\n{told}");
    }
}

/// The README's table of metrics, made of their register; `FLOWPROOF_BLESS=1` writes it anew.
#[test]
fn its_table_of_metrics_is_the_register() {
    let mut table = "| metric | labels | tells |\n|---|---|---|\n".to_owned();
    for one in Instrument::ALL {
        let labels: Vec<String> = one.attributes.iter().map(|name| format!("`{}`", name.replace('.', "_"))).collect();
        table += &format!("| `{}` | {} | {} |\n", one.prometheus_name(), labels.join(", "), one.help);
    }
    let begins = "| metric | labels | tells |\n";
    let (before, rest) = README.split_once(begins).expect("the README has a table of metrics");
    let shown: String =
        std::iter::once(begins).chain(rest.split_inclusive('\n').take_while(|line| line.starts_with('|'))).collect();
    if std::env::var_os("FLOWPROOF_BLESS").is_some() {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
        let after = &README[before.len() + shown.len()..];
        std::fs::write(path, format!("{before}{table}{after}")).expect("the README can be written");
        return;
    }
    assert_eq!(shown, table);
}
