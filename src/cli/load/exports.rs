//! The flags of `load` that tell others how a run goes while it lasts.

use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};

use clap::Args;

use super::otlp;
use crate::cli::{Console, surroundings};
use crate::exit::Exit;
use crate::load::Exports;

/// Where figures go while a run lasts.
#[derive(Debug, Args)]
#[command(next_help_heading = "While it runs")]
pub struct ExportArgs {
    /// Answer GET /metrics there until the run has ended, as Prometheus asks (OpenMetrics, or its own text format): an address and port, or a port
    /// of this machine alone, 127.0.0.1:9464 where neither is given; port 0 takes a free one. An address of the network has to be given as such:
    /// whoever reaches it can read the figures, and nothing else; no secret is among them
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:9464", value_parser = address)]
    metrics_address: Option<SocketAddr>,
    /// Push the same metrics to this collector every 5 s and at the end (OTLP/HTTP, Protobuf), such as http://127.0.0.1:4318. Without a URL the
    /// standard variables say where and how: OTEL_EXPORTER_OTLP_ENDPOINT, _HEADERS and their kin
    #[arg(long, value_name = "URL", num_args = 0..=1, default_missing_value = "")]
    otlp: Option<String>,
    /// Show the dashboard of goose, the engine of the load, to be opened in a browser: 127.0.0.1:5118 where nothing is given. What it shows is what
    /// goose counts; it can only be looked at, and on this machine only. A page that is open holds the end up by a second
    #[arg(long, value_name = "ADDRESS", num_args = 0..=1, default_missing_value = "127.0.0.1:5118", value_parser = address)]
    goose_dashboard: Option<SocketAddr>,
}

impl ExportArgs {
    /// Binds what is to listen, reads where to push, and says where it all is.
    pub fn open(&self, console: &Console) -> Result<Exports, Exit> {
        let usage = |message: String| console.usage(&message);
        let scrape = self.metrics_address.map(|wanted| bind("--metrics-address", wanted)).transpose().map_err(usage)?;
        if let (Some(listener), Some(wanted)) = (&scrape, self.metrics_address) {
            let bound = listener.local_addr().unwrap_or(wanted);
            say(console, wanted, &format!("metrics: http://{bound}/metrics"));
            if !bound.ip().is_loopback() {
                console.warn(&format_args!("metrics are on {bound}: everybody who reaches this address can read them"));
            }
        }
        let collector = match &self.otlp {
            None => None,
            Some(url) => {
                let url = (!url.is_empty()).then_some(url.as_str());
                let found = otlp::collector(url, &surroundings::variable).map_err(usage)?;
                found.ignored.iter().for_each(|remark| console.warn(remark));
                Some(found.collector)
            }
        };
        let goose_dashboard = self.goose_dashboard.map(dashboard).transpose().map_err(usage)?;
        if let (Some(listener), Some(wanted)) = (&goose_dashboard, self.goose_dashboard) {
            say(console, wanted, &format!("goose's dashboard: http://{}/", listener.local_addr().unwrap_or(wanted)));
        }
        Ok(Exports { scrape, collector, goose_dashboard })
    }
}

/// Says where something is; `--quiet` hushes it only where the user knows already.
fn say(console: &Console, wanted: SocketAddr, what: &str) {
    if !console.quiet || wanted.port() == 0 {
        // Nobody is left to tell when stderr itself is gone.
        drop(writeln!(io::stderr(), "{what}"));
    }
}

fn bind(flag: &str, wanted: SocketAddr) -> Result<TcpListener, String> {
    TcpListener::bind(wanted).map_err(|error| match error.kind() {
        io::ErrorKind::AddrInUse => format!("{flag} {wanted}: {error}; choose another port (0 takes a free one)"),
        _ => format!("{flag} {wanted}: {error}"),
    })
}

/// A place for goose's dashboard.
fn dashboard(wanted: SocketAddr) -> Result<TcpListener, String> {
    const FLAG: &str = "--goose-dashboard";
    if !wanted.ip().is_loopback() {
        return Err(format!(
            "{FLAG} {wanted}: it asks nobody who they are, so it is for this machine only: 127.0.0.1:{}",
            wanted.port()
        ));
    }
    bind(FLAG, wanted)
}

/// An address with a port, or a port of this machine.
fn address(text: &str) -> Result<SocketAddr, String> {
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let port = text.strip_prefix("localhost:").unwrap_or(text);
    let parsed = port.parse().map(|port| SocketAddr::new(here, port)).ok().or_else(|| text.parse().ok());
    parsed.ok_or_else(|| "expected an address and port, such as 127.0.0.1:9464, or a port".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_one_of_this_machine() {
        for (text, meant) in
            [("9464", "127.0.0.1:9464"), ("localhost:0", "127.0.0.1:0"), ("[::1]:80", "[::1]:80"), ("0.0.0.0:1", "0.0.0.0:1")]
        {
            assert_eq!(address(text), Ok(meant.parse().expect("an address")));
        }
        for text in ["", "127.0.0.1", "localhost", "70000", ":80", "metrics.example:80"] {
            assert!(address(text).is_err(), "{text}");
        }
    }

    #[test]
    fn goose_shows_nothing_to_the_network() {
        assert!(dashboard("0.0.0.0:5118".parse().expect("an address")).is_err_and(|why| why.contains("127.0.0.1:5118")));
        assert!(dashboard("127.0.0.1:0".parse().expect("an address")).is_ok());
    }
}
