//! The picture at sizes that terminals have, of runs that are known.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier};

use super::*;
use crate::load::{Broken, Moment, Rest, Search, StepNow};
use crate::verdict::{Arrivals, Attempt, Generator, ThresholdResult};

const PLAIN: Paint = Paint { in_color: false };

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn drawn(picture: &Picture, paint: Paint, (width, height): (u16, u16)) -> Buffer {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a backend for tests does not fail");
    terminal.draw(|frame| draw(frame, picture, paint)).expect("nor does it here");
    terminal.backend().buffer().clone()
}

fn lines(buffer: &Buffer) -> Vec<String> {
    let row = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>().trim_end().to_owned();
    (0..buffer.area.height).map(row).collect()
}

fn shown(picture: &Picture, size: (u16, u16)) -> Vec<String> {
    lines(&drawn(picture, PLAIN, size))
}

fn step(flow: &str, name: &str, count: u64, wrong: u64) -> StepNow {
    let percentiles = Some([1_310, 2_210, 3_640]);
    StepNow { flow: flow.to_owned(), step: name.to_owned(), count, wrong, rate: Some(count as f64 / 10.0), percentiles }
}

/// Ten seconds of an open model, two of them before the hold, that goes well.
fn going_well() -> Picture {
    let moment = |at: u64| Moment { count: 100 * at.min(4), wrong: 0, p99: Some(1_000 * (1 + at % 4)), is_before: at < 2 };
    let snapshot = Snapshot {
        plan: "token".to_owned(),
        provider: "reference".to_owned(),
        issuer: "http://127.0.0.1:9400/realms/strict".to_owned(),
        phase: Phase::Hold,
        elapsed: seconds(10),
        ramp_ends: seconds(2),
        hold_begins: seconds(2),
        ends: seconds(22),
        users: 10,
        most_users: 10,
        intended: Some(400.0),
        steps: vec![step("client_credentials", "token", 3_000, 0), step("authorization_code", "login", 200, 0)],
        window: 5,
        moments: (0..10).map(moment).collect(),
        arrivals: Some(Arrivals { due: 3_200, made: 3_199, ..Arrivals::default() }),
        thresholds: vec![threshold(None, "p99 < 50ms", "3.64ms", Some(true)), threshold(Some("device"), "rate > 5/s", "", None)],
        generator: Generator { threads: 2, ..Generator::default() },
        cpu_share: Some(0.234),
        ..Snapshot::default()
    };
    Picture { snapshot, ..Picture::default() }
}

fn threshold(flow: Option<&str>, threshold: &str, measured: &str, holds: Option<bool>) -> ThresholdResult {
    let (flow, threshold, measured) = (flow.map(str::to_owned), threshold.to_owned(), measured.to_owned());
    ThresholdResult { flow, threshold, measured, holds }
}

/// The same where much is wrong.
fn going_badly() -> Picture {
    let mut picture = going_well();
    let now = &mut picture.snapshot;
    now.steps[0].wrong = 300;
    now.errors =
        vec![("client_credentials/token: timed out".to_owned(), 290), ("client_credentials/token: status 503".to_owned(), 10)];
    now.broken = vec![Broken { title: "No authorization code is issued twice", is_must: true, times: 3 }];
    now.generator.bound = Some("its 2 threads were busy for 97% of the time".to_owned());
    now.rest = Rest { asked: 10, rested: seconds(30), left: Some(seconds(12)) };
    now.thresholds.push(threshold(None, "errors < 1%", "9.375%", Some(false)));
    picture.notes.push("introspection: no expired token can be had".to_owned());
    picture
}

#[test]
fn a_run_that_goes_well_on_a_small_screen() {
    let expected = "\
flowproof load  token  reference http://127.0.0.1:9400/realms/strict
hold 8s of 20s █████████████████████████████░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░
10 of 10 users  400/s  intended 400/s  p99 2.00ms  3200 answers, no error

step  (rate, pNN over 5s)        count   errors   rate/s     p50     p90     p99
client_credentials/token          3000        0      300  1.31ms  2.21ms  3.64ms
authorization_code/login           200        0     20.0  1.31ms  2.21ms  3.64ms
";
    let lines = shown(&going_well(), (80, 24));
    assert_eq!(lines[..7].join("\n") + "\n", expected, "{}", lines.join("\n"));
    assert_eq!(lines[8], "rate  most 400/s in 10s                  p99  most 4.00ms in 10s", "{}", lines.join("\n"));
    let bottom = "\
thresholds  ✓ p99 < 50ms: 3.64ms   ? device: rate > 5/s
arrivals    3200 due, 3199 made; 1 wait for a user
generator   23% of 2 threads busy
Ctrl-C ends the run and reports what was measured";
    assert_eq!(lines[20..].join("\n"), bottom, "{}", lines.join("\n"));
}

#[test]
fn bars_rise_with_what_they_stand_for_and_a_missing_value_has_none() {
    let mut picture = going_well();
    picture.snapshot.moments[9].p99 = None;
    let lines = shown(&picture, (80, 24));
    let (rate, p99): (Vec<String>, Vec<String>) =
        lines[9..18].iter().map(|line| (line.chars().take(38).collect(), line.chars().skip(41).collect())).unzip();
    // The first second had no answer, and from the fifth on the rate is at its most.
    assert!(rate.iter().all(|line: &String| line.starts_with(' ') || line.is_empty()), "{rate:?}");
    assert!(rate.iter().all(|line| line.trim_end().ends_with("██████")), "{rate:?}");
    // The most p99 is in the fourth second and the eighth; the tenth has none.
    assert_eq!(p99[0].trim_end(), "   █   █", "{p99:?}");
    assert_eq!(p99[8].trim_end().chars().count(), 9, "{p99:?}");
}

#[test]
fn what_is_wrong_is_said_before_everything_else() {
    let lines = shown(&going_badly(), (80, 24));
    let text = lines.join("\n");
    let expected = "\
VIOLATED    not so 3 times: No authorization code is issued twice
GENERATOR   it holds the run back: its 2 threads were busy for 97% of the time
resting     12s more, as the provider asks; 10 answers of 429 or 503 so far
note        introspection: no expired token can be had
errors          290  client_credentials/token: timed out
                 10  client_credentials/token: status 503
thresholds  ✗ errors < 1%: 9.375%   ✓ p99 < 50ms: 3.64ms   ? device: rate > 5/s
arrivals";
    assert!(text.contains(expected), "{text}");
    assert!(lines[2].ends_with("300 errors, 9.38% of 3200"), "{text}");
    assert_eq!(lines[5].split_whitespace().nth(2), Some("300"), "{text}");
}

#[test]
fn what_is_wrong_is_red_and_without_colours_reversed() {
    for (paint, color, modifier) in
        [(Paint { in_color: true }, Color::Red, Modifier::BOLD), (PLAIN, Color::Reset, Modifier::BOLD.union(Modifier::REVERSED))]
    {
        let buffer = drawn(&going_badly(), paint, (80, 24));
        let at = lines(&buffer).iter().position(|line| line.starts_with("VIOLATED")).expect("it is said") as u16;
        let cell = &buffer[(0, at)];
        assert_eq!((cell.fg, cell.modifier), (color, modifier));
    }
    let plain = drawn(&going_badly(), PLAIN, (80, 24));
    assert!(plain.content().iter().all(|cell| (cell.fg, cell.bg) == (Color::Reset, Color::Reset)));
    let same = drawn(&going_badly(), Paint { in_color: true }, (80, 24));
    assert_eq!(lines(&plain), lines(&same), "colours change no text");
}

#[test]
fn a_long_remark_goes_on_below_itself_and_no_further_than_that() {
    let mut picture = going_well();
    picture.notes.push("so much is said of it, ".repeat(20));
    let lines = shown(&picture, (80, 24));
    let at = lines.iter().position(|line| line.starts_with("note        so much")).expect("it is said");
    assert!(lines[at + 1].starts_with("            ") && lines[at + 1].ends_with('…'), "{}", lines.join("\n"));
    assert!(lines[at + 2].starts_with("thresholds"), "{}", lines.join("\n"));
}

#[test]
fn a_large_screen_has_what_is_wrong_beside_how_the_run_stands() {
    let lines = shown(&going_badly(), (200, 60));
    let line = lines.iter().find(|line| line.starts_with("VIOLATED")).expect("it is said");
    assert!(line.contains("thresholds  ✗ errors < 1%: 9.375%"), "{line}");
    assert!(lines.iter().all(|line| columns_of(line) <= 200));
    assert_eq!(lines[59], "Ctrl-C ends the run and reports what was measured");
}

#[test]
fn a_narrow_screen_does_without_columns_and_a_long_name_without_its_end() {
    let mut picture = going_well();
    picture.snapshot.steps[0].flow =
        "a flow whose name is longer than any screen is wide, as somebody may call theirs".to_owned();
    picture.snapshot.plan = "/home/somebody/plans/with/a/path/that/is/long/plan.yaml".to_owned();
    let lines = shown(&picture, (50, 14));
    let text = lines.join("\n");
    assert!(lines.iter().all(|line| columns_of(line) <= 50), "{text}");
    assert!(text.contains("…/token") && text.contains("p99") && !text.contains("p90"), "{text}");
    assert!(lines[0].contains('…') && lines[0].starts_with("flowproof load  "), "{text}");
}

#[test]
fn steps_and_remarks_that_there_is_no_room_for_are_counted() {
    let mut picture = going_badly();
    picture.snapshot.steps = (0..30).map(|at| step(&format!("flow-{at}"), "token", 10, 0)).collect();
    let lines = shown(&picture, (80, 24));
    let text = lines.join("\n");
    assert!(text.contains("flow-0/token") && !text.contains("flow-29/token"), "{text}");
    let more = lines.iter().find(|line| line.starts_with("… ")).expect("what is hidden is counted");
    let shown = lines.iter().filter(|line| line.starts_with("flow-")).count();
    assert_eq!(*more, format!("… {} more", 30 - shown));
    assert!(text.contains("VIOLATED"), "{text}");
}

#[test]
fn nothing_that_a_provider_says_moves_the_cursor() {
    let mut picture = going_badly();
    picture.snapshot.provider = "\u{1b}[2Jx".to_owned();
    picture.notes.push("\u{1b}]0;title\u{7}\u{202e}".to_owned());
    let text = shown(&picture, (200, 60)).concat();
    assert!(text.contains("\\u{1b}[2Jx") && text.contains("\\u{1b}]0;title"), "{text}");
    assert!(!text.chars().any(|c| c.is_control() || c == '\u{202e}'));
}

#[test]
fn every_size_is_drawn_without_a_panic() {
    for picture in [Picture::default(), going_well(), going_badly()] {
        for size in [(1, 1), (2, 2), (5, 3), (10, 7), (19, 60), (39, 9), (40, 10), (80, 5), (121, 12), (400, 200)] {
            drawn(&picture, PLAIN, size);
        }
    }
}

#[test]
fn each_part_of_a_run_is_named_with_how_far_it_is() {
    let mut picture = going_well();
    picture.snapshot.until_steady = true;
    let mut of = |doing: Doing, phase: Phase, elapsed: u64| {
        picture.doing = doing;
        (picture.snapshot.phase, picture.snapshot.elapsed) = (phase, seconds(elapsed));
        let line = shown(&picture, (80, 24)).swap_remove(1);
        line.split(['█', '░']).next().unwrap_or_default().trim_end().to_owned()
    };
    let preparing = Doing::Preparing { flow: "refresh".to_owned(), what: "chains".to_owned(), made: 3, wanted: 10 };
    assert_eq!(of(preparing.clone(), Phase::Before, 0), "preparing refresh: 3 of 10 chains, not measured");
    assert_eq!(of(preparing, Phase::Ramp, 1), "ramp 1s of 2s");
    assert_eq!(of(Doing::Running, Phase::Warmup, 2), "warm-up until steady, 0s of at most 0s");
    assert_eq!(of(Doing::Running, Phase::Hold, 12), "hold 10s of 20s");
    assert_eq!(of(Doing::Ending { interrupted: true }, Phase::Hold, 12), "interrupted: ending");
    assert_eq!(of(Doing::Ending { interrupted: false }, Phase::Over, 22), "the time is up: waiting for the last answers");
    assert_eq!(of(Doing::Looking, Phase::Over, 22), "looking once more at tokens and codes of the run, not measured");
    picture.doing = Doing::Running;
    (picture.snapshot.phase, picture.snapshot.until_steady, picture.snapshot.elapsed) = (Phase::Warmup, false, seconds(2));
    assert!(shown(&picture, (80, 24))[1].starts_with("warm-up 0s of 0s"));
    (picture.snapshot.passes, picture.snapshot.elapsed) = (Some((30, 1_000)), seconds(22));
    picture.snapshot.phase = Phase::Hold;
    assert!(shown(&picture, (80, 24))[1].starts_with("hold 30 of 1000 passes"));
}

#[test]
fn a_search_shows_the_rate_that_it_tries_and_what_became_of_others() {
    let mut picture = going_well();
    picture.snapshot.search = Some(Search { goal: "p99 < 50ms, errors < 0.1%".to_owned(), trying: Some(150.0) });
    picture.snapshot.thresholds.clear();
    let attempt =
        |rate, held| Attempt { rate, answered: rate, measured: vec!["p99 < 50ms: 61.2ms".to_owned()], missed: Vec::new(), held };
    picture.attempts = vec![attempt(100.0, true), attempt(200.0, false)];
    let lines = shown(&picture, (80, 24));
    let text = lines.join("\n");
    assert!(lines[1].starts_with("searching, 8s of at most 20s: 150/s"), "{text}");
    assert!(
        text.contains("goal        p99 < 50ms, errors < 0.1%\ntried       ✓ 100/s   ✗ 200/s\nat the last p99 < 50ms: 61.2ms"),
        "{text}"
    );
}

#[test]
fn rows_are_shared_out_so_that_nothing_is_lost_before_the_curves_are() {
    assert_eq!(Room::share(19, 3, 4), Room { table: 3, curves: 10, remarks: 4 });
    assert_eq!(Room::share(60, 3, 0), Room { table: 3, curves: TALLEST_CURVES, remarks: 0 });
    assert_eq!(Room::share(10, 3, 4), Room { table: 3, curves: 0, remarks: 4 });
    assert_eq!(Room::share(8, 20, 20), Room { table: 3, curves: 0, remarks: 4 });
    assert_eq!(Room::share(0, 20, 20), Room { table: 0, curves: 0, remarks: 0 });
}
