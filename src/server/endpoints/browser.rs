//! The browser's side of a request: its session, its forms, and where it stands in an interaction.

use crate::server::core::form::Parameters;
use crate::server::core::grant::ApprovingUser;
use crate::server::core::message::{Request, Response};
use crate::server::core::realm::Realm;
use crate::server::core::session::{Interaction, Session};
use crate::server::defect::{authorization as seam, pages};
use subtle::ConstantTimeEq as _;

use super::page::error_page;

const COOKIE: &str = "flowproof_session";

/// What a page needs to know about its browser.
pub struct Browser {
    /// The name of the session.
    pub session: String,
    /// What its forms must carry.
    pub csrf: String,
    /// Who is logged in.
    pub user: Option<ApprovingUser>,
    fresh: bool,
}

impl Browser {
    /// The browser behind a request; it gets a session if it has none.
    pub fn of(realm: &Realm, request: &Request) -> Self {
        Self::known(realm, request).unwrap_or_else(|| Self::fresh(realm))
    }

    /// The browser behind a request, if it has a session. A user whose account was closed is logged in no more.
    pub fn known(realm: &Realm, request: &Request) -> Option<Self> {
        Self::named(realm, request.cookie(COOKIE)?)
    }

    /// The browser whose session the address of a login form names: sound addresses name none.
    pub fn in_address(realm: &Realm, question: &str) -> Option<Self> {
        Self::named(realm, pages::session_in_address(&realm.defects, question)?)
    }

    fn named(realm: &Realm, name: &str) -> Option<Self> {
        let now = realm.now();
        let mut sessions = realm.memory.sessions.of(name);
        let session = sessions.get_mut(name).filter(|session| now < session.expires_at)?;
        session.expires_at = now + realm.config.policy.session_lifetime * 1_000;
        session.user.take_if(|user| !realm.has_open_account(&user.sub));
        Some(Self { session: name.to_owned(), csrf: session.csrf.clone(), user: session.user.clone(), fresh: false })
    }

    fn fresh(realm: &Realm) -> Self {
        let (name, csrf, now) = (realm.secret(), realm.secret(), realm.now());
        let session = Session::new(csrf.clone(), now + realm.config.policy.session_lifetime * 1_000);
        realm.memory.sessions.of(&name).insert(&name, session, now);
        Self { session: name, csrf, user: None, fresh: true }
    }

    /// Whoever logs in gets a new session name and new form tokens, so that nobody can have planted the old ones.
    pub fn log_in(self, realm: &Realm, user: ApprovingUser) -> Self {
        let (name, csrf, now) = (realm.secret(), realm.secret(), realm.now());
        let old = realm.memory.sessions.of(&self.session).remove(&self.session);
        let mut session = old.unwrap_or_else(|| Session::new(String::new(), now));
        session.csrf.clone_from(&csrf);
        session.expires_at = now + realm.config.policy.session_lifetime * 1_000;
        session.user = Some(user.clone());
        seam::note_login(realm, &user);
        realm.memory.sessions.of(&name).insert(&name, session, now);
        Self { session: name, csrf, user: Some(user), fresh: true }
    }

    /// Opens a question in this browser's session; returns its name.
    pub fn open(&self, realm: &Realm, interaction: Interaction) -> String {
        let id = pages::question_name(&realm.defects, &self.session, realm.secret());
        if let Some(session) = realm.memory.sessions.of(&self.session).get_mut(&self.session) {
            session.open(id.clone(), interaction);
        }
        id
    }

    /// The open question of this name.
    pub fn interaction(&self, realm: &Realm, id: &str) -> Option<Interaction> {
        realm.memory.sessions.of(&self.session).get(&self.session)?.interaction(id).cloned()
    }

    /// Takes the question of this name, for it is answered: only one of two answers at the same time gets it.
    pub fn close(&self, realm: &Realm, id: &str) -> Option<Interaction> {
        realm.memory.sessions.of(&self.session).get_mut(&self.session)?.close(id)
    }

    /// The answer with the session's cookie, if the browser does not have it yet.
    pub fn remember(&self, realm: &Realm, response: Response) -> Response {
        if !self.fresh {
            return response;
        }
        // Over plain HTTP, as on a developer's machine, browsers would not keep a `Secure` cookie.
        let secure = if realm.issuer.starts_with("https:") { "; Secure" } else { "" };
        response.with("set-cookie", format!("{COOKIE}={}; Path={}/; HttpOnly; SameSite=Lax{secure}", self.session, realm.path()))
    }

    /// The hidden field that proves that a form came from a page of this session (RFC 6749 section 10.12).
    pub fn csrf_field(&self) -> String {
        format!("<input type=\"hidden\" name=\"csrf\" value=\"{}\">", self.csrf)
    }

    /// Whether a form came from a page of this session.
    pub fn sent(&self, form: &Parameters) -> bool {
        form.get("csrf").is_some_and(|token| token.as_bytes().ct_eq(self.csrf.as_bytes()).into())
    }
}

/// The form of a POST from one of our pages.
///
/// # Errors
/// A page that explains what is wrong with it.
pub fn posted_form(realm: &Realm, request: &Request) -> Result<Parameters, Box<Response>> {
    if !from_own_page(realm, request) {
        return Err(Box::new(error_page(403, "This form was sent from another site.")));
    }
    if !request.is_form() {
        return Err(Box::new(error_page(400, "This is not a form.")));
    }
    Parameters::parse(&request.body).map_err(|_| Box::new(error_page(400, "The form cannot be read.")))
}

/// A browser that names an origin must name ours; with `Referrer-Policy: no-referrer` it says `null`, and the form token decides alone.
fn from_own_page(realm: &Realm, request: &Request) -> bool {
    let Some(origin) = request.header("origin") else { return true };
    let address = realm.issuer.trim_end_matches('/');
    let own = address.strip_suffix(&realm.path()).unwrap_or(address);
    let named_by_host = request.header("host").is_some_and(|host| origin.split_once("://").is_some_and(|(_, at)| at == host));
    origin == "null" || origin == own || named_by_host
}

/// The page for a form that comes too late or from elsewhere.
pub fn stale_page() -> Response {
    error_page(400, "This page is no longer valid. Go back to the application and start again.")
}
