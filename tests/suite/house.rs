//! The house: arrows go down only, walls stand round libraries, and every file says what it answers for.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Each room with the rooms that it may reach. What is not listed is a wall.
const FLOORS: &[(&str, &[&str])] = &[
    ("protocol", &[]),
    ("chance", &[]),
    ("exit", &[]),
    ("server", &[]),
    ("wire", &["protocol"]),
    ("verdict", &["protocol"]),
    ("provider", &["wire", "protocol"]),
    ("login", &["provider", "wire", "protocol"]),
    ("check", &["login", "chance", "provider", "verdict", "wire", "protocol"]),
    ("load", &["login", "chance", "provider", "verdict", "wire", "protocol"]),
    ("report", &["verdict", "protocol"]),
    ("baseline", &["provider", "verdict", "protocol"]),
    ("doctor", &["check", "login", "provider", "verdict", "wire", "protocol"]),
    ("prove", &["check", "provider", "verdict", "wire", "protocol"]),
    ("walk", &["login", "chance", "provider", "wire", "protocol"]),
    (
        "cli",
        &[
            "doctor", "prove", "walk", "baseline", "check", "load", "report", "login", "provider", "verdict", "wire", "protocol",
            "server", "exit",
        ],
    ),
    ("main", &["cli", "exit"]),
];

/// Each library that has a wall round it, with the places that may name it.
const WALLS: &[(&str, &[&str])] = &[
    ("cucumber", &["src/check/"]),
    ("goose", &["src/load/"]),
    ("axum", &[]),
    ("hyper", &["src/load/", "src/server/http/"]),
    ("hyper_util", &["src/load/", "src/login/webdriver/", "src/server/http/", "src/wire/proxy.rs"]),
    ("futures_timer", &["src/server/http/"]),
    ("rcgen", &["src/server/certificate.rs"]),
    ("tokio_tungstenite", &["src/login/webdriver/"]),
    ("tokio_rustls", &["src/load/", "src/server/http/", "src/server/certificate.rs", "src/wire/tls.rs"]),
    ("webpki", &["src/wire/tls.rs"]),
    ("tracing", &["src/server/log.rs"]),
    ("tracing_subscriber", &["src/cli/serve/log.rs"]),
    ("wiremock", &["src/server/wiremock.rs"]),
    ("reqwest", &["src/wire/"]),
    ("scraper", &["src/login/", "src/provider/login/"]),
    ("jsonwebtoken", &["src/protocol/jwt.rs", "src/server/tests/"]),
    ("qrcode", &["src/cli/try_it/", "src/login/manual/"]),
    ("ratatui", &["src/cli/load/live"]),
    ("clap", &["src/cli/", "src/main.rs", "src/report/mod.rs"]),
];

fn sources() -> Vec<(PathBuf, String)> {
    fn walk(dir: &Path, out: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(dir).expect("the source tree is readable") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, out);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path).expect("a source file is text");
                out.push((path, text));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut out = Vec::new();
    walk(&root.join("src"), &mut out);
    out.iter_mut().for_each(|(path, _)| *path = path.strip_prefix(root).expect("below the root").to_path_buf());
    assert!(out.len() > 50, "the walk found the tree");
    out
}

/// The code of a file without comments and doc comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| !line.trim_start().starts_with("//"))
}

fn room(path: &Path) -> String {
    let mut parts = path.components().skip(1).map(|part| part.as_os_str().to_string_lossy().into_owned());
    parts.next().expect("a room").trim_end_matches(".rs").to_owned()
}

/// The rooms that a line of code names after `crate::` or `flowproof::`.
fn named(line: &str) -> Vec<String> {
    let mut rooms = Vec::new();
    for prefix in ["crate::", "flowproof::"] {
        for (at, _) in line.match_indices(prefix) {
            let rest = &line[at + prefix.len()..];
            if let Some(group) = rest.strip_prefix('{') {
                let group = group.split('}').next().unwrap_or_default();
                rooms.extend(group.split(',').map(|one| one.trim().split("::").next().unwrap_or_default().to_owned()));
            } else {
                rooms.push(rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect());
            }
        }
    }
    rooms
}

#[test]
fn an_arrow_goes_down_only() {
    let floors: BTreeMap<&str, &[&str]> = FLOORS.iter().copied().collect();
    let mut broken = Vec::new();
    let mut seen = 0;
    for (path, text) in sources() {
        let from = room(&path);
        if from == "lib" {
            continue;
        }
        let allowed =
            floors.get(from.as_str()).unwrap_or_else(|| panic!("{} stands in a room that the floor plan lacks", path.display()));
        for line in code(&text) {
            for to in named(line) {
                let a_room = floors.contains_key(to.as_str());
                seen += usize::from(a_room && to != from);
                if a_room && to != from && !allowed.contains(&to.as_str()) {
                    broken.push(format!("{}: {from} -> {to}: {}", path.display(), line.trim()));
                }
            }
        }
    }
    assert!(seen > 100, "the test sees the arrows: {seen}");
    assert!(broken.is_empty(), "arrows that go up or across:\n{}", broken.join("\n"));
}

#[test]
fn walls_stand_round_libraries() {
    let mut broken = Vec::new();
    for (path, text) in sources() {
        let place = path.to_string_lossy().into_owned();
        for line in code(&text) {
            for (library, homes) in WALLS {
                let names = line.contains(&format!("{library}::")) || line.contains(&format!("use {library};"));
                let whole = !line.contains(&format!("_{library}::")) && !line.contains(&format!("::{library}::"));
                if names && whole && !homes.iter().any(|home| place.starts_with(home)) {
                    broken.push(format!("{place}: {library}: {}", line.trim()));
                }
            }
        }
    }
    assert!(broken.is_empty(), "libraries outside their walls:\n{}", broken.join("\n"));
}

#[test]
fn every_file_opens_with_a_sentence_on_what_it_answers_for() {
    let silent: Vec<_> = sources().into_iter().filter(|(_, text)| !text.starts_with("//! ")).map(|(path, _)| path).collect();
    assert!(silent.is_empty(), "{silent:?}");
}

#[test]
fn no_room_is_a_lumber_room() {
    let lumber = ["utils", "util", "helpers", "helper", "common", "errors", "imp", "prelude", "misc"];
    let found: Vec<_> = sources()
        .into_iter()
        .filter(|(path, _)| path.iter().any(|part| lumber.contains(&part.to_string_lossy().trim_end_matches(".rs"))))
        .map(|(path, _)| path)
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

/// `Cargo.toml` has clippy see to each attribute about lints; what it lets pass is one over a whole file or module.
#[test]
fn no_file_sets_lints_for_itself() {
    let (mut seen, mut silenced) = (0, Vec::new());
    for (path, text) in sources() {
        for attribute in code(&text).filter_map(|line| line.trim().strip_prefix("#![")) {
            seen += 1;
            if !attribute.starts_with("proptest_config(") {
                silenced.push(format!("{}: {attribute}", path.display()));
            }
        }
    }
    assert!(seen > 0, "the scan sees such attributes");
    assert!(silenced.is_empty(), "{}", silenced.join("\n"));
}
