//! `serve --log`: the server's events on stderr, as lines for people or for machines.

use std::io;

use clap::ValueEnum;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry;
use tracing_subscriber::util::SubscriberInitExt as _;

/// What a line of the log looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Text,
    /// One JSON object a line
    Json,
}

/// Writes to stderr from now on what passes the filter, such as `info` or `flowproof::server=debug`.
///
/// # Errors
/// A message, when the filter cannot be read.
pub fn write(format: Format, filter: &str, colored: bool) -> Result<(), String> {
    let targets: Targets = filter.parse().map_err(|error| format!("--log-filter `{filter}`: {error}"))?;
    let lines = fmt::layer().with_writer(io::stderr).with_ansi(colored);
    let ready = match format {
        Format::Text => registry().with(targets).with(lines).try_init(),
        Format::Json => registry().with(targets).with(lines.json().flatten_event(true)).try_init(),
    };
    ready.map_err(|error| format!("cannot log: {error}"))
}
