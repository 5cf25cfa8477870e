//! `flowproof try`: walks one flow by hand, and tells it step by step.

mod qr;
mod sheet;
mod tokens;
mod traffic;

use std::io;
use std::path::PathBuf;
use std::time::SystemTime;

use clap::{Args, ValueEnum};

use super::connect::{self, ConnectArgs};
use super::{Console, embedded};
use crate::exit::Exit;
use crate::provider::{Provider, Target, Unreachable, discover};
use crate::server::Running;
use crate::walk::{Arrival, Flow, Stage, Trip, Trouble, Wishes, walk};
use crate::wire::{Connect, Tape, Wire};
use sheet::Sheet;

/// Walk one flow by hand, told step by step; without --provider, on the embedded reference server
#[derive(Debug, Args)]
pub struct TryArgs {
    /// The flow to walk
    #[arg(value_enum)]
    flow: FlowArg,
    /// The provider file: who is met
    #[arg(long, value_name = "FILE")]
    provider: Option<PathBuf>,
    /// The client that asks: its key under `clients:`; default: the first that may
    #[arg(long, value_name = "ROLE")]
    client: Option<String>,
    /// The user who logs in: a key under `users:`; default: alice, else the first
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The scope to ask for, in quotes where it is several; default: all that the client may
    #[arg(long, value_name = "SCOPE")]
    scope: Option<String>,
    /// device: have the login driver approve; otherwise you do, at the address that is shown
    #[arg(long)]
    approve: bool,
    /// Log in yourself, in a browser of your own on this machine, and not by the login driver
    #[arg(long, conflicts_with_all = ["approve", "user"])]
    login_by_hand: bool,
    /// refresh: use the old refresh token once more, and see what becomes of the new one
    #[arg(long)]
    reuse: bool,
    /// device: whether to draw the address as a QR code
    #[arg(long, value_enum, value_name = "WHEN", default_value_t = QrArg::Auto)]
    qr: QrArg,
    /// Show every page of the login: its title, forms, fields and cookies by name; for who writes a login recipe
    #[arg(long, short)]
    verbose: bool,
    /// Show tokens, codes and secrets as they are
    #[arg(long)]
    show_secrets: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

/// The flows, as the command line spells them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum FlowArg {
    /// A user logs in through the browser: authorization code with PKCE
    Code,
    /// A service gets a token of its own
    ClientCredentials,
    /// A device without a browser: a code that the user approves elsewhere
    Device,
    /// The code flow, and then new tokens without the user
    Refresh,
}

/// `--qr`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum QrArg {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl From<FlowArg> for Flow {
    fn from(flow: FlowArg) -> Self {
        match flow {
            FlowArg::Code => Self::Code,
            FlowArg::ClientCredentials => Self::ClientCredentials,
            FlowArg::Device => Self::Device,
            FlowArg::Refresh => Self::Refresh,
        }
    }
}

impl TryArgs {
    /// Walks the flow.
    pub fn run(self, console: &Console) -> Exit {
        for (given, flag, flow) in [(self.approve, "--approve", FlowArg::Device), (self.reuse, "--reuse", FlowArg::Refresh)] {
            if given && self.flow != flow {
                let name = Flow::from(flow).name();
                return console.usage(&format_args!("{flag} belongs to the flow `{name}`: flowproof try {name} {flag}"));
            }
        }
        if self.login_by_hand && self.flow == FlowArg::ClientCredentials {
            return console.usage(&"--login-by-hand: nobody logs in to the flow `client-credentials`");
        }
        match console.block_on(self.go(console)) {
            Ok(exit) | Err(exit) => exit,
        }
    }

    async fn go(&self, console: &Console) -> Exit {
        let (wire, target, server) = match self.target(console).await {
            Ok(found) => found,
            Err(exit) => return exit,
        };
        let exit = self.walk(&wire, &target, server.is_some(), console).await;
        if let Some(server) = server {
            server.stop().await;
        }
        exit
    }

    async fn target(&self, console: &Console) -> Result<(Wire, Target, Option<Running>), Exit> {
        self.connect.are_for(self.provider.as_deref(), console)?;
        let Some(path) = &self.provider else {
            let wire = connect::wire(Connect::default(), console)?;
            let (server, target) = embedded::to_try(&wire).await.map_err(|message| console.usage(&message))?;
            return Ok((wire, target, Some(server)));
        };
        let provider = self.connect.provider(path, console)?;
        let wished = |provider: &Provider| Trip::fits(provider, self.flow.into(), self.client.as_deref());
        let provider = provider.by_issuer().into_iter().find(wished).unwrap_or(provider);
        let wire = connect::wire_to(&provider, console)?;
        let tape = Tape::new(provider.secrets());
        match discover(&wire, &tape, provider).await {
            Ok(target) => Ok((wire, target, None)),
            Err(error @ Unreachable::NothingAnswers { .. }) => {
                console.error(&error);
                Err(Exit::Incomplete)
            }
            Err(error @ Unreachable::NoEndpoint { .. }) => Err(console.usage(&error)),
        }
    }

    async fn walk(&self, wire: &Wire, target: &Target, is_embedded: bool, console: &Console) -> Exit {
        let wishes = Wishes {
            client: self.client.clone(),
            user: self.user.clone(),
            scope: self.scope.clone(),
            // Few want to open a browser for a server that lives as long as this walk.
            approve: self.approve || (is_embedded && self.flow == FlowArg::Device && !self.login_by_hand),
            by_hand: self.login_by_hand,
            reuse: self.reuse,
            bare: self.show_secrets,
        };
        let trip = match Trip::plan(wire, target, self.flow.into(), wishes) {
            Ok(trip) => trip,
            Err(unplanned) => return console.usage(&unplanned),
        };
        if self.show_secrets {
            console.warn(&"secrets, codes and tokens are shown as they are: whoever reads this can use them");
        }
        let mut sheet = Sheet {
            style: console.style,
            terse: console.quiet,
            verbose: self.verbose,
            animates: console.animates(),
            qr: match self.qr {
                QrArg::Auto => console.shows_on_terminal(),
                QrArg::Always => true,
                QrArg::Never => false,
            },
            now: SystemTime::now,
            waits: false,
        };
        let mut shown = console.show(|out| sheet.heading(&trip, out));
        if let Some(alice) = target.provider.user("alice").filter(|_| is_embedded && self.login_by_hand) {
            // It is the same everywhere, and stands in the documentation.
            shown = shown.and_then(|()| console.show(|out| sheet.account(&alice.username, alice.password.expose(), out)));
        }
        let outcome = walk(&trip, &mut |event| {
            if shown.is_ok() {
                shown = console.show(|out| sheet.event(event, out));
            }
        })
        .await;
        self.tell(&sheet, outcome, shown, console)
    }

    fn tell(&self, sheet: &Sheet, outcome: Result<Arrival, Trouble>, shown: io::Result<()>, console: &Console) -> Exit {
        let shown = shown.and_then(|()| {
            console.show(|out| match &outcome {
                Ok(arrival) => sheet.arrival(arrival, out),
                Err(trouble) => sheet.trouble(trouble, out),
            })
        });
        if let Err(error) = shown {
            console.error(&format_args!("cannot print what happened: {error}"));
        }
        match outcome.map_err(|trouble| trouble.stage) {
            Ok(_) => Exit::Success,
            Err(Stage::Answered) => Exit::Failed,
            Err(Stage::Silent) => Exit::Incomplete,
            Err(Stage::Unwalkable) => Exit::Usage,
        }
    }
}
