//! CPU time and memory of a process, as the kernel counts them.

use std::time::Duration;

/// Keeps the calling thread on one core.
pub fn pin(core: usize) {
    let cores = core_affinity::get_core_ids().expect("the kernel tells its cores");
    assert!(core_affinity::set_for_current(cores[core % cores.len()]), "the kernel lets a thread be pinned");
}

/// User and system time that the first thread of a process has taken so far; a server on one core has no other that works.
pub fn of(process: u32) -> Duration {
    first_number(&format!("/proc/{process}/schedstat"))
}

/// The same of the calling thread.
pub fn of_this_thread() -> Duration {
    first_number("/proc/thread-self/schedstat")
}

fn first_number(path: &str) -> Duration {
    let text = std::fs::read_to_string(path).expect("Linux counts CPU time");
    let nanoseconds = text.split_whitespace().next().and_then(|first| first.parse().ok()).expect("the first number");
    Duration::from_nanos(nanoseconds)
}

/// Resident memory of this process, in bytes.
pub fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").expect("Linux counts memory");
    let pages: u64 = text.split_whitespace().nth(1).and_then(|second| second.parse().ok()).expect("the second number");
    pages * 4_096
}
