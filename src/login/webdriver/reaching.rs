//! How a browser reaches the provider as everybody else does: whom it trusts, where names are, through which proxy; and whom it cannot reach.

use url::Url;

use crate::provider::BrowserKind;
use crate::wire::{Connect, Proxy, Wire};

/// What a browser is told of its way.
pub(super) struct Reaching<'a> {
    connect: &'a Connect,
    /// The keys that the file's authorities made trusted, over the wire.
    keys: Vec<String>,
    /// Hosts that it is not to reach: `name`, `*.name`, `host:port`.
    pub unreachable: Vec<String>,
}

impl<'a> Reaching<'a> {
    /// As this client reaches the provider; but none of these hosts.
    pub fn like(wire: &'a Wire, unreachable: Vec<String>) -> Self {
        Self { connect: wire.connect(), keys: wire.trusted_keys(), unreachable }
    }

    /// Whether it takes any certificate.
    pub fn insecure(&self) -> bool {
        self.connect.insecure
    }

    /// Why this browser cannot go that way.
    ///
    /// # Errors
    /// What it cannot be told, with the way out.
    pub fn possible(&self, browser: BrowserKind) -> Result<(), String> {
        if self.proxies().any(|proxy| proxy.credentials().is_some()) {
            return Err(
                "a browser cannot be told the password of `connect.proxy`: name a proxy that wants none, or go past it with \
                        `except:`"
                    .to_owned(),
            );
        }
        match browser {
            BrowserKind::Chromium => Ok(()),
            BrowserKind::Firefox if !self.connect.resolve.is_empty() => {
                Err("Firefox cannot be told where a host is (`connect.resolve`): take Chromium, or have the name resolve".to_owned())
            }
            BrowserKind::Firefox if self.connect.ca.is_some() => Err(
                "Firefox cannot be told of an authority (`connect.ca`): take Chromium, or have this machine trust it and leave it out"
                    .to_owned(),
            ),
            BrowserKind::Firefox if self.connect.proxies.iter().any(|proxies| proxies.except.iter().any(|one| one.contains('/'))) => Err(
                "Firefox cannot be told of a range of addresses that no proxy is for (`connect.proxy.except`, `NO_PROXY`): take Chromium, or name \
                 the hosts one by one"
                    .to_owned(),
            ),
            BrowserKind::Firefox => Ok(()),
        }
    }

    /// The arguments of Chromium's command line that say so.
    pub fn arguments(&self) -> Vec<String> {
        let mut arguments = Vec::new();
        let placed = self.connect.resolve.iter().map(|one| format!("MAP {}:{} {}", one.host, one.port, one.to));
        let rules: Vec<String> = placed.chain(self.unreachable.iter().map(|host| format!("MAP {host} ~NOTFOUND"))).collect();
        arguments.extend((!rules.is_empty()).then(|| format!("--host-resolver-rules={}", rules.join(","))));
        if !self.keys.is_empty() {
            arguments.push(format!("--ignore-certificate-errors-spki-list={}", self.keys.join(",")));
        }
        if let Some(proxies) = &self.connect.proxies {
            let of = |scheme: &str, proxy: &Option<Proxy>| Some(format!("{scheme}={}", address(proxy.as_ref()?)));
            let both: Vec<String> = [of("http", &proxies.http), of("https", &proxies.https)].into_iter().flatten().collect();
            arguments.push(format!("--proxy-server={}", both.join(";")));
            let mut direct: Vec<String> = self.connect.resolve.iter().map(|one| format!("{}:{}", one.host, one.port)).collect();
            // What a proxy looks up, nobody can map here.
            direct.extend(self.unreachable.iter().cloned());
            for one in &proxies.except {
                let name = one.trim_start_matches('.');
                direct.push(name.to_owned());
                direct.extend((!name.contains(['/', ':'])).then(|| format!("*.{name}")));
            }
            direct.extend(proxies.loopback.then(|| "<-loopback>".to_owned()));
            arguments.push(format!("--proxy-bypass-list={}", direct.join(";")));
        }
        arguments
    }

    /// The ways of a script that says where each URL goes: for `http:`, for `https:`, and who goes straight on.
    pub fn ways(&self) -> (String, String, Vec<String>) {
        let Some(proxies) = &self.connect.proxies else { return ("DIRECT".to_owned(), "DIRECT".to_owned(), Vec::new()) };
        let way = |proxy: &Option<Proxy>| {
            proxy.as_ref().map_or_else(
                || "DIRECT".to_owned(),
                |proxy| match proxy.url().scheme() {
                    "https" => format!("HTTPS {}", proxy.place()),
                    "http" => format!("PROXY {}", proxy.place()),
                    _ => format!("SOCKS5 {}", proxy.place()),
                },
            )
        };
        let mut except = Vec::new();
        for one in &proxies.except {
            let name = one.trim_start_matches('.').to_owned();
            except.extend([format!("*.{name}"), name]);
        }
        if !proxies.loopback {
            except.extend(["localhost", "*.localhost", "127.0.0.1", "[::1]"].map(str::to_owned));
        }
        (way(&proxies.http), way(&proxies.https), except)
    }

    /// Whether there is anything that a script has to say.
    pub fn wants_script(&self) -> bool {
        !self.unreachable.is_empty() || self.connect.proxies.is_some()
    }

    fn proxies(&self) -> impl Iterator<Item = &Proxy> {
        self.connect.proxies.iter().flat_map(|proxies| proxies.each())
    }
}

/// A proxy as Chromium spells it, which leaves names to every SOCKS proxy.
fn address(proxy: &Proxy) -> String {
    let scheme = match proxy.url().scheme() {
        "socks5h" => "socks5",
        other => other,
    };
    format!("{scheme}://{}", proxy.place())
}

/// Hosts that stand for clients and attackers: a browser that cannot reach them still shows where it was sent.
pub(super) fn unreachable(start: &Url, stops: &[&str]) -> Vec<String> {
    let host = |url: &Url| Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?));
    let own = host(start);
    let stops = stops.iter().filter_map(|stop| host(&Url::parse(stop).ok()?));
    let mut hosts: Vec<String> = stops.filter(|stop| Some(stop) != own.as_ref()).collect();
    let provider = start.host_str().unwrap_or_default();
    let reserved = ["example", "invalid", "test", "example.com", "example.net", "example.org"];
    for name in reserved.iter().filter(|name| !provider.ends_with(&format!(".{name}"))) {
        hosts.extend([(*name).to_owned(), format!("*.{name}")]);
    }
    hosts.sort();
    hosts.dedup();
    hosts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{Address, Bounds, Proxies};

    #[test]
    fn chromium_is_told_of_addresses_and_proxies_and_never_of_a_client() {
        let mut proxies = Proxies::all(Proxy::parse("socks5h://proxy.test").expect("reads"));
        proxies.except = vec![".inside.test".to_owned(), "10.0.0.0/8".to_owned()];
        let connect = Connect {
            resolve: vec![Address::of_flag("auth.test:443:127.0.0.1:8443").expect("reads")],
            proxies: Some(proxies),
            ..Connect::default()
        };
        let wire = Wire::reaching(Bounds::default(), connect).expect("TLS");
        let reaching = Reaching::like(&wire, vec!["client.example:443".to_owned()]);
        assert_eq!(
            reaching.arguments(),
            [
                "--host-resolver-rules=MAP auth.test:443 127.0.0.1:8443,MAP client.example:443 ~NOTFOUND",
                "--proxy-server=http=socks5://proxy.test:1080;https=socks5://proxy.test:1080",
                "--proxy-bypass-list=auth.test:443;client.example:443;inside.test;*.inside.test;10.0.0.0/8",
            ]
        );
        assert!(reaching.possible(BrowserKind::Chromium).is_ok());
        assert!(reaching.possible(BrowserKind::Firefox).expect_err("an address").contains("take Chromium"));
    }

    #[test]
    fn firefox_is_told_of_hosts_that_no_proxy_is_for_and_not_of_ranges() {
        let possible = |except: &str| {
            let mut proxies = Proxies::all(Proxy::parse("proxy.test:1").expect("reads"));
            proxies.except = vec!["inside.test".to_owned(), except.to_owned()];
            let wire = Wire::reaching(Bounds::default(), Connect { proxies: Some(proxies), ..Connect::default() }).expect("TLS");
            [BrowserKind::Chromium, BrowserKind::Firefox]
                .map(|browser| Reaching::like(&wire, Vec::new()).possible(browser).is_ok())
        };
        assert_eq!(possible("10.0.0.1"), [true, true]);
        assert_eq!(possible("10.0.0.0/8"), [true, false]);
    }

    #[test]
    fn a_password_does_not_go_to_a_browser() {
        let proxies = Proxies::all(Proxy::parse("http://robot:hunter2@proxy.test:1").expect("reads"));
        let wire = Wire::reaching(Bounds::default(), Connect { proxies: Some(proxies), ..Connect::default() }).expect("TLS");
        let reaching = Reaching::like(&wire, Vec::new());
        let why = reaching.possible(BrowserKind::Chromium).expect_err("a password");
        assert!(why.contains("cannot be told the password") && !why.contains("hunter2"), "{why}");
        assert!(!reaching.arguments().join(" ").contains("hunter2"));
    }

    #[test]
    fn a_browser_reaches_the_provider_and_no_client() {
        let start = Url::parse("http://127.0.0.1:9000/authorize").expect("a URL");
        let hosts = unreachable(&start, &["http://127.0.0.1:8400/cb", "http://127.0.0.1:9000/cb", "https://client.example/cb"]);
        assert!(hosts.contains(&"127.0.0.1:8400".to_owned()) && hosts.contains(&"client.example:443".to_owned()));
        assert!(!hosts.contains(&"127.0.0.1:9000".to_owned()), "{hosts:?}");
        let start = Url::parse("https://login.corp.test/authorize").expect("a URL");
        assert!(!unreachable(&start, &[]).contains(&"*.test".to_owned()));
    }
}
