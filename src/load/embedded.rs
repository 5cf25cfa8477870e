//! The reference server in a process of its own, so that its CPU time is not the generator's.

use std::fs::File;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::provider::{self, Provider, Source};

/// The longest that the server may take to listen.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it is looked whether it does.
const GLANCE: Duration = Duration::from_millis(10);

/// A running reference server; dropping it ends it.
pub struct Embedded {
    /// What it offers.
    pub provider: Provider,
    leash: Leash,
    _dir: TempDir,
}

/// Ends the server from anywhere, also where the process is about to exit without cleaning up.
#[derive(Clone, Default)]
pub struct Leash(Arc<Mutex<Option<Child>>>);

impl Leash {
    /// Ends the server, if it still runs.
    pub fn pull(&self) {
        if let Some(mut child) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // It may have ended by itself: that is what is wanted.
            drop(child.kill());
            drop(child.wait());
        }
    }
}

/// Why the reference server does not run.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Its process could not be made, or its files.
    #[error("cannot start the reference server: {0}")]
    Process(#[from] io::Error),
    /// It ended, or did not listen in time.
    #[error("the reference server did not start: {0}")]
    Silent(String),
    /// What it says of itself cannot be read.
    #[error("the reference server's provider file: {0}")]
    Provider(#[from] provider::Error),
}

impl Embedded {
    /// Starts `program serve` on free loopback ports, and waits until it listens. `leash` holds it from then on.
    ///
    /// # Errors
    /// It cannot be started, or does not listen within 20 seconds.
    pub fn start(program: &Path, leash: &Leash) -> Result<Self, StartError> {
        let dir = tempfile::Builder::new().prefix("flowproof-load-").tempdir()?;
        let (file, complaints) = (dir.path().join("provider.yaml"), dir.path().join("stderr.txt"));
        let mut command = Command::new(program);
        command.args(["serve", "--quiet", "--port", "0", "--admin-port", "0", "--provider-file"]).arg(&file);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&complaints)?);
        // Ctrl-C goes to every process of the terminal's group: the server has to outlive the users.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command.spawn()?;
        *leash.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        // From here on every way out ends the process.
        let mut server = Leashed(Some(leash.clone()));
        let started = Instant::now();
        let text = loop {
            if let Ok(text) = std::fs::read_to_string(&file) {
                break text;
            }
            let ended = match leash.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
                Some(child) => child.try_wait()?.is_some(),
                None => true,
            };
            if ended || started.elapsed() > PATIENCE {
                let said = std::fs::read_to_string(&complaints).unwrap_or_default();
                return Err(StartError::Silent(format!("{} {}", if ended { "it ended." } else { "it is silent." }, said.trim())));
            }
            std::thread::sleep(GLANCE);
        };
        let provider = Provider::parse(&text, Source::Named("the reference server".to_owned()), &|_| None)?;
        server.0 = None;
        Ok(Self { provider, leash: leash.clone(), _dir: dir })
    }
}

impl Embedded {
    /// The id of its process, as long as it runs.
    pub fn process(&self) -> Option<u32> {
        self.leash.0.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(Child::id)
    }
}

impl Drop for Embedded {
    fn drop(&mut self) {
        self.leash.pull();
    }
}

/// Pulls the leash unless it was handed on.
struct Leashed(Option<Leash>);

impl Drop for Leashed {
    fn drop(&mut self) {
        if let Some(leash) = &self.0 {
            leash.pull();
        }
    }
}
