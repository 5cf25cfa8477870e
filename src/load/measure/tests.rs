//! What is counted, where, and that shards merge to the whole.

use proptest::prelude::*;

use super::*;
use crate::load::pace::{Stretch, Timetable};

fn recorder(ramp: Duration, is_open: bool) -> Recorder {
    let hold = vec![Stretch { span: Duration::from_secs(60), from: 1.0, to: 1.0 }];
    let course = Arc::new(Course::new(Timetable::new(ramp, Duration::ZERO, hold), None));
    course.begin();
    Recorder::new([("refresh".to_owned(), Step::Token)], course, is_open)
}

fn sent(sent: Instant, service: Duration) -> Times {
    Times { pass: sent, intended: None, sent, service }
}

#[test]
fn right_and_wrong_answers_are_counted_apart_and_timed_together() {
    let recorder = recorder(Duration::ZERO, false);
    let meter = recorder.meter("refresh", Step::Token);
    let now = Instant::now();
    recorder.record(meter, &sent(now, Duration::from_micros(250)), None);
    recorder.record(meter, &sent(now, Duration::from_millis(10)), Some(&Fault::Status(500)));
    recorder.cut(meter);
    let measured = &recorder.measurements()[0];
    assert_eq!((measured.count(), measured.right, measured.errors(), measured.unfinished, measured.in_hold), (2, 1, 1, 1, 2));
    assert_eq!(measured.wrong["status 500"], 1);
    assert_eq!((measured.latency.max, measured.latency.sum), (10_000, 10_250));
    assert_eq!(measured.latency.quantile(0.5), Some(250));
    assert_eq!((measured.seconds.len(), measured.seconds[0].right, measured.seconds[0].wrong), (1, 1, 1));
    assert_eq!(measured.seconds[0].latency.unpack().expect("it is ours").len(), 2);
    assert_eq!((recorder.recent().count, recorder.recent().count), (2, 0));
}

#[test]
fn a_late_arrival_s_latency_counts_from_when_it_should_have_begun() {
    let recorder = recorder(Duration::ZERO, true);
    let meter = recorder.meter("refresh", Step::Token);
    let due = Instant::now();
    let times =
        Times { pass: due, intended: Some(due), sent: due + Duration::from_millis(900), service: Duration::from_millis(2) };
    recorder.record(meter, &times, None);
    let measured = &recorder.measurements()[0];
    assert_eq!(measured.latency.max, 902_000);
    assert_eq!(measured.service.as_ref().map(|service| service.max), Some(2_000));
}

#[test]
fn what_began_before_the_hold_is_counted_apart_and_not_timed() {
    let recorder = recorder(Duration::from_secs(30), false);
    let meter = recorder.meter("refresh", Step::Token);
    let now = Instant::now();
    recorder.record(meter, &sent(now, Duration::from_millis(1)), None);
    recorder.record(meter, &sent(now, Duration::from_millis(1)), Some(&Fault::NotJson));
    let measured = &recorder.measurements()[0];
    assert_eq!((measured.count(), measured.right_before, measured.wrong_before, measured.sent()), (0, 1, 1, 2));
    assert_eq!((measured.latency.count(), measured.in_hold), (0, 0));
    assert!(!recorder.is_silent());
}

proptest! {
    #[test]
    fn shards_merged_are_what_one_generator_would_have_measured(
        mut answers in proptest::collection::vec((1_u64..5_000_000, any::<bool>(), 0_usize..4), 1..200)
    ) {
        let whole = recorder(Duration::ZERO, true);
        let shards: Vec<Recorder> = (0..4).map(|_| recorder(Duration::ZERO, true)).collect();
        let meter = whole.meter("refresh", Step::Token);
        let now = Instant::now();
        // Seconds pass in order.
        answers.sort_unstable();
        for (took, fails, shard) in answers {
            let fault = fails.then_some(Fault::NotJson);
            for one in [&whole, &shards[shard]] {
                let times = Times { pass: now, intended: Some(now), sent: now, service: Duration::from_micros(took) };
                // The same second in both, whatever the scheduler does between them.
                let counted = Counted {
                    second: usize::try_from(took / 1_000_000).expect("five fit"),
                    is_measured: true,
                    in_hold: !fails,
                    latency: micros(times.latency()),
                    service: Some(took / 2),
                    fault: fault.as_ref(),
                };
                lock(&one.meters[meter.0].2).count(&counted);
            }
        }
        let mut merged = shards[0].measurements().remove(0);
        for shard in &shards[1..] {
            merged.merge(&shard.measurements().remove(0));
        }
        prop_assert_eq!(normal(merged), normal(whole.measurements().remove(0)));
    }
}

/// With the histograms of the seconds unpacked: two encodings of one histogram need not be the same text.
fn normal(mut measured: Measurement) -> (Measurement, Vec<Histogram<u64>>) {
    let unpacked = measured.seconds.iter().map(|second| second.latency.unpack().expect("it is ours")).collect();
    for second in &mut measured.seconds {
        second.latency = crate::verdict::Packed::default();
    }
    (measured, unpacked)
}
