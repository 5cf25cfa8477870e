//! `flowproof init`: writes a provider file from metadata and presets, and makes the clients where the provider lets it.

mod files;
mod registering;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Map, Value};
use url::Url;

use super::connect::{self, ConnectArgs};
use super::{Console, surroundings};
use crate::check::Catalog;
use crate::doctor::{Outline, Preset, Registered, Worth};
use crate::exit::Exit;
use crate::protocol::Secret;
use crate::provider::{Endpoints, Provider, Source, Unreachable, discover};
use crate::report::text::{Ink, wrap};
use crate::wire::{Tape, Wire};

/// Write a provider file from what the provider's metadata says, with a comment on each part
#[derive(Debug, Args)]
pub struct InitArgs {
    /// The issuer: where the provider's metadata is found from
    #[arg(value_name = "ISSUER", required_unless_present_any = ["list_presets", "unregister"])]
    issuer: Option<String>,
    /// Add what is known of such a provider; --list-presets lists them
    #[arg(long, value_name = "NAME")]
    preset: Option<String>,
    /// Where to write the provider file; `-` for stdout
    #[arg(long, short, value_name = "FILE", default_value = "provider.yaml")]
    output: PathBuf,
    /// Write over a file that is there
    #[arg(long)]
    force: bool,
    /// Make the clients by dynamic registration; their secrets go into a file beside, for its owner only
    #[arg(long)]
    register: bool,
    /// The variable of the environment that holds an initial access token for the registration
    #[arg(long, value_name = "VAR", requires = "register")]
    initial_access_token_env: Option<String>,
    /// Take away the clients that --register made for this provider file
    #[arg(long, value_name = "FILE", conflicts_with_all = ["issuer", "preset", "register"])]
    unregister: Option<PathBuf>,
    /// List the presets, and stop
    #[arg(long, conflicts_with_all = ["issuer", "preset", "register", "unregister"])]
    list_presets: bool,
    #[command(flatten)]
    connect: ConnectArgs,
}

impl InitArgs {
    /// Writes the file, or lists, or takes away.
    pub fn run(self, console: &Console) -> Exit {
        if self.list_presets {
            return list_presets(console);
        }
        let work = async {
            match (&self.unregister, &self.issuer) {
                (Some(file), _) => registering::unregister(file, &self.connect, console).await,
                (None, Some(issuer)) => self.write(issuer, console).await,
                (None, None) => console.usage(&"say whom to write about: `flowproof init https://…`"),
            }
        };
        match console.block_on(work) {
            Ok(exit) | Err(exit) => exit,
        }
    }

    fn to_stdout(&self) -> bool {
        self.output == Path::new("-")
    }

    async fn write(&self, issuer: &str, console: &Console) -> Exit {
        let beside = files::Beside::of(&self.output);
        let initial_token = match self.ready(&beside) {
            Ok(token) => token,
            Err(message) => return console.usage(&message),
        };
        let preset = match self.preset.as_deref().map(Preset::named).transpose() {
            Ok(preset) => preset,
            Err(error) => return console.usage(&error),
        };
        let wire = match self.connect.alone(console).and_then(|connect| connect::wire(connect, console)) {
            Ok(wire) => wire,
            Err(exit) => return exit,
        };
        let tape = Tape::new(&initial_token);
        let found = match found(issuer, preset.as_ref(), &wire, &tape).await {
            Ok(found) => found,
            Err(Missed { message, exit }) => {
                console.error(&message);
                return exit;
            }
        };
        let mut registered = BTreeMap::new();
        if self.register {
            let job = registering::Job { wire: &wire, tape: &tape, found: &found, preset: preset.as_ref(), beside: &beside };
            match job.register(initial_token.as_ref(), console).await {
                Ok(clients) => registered = clients,
                Err(exit) => return exit,
            }
        }
        let secrets = self.register.then(|| files::name_of(&beside.secrets));
        let text = match self.text(&found, preset.as_ref(), &registered, secrets.as_deref()) {
            Ok(text) => text,
            Err(error) => return console.usage(&error),
        };
        self.put(&text, &found, preset.as_ref(), &registered, &beside, console)
    }

    /// Whether everything can be written before anything is made; the initial access token, where one is named.
    fn ready(&self, beside: &files::Beside) -> Result<Option<Secret>, String> {
        if self.to_stdout() {
            return if self.register { Err("--register writes files: name one with --output".to_owned()) } else { Ok(None) };
        }
        if self.output.exists() && !self.force {
            return Err(format!(
                "{} is there already: name another with --output, or write over it with --force",
                self.output.display()
            ));
        }
        if self.register {
            beside.free()?;
            if beside.secrets == self.output {
                return Err(format!(
                    "{}: the clients' secrets would be written there, too: end its name in .yaml",
                    self.output.display()
                ));
            }
        }
        files::writable(&self.output)?;
        let Some(variable) = &self.initial_access_token_env else { return Ok(None) };
        match surroundings::variable(variable).filter(|token| !token.is_empty()) {
            Some(token) => Ok(Some(Secret::new("initial access token", token))),
            None => Err(format!("--initial-access-token-env {variable}: the variable is not set")),
        }
    }

    /// The file's text, which is read back before anyone else has to.
    fn text(
        &self,
        found: &Found,
        preset: Option<&Preset>,
        registered: &BTreeMap<&'static str, Registered>,
        secrets: Option<&str>,
    ) -> Result<String, String> {
        let catalog = Catalog::embedded().map_err(|error| error.to_string())?;
        let worth = Worth::of(catalog.checks());
        let outline = Outline {
            issuer: &found.issuer,
            connect: self.connect.as_yaml(),
            endpoints: &found.endpoints,
            document: found.document.as_ref(),
            preset,
            registered,
            secrets,
            worth: &worth,
        };
        let text = outline.text();
        let set = |_: &str| Some("set".to_owned());
        Provider::parse(&text, Source::Named("the provider file".to_owned()), &set).map_err(|error| error.to_string())?;
        Ok(text)
    }

    fn put(
        &self,
        text: &str,
        found: &Found,
        preset: Option<&Preset>,
        registered: &BTreeMap<&'static str, Registered>,
        beside: &files::Beside,
        console: &Console,
    ) -> Exit {
        if self.to_stdout() {
            return match console.show(|out| out.write_all(text.as_bytes())) {
                Ok(()) => Exit::Success,
                Err(error) => console.usage(&format_args!("cannot print the provider file: {error}")),
            };
        }
        if let Err(error) = files::put(&self.output, text) {
            return console.usage(&error);
        }
        if console.quiet {
            return Exit::Success;
        }
        let style = console.style;
        let file = self.output.display();
        let told = console.show(|out| {
            writeln!(out, "{} {file}", style.paint(Ink::Good, "✓ wrote"))?;
            if registered.is_empty() {
                style.labelled(
                    out,
                    2,
                    "",
                    "next: register the clients that it names, set the variables that it reads, and then",
                )?;
            } else {
                let count = registered.len();
                let secrets = files::name_of(&beside.secrets);
                style.labelled(
                    out,
                    2,
                    "",
                    &format!(
                        "{count} clients registered; their secrets are in {secrets}, how to take them away in {}: keep both out of version control",
                        files::name_of(&beside.ledger)
                    ),
                )?;
                style.labelled(out, 2, "", "next: set the variables of the users, and then")?;
                writeln!(out, "    set -a; . {}; set +a", files::shell(&beside.secrets))?;
            }
            writeln!(out, "    flowproof doctor --provider {file}")?;
            if !registered.is_empty() {
                writeln!(out, "    flowproof init --unregister {file}   {}", style.paint(Ink::Faint, "when you are done"))?;
            }
            if let Some(preset) = preset {
                style.labelled(out, 2, "", &format!("preset {}: {}", preset.name, preset.standing()))?;
            }
            if let Some(remark) = &found.remark {
                style.labelled_in(Ink::Doubt, out, 4, "  !", remark)?;
            }
            Ok(())
        });
        match told {
            Ok(()) => Exit::Success,
            Err(error) => console.usage(&format_args!("cannot print what was written: {error}")),
        }
    }
}

/// What was found of the provider.
struct Found {
    /// The issuer, as its metadata spells it.
    issuer: String,
    endpoints: Endpoints,
    document: Option<Map<String, Value>>,
    /// What whoever edits the file should know.
    remark: Option<String>,
}

impl Found {
    fn registration(&self) -> Option<Url> {
        let url = self.document.as_ref()?.get("registration_endpoint")?.as_str()?;
        Url::parse(url).ok().filter(|url| matches!(url.scheme(), "http" | "https"))
    }
}

/// Why there is nothing to write.
struct Missed {
    message: String,
    exit: Exit,
}

async fn found(issuer: &str, preset: Option<&Preset>, wire: &Wire, tape: &Tape) -> Result<Found, Missed> {
    let usage = |message: String| Missed { message, exit: Exit::Usage };
    let document = serde_json::json!({ "issuer": issuer });
    let provider = Provider::from_json(&document, "ISSUER").map_err(|error| usage(error.to_string()))?;
    let (endpoints, document) = match discover(wire, tape, provider).await {
        Ok(target) => {
            let of_metadata = target.metadata.document.as_ref().map(Endpoints::of_metadata).unwrap_or_default();
            (of_metadata.or(target.endpoints), target.metadata.document)
        }
        Err(Unreachable::NoEndpoint { .. }) => (Endpoints::default(), None),
        Err(error @ Unreachable::NothingAnswers { .. }) if preset.is_none() => {
            return Err(Missed {
                message: format!("{error}\n  or: write from what is known of such a provider, with --preset"),
                exit: Exit::Incomplete,
            });
        }
        Err(Unreachable::NothingAnswers { .. }) => {
            let remark = format!("nothing answers at {issuer}: the file holds what the preset knows, and no more");
            return Ok(Found {
                issuer: issuer.to_owned(),
                endpoints: Endpoints::default(),
                document: None,
                remark: Some(remark),
            });
        }
    };
    let named = document.as_ref().and_then(|document| document.get("issuer")?.as_str()).map(str::to_owned);
    let alike = |named: &String| named.trim_end_matches('/') == issuer.trim_end_matches('/');
    let (issuer, remark) = match named {
        Some(named) if alike(&named) => (named, None),
        Some(named) => (
            issuer.to_owned(),
            Some(format!("its metadata names another issuer, {named}: correct `issuer:` if that is whom you mean")),
        ),
        None if document.is_none() => (issuer.to_owned(), Some("no metadata was found: fill in `endpoints:`".to_owned())),
        None => (issuer.to_owned(), None),
    };
    Ok(Found { issuer, endpoints, document, remark })
}

fn list_presets(console: &Console) -> Exit {
    let style = console.style;
    let names = Preset::names();
    let width = names.iter().map(|name| name.len()).max().unwrap_or_default();
    let shown = console.show(|out| {
        for name in names {
            let preset = match Preset::named(name) {
                Ok(preset) => preset,
                Err(error) => {
                    writeln!(out, "{name:width$}  {error}")?;
                    continue;
                }
            };
            let standing = match &preset.verified {
                Some(verified) => format!("verified with {} on {}", verified.version, verified.date),
                None => "unverified".to_owned(),
            };
            let ink = if preset.verified.is_some() { Ink::Good } else { Ink::Faint };
            let issuer = wrap(&preset.issuer, style.columns()).concat();
            writeln!(out, "{name:width$}  {:50}  {}", issuer, style.paint(ink, standing))?;
        }
        Ok(())
    });
    match shown {
        Ok(()) => Exit::Success,
        Err(error) => console.usage(&format_args!("cannot print the list: {error}")),
    }
}
