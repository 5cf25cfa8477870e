//! How a request went out, where its URL alone does not say it: whom it trusted, where it connected to, and through whom.

use serde::{Deserialize, Serialize};
use url::Url;

/// The way of one exchange, secrets replaced by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Way {
    /// The PEM file whose authorities were trusted, beside the machine's own.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ca: Option<String>,
    /// Whether any certificate was taken.
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub insecure: bool,
    /// The address and port that were connected to in the place of the URL's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub at: Option<String>,
    /// The URL of the proxy that it went through.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proxy: Option<String>,
    /// Who went through it: user and password, as `Proxy-Authorization` has them before Base64.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub proxy_user: Option<String>,
}

impl Way {
    /// Whether the URL says it all.
    pub fn is_plain(&self) -> bool {
        *self == Self::default()
    }

    /// The options of `curl` that go the same way to this URL: each with its value, which is a masked text and not quoted yet.
    pub(super) fn options(&self, url: &str) -> Vec<(&'static str, Option<String>)> {
        let mut options = Vec::new();
        options.extend(self.ca.as_ref().map(|path| ("--cacert", Some(path.clone()))));
        options.extend(self.insecure.then_some(("-k", None)));
        if let Some(at) = &self.at {
            options.extend(placed(url, at));
            // It was gone to directly, whatever this shell's environment says.
            options.push(("--noproxy", Some("*".to_owned())));
        }
        if let Some(proxy) = &self.proxy {
            options.push(("--proxy", Some(proxy.clone())));
            if proxy.starts_with("https:") {
                options.extend(self.ca.as_ref().map(|path| ("--proxy-cacert", Some(path.clone()))));
                options.extend(self.insecure.then_some(("--proxy-insecure", None)));
            }
            options.extend(self.proxy_user.as_ref().map(|user| ("--proxy-user", Some(user.clone()))));
            // Whatever this shell's environment says of it: the exchange went through.
            options.push(("--noproxy", Some(String::new())));
        }
        options
    }
}

fn placed(url: &str, at: &str) -> Option<(&'static str, Option<String>)> {
    let url = Url::parse(url.split(['?', '#']).next()?).ok()?;
    let (host, port) = (url.host_str()?, url.port_or_known_default()?);
    let (address, to) = at.rsplit_once(':')?;
    Some(match to == port.to_string() {
        true => ("--resolve", Some(format!("{host}:{port}:{address}"))),
        false => ("--connect-to", Some(format!("{host}:{port}:{at}"))),
    })
}
