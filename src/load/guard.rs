//! Keeps load off other people's machines: only loopback, or a host that the provider file allows and the command line repeats.

use std::net::SocketAddr;

use url::Url;

use crate::protocol::host::is_loopback;
use crate::provider::Provider;
use crate::wire::{Connect, Route};

/// A host that load was refused for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "no load on {host} ({what}{}): it is not this machine. If it is yours to load, say so twice: \
     `load: {{ allow: true }}` in {file}{}, and `--target {host}` on the command line{}",
    at.map(|at| format!(", which is looked for at {at}")).unwrap_or_default(),
    if *allowed { " (it does)" } else { "" },
    if *repeated { " (it does)" } else { "" }
)]
pub struct Refused {
    /// The host.
    pub host: String,
    /// What is there.
    pub what: &'static str,
    /// Where it is, if `connect.resolve` says that.
    pub at: Option<SocketAddr>,
    /// The provider file.
    pub file: String,
    /// Whether the provider file allows load.
    pub allowed: bool,
    /// Whether the command line repeats this host.
    pub repeated: bool,
}

/// What both sides said about load beyond this machine.
#[derive(Clone, Debug)]
pub struct Guard {
    allowed: bool,
    file: String,
    targets: Vec<String>,
    connect: Connect,
}

impl Guard {
    /// The provider file's leave, and the hosts that the command line repeats.
    pub fn new(provider: &Provider, targets: Vec<String>) -> Self {
        let connect = provider.connect.clone();
        Self { allowed: provider.load.allow, file: provider.source.to_string(), targets, connect }
    }

    /// Whether load may go there; `what` says what is there.
    ///
    /// # Errors
    /// It is neither loopback nor allowed by both the provider file and the command line.
    pub fn check(&self, what: &'static str, url: &Url) -> Result<(), Refused> {
        // Whatever a name promises, it is the address that load goes to.
        let at = match self.connect.route(url) {
            Route::At(at) => Some(at),
            Route::Direct | Route::Through(_) => None,
        };
        if is_loopback(url) && at.is_none_or(|at| at.ip().is_loopback()) {
            return Ok(());
        }
        let host = url.host_str().unwrap_or_default().to_owned();
        let repeated = self.targets.iter().any(|target| target.eq_ignore_ascii_case(&host));
        if self.allowed && repeated {
            Ok(())
        } else {
            Err(Refused { host, what, at, file: self.file.clone(), allowed: self.allowed, repeated })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Source;

    fn provider(load: &str) -> Provider {
        let text = format!("issuer: https://as.example\n{load}");
        Provider::parse(&text, Source::Named("p.yaml".to_owned()), &|_| None).expect("a valid file")
    }

    fn ask(load: &str, targets: &[&str], url: &str) -> Result<(), Refused> {
        let url = Url::parse(url).expect("a URL");
        let targets: Vec<String> = targets.iter().map(|target| (*target).to_owned()).collect();
        Guard::new(&provider(load), targets).check("token endpoint", &url)
    }

    #[test]
    fn this_machine_needs_no_leave() {
        for url in
            ["http://127.0.0.1:9400/token", "http://127.8.9.1/", "http://[::1]:80/", "https://localhost/", "http://a.localhost/"]
        {
            assert_eq!(ask("", &[], url), Ok(()), "{url}");
        }
    }

    #[test]
    fn another_host_needs_both_the_file_and_the_command_line() {
        let allow = "load: { allow: true }\n";
        let url = "https://as.example/token";
        for (load, targets) in [("", &[][..]), (allow, &[]), ("", &["as.example"]), (allow, &["other.example"])] {
            let refused = ask(load, targets, url).expect_err("it lacks one of the two").to_string();
            for part in ["as.example", "load: { allow: true }", "--target as.example", "token endpoint", "p.yaml"] {
                assert!(refused.contains(part), "{refused}");
            }
        }
        assert_eq!(ask(allow, &["AS.example"], url), Ok(()));
    }

    #[test]
    fn a_name_of_this_machine_that_is_placed_elsewhere_is_another_host() {
        let at = |address: &str| format!("connect: {{ resolve: {{ \"localhost:8443\": \"{address}\" }} }}\n");
        let url = "https://localhost:8443/token";
        let refused = ask(&at("192.0.2.7"), &[], url).expect_err("it is not here").to_string();
        assert!(refused.contains("--target localhost") && refused.contains("192.0.2.7:8443"), "{refused}");
        assert_eq!(ask(&at("127.0.0.9"), &[], url), Ok(()));
        assert_eq!(ask(&at("192.0.2.7"), &[], "https://localhost/token"), Ok(()), "another port is not placed");
    }

    #[test]
    fn a_name_that_only_looks_like_loopback_is_another_host() {
        for url in ["http://localhost.example/", "http://127.0.0.1.example/", "http://0.0.0.0/", "http://192.168.0.1/"] {
            assert!(ask("", &[], url).is_err(), "{url}");
        }
    }
}
