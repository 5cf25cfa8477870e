//! The runs of shards, merged: as if one generator had made them all.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use flowproof::load::{MergeError, Part, merge};
use flowproof::report::load::hlog::{Intervals, Log};
use flowproof::verdict::{
    Arrivals, Bearing, FlowRun, Generator, Latency, LoadRun, Looked, Measurement, Outcome, Packed, Second, Steadiness, Watch,
    micros_in_words,
};
use hdrhistogram::Histogram;
use proptest::prelude::*;

use super::reference;
use super::reports::sample;

/// An answer: the step, the second, how long it took in microseconds, whether it was wrong, and whose shard's it was.
type Answer = (usize, usize, u64, bool, usize);

const SHARDS: usize = 3;
const SECONDS: usize = 6;
const STEPS: [(&str, &str); 2] = [("refresh", "token"), ("login", "login")];

/// A run in which these answers came, and nothing else.
fn run(answers: &[Answer], shard: Option<usize>) -> LoadRun {
    let mut run = sample::closed();
    run.plan.digest = "0011223344556677".to_owned();
    run.plan.shard = shard.map(|shard| format!("{}/{SHARDS}", shard + 1));
    (run.before_seconds, run.held_seconds, run.steadiness) = (0.0, SECONDS as f64, Steadiness::Untold);
    let of = |step: usize| answers.iter().filter(move |answer| answer.0 == step);
    run.steps = STEPS
        .iter()
        .enumerate()
        .map(|(step, (flow, name))| {
            let mut whole = Latency::histogram();
            let mut seconds = vec![(0, 0, Latency::histogram()); SECONDS];
            for (_, second, micros, wrong, _) in of(step) {
                whole.record(*micros).expect("it grows");
                let (right, wrongs, latency) = &mut seconds[*second];
                latency.record(*micros).expect("it grows");
                *(if *wrong { wrongs } else { right }) += 1;
            }
            let wrong = of(step).filter(|answer| answer.3).count() as u64;
            let (max, sum) = (of(step).map(|answer| answer.2).max().unwrap_or_default(), of(step).map(|answer| answer.2).sum());
            Measurement {
                flow: (*flow).to_owned(),
                step: (*name).to_owned(),
                right: of(step).count() as u64 - wrong,
                wrong: if wrong > 0 { [("not json".to_owned(), wrong)].into() } else { Default::default() },
                in_hold: of(step).count() as u64,
                latency: Latency::of(&whole, max, sum),
                service: Some(Latency::of(&whole, max, sum)),
                seconds: seconds
                    .into_iter()
                    .map(|(right, wrong, latency)| Second { right, wrong, latency: Packed::of(&latency) })
                    .collect(),
                ..Measurement::default()
            }
        })
        .collect();
    run.flows = STEPS
        .iter()
        .enumerate()
        .map(|(step, (flow, _))| {
            let count = of(step).count() as u64;
            let seconds = (0..SECONDS).map(|second| of(step).filter(|answer| answer.1 == second).count() as u32).collect();
            let arrivals = Arrivals { due: count, made: count, seconds, ..Arrivals::default() };
            FlowRun { flow: (*flow).to_owned(), passes: count, arrivals: Some(arrivals) }
        })
        .collect();
    run.requests = answers.len() as u64;
    run.watch = Watch { kept: answers.len() as u64, limit: 1 << 22, left_out: 0, one_in: 1 };
    let looked = Looked { watched: answers.len() as u64, breaches: 0, remarks: 0 };
    run.looked = [("load/refresh-token-issued-once".to_owned(), looked)].into();
    run.findings.clear();
    run
}

fn parts(runs: impl IntoIterator<Item = LoadRun>) -> Vec<Part> {
    runs.into_iter().enumerate().map(|(at, run)| Part { name: format!("shard-{}", at + 1), run }).collect()
}

fn unpacked(steps: &[Measurement]) -> Vec<Vec<(u32, u32, Histogram<u64>)>> {
    let second = |second: &Second| (second.right, second.wrong, second.latency.unpack().expect("it is ours"));
    steps.iter().map(|step| step.seconds.iter().map(second).collect()).collect()
}

fn without_seconds(steps: &[Measurement]) -> Vec<Measurement> {
    steps.iter().map(|step| Measurement { seconds: Vec::new(), ..step.clone() }).collect()
}

fn histograms(log: &Log) -> Vec<(String, String, Vec<Histogram<u64>>)> {
    let seconds = |one: &Intervals| one.seconds.iter().map(|second| second.unpack().expect("it is ours")).collect();
    log.steps().iter().map(|one| (one.flow.clone(), one.step.clone(), seconds(one))).collect()
}

proptest! {
    // Each case packs hundreds of histograms.
    #![proptest_config(ProptestConfig::with_cases(16))]
    #[test]
    fn the_runs_of_shards_merge_to_the_run_of_the_whole(
        answers in proptest::collection::vec((0..STEPS.len(), 0..SECONDS, 1_u64..5_000_000, proptest::bool::weighted(0.1), 0..SHARDS), 1..300),
        order in Just((0..SHARDS).collect::<Vec<_>>()).prop_shuffle(),
    ) {
        let whole = run(&answers, None);
        let of = |shard: usize| answers.iter().filter(|answer| answer.4 == shard).copied().collect::<Vec<_>>();
        let shards: Vec<LoadRun> = order.iter().map(|shard| run(&of(*shard), Some(*shard))).collect();
        let mut log = Log::of(&shards[0]);
        shards[1..].iter().for_each(|shard| log.merge(&Log::of(shard)));
        let merged = merge(parts(shards)).expect("they are all shards of one plan");

        prop_assert_eq!(without_seconds(&merged.steps), without_seconds(&whole.steps));
        prop_assert_eq!(unpacked(&merged.steps), unpacked(&whole.steps));
        prop_assert_eq!(histograms(&Log::of(&merged)), histograms(&log), "its log is that of the logs of its shards");
        prop_assert_eq!((&merged.flows, merged.requests, &merged.looked), (&whole.flows, whole.requests, &whole.looked));
        prop_assert_eq!((merged.watch.kept, merged.held_seconds, &merged.plan), (whole.watch.kept, whole.held_seconds, &whole.plan));
        let finding = merged.findings.first().expect("tokens were watched");
        prop_assert_eq!((finding.outcome, finding.steps[0].text.clone()), (Outcome::Passed, format!("{} refresh tokens were looked at", answers.len())));

        // Thresholds are those of the whole, not of any part.
        let mut all: Vec<u64> = answers.iter().map(|answer| answer.2).collect();
        all.sort_unstable();
        let p99 = all[(all.len() as f64 * 0.99).ceil() as usize - 1] as f64;
        let wrong = answers.iter().filter(|answer| answer.3).count() as f64 * 100.0 / answers.len() as f64;
        let judged = |name: &str| merged.thresholds.iter().find(|one| one.flow.is_none() && one.threshold == name).expect("it is the sample's");
        prop_assert_eq!(&judged("errors < 0.2%").measured, &format!("{wrong:.3}%"));
        prop_assert_eq!(judged("errors < 0.2%").holds, Some(wrong < 0.2));
        // Three significant digits are what a histogram has, and one more may be lost in words.
        let told = judged("p99 < 250ms");
        let near = [0.998, 0.999, 1.0, 1.001, 1.002].map(|by| micros_in_words(p99 * by));
        prop_assert!(near.contains(&told.measured), "{} of {near:?}", told.measured);
    }
}

/// Three shards with a few answers each.
fn three() -> Vec<LoadRun> {
    let answers =
        |shard: usize| -> Vec<Answer> { (0..40).map(|at| (at % 2, at % SECONDS, 1_000 + at as u64, false, shard)).collect() };
    (0..SHARDS).map(|shard| run(&answers(shard), Some(shard))).collect()
}

#[test]
fn what_is_wrong_in_one_shard_is_wrong_in_the_whole() {
    let sound = merge(parts(three())).expect("all shards");
    assert_eq!(sound.verdict, Bearing::Held, "{sound:?}");

    let mut bound = three();
    bound[1].generator = Generator { threads: 4, cpu_share: 0.95, bound: Some("busy".to_owned()), ..Generator::default() };
    let bound = merge(parts(bound)).expect("all shards");
    assert_eq!((bound.verdict, bound.generator.bound.as_deref()), (Bearing::GeneratorBound, Some("shard 2/3: busy")));

    let mut cut = three();
    (cut[2].interrupted, cut[2].held_seconds) = (true, 3.0);
    let cut = merge(parts(cut)).expect("all shards");
    assert_eq!((cut.verdict, cut.interrupted, cut.held_seconds), (Bearing::Interrupted, true, SECONDS as f64));

    let mut breach = three();
    let id = "load/refresh-token-issued-once".to_owned();
    let mut finding = sample::arrivals().findings[0].clone();
    (finding.id, finding.outcome) = (id.clone(), Outcome::Violated);
    let violation = finding.violation.as_mut().expect("the sample's is one");
    violation.got = "the same token; 2 times in this run".to_owned();
    breach[0].findings.push(finding.clone());
    breach[0].looked.get_mut(&id).expect("it was looked at").breaches = 2;
    finding.violation.as_mut().expect("it is one").got = "the same token; 3 times in this run".to_owned();
    breach[2].findings.push(finding);
    breach[2].looked.get_mut(&id).expect("it was looked at").breaches = 3;
    let breach = merge(parts(breach)).expect("all shards");
    let found = breach.findings.iter().find(|finding| finding.id == id).expect("it is told of");
    assert_eq!((breach.verdict, found.outcome), (Bearing::Violated, Outcome::Violated));
    assert_eq!(found.violation.as_ref().map(|one| one.got.as_str()), Some("the same token; 5 times in this run"));
    assert_eq!(breach.looked[&id].breaches, 5);
}

#[test]
fn what_is_not_all_shards_of_one_plan_is_refused_with_the_way_out() {
    let refused = |change: &dyn Fn(&mut Vec<LoadRun>)| {
        let mut runs = three();
        change(&mut runs);
        merge(parts(runs)).expect_err("it is refused").to_string()
    };
    for (told, expected) in [
        (refused(&|runs| runs.truncate(1)), "nothing to merge"),
        (refused(&|runs| runs.truncate(2)), "shard 3/3 is missing: run it as well"),
        (refused(&|runs| runs[1].plan.shard = Some("1/3".to_owned())), "shard-1 and shard-2 are both shard 1/3"),
        (refused(&|runs| runs[1].plan.shard = None), "shard-2 is the run of a whole plan"),
        (refused(&|runs| runs[1].plan.shard = Some("2/4".to_owned())), "number of shards: 3 and 4"),
        (refused(&|runs| runs[2].plan.digest = "ff".to_owned()), "differ in their plan"),
        (refused(&|runs| runs[2].plan.users = 7), "differ in their plan: 20 users"),
        (refused(&|runs| runs[2].flowproof = "0.2.0".to_owned()), "version: 0.1.0 and 0.2.0; run all shards with one version"),
        (refused(&|runs| runs[2].issuer = "https://other.example".to_owned()), "issuer"),
        (refused(&|runs| runs[0].breakpoint = sample::arrivals().breakpoint), "is a search"),
    ] {
        assert!(told.contains(expected), "{expected}: {told}");
    }
    let mut runs = three();
    runs.iter_mut().for_each(|run| run.thresholds[0].threshold = "p99 = 3".to_owned());
    assert!(matches!(merge(parts(runs)), Err(MergeError::Threshold(_))));
}

fn flowproof(dir: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_flowproof"));
    command.arg("load").args(args).arg("--quiet").current_dir(dir).stdin(Stdio::null());
    command.output().expect("the binary runs")
}

#[tokio::test(flavor = "multi_thread")]
async fn two_machines_run_a_plan_and_the_command_makes_one_report_of_it() {
    let _alone = super::alone().await;
    let (server, _) = reference().await;
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).expect("it is written");
    write("provider.yaml", &server.provider_document("strict").to_string());
    write(
        "plan.yaml",
        "users: 5\narrivals: 40/s\nhold: 1s\nflows: [{ flow: client_credentials }]\nthresholds: [\"errors < 1%\"]\n",
    );
    let path = dir.path().to_owned();
    let ended = tokio::task::spawn_blocking(move || {
        let run = |shard: &str, output: &str| {
            flowproof(&path, &["--provider", "provider.yaml", "--plan", "plan.yaml", "--shard", shard, "--output", output])
        };
        let merge = |args: &[&str]| flowproof(&path, &[&["merge"], args].concat());
        let runs = [run("1/2", "one"), run("2/2", "two")];
        (
            runs,
            merge(&["one", "two/report.json"]),
            merge(&["one"]),
            merge(&["one", "one"]),
            merge(&["one", "two", "--output", "two"]),
        )
    });
    let (runs, merged, too_few, twice, over) = ended.await.expect("it ends");
    for one in runs {
        // 3 where the generator was what held the run back, or one of two shards.
        assert!(matches!(one.status.code(), Some(0 | 3)), "{one:?}");
    }
    assert!(matches!(merged.status.code(), Some(0 | 3)), "{merged:?}");
    let read = |name: &str| flowproof::report::load::read(&dir.path().join(name).join("report.json")).expect("a report");
    let [one, two, whole] = [read("one"), read("two"), read("reports/load/merged")];
    assert_eq!((one.plan.shard.as_deref(), one.plan.users, whole.plan.shard.as_deref()), (Some("1/2"), 5, None));
    assert_eq!(whole.steps[0].count(), one.steps[0].count() + two.steps[0].count());
    let due = |run: &LoadRun| run.flows[0].arrivals.as_ref().map_or(0, |arrivals| arrivals.due);
    assert_eq!((due(&one), due(&two), due(&whole)), (20, 20, 40));
    assert_eq!(whole.shards.iter().map(|shard| shard.shard.as_str()).collect::<Vec<_>>(), ["1/2", "2/2"]);
    assert!(dir.path().join("reports/load/merged/latency.hlog").exists());
    let text = String::from_utf8(merged.stdout).expect("text");
    assert!(text.contains("merged from shards 1/2, 2/2"), "{text}");
    for (refused, expected) in [(too_few, "nothing to merge"), (twice, "are both shard 1/2"), (over, "would be written over")] {
        let stderr = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(refused.status.code() == Some(2) && stderr.contains(expected), "{stderr}");
    }
}
