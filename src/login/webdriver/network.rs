//! What the browser's own record of its network says of its documents: requests, redirects and answers as HTTP facts.

use serde_json::Value as Json;
use url::Url;

use crate::protocol::{Body, Endpoint, Method, Request, Secret, Value};

/// Something that happened to a document of the browser's window.
#[derive(Clone, Debug)]
pub(super) enum Fact {
    /// It is asked for.
    Asked(Request),
    /// The answer to what was asked leads on, and that is asked for now.
    Redirected(Answer, Request),
    /// The answer to what was asked came.
    Answered(Answer),
    /// The answer leads to a program other than the browser.
    LeftBrowser(Answer, Url),
    /// There is no answer.
    Failed(String),
}

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
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
            let (_, location) = answer.headers.iter().find(|(name, _)| name == "location")?;
            let to = Url::parse(location).ok().filter(|url| !matches!(url.scheme(), "http" | "https"))?;
            (300..400).contains(&status).then_some(Fact::LeftBrowser(answer, to))
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
    let method = match said["method"].as_str()? {
        "POST" => Method::Post,
        "HEAD" => Method::Head,
        _ => Method::Get,
    };
    let mut request = Request::get(Endpoint::Page, &url).method(method);
    let told = ["referer", "origin"];
    request.headers = headers(&said["headers"])
        .into_iter()
        .filter(|(name, _)| told.contains(&name.as_str()))
        .map(|(name, value)| (name, Value::from(value.as_str())))
        .collect();
    if method == Method::Post {
        let form = url::form_urlencoded::parse(said["postData"].as_str().unwrap_or_default().as_bytes());
        let value = |value: String| match value == password.expose() {
            true => Value::Secret(password.clone()),
            false => Value::from(value.as_str()),
        };
        request.body = Body::Form(form.into_owned().map(|(name, text)| (name, value(text))).collect());
    }
    Some(request)
}

fn answer(said: &Json) -> Option<Answer> {
    let status = u16::try_from(said["status"].as_u64()?).ok()?;
    Some(Answer { status, headers: headers(&said["headers"]) })
}

/// Lines of one name are told as one value with line breaks.
fn headers(said: &Json) -> Vec<(String, String)> {
    let entries = said.as_object().into_iter().flatten();
    let lines = entries.flat_map(|(name, value)| {
        let name = name.to_ascii_lowercase();
        value.as_str().unwrap_or_default().lines().map(move |line| (name.clone(), line.to_owned()))
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

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
