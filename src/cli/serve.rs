//! `flowproof serve`: runs the reference server until it is told to stop.

mod authority;
mod config;
mod defects;
mod log;
mod sheet;
mod template;

use std::io;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use self::authority::Authority;
use super::{Console, embedded, signals, surroundings};
use crate::exit::Exit;
use crate::report::files;
use crate::server::{Config, ReferenceServer, Running, StartError, Tls};

/// Run the reference authorization server: correct, or with the bugs you name
#[derive(Debug, Args)]
#[command(after_long_help = "\
All that it prints to stdout is one provider file; what people read stands in its comments:
  flowproof serve > provider.yaml &
  flowproof check --provider provider.yaml")]
pub struct Serve {
    /// The realms and listeners of this YAML file; what the other options say goes before it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print a configuration to start from, and stop
    #[arg(long)]
    print_config: bool,
    /// Port of the OAuth endpoints, 9400 when nobody says otherwise; 0 takes a free one
    #[arg(long)]
    port: Option<u16>,
    /// Port of the admin listener, which is on loopback only, 9401 when nobody says otherwise; 0 takes a free one
    #[arg(long, value_name = "PORT")]
    admin_port: Option<u16>,
    /// Address to listen on, 127.0.0.1 when nobody says otherwise
    #[arg(long, value_name = "IP")]
    host: Option<IpAddr>,
    /// The origin under which clients reach it, e.g. https://auth.example.com, where that is not the address it listens on
    #[arg(long, value_name = "URL")]
    public_url: Option<String>,
    /// Serve over TLS, with a certificate that is made at start
    #[arg(long, conflicts_with = "tls_cert")]
    tls: bool,
    /// With --tls: write the authority that clients must trust there, and not to a temporary file
    #[arg(long, value_name = "PATH", requires = "tls")]
    tls_ca: Option<PathBuf>,
    /// Serve over TLS with this certificate (PEM, followed by those between it and its authority)
    #[arg(long, value_name = "PATH", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The private key of --tls-cert (PEM)
    #[arg(long, value_name = "PATH", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Give every realm this defect; may be repeated
    #[arg(long = "defect", value_name = "NAME", value_delimiter = ',')]
    defects: Vec<String>,
    /// The realm that is described and whose provider file is printed, and that is behind the short /device address
    #[arg(long, value_name = "NAME")]
    realm: Option<String>,
    /// List every defect with what it breaks, and stop
    #[arg(long)]
    list_defects: bool,
    /// Tell stderr of every request and change: realm, endpoint, client, status, error, microseconds; no secrets
    #[arg(long, value_enum, value_name = "FORMAT", num_args = 0..=1, default_missing_value = "text")]
    log: Option<log::Format>,
    /// What --log tells: `info`, `debug` (failed TLS handshakes too), `warn`, `flowproof::server=debug`
    #[arg(long, value_name = "FILTER", env = "FLOWPROOF_LOG", default_value = "info")]
    log_filter: String,
    /// Write the provider file there as soon as the server listens; only you can read it
    #[arg(long, value_name = "PATH")]
    provider_file: Option<PathBuf>,
}

impl Serve {
    /// Serves until Ctrl-C or SIGTERM.
    pub fn run(self, console: &Console) -> Exit {
        if self.list_defects {
            return match console.show(|out| defects::list(console.style, out)) {
                Ok(()) => Exit::Success,
                Err(error) => console.usage(&format_args!("cannot print the defects: {error}")),
            };
        }
        if self.print_config {
            return match self.config().and_then(|config| {
                console.show(|out| template::print(&config, out)).map_err(|error| format!("cannot print it: {error}"))
            }) {
                Ok(()) => Exit::Success,
                Err(message) => console.usage(&message),
            };
        }
        match console.block_on(self.serve(console)) {
            Ok(exit) | Err(exit) => exit,
        }
    }

    async fn serve(self, console: &Console) -> Exit {
        let logs = self.log.map_or(Ok(()), |format| log::write(format, &self.log_filter, console.colors_stderr()));
        let config = match logs.and_then(|()| self.config()) {
            Ok(config) => config,
            Err(message) => return console.usage(&message),
        };
        let Some(realm) = config.default_realm().map(str::to_owned) else {
            return console.usage(&"there is no realm: name one under `realms:` at least");
        };
        let defects =
            config.realms.iter().find(|other| other.name == realm).map(|realm| realm.defects.clone()).unwrap_or_default();
        // Before anybody can know that the server is there: a signal from then on ends it in good order.
        let stop = match signals::stop() {
            Ok(stop) => stop,
            Err(error) => return console.usage(&format_args!("cannot listen for signals: {error}")),
        };
        let running = match ReferenceServer::start(config).await {
            Ok(running) => running,
            Err(error) => return console.usage(&self.told(&error)),
        };
        if !running.addr().ip().is_loopback() {
            console.warn(&format_args!(
                "listening on {}: EVERYBODY who reaches this address reaches a server whose secrets and passwords are public; \
                 it is for tests only, use it without --host",
                running.addr()
            ));
        }
        let exit = match self.announce(&running, &realm, &defects, console) {
            // The file of the authority is there for as long as it is of use.
            Ok(authority) => {
                stop.await;
                drop(authority);
                Exit::Success
            }
            Err(exit) => exit,
        };
        running.stop().await;
        exit
    }

    /// What the file says, or the demo, with the changes that the other options ask for.
    fn config(&self) -> Result<Config, String> {
        embedded::known(&self.defects)?;
        let mut config = match &self.config {
            Some(path) => config::load(path, &surroundings::variable)?,
            None => Config { port: Config::PORT, admin_port: Config::ADMIN_PORT, ..Config::demo() },
        };
        config.port = self.port.unwrap_or(config.port);
        config.admin_port = self.admin_port.unwrap_or(config.admin_port);
        config.host = self.host.unwrap_or(config.host);
        config.public_url = self.public_url.clone().or(config.public_url);
        config.tls = self.tls().or(config.tls);
        if let Some(wanted) = &self.realm {
            if !config.realms.iter().any(|realm| realm.name == *wanted) {
                let names: Vec<_> = config.realms.iter().map(|realm| realm.name.as_str()).collect();
                return Err(format!("unknown realm `{wanted}`: there are {}", names.join(", ")));
            }
            config.default_realm = Some(wanted.clone());
        }
        for realm in &mut config.realms {
            let new = self.defects.iter().filter(|name| !realm.defects.contains(name)).cloned().collect::<Vec<_>>();
            realm.defects.extend(new);
        }
        Ok(config)
    }

    fn tls(&self) -> Option<Tls> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(cert), Some(key)) => Some(Tls::Files { cert: cert.clone(), key: key.clone() }),
            (Some(_), None) | (None, Some(_) | None) => self.tls.then_some(Tls::Generated),
        }
    }

    fn announce(&self, running: &Running, realm: &str, defects: &[String], console: &Console) -> Result<Option<Authority>, Exit> {
        let document = running.provider_document(realm);
        let authority = running.certificate_authority().map(|pem| Authority::write(pem, self.tls_ca.as_deref()));
        let authority = authority.transpose().map_err(|error| console.usage(&error))?;
        if let Some(path) = &self.provider_file {
            files::replace_private(path, &|out| sheet::provider(&document, out)).map_err(|error| console.usage(&error))?;
        }
        let printed = console.show(|out| {
            if !console.quiet {
                let trusted = authority.as_ref().map(Authority::path);
                sheet::explain(running, realm, &document, defects, trusted, out)?;
            }
            sheet::provider(&document, out)
        });
        printed.map_err(|error| console.usage(&format_args!("cannot print the provider file: {error}")))?;
        Ok(authority)
    }

    fn told(&self, error: &StartError) -> String {
        match error {
            StartError::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
                format!("{error}; choose another --port and --admin-port (0 takes a free one)")
            }
            StartError::Realm(_) | StartError::NoSuchRealm(_) | StartError::Tls(_) | StartError::PublicUrl(_) => {
                self.config.as_ref().map_or(error.to_string(), |path| format!("{}: {error}", path.display()))
            }
            StartError::Bind { .. } | StartError::Key => error.to_string(),
        }
    }
}
