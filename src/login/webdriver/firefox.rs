//! What is Firefox's own: how it is asked for, and what its BiDi connection tells of cookies and of its network.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value as Json, json};
use url::Url;

use super::bidi::Bidi;
use super::network::{self, Answer, Fact};
use super::reaching::Reaching;
use crate::protocol::Secret;
use crate::wire::Cookie;

/// Forms that are longer carry something else than an answer.
const LONGEST_FORM: usize = 1 << 20;

/// What is asked of its driver.
pub(super) fn capabilities(headed: bool, reaching: &Reaching<'_>) -> Json {
    let mut arguments = vec!["--width=1200".to_owned(), "--height=1000".to_owned()];
    arguments.extend((!headed).then(|| "-headless".to_owned()));
    let mut said = json!({
        "browserName": "firefox",
        "acceptInsecureCerts": reaching.insecure(),
        "webSocketUrl": true,
        // A page that never finishes loading can be operated all the same.
        "pageLoadStrategy": "none",
        "unhandledPromptBehavior": "accept",
        "moz:firefoxOptions": {
            "args": arguments,
            "prefs": {
                "dom.security.https_first": false,
                "dom.security.https_only_mode": false,
                "network.proxy.allow_hijacking_localhost": true,
                "security.warn_submit_secure_to_insecure": false,
                "signon.autofillForms": false,
                "signon.rememberSignons": false,
            },
        },
    });
    if reaching.wants_script() {
        said["proxy"] = json!({ "proxyType": "pac", "proxyAutoconfigUrl": script(reaching) });
    }
    said
}

/// A script by which hosts that are not to be reached are sent to a proxy that is none, and all others on their way.
fn script(reaching: &Reaching<'_>) -> String {
    let (http, https, except) = reaching.ways();
    let known =
        [("HOSTS", json!(reaching.unreachable)), ("HTTP", json!(http)), ("HTTPS", json!(https)), ("EXCEPT", json!(except))];
    let known: String = known.into_iter().map(|(name, value)| format!("var {name} = {value};\n")).collect();
    format!("data:application/x-ns-proxy-autoconfig;base64,{}", STANDARD.encode(format!("{known}{}", include_str!("ways.js"))))
}

/// One window of a Firefox, listened to.
pub(super) struct Firefox {
    bidi: Bidi,
    window: String,
    /// Answers that lead on, by request, until what they lead to is asked for.
    redirects: HashMap<String, Answer>,
}

impl Firefox {
    /// Begins to listen to this window.
    pub async fn listen(socket: &str, window: String) -> Result<Self, String> {
        let mut bidi = Bidi::connect(socket).await?;
        let events = ["network.beforeRequestSent", "network.responseStarted", "network.fetchError"];
        bidi.command("session.subscribe", json!({ "events": events })).await?;
        let wanted = json!({ "dataTypes": ["request"], "maxEncodedDataSize": LONGEST_FORM });
        bidi.command("network.addDataCollector", wanted)
            .await
            .map_err(|why| format!("this Firefox does not tell what its forms carry, a newer one does ({why})"))?;
        Ok(Self { bidi, window, redirects: HashMap::new() })
    }

    /// What happened to its documents since it was last asked.
    pub async fn facts(&mut self, password: &Secret) -> Vec<Fact> {
        let mut facts = Vec::new();
        while let Some(event) = self.bidi.event().await {
            facts.extend(self.fact(&event, password).await);
        }
        facts
    }

    async fn fact(&mut self, event: &Json, password: &Secret) -> Option<Fact> {
        let params = &event["params"];
        let said = &params["request"];
        if params["context"] != self.window.as_str() || !params["navigation"].is_string() {
            return None;
        }
        let url = Url::parse(said["url"].as_str()?).ok().filter(|url| url.scheme() != "data")?;
        let id = said["request"].as_str()?.to_owned();
        match event["method"].as_str()? {
            "network.beforeRequestSent" => {
                let verb = said["method"].as_str()?;
                let form = match verb {
                    "POST" if said["bodySize"] != 0 => match self.form(&id).await {
                        Ok(form) => form,
                        Err(why) => return Some(Fact::Failed(format!("the browser does not tell what a form carries: {why}"))),
                    },
                    _ => String::new(),
                };
                let request = network::request(&url, verb, headers(&said["headers"]), &form, password);
                Some(match self.redirects.remove(&id) {
                    Some(answer) => Fact::Redirected(answer, request),
                    None => Fact::Asked(request),
                })
            }
            "network.responseStarted" => {
                let response = &params["response"];
                let status = u16::try_from(response["status"].as_u64()?).ok()?;
                let answer = Answer { status, headers: headers(&response["headers"]) };
                if let Some(to) = network::leaves_browser(&answer) {
                    return Some(Fact::LeftBrowser(answer, to));
                }
                let leads_on = matches!(status, 301 | 302 | 303 | 307 | 308);
                if leads_on && answer.headers.iter().any(|(name, _)| name == "location") {
                    self.redirects.insert(id, answer);
                    return None;
                }
                Some(Fact::Answered(answer))
            }
            // A document that another takes the place of was given up by the browser, not by the server.
            "network.fetchError" if params["errorText"] != "NS_BINDING_ABORTED" => {
                params["errorText"].as_str().map(|text| Fact::Failed(text.to_owned()))
            }
            _ => None,
        }
    }

    async fn form(&mut self, id: &str) -> Result<String, String> {
        let got = self.bidi.command("network.getData", json!({ "dataType": "request", "request": id })).await?;
        Ok(text_of(&got["bytes"]))
    }

    /// Takes over a cookie.
    pub async fn take(&mut self, cookie: &Cookie) {
        let domain = match cookie.domain.trim_start_matches('.') {
            host if cookie.host_only => host.to_owned(),
            domain => format!(".{domain}"),
        };
        let told = json!({
            "name": cookie.name,
            "value": { "type": "string", "value": cookie.value },
            "domain": domain,
            "path": cookie.path,
            "secure": cookie.secure,
            "httpOnly": cookie.http_only,
        });
        // A cookie that the browser refuses is one that it would not have sent.
        let _ = self.bidi.command("storage.setCookie", json!({ "cookie": told })).await;
    }

    /// The cookies that it holds.
    pub async fn cookies(&mut self) -> Option<Vec<Cookie>> {
        let said = self.bidi.command("storage.getCookies", json!({})).await.ok()?;
        let read = |said: &Json| network::cookie(said, text_of(&said["value"]));
        Some(said["cookies"].as_array()?.iter().map(read).collect())
    }
}

/// Octets that are told as a text, or as Base64 where they are none.
fn text_of(said: &Json) -> String {
    let value = said["value"].as_str().unwrap_or_default();
    match said["type"].as_str() {
        Some("base64") => String::from_utf8_lossy(&STANDARD.decode(value).unwrap_or_default()).into_owned(),
        Some(_) | None => value.to_owned(),
    }
}

fn headers(said: &Json) -> Vec<(String, String)> {
    let entries = said.as_array().into_iter().flatten();
    entries
        .flat_map(|entry| network::header_lines(entry["name"].as_str().unwrap_or_default(), &text_of(&entry["value"])))
        .collect()
}
