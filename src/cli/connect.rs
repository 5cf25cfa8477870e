//! How a command reaches the provider: what the provider file says, and flags that win over it; the one place that makes a client of them.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Console, surroundings};
use crate::exit::Exit;
use crate::provider::{Env, Provider, Unexpanded, expand, proxies_of};
use crate::wire::{Address, Bounds, Connect, Wire};

/// How the provider is reached; each wins over the same key of `connect:` in the provider file.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Connection")]
pub struct ConnectArgs {
    /// Trust the certificates of this PEM file beside this machine's authorities, as `connect.ca` of the provider file does
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    ca: Option<PathBuf>,
    /// Take any certificate, for whatever name: findings then prove nothing about who answered
    #[arg(long)]
    insecure: bool,
    /// Connect to ADDRESS for this host and port, as curl does; a port may follow it. May be repeated
    #[arg(long, value_name = "HOST:PORT:ADDRESS", value_parser = Address::of_flag)]
    resolve: Vec<Address>,
    /// Go through this proxy (http, https, socks5, socks5h), but not to this machine nor to whom NO_PROXY names; `environment` for those of
    /// HTTP_PROXY, HTTPS_PROXY and ALL_PROXY, which are not used unasked; `none` for none. A password stands in a variable, percent-encoded as
    /// in any URL: http://user:${NAME}@host:port
    #[arg(long, value_name = "URL")]
    proxy: Option<String>,
}

impl ConnectArgs {
    /// Reads the provider file, and how it is to be reached.
    ///
    /// # Errors
    /// Either says something that cannot be meant; it was told.
    pub fn provider(&self, path: &Path, console: &Console) -> Result<Provider, Exit> {
        let mut provider = Provider::load(path, &surroundings::variable).map_err(|error| console.usage(&error))?;
        self.win_over(&mut provider.connect, console)?;
        Ok(provider)
    }

    /// How it is to be reached where there is no provider file.
    ///
    /// # Errors
    /// A flag says something that cannot be meant; it was told.
    pub fn alone(&self, console: &Console) -> Result<Connect, Exit> {
        let mut connect = Connect::default();
        self.win_over(&mut connect, console)?;
        Ok(connect)
    }

    /// Says so where flags are given and nobody is named whom they are about.
    ///
    /// # Errors
    /// That is how it is; it was told.
    pub fn are_for(&self, provider: Option<&Path>, console: &Console) -> Result<(), Exit> {
        let Self { ca, insecure, resolve, proxy } = self;
        if provider.is_none() && (ca.is_some() || *insecure || !resolve.is_empty() || proxy.is_some()) {
            return Err(console
                .usage(&"--ca, --insecure, --resolve and --proxy say how a provider is reached: name its file with --provider"));
        }
        Ok(())
    }

    /// Puts what the flags say over what the file says.
    pub(super) fn win_over(&self, connect: &mut Connect, console: &Console) -> Result<(), Exit> {
        self.apply(connect, &surroundings::variable).map_err(|message| console.usage(&message))?;
        if connect.insecure {
            console
                .warn(&"certificates are NOT verified (insecure): whoever stands in between can answer in the provider's place");
        }
        Ok(())
    }

    fn apply(&self, connect: &mut Connect, env: &Env<'_>) -> Result<(), String> {
        if let Some(path) = &self.ca {
            connect.trust(path).map_err(|expected| format!("--ca: expected {expected}"))?;
            connect.insecure = false;
        }
        if self.insecure {
            (connect.insecure, connect.ca) = (true, None);
        }
        self.resolve.iter().for_each(|address| connect.place(address.clone()));
        match self.proxy.as_deref() {
            None => {}
            Some(text) => {
                let expanded = expand(text, env).map_err(|unexpanded| match unexpanded {
                    Unexpanded::Unset { variable, .. } => format!("--proxy: the variable {variable} is not set"),
                    Unexpanded::NoName { .. } => "--proxy: `${` is followed by the name of a variable and `}`".to_owned(),
                })?;
                let proxies = proxies_of(&expanded, env).map_err(|expected| format!("--proxy: expected {expected}"))?;
                if has_literal_password(text) {
                    return Err("--proxy: everybody on this machine can read a command line: leave the password to a variable, \
                                --proxy 'http://user:${NAME}@host:port'"
                        .to_owned());
                }
                connect.proxies = proxies;
            }
        }
        Ok(())
    }

    /// The same as `connect:` of a provider file; nothing where no flag was given.
    pub(super) fn as_yaml(&self) -> Option<String> {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let mut lines = Vec::new();
        if let Some(path) = &self.ca {
            let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
            lines.push(format!("  ca: {}", quoted(&path.display().to_string())));
        }
        lines.extend(self.insecure.then(|| "  insecure: true".to_owned()));
        if !self.resolve.is_empty() {
            lines.push("  resolve:".to_owned());
            lines.extend(
                self.resolve.iter().map(|address| format!("    \"{}:{}\": \"{}\"", address.host, address.port, address.to)),
            );
        }
        lines.extend(self.proxy.iter().map(|proxy| format!("  proxy: {}", quoted(proxy))));
        (!lines.is_empty()).then(|| format!("connect:\n{}", lines.join("\n")))
    }
}

/// Whether a proxy's URL holds a password that no variable is left to.
fn has_literal_password(url: &str) -> bool {
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let password = authority.rsplit_once('@').and_then(|(who, _)| Some(who.split_once(':')?.1)).unwrap_or_default();
    // `$${` is no variable.
    !password.is_empty() && !password.replace("$${", "").contains("${")
}

/// The client of a command to this provider: as it is reached, at its pace.
///
/// # Errors
/// It cannot be made; that was told.
pub fn wire_to(provider: &Provider, console: &Console) -> Result<Wire, Exit> {
    Ok(wire(provider.connect.clone(), console)?.paced(provider.pace))
}

/// The client of a command: the same bounds everywhere.
///
/// # Errors
/// It cannot be made; that was told.
pub fn wire(connect: Connect, console: &Console) -> Result<Wire, Exit> {
    Wire::reaching(Bounds::default(), connect).map_err(|failure| console.usage(&failure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Proxies, Proxy};

    fn env(name: &str) -> Option<String> {
        (name == "PROXY_PASSWORD").then(|| "s3cret!".to_owned())
    }

    fn through(text: &str) -> Result<Connect, String> {
        let mut connect = Connect::default();
        ConnectArgs { proxy: Some(text.to_owned()), ..ConnectArgs::default() }.apply(&mut connect, &env)?;
        Ok(connect)
    }

    #[test]
    fn a_password_of_a_proxy_comes_from_a_variable_and_not_from_the_command_line() {
        let connect = through("http://robot:${PROXY_PASSWORD}@proxy.test:3128").expect("reads");
        assert_eq!(connect.secrets().next().map(crate::protocol::Secret::expose), Some("s3cret!"));
        for literal in [
            "http://robot:s3cret!@proxy.test:3128",
            "robot:s3cret!@proxy.test",
            "http://${PROXY_PASSWORD}:s3cret!@proxy.test:3128",
            "http://robot:s3cret$${PROXY_PASSWORD}@proxy.test",
        ] {
            let refused = through(literal).expect_err("a password");
            assert!(refused.contains("${NAME}") && !refused.contains("s3cret"), "{refused}");
        }
        assert!(through("http://robot@proxy.test").is_ok_and(|connect| connect.proxies.is_some()), "a name is no password");
        assert!(through("http://robot:${NOPE}@proxy.test").expect_err("not set").contains("NOPE is not set"));
        assert!(through("ftp://proxy.test").expect_err("no proxy").starts_with("--proxy: expected a proxy"));
    }

    #[test]
    fn a_flag_wins_over_the_file() {
        let mut connect = Connect {
            insecure: true,
            resolve: vec![Address::of_flag("a.test:443:127.0.0.1").expect("reads")],
            proxies: Some(Proxies::all(Proxy::parse("proxy.test:1").expect("reads"))),
            ..Connect::default()
        };
        let flags = ConnectArgs {
            resolve: vec![Address::of_flag("a.test:443:127.0.0.2").expect("reads")],
            proxy: Some("none".to_owned()),
            ..ConnectArgs::default()
        };
        flags.apply(&mut connect, &env).expect("they can be meant");
        assert!(connect.insecure && connect.proxies.is_none() && connect.resolve == flags.resolve);
    }

    #[test]
    fn flags_are_written_down_as_the_file_has_them() {
        assert_eq!(ConnectArgs::default().as_yaml(), None);
        let flags = ConnectArgs {
            insecure: true,
            resolve: vec![Address::of_flag("a.test:443:[::1]:8443").expect("reads")],
            proxy: Some("http://robot:${PROXY_PASSWORD}@proxy.test:3128".to_owned()),
            ..ConnectArgs::default()
        };
        let text = format!("issuer: https://a.test\n{}\n", flags.as_yaml().expect("something was given"));
        let source = crate::provider::Source::Named("a test".to_owned());
        let provider = Provider::parse(&text, source, &env).expect("it reads");
        let mut said = Connect::default();
        flags.apply(&mut said, &env).expect("they can be meant");
        assert_eq!(provider.connect, said);
    }
}
