//! `flowproof serve`: runs the reference server until it is told to stop.

mod authority;
mod defects;
mod sheet;

use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::Args;

use self::authority::Authority;
use super::{Console, embedded, signals};
use crate::exit::Exit;
use crate::report::files;
use crate::server::{Running, ServerConfig, StartError, Tls, start};

/// Run the reference authorization server: correct, or with the bugs you name
#[derive(Debug, Args)]
#[command(after_long_help = "\
All that it prints to stdout is one provider file; what people read stands in its comments:
  flowproof serve > provider.yaml &
  flowproof check --provider provider.yaml")]
pub struct Serve {
    /// Port of the OAuth endpoints; 0 takes a free one
    #[arg(long, default_value_t = 9400)]
    port: u16,
    /// Port of the admin listener, which is on loopback only; 0 takes a free one
    #[arg(long, default_value_t = 9401)]
    admin_port: u16,
    /// Address to listen on
    #[arg(long, value_name = "IP", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
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
    /// The realm that is described and whose provider file is printed
    #[arg(long, value_name = "NAME", default_value = "my-app")]
    realm: String,
    /// List every defect with what it breaks, and stop
    #[arg(long)]
    list_defects: bool,
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
        match console.block_on(self.serve(console)) {
            Ok(exit) | Err(exit) => exit,
        }
    }

    async fn serve(self, console: &Console) -> Exit {
        let config = match self.config() {
            Ok(config) => config,
            Err(message) => return console.usage(&message),
        };
        // Before anybody can know that the server is there: a signal from then on ends it in good order.
        let stop = match signals::stop() {
            Ok(stop) => stop,
            Err(error) => return console.usage(&format_args!("cannot listen for signals: {error}")),
        };
        let running = match start(config).await {
            Ok(running) => running,
            Err(error) => return console.usage(&told(&error)),
        };
        if !self.host.is_loopback() {
            console.warn(&format_args!(
                "listening on {}: EVERYBODY who reaches this address reaches a server whose secrets and passwords are public; \
                 it is for tests only, use it without --host",
                running.addr()
            ));
        }
        let exit = match self.announce(&running, console) {
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

    fn config(&self) -> Result<ServerConfig, String> {
        embedded::known(&self.defects)?;
        let mut config = ServerConfig {
            host: self.host,
            port: self.port,
            tls: self.tls(),
            admin_port: self.admin_port,
            ..ServerConfig::demo()
        };
        if !config.realms.iter().any(|realm| realm.name == self.realm) {
            let names: Vec<_> = config.realms.iter().map(|realm| realm.name.as_str()).collect();
            return Err(format!("unknown realm `{}`: there are {}", self.realm, names.join(", ")));
        }
        config.default_realm = Some(self.realm.clone());
        for realm in &mut config.realms {
            realm.defects.clone_from(&self.defects);
        }
        Ok(config)
    }

    fn tls(&self) -> Option<Tls> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(cert), Some(key)) => Some(Tls::Files { cert: cert.clone(), key: key.clone() }),
            (Some(_), None) | (None, Some(_) | None) => self.tls.then_some(Tls::Generated),
        }
    }

    fn announce(&self, running: &Running, console: &Console) -> Result<Option<Authority>, Exit> {
        let document = running.provider_document(&self.realm);
        let authority = running.certificate_authority().map(|pem| Authority::write(pem, self.tls_ca.as_deref()));
        let authority = authority.transpose().map_err(|error| console.usage(&error))?;
        if let Some(path) = &self.provider_file {
            files::replace_private(path, &|out| sheet::provider(&document, out)).map_err(|error| console.usage(&error))?;
        }
        let printed = console.show(|out| {
            if !console.quiet {
                let trusted = authority.as_ref().map(Authority::path);
                sheet::explain(running, &self.realm, &document, &self.defects, trusted, out)?;
            }
            sheet::provider(&document, out)
        });
        printed.map_err(|error| console.usage(&format_args!("cannot print the provider file: {error}")))?;
        Ok(authority)
    }
}

fn told(error: &StartError) -> String {
    match error {
        StartError::Bind { source, .. } if source.kind() == io::ErrorKind::AddrInUse => {
            format!("{error}; choose another --port and --admin-port (0 takes a free one)")
        }
        StartError::Bind { .. } | StartError::Realm(_) | StartError::Tls(_) | StartError::PublicUrl(_) | StartError::Key => {
            error.to_string()
        }
    }
}
