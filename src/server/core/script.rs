//! Answers that a developer has prepared for the token endpoint, to see what a client makes of them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::message::{Content, Request, Response};
use super::sender::{client_of, parameters_of};

/// The most answers that wait at a time.
const MOST: usize = 1_000;

/// The header fields that an answer can be given.
const FIELDS: &[&str] = &[
    "cache-control",
    "content-language",
    "content-type",
    "date",
    "dpop-nonce",
    "expires",
    "link",
    "location",
    "pragma",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "server",
    "set-cookie",
    "vary",
    "warning",
    "www-authenticate",
    "x-correlation-id",
    "x-request-id",
];

/// One answer, and which requests it is for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptedAnswer {
    /// The `client_id` it is for; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<String>,
    /// The `grant_type` it is for, as it is sent; any when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant_type: Option<String>,
    /// To how many requests it goes.
    #[serde(default = "once")]
    pub times: u32,
    /// Its status; what the server would have sent when absent, and 200 with a body of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Header fields in place of those of the same name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Members that are laid over the server's own answer; `null` takes one away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub members: Option<Map<String, Value>>,
    /// The whole body. The request is not looked at: no code is spent, no token issued.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<Value>,
}

fn once() -> u32 {
    1
}

/// An answer that cannot be given.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScriptError {
    /// A whole body leaves nothing to lay members over.
    #[error("`body` and `members` exclude each other: the one is the whole answer, the other changes the server's own")]
    BodyAndMembers,
    /// Nobody would get it.
    #[error("`times` is 0: leave it out, or name how many requests get this answer")]
    Never,
    /// Not a status of a final answer.
    #[error("`status` {0} is not between 200 and 599")]
    Status(u16),
    /// Not a field that is sent.
    #[error("`headers`: `{0}` is none of the fields that can be set: {fields}", fields = FIELDS.join(", "))]
    Field(String),
    /// Not a value that HTTP can carry.
    #[error("`headers`: the value of `{0}` has characters that HTTP cannot carry")]
    Value(&'static str),
    /// There would be too many.
    #[error("more than {MOST} answers wait already")]
    Full,
}

/// The answers that wait.
#[derive(Default)]
pub struct Script {
    /// Whether there is any; where nothing is prepared, nobody waits for the lock.
    any: AtomicBool,
    answers: Mutex<VecDeque<ScriptedAnswer>>,
}

impl ScriptedAnswer {
    fn checked(self) -> Result<Self, ScriptError> {
        if self.body.is_some() && self.members.is_some() {
            return Err(ScriptError::BodyAndMembers);
        }
        if self.times == 0 {
            return Err(ScriptError::Never);
        }
        if let Some(status) = self.status.filter(|status| !(200..=599).contains(status)) {
            return Err(ScriptError::Status(status));
        }
        for (name, value) in &self.headers {
            let name = field(name).ok_or_else(|| ScriptError::Field(name.chars().take(80).collect()))?;
            if value.bytes().any(|byte| byte < b' ' || byte == 0x7f) {
                return Err(ScriptError::Value(name));
            }
        }
        Ok(self)
    }

    fn is_for(&self, client: Option<&str>, grant_type: Option<&str>) -> bool {
        let same = |wanted: &Option<String>, given: Option<&str>| wanted.as_deref().is_none_or(|wanted| given == Some(wanted));
        same(&self.client, client) && same(&self.grant_type, grant_type)
    }

    /// The answer, made of what the server would say where nothing else is wanted.
    pub fn told(self, servers_own: impl FnOnce() -> Response) -> Response {
        let mut response = match self.body {
            Some(body) => Response::json(200, body).not_stored(),
            None => servers_own(),
        };
        if let Some(status) = self.status {
            response.status = status;
        }
        if let Some(members) = self.members {
            lay_over(&mut response.content, members);
        }
        for (name, value) in self.headers {
            if let Some(name) = field(&name) {
                response.drop_header(name);
                response = response.with(name, value);
            }
        }
        response
    }
}

/// Puts members into an object, in place of those of the same name; `null` takes one away.
fn lay_over(content: &mut Content, members: Map<String, Value>) {
    if let Content::Written(text) = content
        && let Ok(document) = serde_json::from_str(text)
    {
        *content = Content::Json(document);
    }
    let Content::Json(Value::Object(object)) = content else { return };
    for (name, value) in members {
        if value.is_null() {
            object.shift_remove(&name);
        } else {
            object.insert(name, value);
        }
    }
}

fn field(name: &str) -> Option<&'static str> {
    FIELDS.iter().find(|known| known.eq_ignore_ascii_case(name)).copied()
}

impl Script {
    /// Whether nothing is prepared.
    pub fn is_empty(&self) -> bool {
        !self.any.load(Ordering::Acquire)
    }

    /// Prepares an answer, to come after those that wait.
    ///
    /// # Errors
    /// [`ScriptError`] when it cannot be given.
    pub fn add(&self, answer: ScriptedAnswer) -> Result<(), ScriptError> {
        let answer = answer.checked()?;
        self.changed(|answers| {
            if answers.len() >= MOST {
                return Err(ScriptError::Full);
            }
            answers.push_back(answer);
            Ok(())
        })
    }

    /// Prepares these answers in place of those that wait.
    ///
    /// # Errors
    /// [`ScriptError`] when one of them cannot be given; then nothing has changed.
    pub fn replace(&self, answers: Vec<ScriptedAnswer>) -> Result<(), ScriptError> {
        if answers.len() > MOST {
            return Err(ScriptError::Full);
        }
        let checked = answers.into_iter().map(ScriptedAnswer::checked).collect::<Result<VecDeque<_>, _>>()?;
        self.changed(|answers| *answers = checked);
        Ok(())
    }

    /// The answers that wait, the next one first.
    pub fn waiting(&self) -> Vec<ScriptedAnswer> {
        self.answers().iter().cloned().collect()
    }

    /// The answer to this request, if one is prepared for it.
    pub fn next(&self, request: &Request) -> Option<ScriptedAnswer> {
        if self.is_empty() {
            return None;
        }
        let parameters = parameters_of(request);
        let client = client_of(request, &parameters);
        let grant_type = parameters.iter().find(|(name, _)| name == "grant_type").map(|(_, value)| value.as_str());
        self.changed(|answers| {
            let place = answers.iter().position(|answer| answer.is_for(client.as_deref(), grant_type))?;
            let answer = answers.get_mut(place)?;
            answer.times -= 1;
            if answer.times == 0 { answers.remove(place) } else { Some(answer.clone()) }
        })
    }

    fn changed<Outcome>(&self, change: impl FnOnce(&mut VecDeque<ScriptedAnswer>) -> Outcome) -> Outcome {
        let mut answers = self.answers();
        let outcome = change(&mut answers);
        self.any.store(!answers.is_empty(), Ordering::Release);
        outcome
    }

    fn answers(&self) -> MutexGuard<'_, VecDeque<ScriptedAnswer>> {
        self.answers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
