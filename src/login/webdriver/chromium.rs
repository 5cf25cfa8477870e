//! What is Chromium's own: how it is asked for, and what its DevTools tell of cookies and of its network.

use serde_json::{Value as Json, json};
use url::Url;

use super::network::{self, Answer, Fact};
use super::reaching::Reaching;
use crate::protocol::{Request, Secret};
use crate::wire::Cookie;

/// What it would do by itself: turn to https, and ask its maker about passwords, forms and the time.
const NOT_WANTED: [&str; 7] = [
    "AutofillServerCommunication",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PasswordLeakDetection",
    "Translate",
];

/// What is asked of its driver.
pub(super) fn capabilities(headed: bool, reaching: &Reaching<'_>) -> Json {
    let mut arguments = vec![
        "--no-first-run".to_owned(),
        "--no-default-browser-check".to_owned(),
        "--disable-background-networking".to_owned(),
        "--disable-component-update".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-extensions".to_owned(),
        // The pages of a login are nobody else's business.
        "--disable-domain-reliability".to_owned(),
        format!("--disable-features={}", NOT_WANTED.join(",")),
        "--disable-sync".to_owned(),
        "--window-size=1200,1000".to_owned(),
    ];
    arguments.extend((!headed).then(|| "--headless=new".to_owned()));
    arguments.extend(is_root().then(|| "--no-sandbox".to_owned()));
    arguments.extend(reaching.arguments());
    json!({
        "browserName": "chrome",
        "acceptInsecureCerts": reaching.insecure(),
        // A page that never finishes loading can be operated all the same.
        "pageLoadStrategy": "none",
        "unhandledPromptBehavior": "accept",
        "goog:loggingPrefs": { "performance": "ALL" },
        "goog:chromeOptions": {
            "args": arguments,
            "perfLoggingPrefs": { "enableNetwork": true, "enablePage": false },
            "prefs": { "credentials_enable_service": false, "profile.password_manager_enabled": false },
        },
    })
}

/// Chromium does not run in its sandbox for root.
fn is_root() -> bool {
    #[cfg(unix)]
    return rustix::process::geteuid().is_root();
    #[cfg(not(unix))]
    false
}

/// A cookie as the browser's own protocol puts it.
pub(super) fn cookie(cookie: &Cookie) -> Json {
    let mut told = json!({
        "name": cookie.name,
        "value": cookie.value,
        "path": cookie.path,
        "secure": cookie.secure,
        "httpOnly": cookie.http_only,
    });
    if cookie.host_only {
        let scheme = if cookie.secure { "https" } else { "http" };
        told["url"] = json!(format!("{scheme}://{}{}", cookie.domain, cookie.path));
    } else {
        told["domain"] = json!(format!(".{}", cookie.domain.trim_start_matches('.')));
    }
    told
}

/// The cookies that it holds.
pub(super) fn cookies(said: &Json) -> Vec<Cookie> {
    let read = |said: &Json| network::cookie(said, said["value"].as_str().unwrap_or_default().to_owned());
    said["cookies"].as_array().into_iter().flatten().map(read).collect()
}

/// The facts of the entries of a performance log.
pub(super) fn facts(entries: &Json, password: &Secret) -> Vec<Fact> {
    let entries = entries.as_array().map(Vec::as_slice).unwrap_or_default();
    let messages = entries.iter().filter_map(|entry| serde_json::from_str::<Json>(entry["message"].as_str()?).ok());
    messages.filter_map(|message| fact(&message, password)).collect()
}

fn fact(message: &Json, password: &Secret) -> Option<Fact> {
    let (window, event) = (message["webview"].as_str()?, &message["message"]);
    let params = &event["params"];
    let of_window = params["type"] == "Document" && params["frameId"] == window;
    match event["method"].as_str()? {
        "Network.requestWillBeSent" if of_window => {
            let request = request(&params["request"], password)?;
            Some(match params.get("redirectResponse") {
                Some(response) => Fact::Redirected(answer(response)?, request),
                None => Fact::Asked(request),
            })
        }
        "Network.responseReceived" if of_window => answer(&params["response"]).map(Fact::Answered),
        "Network.responseReceivedExtraInfo" => {
            let status = u16::try_from(params["statusCode"].as_u64()?).ok()?;
            let answer = Answer { status, headers: headers(&params["headers"]) };
            let to = network::leaves_browser(&answer)?;
            Some(Fact::LeftBrowser(answer, to))
        }
        // A document that another takes the place of was given up by the browser, not by the server.
        "Network.loadingFailed" if params["type"] == "Document" && params["errorText"] != "net::ERR_ABORTED" => {
            params["errorText"].as_str().map(|text| Fact::Failed(text.to_owned()))
        }
        _ => None,
    }
}

fn request(said: &Json, password: &Secret) -> Option<Request> {
    let mut url = Url::parse(said["url"].as_str()?).ok()?;
    if !matches!(url.scheme(), "http" | "https") && said["url"].as_str()?.starts_with("data:") {
        return None;
    }
    if let Some(fragment) = said["urlFragment"].as_str() {
        url.set_fragment(Some(fragment.trim_start_matches('#')));
    }
    let form = said["postData"].as_str().unwrap_or_default();
    Some(network::request(&url, said["method"].as_str()?, headers(&said["headers"]), form, password))
}

fn answer(said: &Json) -> Option<Answer> {
    let status = u16::try_from(said["status"].as_u64()?).ok()?;
    Some(Answer { status, headers: headers(&said["headers"]) })
}

fn headers(said: &Json) -> Vec<(String, String)> {
    let entries = said.as_object().into_iter().flatten();
    entries.flat_map(|(name, value)| network::header_lines(name, value.as_str().unwrap_or_default())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::protocol::{Body, Value};

    fn told(events: &[Json]) -> Vec<Fact> {
        let entries: Vec<Json> =
            events.iter().map(|event| json!({ "message": json!({ "webview": "W", "message": event }).to_string() })).collect();
        facts(&Json::Array(entries), &Secret::chosen("password", "hunter two"))
    }

    #[test]
    fn a_redirect_keeps_its_status_its_location_and_the_fragment() {
        let events = [
            json!({ "method": "Network.requestWillBeSent", "params": { "type": "Document", "frameId": "W",
                "request": { "url": "http://127.0.0.1:9/login", "method": "POST", "postData": "u=a&p=hunter+two", "headers": {} } } }),
            json!({ "method": "Network.requestWillBeSent", "params": { "type": "Document", "frameId": "W",
                "request": { "url": "https://client.example/cb", "urlFragment": "#state=s", "method": "GET", "headers": {} },
                "redirectResponse": { "status": 303, "headers": { "Location": "https://client.example/cb#state=s", "Set-Cookie": "a=1\nb=2" } } } }),
            json!({ "method": "Network.requestWillBeSent", "params": { "type": "Image", "frameId": "W",
                "request": { "url": "http://127.0.0.1:9/logo", "method": "GET", "headers": {} } } }),
        ];
        let facts = told(&events);
        let [Fact::Asked(asked), Fact::Redirected(answer, next)] = facts.as_slice() else { panic!("{facts:?}") };
        assert!(
            matches!(&asked.body, Body::Form(form) if matches!(&form[1].1, Value::Secret(_))),
            "the password is known as one"
        );
        assert_eq!(answer.status, 303);
        assert_eq!(answer.headers.iter().filter(|(name, _)| name == "set-cookie").count(), 2);
        assert_eq!(next.url.fragment(), Some("state=s"));
    }

    #[test]
    fn an_answer_that_leads_to_another_program_is_told_though_the_browser_asks_for_nothing() {
        let facts = told(&[json!({ "method": "Network.responseReceivedExtraInfo", "params": { "statusCode": 302,
            "headers": { "location": "com.example.app:/cb?code=c" } } })]);
        assert!(
            matches!(&facts[..], [Fact::LeftBrowser(answer, to)] if answer.status == 302 && to.scheme() == "com.example.app")
        );
    }
}
