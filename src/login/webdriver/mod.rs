//! The webdriver driver: a real browser takes the user's place where a page stands still; what is HTTP is read as HTTP all along.

mod bidi;
mod browser;
mod chromium;
mod firefox;
mod network;
mod program;
mod reaching;
mod user;
mod visit;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;

use self::browser::Browser;
use self::reaching::Reaching;
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
    let reaching = Reaching::like(wire, reaching::unreachable(&errand.start.target(), errand.stop_at.uris()));
    let browsers = BROWSERS.get_or_init(|| Semaphore::new(config.sessions));
    let Ok(_turn) = browsers.acquire().await else { return Sighting { hops, end } };
    let browser = match Browser::open(config, &reaching).await {
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
    hops.extend(visit.into_hops(wire.connect()));
    if let Some(cookies) = browser.jar().await {
        *jar = cookies;
    }
    browser.close().await;
    Sighting { hops, end }
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
