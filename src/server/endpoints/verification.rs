//! The verification page of the device grant: type the code, log in, see the code again, decide (RFC 8628 sections 3.3 and 5.4).

use crate::server::core::device::Decision;
use crate::server::core::form::Parameters;
use crate::server::core::grant::ApprovingUser;
use crate::server::core::message::{Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::session::{DeviceQuestion, Interaction};
use crate::server::defect::{device as seam, device_pages as pages};

use super::browser::{Browser, posted_form, stale_page};
use super::consent::{decision_form, scope_list};
use super::page::{self, error_page};
use super::{interaction, login};

/// What wrong user codes of a whole realm are counted under.
const EVERY_SESSION: &str = "user codes";

/// The form, and the answer to it.
pub fn answer(realm: &Realm, request: &Request) -> Response {
    match request.method.as_str() {
        "GET" | "HEAD" => {
            let Ok(parameters) = Parameters::parse(request.query.as_bytes()) else {
                return error_page(400, "The address cannot be read.");
            };
            match parameters.one("user_code") {
                Ok(Some(code)) => entered(realm, request, code, true),
                Ok(None) if seam::page_is_lost(&realm.defects) => error_page(404, "There is nothing here."),
                Ok(None) => code_form(realm, &Browser::of(realm, request), None),
                Err(_) => error_page(400, "The address holds more than one code."),
            }
        }
        "POST" => posted_form(realm, request).map_or_else(|response| *response, |form| typed(realm, request, &form)),
        _ => error_page(405, "This page is for GET and POST.").with("allow", "GET, POST"),
    }
}

fn code_form(realm: &Realm, browser: &Browser, complaint: Option<&str>) -> Response {
    let complaint = complaint.map(|text| format!("<p role=\"alert\">{}</p>\n", page::escaped(text))).unwrap_or_default();
    let (path, csrf) = (realm.path(), browser.csrf_field());
    let form = page::page(
        200,
        "Connect a device",
        &format!(
            "{complaint}<form method=\"post\" action=\"{path}/device\">\n{csrf}\n\
             <label>Code shown on the device <input name=\"user_code\" autocomplete=\"off\" autofocus required></label>\n\
             <button type=\"submit\">Continue</button>\n</form>"
        ),
    );
    browser.remember(realm, form)
}

fn typed(realm: &Realm, request: &Request, form: &Parameters) -> Response {
    let Some(browser) = Browser::known(realm, request) else { return stale_page() };
    if !browser.sent(form) {
        return stale_page();
    }
    match form.one("user_code") {
        Ok(Some(code)) => entered(realm, request, code, false),
        Ok(None) | Err(_) => code_form(realm, &browser, Some("Type the code that the device shows.")),
    }
}

/// Guessing is slow for one browser, and for all of them together (RFC 8628 section 5.1).
fn entered(realm: &Realm, request: &Request, code: &str, from_address: bool) -> Response {
    let browser = Browser::of(realm, request);
    let (now, policy) = (realm.now(), &realm.config.policy);
    let memory = &realm.memory;
    let mut sessions = memory.sessions.of(&browser.session);
    let guesses = sessions.get(&browser.session).map_or(0, |session| session.wrong_user_codes);
    let every_session = || EVERY_SESSION.to_owned();
    let guessed_enough =
        guesses >= policy.user_codes_per_session || memory.failures.exhausted(every_session, policy.failures_per_minute, now);
    if pages::guessing_is_stopped(&realm.defects, guessed_enough) {
        return error_page(429, "Too many wrong codes. Try again in a minute.").with("retry-after", "60");
    }
    let devices = memory.devices();
    let waiting = devices.find(code).filter(|device_code| {
        devices.get(device_code).is_some_and(|device| {
            pages::waits(&realm.defects, device, now) && seam::user_code_fits(&realm.defects, code, &device.user_code)
        })
    });
    let Some(device_code) = waiting.map(str::to_owned) else {
        if let Some(session) = sessions.get_mut(&browser.session) {
            session.wrong_user_codes += 1;
        }
        memory.failures.count(every_session(), now);
        drop((devices, sessions));
        return code_form(realm, &browser, Some("No device waits with this code."));
    };
    drop((devices, sessions));
    let question = DeviceQuestion { device_code, from_address };
    if let Some(user) = seam::approves_on_opening(&realm.defects, &browser.user, from_address) {
        return settled(realm, &question, Decision::Approved(user));
    }
    if seam::login_is_skipped(&realm.defects, &browser.user) {
        let id = browser.open(realm, Interaction::Device(question.clone()));
        return browser.remember(realm, question_page(realm, &browser, &id, &question));
    }
    let response = interaction::ask(realm, &browser, Interaction::Device(question));
    browser.remember(realm, response)
}

/// The question, with the code that the user compares with the device.
pub fn question_page(realm: &Realm, browser: &Browser, id: &str, question: &DeviceQuestion) -> Response {
    let shown = {
        let devices = realm.memory.devices();
        devices
            .get(&question.device_code)
            .map(|device| (device.user_code.clone(), device.client_id.clone(), device.scopes.clone()))
    };
    let Some((user_code, client_id, scopes)) = shown else { return stale_page() };
    let name = realm.client(&client_id).and_then(|client| client.name.clone()).unwrap_or(client_id);
    let (comparison, code) = if seam::code_is_hidden(&realm.defects, question) {
        ("", String::new())
    } else {
        let code = format!("<p class=\"code\">{}</p>\n", page::escaped(&user_code));
        ("<p>Is this the code on the device in front of you?</p>\n", code)
    };
    let form = decision_form(&format!("{}/device/{}", realm.path(), page::escaped(id)), browser);
    if let Some(title) = pages::title_that_says_nothing(&realm.defects) {
        return page::page(200, title, &format!("{code}{form}"));
    }
    page::page(
        200,
        "Connect this device?",
        &format!(
            "{comparison}{code}<p><strong>{}</strong> asks for access:</p>\n{}{form}",
            page::escaped(&name),
            scope_list(scopes.iter()),
        ),
    )
}

/// Asks, or takes the user's decision.
pub fn decision(realm: &Realm, request: &Request, id: &str) -> Response {
    match request.method.as_str() {
        "GET" | "HEAD" => {
            let Some(browser) = Browser::known(realm, request) else { return stale_page() };
            match (browser.interaction(realm, id), &browser.user) {
                (Some(Interaction::Device(question)), Some(_)) => question_page(realm, &browser, id, &question),
                (Some(Interaction::Device(_)), None) => login::page(realm, &browser, id, None),
                (Some(Interaction::Refused(_) | Interaction::Authorization(_)) | None, _) => stale_page(),
            }
        }
        "POST" => posted_form(realm, request).map_or_else(|response| *response, |form| decided(realm, request, id, &form)),
        _ => error_page(405, "This page is for GET and POST.").with("allow", "GET, POST"),
    }
}

fn decided(realm: &Realm, request: &Request, id: &str, form: &Parameters) -> Response {
    let Some(browser) = Browser::known(realm, request) else { return stale_page() };
    if !pages::decision_is_genuine(&realm.defects, form, browser.sent(form)) {
        return stale_page();
    }
    let Some(user) = seam::deciding_user(realm, browser.user.clone()) else { return stale_page() };
    let decision = match form.one("decision") {
        Ok(Some("allow")) => Decision::Approved(user),
        Ok(Some("deny")) => Decision::Denied,
        Ok(_) | Err(_) => return error_page(400, "The answer is neither yes nor no."),
    };
    match browser.close(realm, id) {
        Some(Interaction::Device(question)) => settled(realm, &question, decision),
        Some(Interaction::Refused(_) | Interaction::Authorization(_)) | None => stale_page(),
    }
}

fn settled(realm: &Realm, question: &DeviceQuestion, decision: Decision) -> Response {
    let approved = matches!(decision, Decision::Approved(ApprovingUser { .. }));
    let now = realm.now();
    let user_code = match realm.memory.devices().get_mut(&question.device_code) {
        Some(device) if pages::waits(&realm.defects, device, now) => {
            device.decision = decision;
            page::escaped(&device.user_code)
        }
        Some(_) | None => return stale_page(),
    };
    let (title, text) =
        if approved { ("Device connected", "You can go back to it.") } else { ("Device refused", "It gets no access.") };
    page::page(200, title, &format!("<p class=\"code\">{user_code}</p>\n<p>{text}</p>"))
}
