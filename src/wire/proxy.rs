//! Proxies: which there are, whom they are for, and the password that they want.

use hyper_util::client::proxy::matcher::Matcher;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use url::Url;

use crate::protocol::{Secret, host};

/// A proxy, and who goes through it as whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxy {
    /// Where it is, without credentials.
    url: Url,
    credentials: Option<(String, Secret)>,
}

/// The proxies, and whom they are not for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proxies {
    /// For `http:` URLs.
    pub http: Option<Proxy>,
    /// For `https:` URLs.
    pub https: Option<Proxy>,
    /// Whom they are not for, as `NO_PROXY` has it.
    pub except: Vec<String>,
    /// Whether this machine is gone to through them as well.
    pub loopback: bool,
}

impl Proxy {
    /// The schemes: with `socks5` this machine looks names up, with `socks5h` the proxy does.
    const SCHEMES: [&str; 4] = ["http", "https", "socks5", "socks5h"];

    /// Reads its URL; one without a scheme is `http`.
    ///
    /// # Errors
    /// What was expected; never with what stands there, which may hold a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected = "a proxy such as `http://proxy.example:3128` or `socks5h://127.0.0.1:1080`";
        let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let mut url = Url::parse(&text).map_err(|_| expected.to_owned())?;
        let is_bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
        if !Self::SCHEMES.contains(&url.scheme()) || url.host_str().is_none_or(str::is_empty) || !is_bare {
            return Err(expected.to_owned());
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let user = decoded(url.username());
        let password = url.password().map(decoded);
        let credentials = match (user.is_empty(), password) {
            (true, None) => None,
            (_, password) => Some((user, Secret::chosen("password of the proxy", password.unwrap_or_default()))),
        };
        let cannot = |()| expected.to_owned();
        url.set_username("").map_err(cannot)?;
        url.set_password(None).map_err(cannot)?;
        if url.port().is_none() && url.scheme().starts_with("socks") {
            url.set_port(Some(1080)).map_err(cannot)?;
        }
        Ok(Self { url, credentials })
    }

    /// Where it is, without credentials.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Who goes through it, where it wants to know.
    pub fn credentials(&self) -> Option<(&str, &Secret)> {
        self.credentials.as_ref().map(|(user, password)| (user.as_str(), password))
    }

    /// Where it is, with who goes through it: not for anybody to read.
    pub fn with_credentials(&self) -> String {
        let mut url = self.url.clone();
        if let Some((user, password)) = self.credentials() {
            // The URL itself leaves a percent sign as it is. Both were read from a URL of this sort.
            let encoded = |text| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
            let _ = url.set_username(&encoded(user));
            let _ = url.set_password(Some(&encoded(password.expose())));
        }
        url.to_string()
    }

    /// Its host and port.
    pub fn place(&self) -> String {
        let port = self.url.port_or_known_default().unwrap_or_default();
        format!("{}:{port}", self.url.host_str().unwrap_or_default())
    }
}

impl Proxies {
    /// One proxy for everybody but this machine.
    pub fn all(proxy: Proxy) -> Self {
        Self { http: Some(proxy.clone()), https: Some(proxy), except: Vec::new(), loopback: false }
    }

    /// The proxies of the environment, by the variables that curl reads: `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY`, the small
    /// letters first; none where none is set.
    ///
    /// # Errors
    /// What was expected of which variable.
    pub fn of_environment(env: &dyn Fn(&str) -> Option<String>) -> Result<Option<Self>, String> {
        let proxy = |names: [&str; 2]| {
            let found = variable(names, env).or_else(|| variable(["all_proxy", "ALL_PROXY"], env));
            let read =
                |(name, text): (String, String)| Proxy::parse(&text).map_err(|problem| format!("{name}: expected {problem}"));
            found.map(read).transpose()
        };
        let (http, https) = (proxy(["http_proxy", "HTTP_PROXY"])?, proxy(["https_proxy", "HTTPS_PROXY"])?);
        if http.is_none() && https.is_none() {
            return Ok(None);
        }
        Ok(Some(Self { http, https, except: exceptions_of_environment(env), loopback: false }))
    }

    /// The proxy that this URL is gone to through.
    pub fn for_url(&self, url: &Url) -> Option<&Proxy> {
        if host::is_loopback(url) && !self.loopback {
            return None;
        }
        let uri: http::Uri = url.as_str().parse().ok()?;
        let asked = Matcher::builder().all("http://proxy.invalid").no(self.except.join(",")).build();
        asked.intercept(&uri)?;
        if url.scheme() == "https" { self.https.as_ref() } else { self.http.as_ref() }
    }

    /// Each proxy once.
    pub fn each(&self) -> impl Iterator<Item = &Proxy> {
        let second = self.https.as_ref().filter(|https| Some(*https) != self.http.as_ref());
        self.http.iter().chain(second)
    }

    /// Their passwords.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        self.http.iter().chain(&self.https).filter_map(|proxy| Some(proxy.credentials()?.1))
    }

    pub(super) fn remark(&self) -> String {
        let places: Vec<String> = self.each().map(Proxy::place).collect();
        let mut except = self.except.clone();
        except.extend((!self.loopback).then(|| "this machine".to_owned()));
        let except = if except.is_empty() { String::new() } else { format!(", but {}", except.join(", ")) };
        format!("everything went through {}{except} (proxy)", places.join(" and "))
    }
}

/// What `NO_PROXY` names.
pub fn exceptions_of_environment(env: &dyn Fn(&str) -> Option<String>) -> Vec<String> {
    let text = variable(["no_proxy", "NO_PROXY"], env).map(|(_, text)| text).unwrap_or_default();
    text.split(',').map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

fn variable(names: [&str; 2], env: &dyn Fn(&str) -> Option<String>) -> Option<(String, String)> {
    names.into_iter().find_map(|name| Some((name.to_owned(), env(name).filter(|text| !text.is_empty())?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        Url::parse(text).expect("a URL")
    }

    fn place(proxies: &Proxies, to: &str) -> Option<String> {
        proxies.for_url(&url(to)).map(Proxy::place)
    }

    #[test]
    fn a_password_is_taken_out_of_the_url_and_never_printed() {
        let proxy = Proxy::parse("http://robot:p%40ss%2Fw+rd@proxy.test:3128").expect("reads");
        let (user, password) = proxy.credentials().expect("it has some");
        assert_eq!((user, password.expose()), ("robot", "p@ss/w+rd"));
        let shown = format!("{proxy:?} {}", proxy.place());
        assert!(!shown.contains("p@ss") && !shown.contains("p%40ss"), "{shown}");
        assert_eq!(proxy.url().as_str(), "http://proxy.test:3128/");
    }

    #[test]
    fn whoever_is_told_the_credentials_reads_them_as_they_are() {
        for text in
            ["http://robot:50%2525@proxy.test:1", "socks5h://a%3Ab:%25%40%2F%20%C3%A9@proxy.test", "http://robot@proxy.test"]
        {
            let proxy = Proxy::parse(text).expect("reads");
            assert_eq!(Proxy::parse(&proxy.with_credentials()), Ok(proxy), "{text}");
        }
    }

    #[test]
    fn what_is_no_proxy_says_what_is_expected_and_not_what_stood_there() {
        for text in
            ["ftp://u:hunter2@p.test", "http://", "http://u:hunter2@p.test/path", "http://p.test:99999", "socks4://p.test"]
        {
            let problem = Proxy::parse(text).expect_err(text);
            assert!(problem.contains("http://proxy.example:3128") && !problem.contains("hunter2"), "{text}: {problem}");
        }
        assert_eq!(Proxy::parse("proxy.test:3128").map(|proxy| proxy.place()), Ok("proxy.test:3128".to_owned()));
        assert_eq!(Proxy::parse("socks5h://proxy.test").map(|proxy| proxy.place()), Ok("proxy.test:1080".to_owned()));
    }

    #[test]
    fn this_machine_and_exceptions_are_gone_to_directly() {
        let mut proxies = Proxies::all(Proxy::parse("proxy.test:3128").expect("reads"));
        proxies.except = vec!["inside.test".to_owned(), "10.0.0.0/8".to_owned()];
        for direct in
            ["http://127.0.0.1:8400/", "https://localhost/", "http://[::1]/", "https://a.inside.test/", "http://10.1.2.3/"]
        {
            assert_eq!(place(&proxies, direct), None, "{direct}");
        }
        for through in ["https://auth.test/", "http://notinside.test/", "http://11.0.0.1/"] {
            assert_eq!(place(&proxies, through).as_deref(), Some("proxy.test:3128"), "{through}");
        }
        proxies.loopback = true;
        assert!(place(&proxies, "http://127.0.0.1:8400/").is_some());
    }

    #[test]
    fn the_environment_is_read_as_curl_does() {
        let env = |name: &str| {
            let text = match name {
                "https_proxy" => "small.test:1",
                "HTTPS_PROXY" => "large.test:1",
                "ALL_PROXY" => "socks5h://all.test",
                "NO_PROXY" => " inside.test , ",
                _ => return None,
            };
            Some(text.to_owned())
        };
        let proxies = Proxies::of_environment(&env).expect("reads").expect("there are some");
        assert_eq!(place(&proxies, "https://auth.test/").as_deref(), Some("small.test:1"));
        assert_eq!(place(&proxies, "http://auth.test/").as_deref(), Some("all.test:1080"));
        assert_eq!(place(&proxies, "http://inside.test/"), None);
        assert_eq!(Proxies::of_environment(&|_| None), Ok(None));
        let problem =
            Proxies::of_environment(&|name| (name == "HTTP_PROXY").then(|| "ftp://x".to_owned())).expect_err("no proxy");
        assert!(problem.starts_with("HTTP_PROXY: expected a proxy"), "{problem}");
    }
}
