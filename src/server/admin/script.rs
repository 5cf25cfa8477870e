//! Answers that are prepared for the next token requests.

use serde::Deserialize;
use serde_json::json;

use super::refused::Refused;
use super::route::Call;
use super::{Admin, read, shown};
use crate::server::core::message::Response;
use crate::server::core::realm::Realm;
use crate::server::core::script::ScriptedAnswer;

/// All that is to be answered, in order.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    answers: Vec<ScriptedAnswer>,
}

impl Admin {
    pub(super) fn show_script(&self, call: &Call<'_>) -> Result<Response, Refused> {
        Ok(told(200, &*self.realm(call)?))
    }

    pub(super) fn add_to_script(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let realm = self.realm(call)?;
        let answer: ScriptedAnswer = read(call)?;
        someone_gets(&realm, &answer)?;
        realm.memory.script.add(answer)?;
        Ok(told(201, &realm))
    }

    pub(super) fn replace_script(&self, call: &Call<'_>) -> Result<Response, Refused> {
        let realm = self.realm(call)?;
        let Wanted { answers } = read(call)?;
        answers.iter().try_for_each(|answer| someone_gets(&realm, answer))?;
        realm.memory.script.replace(answers)?;
        Ok(told(200, &realm))
    }

    pub(super) fn clear_script(&self, call: &Call<'_>) -> Result<Response, Refused> {
        self.realm(call)?.memory.script.replace(Vec::new())?;
        Ok(Response::empty(204))
    }
}

fn someone_gets(realm: &Realm, answer: &ScriptedAnswer) -> Result<(), Refused> {
    match &answer.client {
        Some(id) if realm.client(id).is_none() => {
            Err(Refused::BadRequest(format!("`client`: the realm has no client `{}`", shown(id))))
        }
        Some(_) | None => Ok(()),
    }
}

fn told(status: u16, realm: &Realm) -> Response {
    Response::json(status, json!({ "answers": realm.memory.script.waiting() }))
}
