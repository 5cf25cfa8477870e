//! The driver's program: started on a free port of the loopback interface, and ended with everything that it started.

use std::net::{Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::process::{Child, Command};
use tokio::time::Instant;

use crate::provider::BrowserKind;

/// How long a driver may take to listen.
const LONGEST_START: Duration = Duration::from_secs(15);

/// A program of a group of its own, which ends with this value.
pub(super) struct Program {
    child: Child,
    pub url: String,
}

impl Program {
    /// Starts the driver, and waits until it listens.
    pub async fn start(browser: BrowserKind, named: Option<&Path>) -> Result<Self, String> {
        let path = named.unwrap_or(Path::new(browser.driver()));
        let free = || free_port().map_err(|error| format!("no free port for {}: {error}", path.display()));
        let port = free()?;
        let mut command = Command::new(path);
        command.arg(format!("--port={port}")).kill_on_drop(true);
        match browser {
            BrowserKind::Chromium => {}
            // Where the browser itself listens; without it, two of them would want the same.
            BrowserKind::Firefox => {
                command.arg(format!("--websocket-port={}", free()?));
            }
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        #[cfg(unix)]
        command.process_group(0);
        let child = command.spawn().map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => format!(
                "{} was not found: install {} and its driver ({}), or say where the driver is with `login.webdriver.program`, or where one runs with `login.webdriver.url`",
                path.display(),
                browser.title(),
                browser.source()
            ),
            _ => format!("{} cannot be started: {error}", path.display()),
        })?;
        let program = Self { child, url: format!("http://127.0.0.1:{port}") };
        let end = Instant::now() + LONGEST_START;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
            if Instant::now() > end {
                return Err(format!("{} was started and does not listen", path.display()));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(program)
    }
}

/// Nobody is told of a port, so one is taken and given back.
fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

impl Drop for Program {
    fn drop(&mut self) {
        // The driver may be gone already, but not the browsers of its group.
        #[cfg(unix)]
        if let Some(pid) = self.child.id().and_then(|id| rustix::process::Pid::from_raw(i32::try_from(id).ok()?)) {
            let _ = rustix::process::kill_process_group(pid, rustix::process::Signal::KILL);
        }
        let _ = self.child.start_kill();
    }
}
