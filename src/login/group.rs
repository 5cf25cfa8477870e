//! A process with everything that it started, which ends when this value does.

use tokio::process::Child;

/// The group that a child leads.
pub(super) struct Group(Option<u32>);

impl Group {
    /// Of a child that was spawned as the leader of a group of its own.
    pub fn of(child: &Child) -> Self {
        Self(child.id())
    }

    /// Its leader has ended and was waited for: its number may belong to another by now.
    pub fn is_gone(&mut self) {
        self.0 = None;
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(pid) = self.0.and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?)) {
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
    }
}
