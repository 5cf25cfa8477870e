//! The command line: clap types, and one short arm per door, each in a file of its own.

mod check;
mod connect;
mod console;
mod doctor;
mod embedded;
mod init;
mod load;
mod prove;
mod serve;
mod signals;
mod surroundings;
mod try_it;

use clap::{Parser, Subcommand, ValueEnum};

pub use console::Console;
pub use load::give_back_terminal;
pub use surroundings::Surroundings;

use crate::exit::Exit;

/// Proves that an OAuth 2.0 authorization server keeps its promises, and measures how it bears load.
#[derive(Debug, Parser)]
#[command(name = "flowproof", version, after_long_help = EXIT_CODES)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
    /// Print results and errors only, no progress
    #[arg(long, short, global = true)]
    quiet: bool,
    /// Whether to colour the output
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Colour::Auto)]
    color: Colour,
}

const EXIT_CODES: &str = "\
Exit codes, the first that holds:
  70  a bug of flowproof's own
   2  usage or configuration, also a filter that matches no check
   1  non-conformant, or a threshold missed
   3  incomplete, or the provider cannot be reached
   4  an entry of the baseline is stale
   0  everything holds";

/// The doors. Each is a variant, its arm in [`Cli::run`], and a file with its arguments and `run(self, &Console) -> Exit`.
#[derive(Debug, Subcommand)]
enum Command {
    Check(check::CheckArgs),
    Doctor(doctor::DoctorArgs),
    Init(init::InitArgs),
    Load(load::LoadArgs),
    Prove(prove::ProveArgs),
    Serve(serve::Serve),
    Try(try_it::TryArgs),
}

/// When to colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Colour {
    /// On a terminal, unless NO_COLOR is set or TERM is `dumb`
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl Cli {
    /// Does what the command line asks, and says how it ended.
    pub fn run(self) -> Exit {
        let console = Console::new(Surroundings::read(), self.color, self.quiet);
        match self.command {
            Command::Check(check) => check.run(&console),
            Command::Doctor(doctor) => doctor.run(&console),
            Command::Init(init) => init.run(&console),
            Command::Load(load) => load.run(&console),
            Command::Prove(prove) => prove.run(&console),
            Command::Serve(serve) => serve.run(&console),
            Command::Try(walk) => walk.run(&console),
        }
    }
}
