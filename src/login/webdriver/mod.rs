//! The webdriver driver: a real browser takes the user's place where a page stands still; what is HTTP is read as HTTP all along.

mod bidi;
mod browser;
mod chromium;
mod firefox;
mod network;
mod program;
mod user;
mod visit;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use url::Url;

use self::browser::Browser;
use self::visit::Visit;
use super::errand::{Errand, Stop};
use super::sighting::{End, Role, Sighting};
use super::walk;
use crate::provider::WebDriver;
use crate::wire::{Jar, Tape, Wire};

/// Browsers are heavy: all walks of this process share so many.
static BROWSERS: OnceLock<Semaphore> = OnceLock::new();

/// The pages and pictures kept so far.
static KEPT: AtomicUsize = AtomicUsize::new(0);

/// Follows the errand over the wire to the first page that stands still, and lets a browser go on from there.
pub(super) async fn browse(wire: &Wire, tape: &Tape, jar: &mut Jar, config: &WebDriver, errand: &Errand<'_>) -> Sighting {
    let Sighting { mut hops, end } = walk::approach(wire, tape, jar, errand).await;
    let Some(page) = hops.last().filter(|_| matches!(end, End::Finished)) else { return Sighting { hops, end } };
    let asked = page.role == Role::ConsentPage && matches!(errand.stop_at, Stop::Asked(_));
    if asked || !page.is_page() {
        let why = || End::Stuck { why: format!("status {} with nothing that a browser can operate", page.status) };
        let end = if asked { end } else { why() };
        return Sighting { hops, end };
    }
    let browsers = BROWSERS.get_or_init(|| Semaphore::new(config.sessions));
    let Ok(_turn) = browsers.acquire().await else { return Sighting { hops, end } };
    let browser = match Browser::open(config, &unreachable(&errand.start.target(), errand.stop_at.uris())).await {
        Ok(browser) => browser,
        Err(why) => return Sighting { hops, end: End::Stuck { why } },
    };
    browser.take_cookies(jar).await;
    let mut visit = Visit::new(&browser, tape, config, errand);
    // Each command is bounded, and so is the way; what hangs all the same ends here.
    let went = tokio::time::timeout(config.timeout + Duration::from_secs(30), visit.go(&page.request)).await;
    let mut end = went.unwrap_or_else(|_| End::Stuck { why: "the browser hangs".to_owned() });
    if let End::Stuck { why } = &mut end
        && let Some(kept) = keep(&browser, tape, config, visit.source()).await
    {
        why.push_str(&kept);
    }
    hops.extend(visit.into_hops());
    if let Some(cookies) = browser.jar().await {
        *jar = cookies;
    }
    browser.close().await;
    Sighting { hops, end }
}

/// Hosts that stand for clients and attackers: a browser that cannot reach them still shows where it was sent.
fn unreachable(start: &Url, stops: &[&str]) -> Vec<String> {
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

/// Keeps what the browser shows as files, and says where.
async fn keep(browser: &Browser, tape: &Tape, config: &WebDriver, source: Option<&str>) -> Option<String> {
    let folder = config.evidence.as_ref()?;
    let name = format!("browser-{}", KEPT.fetch_add(1, Ordering::Relaxed) + 1);
    std::fs::create_dir_all(folder).ok()?;
    let mut kept = Vec::new();
    if let Some(picture) = browser.screenshot(|text| tape.mask(text)).await {
        let path = folder.join(format!("{name}.png"));
        std::fs::write(&path, picture).ok()?;
        kept.push(path.display().to_string());
    }
    if let Some(source) = source {
        let path = folder.join(format!("{name}.html"));
        std::fs::write(&path, tape.mask(source)).ok()?;
        kept.push(path.display().to_string());
    }
    (!kept.is_empty()).then(|| format!("; the browser saw {}", kept.join(" and ")))
}

#[cfg(test)]
mod tests {
    use super::*;

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
