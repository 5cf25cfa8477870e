//! `--register` and `--unregister`: the clients are made one by one, and each is in the ledger before the next is asked for.

use std::collections::BTreeMap;
use std::path::Path;

use super::Found;
use super::files::Beside;
use crate::cli::connect::{self, ConnectArgs};
use crate::cli::{Console, surroundings};
use crate::doctor::{Ledger, Outline, PLANS, Preset, Registered, Registrar, RegistrationError, Removal, Worth};
use crate::exit::Exit;
use crate::protocol::Secret;
use crate::provider::{self, Grant, Provider};
use crate::report::text::{Ink, plain};
use crate::wire::{Connect, Tape, Wire};

/// One registration of everything that can be registered.
pub(super) struct Job<'a> {
    pub(super) wire: &'a Wire,
    pub(super) tape: &'a Tape,
    pub(super) found: &'a Found,
    pub(super) preset: Option<&'a Preset>,
    pub(super) beside: &'a Beside,
}

impl Job<'_> {
    /// The clients that the provider made, by role. What it refuses is said, and left out of the file.
    pub(super) async fn register(
        &self,
        initial_token: Option<&Secret>,
        console: &Console,
    ) -> Result<BTreeMap<&'static str, Registered>, Exit> {
        let Some(endpoint) = self.found.registration() else {
            return Err(console.usage(
                &"the provider's metadata names no `registration_endpoint`: switch dynamic registration on there, or leave --register out and \
                  register the clients by hand",
            ));
        };
        let registrar = Registrar { wire: self.wire, tape: self.tape, endpoint: &endpoint, initial_token };
        let worth = Worth::default();
        let mut registered = BTreeMap::new();
        let outline = Outline {
            issuer: &self.found.issuer,
            connect: None,
            endpoints: &self.found.endpoints,
            document: self.found.document.as_ref(),
            preset: self.preset,
            registered: &BTreeMap::new(),
            secrets: None,
            worth: &worth,
        };
        let mut ledger = Ledger { issuer: self.found.issuer.clone(), ..Ledger::default() };
        for plan in PLANS.iter().filter(|plan| !plan.chosen_secret) {
            if plan.grants.contains(&Grant::DeviceCode) && self.found.endpoints.device_authorization.is_none() {
                continue;
            }
            match registrar.register(plan, &outline.scopes(plan)).await {
                Ok(client) => {
                    ledger.enter(plan.role, &client);
                    if let Err(message) = self.beside.keep(&ledger) {
                        console.error(&format_args!("{message}; the client {} was registered all the same", client.id));
                        return Err(Exit::Usage);
                    }
                    let differs = client.differs(plan);
                    self.tell(plan.role, &client, &differs, console);
                    registered.insert(plan.role, client);
                }
                Err(error @ RegistrationError::NotAllowed(_)) if registered.is_empty() => return Err(console.usage(&error)),
                Err(error @ RegistrationError::NoAnswer(_)) if registered.is_empty() => {
                    console.error(&format_args!("no client was registered: {error}"));
                    return Err(Exit::Incomplete);
                }
                Err(
                    error @ (RegistrationError::NotAllowed(_) | RegistrationError::Refused(_) | RegistrationError::NoAnswer(_)),
                ) => console.warn(&format_args!("{}: not registered: {error}", plan.role)),
            }
        }
        if registered.is_empty() {
            return Err(console.usage(&"no client was registered: the provider refused each"));
        }
        let variables: Vec<(String, String)> = PLANS
            .iter()
            .filter_map(|plan| Some((plan.variable(), registered.get(plan.role)?.secret.as_ref()?.expose().to_owned())))
            .collect();
        if let Err(message) = self.beside.keep_secrets(&variables) {
            return Err(console.usage(&message));
        }
        Ok(registered)
    }

    fn tell(&self, role: &str, client: &Registered, differs: &[String], console: &Console) {
        if !differs.is_empty() {
            console.warn(&format_args!("{role}: registered, but it {}", differs.join(", ")));
        } else if !console.quiet {
            let style = console.style;
            // What is shown here is told again in the file: a reader that went away loses nothing.
            drop(
                console
                    .show(|out| writeln!(out, "{} {role:12} registered as {}", style.paint(Ink::Good, "✓"), plain(&client.id))),
            );
        }
        if client.management.is_none() {
            console.warn(&format_args!("{role}: the provider does not say how `{}` is taken away again (RFC 7592)", client.id));
        }
    }
}

/// How the provider is reached. A file whose variables are not set can still say it: they are the clients' secrets and the users'
/// passwords, and nobody is asked for them here.
fn connection(file: &Path) -> Result<Connect, provider::Error> {
    let or_unset = |name: &str| surroundings::variable(name).or_else(|| Some("unset".to_owned()));
    let provider = Provider::load(file, &surroundings::variable);
    let provider = provider.or_else(|error| Provider::load(file, &or_unset).map_err(|_| error))?;
    Ok(provider.connect)
}

/// Takes away every client that was registered for a provider file.
pub(super) async fn unregister(file: &Path, flags: &ConnectArgs, console: &Console) -> Exit {
    let beside = Beside::of(file);
    let mut ledger = match beside.ledger() {
        Ok(ledger) => ledger,
        Err(message) => return console.usage(&message),
    };
    let mut way = match connection(file) {
        Ok(way) => way,
        Err(error) => return console.usage(&error),
    };
    let wire = match flags.win_over(&mut way, console).and_then(|()| connect::wire(way, console)) {
        Ok(wire) => wire,
        Err(exit) => return exit,
    };
    let tape = Tape::default();
    let roles: Vec<String> = ledger.clients.keys().cloned().collect();
    let style = console.style;
    for role in roles {
        let id = plain(ledger.client_id(&role).unwrap_or_default());
        let (ink, sign, what) = match ledger.remove(&role, &wire, &tape).await {
            Removal::Gone => (Ink::Good, "✓", "taken away".to_owned()),
            Removal::Unknown => (Ink::Good, "✓", "the provider has no such client".to_owned()),
            Removal::NoWay => (Ink::Bad, "✗", "the provider never said how: take it away by hand".to_owned()),
            Removal::Failed(why) => (Ink::Bad, "✗", format!("not taken away: {why}")),
        };
        if let Err(message) = beside.keep(&ledger) {
            return console.usage(&message);
        }
        if !console.quiet || ink == Ink::Bad {
            drop(console.show(|out| writeln!(out, "{} {role:12} {id}: {}", style.paint(ink, sign), plain(&what))));
        }
    }
    if !ledger.clients.is_empty() {
        return Exit::Incomplete;
    }
    match beside.forget_secrets() {
        Ok(()) => Exit::Success,
        Err(message) => console.usage(&message),
    }
}
