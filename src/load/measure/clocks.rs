//! How much CPU was spent: by this process, by another one, by the whole of the machine.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// CPU time of this process so far, user and system, of all its threads.
pub fn cpu_time() -> Duration {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(u64::try_from(spent.tv_sec).unwrap_or(0), u32::try_from(spent.tv_nsec).unwrap_or(0))
}

/// How many ticks of `/proc` are a second: `USER_HZ`, which is the same on all machines that Linux runs on today.
const TICKS: f64 = 100.0;

/// CPU time of another process so far, user and system, in hundredths of a second, where the system tells.
pub fn cpu_time_of(process: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // The name of the program, in parentheses, may hold anything; the 12th and 13th field after it are ticks.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<u64>().ok();
    let all = ticks()? + ticks()?;
    Some(Duration::from_secs_f64(all as f64 / TICKS))
}

/// What all processors of the machine did so far, where the system tells: how long they worked, and how long in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Machine {
    /// Ticks of work, whosever it was.
    busy: u64,
    /// Ticks in all.
    all: u64,
}

impl Machine {
    /// Looks.
    pub fn look() -> Option<Self> {
        Self::read(&std::fs::read_to_string("/proc/stat").ok()?)
    }

    fn read(stat: &str) -> Option<Self> {
        // user, nice, system, idle, iowait, irq, softirq, steal; what follows is in the first two already.
        let ticks = stat.lines().next()?.strip_prefix("cpu ")?.split_whitespace().take(8).map(str::parse);
        let ticks: Vec<u64> = ticks.collect::<Result<_, _>>().ok()?;
        let all = ticks.iter().sum();
        Some(Self { busy: all - ticks.get(3)? - ticks.get(4)?, all })
    }

    /// Since an earlier look: of all that the processors could have done, the share that others than we did; `own` is what we spent.
    pub fn others_since(self, earlier: Self, own: Duration) -> Option<f64> {
        let (busy, all) = (self.busy.saturating_sub(earlier.busy), self.all.saturating_sub(earlier.all));
        (all > 0).then(|| ((busy as f64 - own.as_secs_f64() * TICKS) / all as f64).clamp(0.0, 1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_grows_with_work() {
        let before = cpu_time();
        let work: u64 = (0..2_000_000_u64).fold(0, |sum, next| std::hint::black_box(sum ^ next));
        std::hint::black_box(work);
        assert!(cpu_time() > before);
        #[cfg(target_os = "linux")]
        {
            // Ticks are coarse, and more is spent between two looks.
            let (seen, own) = (cpu_time_of(std::process::id()).expect("Linux tells"), cpu_time());
            assert!(seen <= own + Duration::from_millis(20), "{seen:?} of {own:?}");
            assert_eq!(cpu_time_of(u32::MAX), None);
        }
    }

    #[test]
    fn what_others_do_is_what_the_machine_does_beside_us() {
        let [earlier, later] =
            ["cpu  100 0 50 800 50 0 0 0 9 9\ncpu0 1 1\n", "cpu  180 0 90 1600 130 0 0 0 9 9\n"].map(Machine::read);
        let (earlier, later) = (earlier.expect("it is told"), later.expect("it is told"));
        assert_eq!((earlier.busy, earlier.all), (150, 1_000));
        // 120 ticks of work in 1,000, and half a second of it is ours.
        assert_eq!(later.others_since(earlier, Duration::from_millis(500)), Some(0.07));
        assert_eq!(later.others_since(later, Duration::ZERO), None);
        assert_eq!(Machine::read("intr 5"), None);
    }
}
