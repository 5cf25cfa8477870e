//! Leads a browser from a validated request to the user's answer: login first, then the question, then back to the client.

use crate::server::core::message::{ClientRedirect, Content, Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::session::Interaction;
use crate::server::defect::{authorization as seam, authorization_response as answering, pages};

use super::browser::Browser;
use super::page::guarded;
use super::{consent, login, verification};

/// Puts a question to the browser that asked.
pub fn begin(realm: &Realm, request: &Request, interaction: Interaction) -> Response {
    let browser = Browser::of(realm, request);
    let response = ask(realm, &browser, interaction);
    browser.remember(realm, response)
}

/// The login page if nobody is logged in, else the question itself.
pub fn ask(realm: &Realm, browser: &Browser, interaction: Interaction) -> Response {
    if let Some(user) = &browser.user {
        return match interaction {
            Interaction::Refused(redirect) => to_client(redirect),
            Interaction::Authorization(request)
                if pages::is_approved_already(&realm.defects, realm.client(&request.client_id)) =>
            {
                consent::granted(realm, *request, user)
            }
            Interaction::Authorization(request) => {
                let id = browser.open(realm, Interaction::Authorization(request.clone()));
                consent::page(realm, browser, &id, &request, user)
            }
            Interaction::Device(question) => {
                let id = browser.open(realm, Interaction::Device(question.clone()));
                verification::question_page(realm, browser, &id, &question)
            }
        };
    }
    let interaction = match interaction {
        Interaction::Refused(redirect) if answering::bounces_errors(&realm.defects) => return to_client(redirect),
        asked @ (Interaction::Refused(_) | Interaction::Authorization(_) | Interaction::Device(_)) => asked,
    };
    match seam::without_login(realm, &interaction) {
        Some((request, user)) => consent::granted(realm, request, &user),
        None => {
            let id = browser.open(realm, interaction);
            login::page(realm, browser, &id, None)
        }
    }
}

/// Where a browser that has logged in goes on.
pub fn resumed(realm: &Realm, browser: &Browser, id: &str, interaction: &Interaction) -> Response {
    match interaction {
        Interaction::Refused(redirect) => {
            browser.close(realm, id);
            to_client(redirect.clone())
        }
        Interaction::Authorization(_) => super::page::see_other(format!("{}/consent/{id}", realm.path())),
        Interaction::Device(_) => super::page::see_other(format!("{}/device/{id}", realm.path())),
    }
}

/// Sends the browser back to the client; 303, so that no form with a password in it is repeated there (RFC 9700 section 4.12).
pub fn to_client(redirect: ClientRedirect) -> Response {
    guarded(Response { content: Content::Client(redirect), ..Response::empty(303) })
}
