//! How the provider is reached: which authorities are trusted, at which addresses names are, and through which proxy.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use url::{Host, Url};

use super::proxy::{Proxies, Proxy};
use super::tls::Authorities;
use crate::protocol::{Secret, Way};

/// How the provider is reached; by default as its URLs say, with the authorities that this machine trusts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connect {
    /// Authorities beside this machine's own, with the file that they were read from.
    pub ca: Option<(PathBuf, Authorities)>,
    /// Whether any certificate is taken, for whatever name.
    pub insecure: bool,
    /// Where some hosts are, whatever the name service says.
    pub resolve: Vec<Address>,
    /// The proxies, where there are any.
    pub proxies: Option<Proxies>,
}

/// Where a host and port are: as curl's `--resolve`, with a port of its own where one is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The host, in lower case.
    pub host: String,
    /// The port that the URL names, or its scheme does.
    pub port: u16,
    /// Where to connect in its place.
    pub to: SocketAddr,
}

/// The way to a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route<'a> {
    /// To where its host is found.
    Direct,
    /// To this address; the host is still who is spoken to, and whom the certificate has to name.
    At(SocketAddr),
    /// Through a proxy.
    Through(&'a Proxy),
}

impl Connect {
    /// The way to a URL. A host whose address is given is gone to directly, with or without a proxy.
    pub fn route(&self, url: &Url) -> Route<'_> {
        if let Some(address) = self.resolve.iter().find(|address| address.is_for(url)) {
            return Route::At(address.to);
        }
        match self.proxies.as_ref().and_then(|proxies| proxies.for_url(url)) {
            Some(proxy) => Route::Through(proxy),
            None => Route::Direct,
        }
    }

    /// What a report says of the way to a URL, the password of a proxy by its name.
    pub fn way(&self, url: &Url) -> Way {
        let route = self.route(url);
        let proxy = match route {
            Route::Through(proxy) => Some(proxy),
            Route::Direct | Route::At(_) => None,
        };
        let tls = url.scheme() == "https" || proxy.is_some_and(|proxy| proxy.url().scheme() == "https");
        Way {
            ca: self.ca.as_ref().filter(|_| tls && !self.insecure).map(|(path, _)| path.display().to_string()),
            insecure: tls && self.insecure,
            at: match route {
                Route::At(address) => Some(address.to_string()),
                Route::Direct | Route::Through(_) => None,
            },
            proxy: proxy.map(|proxy| format!("{}://{}", proxy.url().scheme(), proxy.place())),
            proxy_user: proxy.and_then(Proxy::credentials).map(|(user, password)| match password.expose() {
                // Who has no password is known by the name alone: that is the secret then.
                "" => format!("{}:", Secret::chosen("user of the proxy", user)),
                _ => format!("{user}:{password}"),
            }),
        }
    }

    /// Reads further authorities from a PEM file.
    ///
    /// # Errors
    /// The file cannot be read, or holds no certificate; the message says what to do.
    pub fn trust(&mut self, path: &Path) -> Result<(), String> {
        let text = std::fs::read(path).map_err(|error| {
            format!("the path of a PEM file with the certificate of an authority; {} cannot be read: {error}", path.display())
        })?;
        let authorities = Authorities::of_pem(&text).map_err(|problem| {
            format!("the path of a PEM file with the certificate of an authority; {}: {problem}", path.display())
        })?;
        self.ca = Some((std::path::absolute(path).unwrap_or_else(|_| path.to_owned()), authorities));
        Ok(())
    }

    /// Puts an address in place; the last for a host and port is the one that counts.
    pub fn place(&mut self, address: Address) {
        self.resolve.retain(|other| (&other.host, other.port) != (&address.host, address.port));
        self.resolve.push(address);
    }

    /// The proxies' passwords.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.proxies.iter().flat_map(Proxies::secrets)
    }

    /// What whoever reads a report has to know, in sentences; nothing where all is as the URLs say.
    pub fn remarks(&self) -> Vec<String> {
        let mut remarks = Vec::new();
        if self.insecure {
            let what = "certificates were NOT verified (insecure): anybody in between could have answered; curl: --insecure";
            remarks.push(what.to_owned());
        } else if let Some((path, _)) = &self.ca {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            remarks.push(format!("the authorities of {name} were trusted beside this machine's (ca); curl: --cacert {name}"));
        }
        remarks.extend(self.resolve.iter().map(|Address { host, port, to }| {
            format!("{host}:{port} was looked for at {to} (resolve); curl: --connect-to {host}:{port}:{to}")
        }));
        remarks.extend(self.proxies.as_ref().map(Proxies::remark));
        remarks
    }
}

impl Address {
    /// Reads a host and port, and where it is: an IP address, with a port or without.
    ///
    /// # Errors
    /// What was expected.
    pub fn parse(from: &str, to: &str) -> Result<Self, String> {
        let expected = || "a host with its port, such as `auth.example:443`".to_owned();
        let (host, port) = from.rsplit_once(':').ok_or_else(expected)?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or_else(expected)?;
        match Host::parse(host) {
            Ok(Host::Domain(host)) => Ok(Self { host, port, to: address(to, port)? }),
            Ok(Host::Ipv4(_) | Host::Ipv6(_)) => {
                Err(format!("the name of a host: {host} is an address already; where it is named, name the other"))
            }
            Err(_) => Err(expected()),
        }
    }

    /// Reads it as curl does: `HOST:PORT:ADDRESS`, and a port after that if it is another.
    ///
    /// # Errors
    /// What was expected.
    pub fn of_flag(text: &str) -> Result<Self, String> {
        let expected = || "expected HOST:PORT:ADDRESS, such as auth.example:443:127.0.0.1".to_owned();
        let (host, rest) = text.split_once(':').ok_or_else(expected)?;
        let (port, to) = rest.split_once(':').ok_or_else(expected)?;
        Self::parse(&format!("{host}:{port}"), to).map_err(|problem| format!("expected {problem}"))
    }

    /// Whether it says where this URL's host is.
    pub fn is_for(&self, url: &Url) -> bool {
        url.port_or_known_default() == Some(self.port) && url.host_str() == Some(&self.host)
    }
}

fn address(text: &str, port: u16) -> Result<SocketAddr, String> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(text);
    if let Ok(ip) = bare.parse::<IpAddr>() {
        return Ok(SocketAddr::new(ip, port));
    }
    text.parse::<SocketAddr>()
        .ok()
        .filter(|address| address.port() > 0)
        .ok_or_else(|| "an IP address, with a port or without: `127.0.0.1`, `127.0.0.1:8443`, `[::1]:8443`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    #[test]
    fn an_address_is_for_one_host_and_one_port() {
        let connect =
            Connect { resolve: vec![Address::of_flag("Auth.Example:443:127.0.0.1:8443").expect("reads")], ..Connect::default() };
        let at = Route::At("127.0.0.1:8443".parse().expect("an address"));
        assert_eq!(connect.route(&url("https://auth.example/token")), at);
        for other in ["http://auth.example/", "https://auth.example:8443/", "https://www.auth.example/"] {
            assert_eq!(connect.route(&url(other)), Route::Direct, "{other}");
        }
    }

    #[test]
    fn an_address_may_have_a_port_of_its_own_and_six_colons() {
        for (text, to) in [
            ("a.test:443:10.0.0.1", "10.0.0.1:443"),
            ("a.test:443:10.0.0.1:8443", "10.0.0.1:8443"),
            ("a.test:443:::1", "[::1]:443"),
            ("a.test:443:[::1]", "[::1]:443"),
            ("a.test:443:[::1]:8443", "[::1]:8443"),
        ] {
            assert_eq!(Address::of_flag(text).map(|address| address.to.to_string()), Ok(to.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_says_what_is_expected() {
        for (text, says) in [
            ("a.test", "HOST:PORT:ADDRESS"),
            ("a.test:https:127.0.0.1", "a host with its port"),
            ("a.test:0:127.0.0.1", "a host with its port"),
            ("127.0.0.1:443:127.0.0.2", "is an address already"),
            ("a.test:443:b.test", "an IP address"),
            ("a.test:443:127.0.0.1:0", "an IP address"),
        ] {
            let problem = Address::of_flag(text).expect_err(text);
            assert!(problem.contains(says), "{text}: {problem}");
        }
    }

    #[test]
    fn the_last_address_of_a_host_counts() {
        let mut connect = Connect::default();
        for text in ["a.test:443:127.0.0.1", "a.test:443:127.0.0.2", "a.test:80:127.0.0.3"] {
            connect.place(Address::of_flag(text).expect("reads"));
        }
        assert_eq!(connect.route(&url("https://a.test/")), Route::At("127.0.0.2:443".parse().expect("an address")));
        assert_eq!(connect.resolve.len(), 2);
    }

    #[test]
    fn a_host_whose_address_is_given_does_not_go_through_a_proxy() {
        let proxies = Proxies::all(Proxy::parse("http://proxy.test:3128").expect("reads"));
        let mut connect = Connect { proxies: Some(proxies), ..Connect::default() };
        assert!(matches!(connect.route(&url("https://a.test/")), Route::Through(_)));
        connect.place(Address::of_flag("a.test:443:127.0.0.1").expect("reads"));
        assert!(matches!(connect.route(&url("https://a.test/")), Route::At(_)));
        assert!(connect.remarks()[1].contains("proxy.test:3128"), "{:?}", connect.remarks());
    }
}
