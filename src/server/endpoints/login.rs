//! The login page: user name and password, bound to the browser that was asked.

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::server::core::form::Parameters;
use crate::server::core::message::{Request, Response};
use crate::server::core::realm::Realm;
use crate::server::defect::pages;

use super::browser::{Browser, posted_form, stale_page};
use super::interaction;
use super::page::{self, error_page};

/// The form, with a word about the attempt before.
pub fn page(realm: &Realm, browser: &Browser, id: &str, complaint: Option<&str>) -> Response {
    let complaint = complaint.map(|text| format!("<p role=\"alert\">{}</p>\n", page::escaped(text))).unwrap_or_default();
    let (path, id, csrf) = (realm.path(), page::escaped(id), browser.csrf_field());
    page::page(
        200,
        "Log in",
        &format!(
            "{complaint}<form method=\"post\" action=\"{path}/login/{id}\">\n{csrf}\n\
             <label>User name <input name=\"username\" autocomplete=\"username\" autofocus required></label>\n\
             <label>Password <input type=\"password\" name=\"password\" autocomplete=\"current-password\" required></label>\n\
             <button type=\"submit\">Log in</button>\n</form>"
        ),
    )
}

/// Answers the form.
pub fn answer(realm: &Realm, request: &Request, id: &str) -> Response {
    match request.method.as_str() {
        "GET" | "HEAD" => match Browser::known(realm, request).filter(|browser| browser.interaction(realm, id).is_some()) {
            Some(browser) => page(realm, &browser, id, None),
            None => stale_page(),
        },
        "POST" => posted_form(realm, request).map_or_else(|response| *response, |form| submitted(realm, request, id, &form)),
        _ => error_page(405, "This page is for GET and POST.").with("allow", "GET, POST"),
    }
}

fn submitted(realm: &Realm, request: &Request, id: &str, form: &Parameters) -> Response {
    let browser = Browser::known(realm, request).filter(|browser| browser.sent(form));
    let Some(browser) = browser.or_else(|| Browser::in_address(realm, id)) else { return stale_page() };
    let Some(interaction) = browser.interaction(realm, id) else { return stale_page() };
    let username = form.get("username").unwrap_or_default();
    let known = realm.user(username);
    let now = realm.now();
    let counter = || format!("user {username}");
    if known.is_some() && realm.memory.failures.exhausted(counter, realm.config.policy.failures_per_minute, now) {
        return error_page(429, "Too many failed attempts. Try again in a minute.").with("retry-after", "60");
    }
    let password = form.get("password").unwrap_or_default();
    // Someone unknown costs the same comparison, so that time does not tell who is known.
    let expected = known.map(|user| user.password.expose()).unwrap_or_default();
    let right: bool = Sha256::digest(password).as_slice().ct_eq(Sha256::digest(expected).as_slice()).into();
    let Some(user) = known.filter(|user| right && !password.is_empty() && !user.disabled) else {
        if known.is_some() {
            realm.memory.failures.count(counter(), now);
        }
        return page(realm, &browser, id, Some("User name or password is wrong."));
    };
    let browser = browser.log_in(realm, realm.logged_in(user.subject(), now));
    if let Some(response) = pages::after_login(&realm.defects, request) {
        return browser.remember(realm, response);
    }
    let response = match pages::logged_in_for(realm, request, form, &interaction) {
        None => interaction::resumed(realm, &browser, id, &interaction),
        Some(other) => interaction::resumed(realm, &browser, &browser.open(realm, other.clone()), &other),
    };
    browser.remember(realm, response)
}
