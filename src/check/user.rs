//! How a scene sends somebody to a browser: every walk of a check, by the driver that the provider file names.

use super::halt::Halt;
use super::scene::Scene;
use crate::login::{self, Decision, Errand, Sighting, Stop};
use crate::protocol::{Endpoint, Request, Secret};
use crate::wire::Jar;
use url::Url;

/// One walk of a user of the provider file's.
#[derive(Clone, Debug)]
pub struct Outing<'a> {
    /// The first request.
    pub start: Request,
    /// Where it ends.
    pub stop_at: Stop<'a>,
    /// The code to type at a verification page.
    pub user_code: Option<&'a Secret>,
    /// What the user answers when asked.
    pub decision: Decision,
}

impl<'a> Outing<'a> {
    /// To the authorization endpoint, or on from one of its pages, until one of these redirect URIs.
    pub fn authorization(start: Request, stops: &'a [&'a str], decision: Decision) -> Self {
        Self { start, stop_at: Stop::RedirectUri(stops), user_code: None, decision }
    }

    /// To a verification page, until the page behind the decision.
    pub fn verification(page: &Url, user_code: Option<&'a Secret>, decision: Decision) -> Self {
        Self { start: Request::get(Endpoint::Verification, page), stop_at: Stop::Decision, user_code, decision }
    }

    /// As this, to another stop.
    #[must_use]
    pub fn until(self, stop_at: Stop<'a>) -> Self {
        Self { stop_at, ..self }
    }
}

impl Scene {
    /// Sends this user out.
    pub async fn send_out(&self, who: &str, jar: &mut Jar, outing: Outing<'_>) -> Result<Sighting, Halt> {
        let user = self.user(who)?;
        Ok(self.send_anybody_out(&user.username, &user.password, jar, outing).await)
    }

    /// Sends somebody out whom the provider file need not know.
    pub async fn send_anybody_out(&self, username: &str, password: &Secret, jar: &mut Jar, outing: Outing<'_>) -> Sighting {
        let Outing { start, stop_at, user_code, decision } = outing;
        let errand = Errand { start, stop_at, username, password, user_code, decision };
        login::run(&self.wire, &self.tape, jar, &self.target.provider.login, &errand).await
    }
}
