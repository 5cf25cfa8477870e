//! Asks the admin interface without a network, and holds each answer against the OpenAPI document.

mod schema;

use std::sync::Arc;

use http::HeaderMap;
use serde_json::{Value, json};

use super::Admin;
use super::route::ROUTES;
use crate::server::config::Config;
use crate::server::core::Core;
use crate::server::core::environment::{SystemClock, SystemRandom};
use crate::server::core::message::{Content, Request, Response};

const KEY: &str = "the key";

struct Desk {
    core: Arc<Core>,
    admin: Admin,
    document: Value,
}

impl Desk {
    fn new() -> Self {
        let base = "http://127.0.0.1:9400".to_owned();
        let core = Arc::new(Core::new(base, None, Arc::new(SystemClock), Arc::new(SystemRandom)).expect("a key"));
        for config in Config::demo().realms {
            core.add_realm(config).expect("a sound configuration");
        }
        let admin = Admin::new(Arc::clone(&core), "http://127.0.0.1:9401".to_owned(), KEY.to_owned());
        let Content::Json(document) = admin.answer(&request("GET", "/openapi.json", "")).content else {
            panic!("the document is JSON")
        };
        Self { core, admin, document }
    }

    /// Status and JSON of an answer that is as the document says; so is the request, if it was understood.
    fn ask(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        let mut asked = request(method, path, &text);
        asked.headers.insert("authorization", format!("Bearer {KEY}").parse().expect("a value"));
        let response = self.admin.answer(&asked);
        let status = response.status;
        let answer = match &response.content {
            Content::Json(answer) => answer.clone(),
            Content::Empty => Value::Null,
            Content::Written(_) | Content::Html(_) | Content::Page(_) | Content::Client(_) => panic!("all is JSON as data"),
        };
        if let Some(route) = ROUTES.iter().find(|route| route.method == method && schema::fits(route.path, &asked.path)) {
            let operation = &self.document["paths"][route.path][method.to_ascii_lowercase()];
            let told = &operation["responses"][status.to_string()];
            assert!(told.is_object(), "{method} {path}: the document knows no {status}: {answer}");
            schema::holds(&self.document, &told["content"]["application/json"]["schema"], &answer, path);
            if status < 300 && !body.is_null() {
                schema::holds(&self.document, &operation["requestBody"]["content"]["application/json"]["schema"], body, path);
            }
        }
        (status, answer)
    }

    /// The JSON of an answer that says yes.
    fn done(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.ask(method, path, body);
        assert!(status < 300, "{method} {path}: {status} {answer}");
        answer
    }

    /// The error of an answer that says no.
    fn refused(&self, method: &str, path: &str, body: &Value) -> (u16, String) {
        let (status, answer) = self.ask(method, path, body);
        (status, answer["error"].as_str().unwrap_or_default().to_owned())
    }

    /// A form posted to an endpoint of a realm by a client that authenticates in it.
    fn post(&self, realm: &str, endpoint: &str, form: &[(&str, &str)]) -> Value {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let mut asked = request("POST", &format!("/realms/{realm}/protocol/openid-connect/{endpoint}"), &body);
        asked.headers.insert("content-type", "application/x-www-form-urlencoded".parse().expect("a value"));
        json_of(self.core.answer(asked))
    }

    fn client_token(&self, realm: &str) -> Value {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", "batch-job-post"),
            ("client_secret", "batch-post-secret-71c5fd"),
        ];
        self.post(realm, "token", &form)
    }

    /// A device that waits: its user code and its device code.
    fn device(&self) -> (String, String) {
        let device = self.post("strict", "auth/device", &[("client_id", "tv")]);
        let text = |member: &str| device[member].as_str().expect("a code").to_owned();
        (text("user_code"), text("device_code"))
    }

    fn poll(&self, device_code: &str) -> Value {
        let grant = "urn:ietf:params:oauth:grant-type:device_code";
        self.post("strict", "token", &[("grant_type", grant), ("device_code", device_code), ("client_id", "tv")])
    }
}

fn request(method: &str, path: &str, body: &str) -> Request {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    Request {
        method: method.parse().expect("a method"),
        path: path.to_owned(),
        query: query.to_owned(),
        headers: HeaderMap::new(),
        body: body.as_bytes().to_vec(),
    }
}

fn json_of(response: Response) -> Value {
    serde_json::from_slice(&response.render().2).expect("JSON")
}

#[test]
fn the_document_has_every_route_and_no_other() {
    let desk = Desk::new();
    let mut written: Vec<(String, String)> = Vec::new();
    for (path, operations) in desk.document["paths"].as_object().expect("paths") {
        let methods = operations.as_object().expect("operations").keys().filter(|key| *key != "parameters");
        written.extend(methods.map(|method| (path.clone(), method.to_ascii_uppercase())));
    }
    let mut routed: Vec<(String, String)> = ROUTES.iter().map(|route| (route.path.to_owned(), route.method.to_owned())).collect();
    written.sort();
    routed.sort();
    assert_eq!(written, routed);
    assert!(schema::dangling(&desk.document).is_empty(), "{:?}", schema::dangling(&desk.document));
}

#[test]
fn without_the_key_nothing_is_told_but_health_and_the_document() {
    let desk = Desk::new();
    for (path, status) in [
        ("/health", 200),
        ("/openapi.json", 200),
        ("/realms", 401),
        ("/realms/nope", 401),
        ("/nope", 401),
        ("/realms/strict/script", 401),
    ] {
        assert_eq!(desk.admin.answer(&request("GET", path, "")).status, status, "{path}");
        let mut wrong = request("GET", path, "");
        wrong.headers.insert("authorization", "Bearer another".parse().expect("a value"));
        assert_eq!(desk.admin.answer(&wrong).status, status, "{path}");
    }
}

#[test]
fn refusals_name_the_member_and_the_way_out() {
    let desk = Desk::new();
    for (method, path, body, status, word) in [
        ("POST", "/realms", json!({}), 400, "`like`"),
        ("POST", "/realms", json!({ "like": "strict", "nmae": "x" }), 400, "expected one of `like`, `name`"),
        ("POST", "/realms", json!({ "like": "strict", "name": "my-app" }), 409, "exists already"),
        ("POST", "/realms", json!({ "name": "x", "clients": { "a": { "secret": "s" } } }), 400, "missing field `id`"),
        ("PATCH", "/realms/nope", json!({}), 404, "`nope`"),
        ("PATCH", "/realms/strict", json!({ "name": "other" }), 400, "unknown field `name`"),
        ("PATCH", "/realms/strict", json!({ "policy": { "code_lifetme": 1 } }), 400, "code_lifetme"),
        ("PATCH", "/realms/strict", json!({ "defects": ["ignore-code-verifier"] }), 400, "ignores-code-verifier"),
        ("PATCH", "/realms/strict", json!({ "faults": [{ "error_rate": 2.0 }] }), 400, "`error_rate`"),
        ("PATCH", "/realms/strict", json!({ "faults": [{ "latency": { "fixed": "fast" } }] }), 400, "duration"),
        ("PATCH", "/realms/strict", json!({ "journal": 10_001 }), 400, "`journal`"),
        ("POST", "/realms/strict/clock", json!({ "advance": "soon" }), 400, "`advance`"),
        ("GET", "/realms/strict/grants?limit=1001", Value::Null, 400, "`limit`"),
        ("DELETE", "/realms/strict/grants/nope", Value::Null, 404, "`nope`"),
        ("POST", "/realms/strict/devices/BCDF-GHJK", json!({ "decision": "deny" }), 404, "BCDF-GHJK"),
        ("POST", "/realms/strict/devices/BCDF-GHJK", json!({ "decision": "approve" }), 400, "`user`"),
        ("POST", "/realms/strict/devices/BCDF-GHJK", json!({ "decision": "approve", "user": "eve" }), 400, "`eve`"),
        ("PATCH", "/realms/strict/users/eve", json!({ "disabled": true }), 404, "`eve`"),
        ("PATCH", "/realms/strict/users/alice", json!({ "password": "x" }), 400, "unknown field `password`"),
        ("PATCH", "/realms/strict/clients/eve", json!({ "claims": {} }), 404, "`eve`"),
        ("GET", "/realms/strict/requests", Value::Null, 409, "\"journal\": 100"),
        ("GET", "/realms/strict/requests?last=many", Value::Null, 400, "`last`"),
        ("POST", "/realms/strict/script", json!({ "body": {}, "members": {} }), 400, "exclude each other"),
        ("POST", "/realms/strict/script", json!({ "times": 0 }), 400, "`times`"),
        ("POST", "/realms/strict/script", json!({ "status": 99 }), 400, "`status`"),
        ("POST", "/realms/strict/script", json!({ "client": "eve" }), 400, "`client`"),
        ("POST", "/realms/strict/script", json!({ "headers": { "x-evil": "1" } }), 400, "retry-after"),
        ("POST", "/realms/strict/script", json!({ "headers": { "retry-after": "1\r\nx: y" } }), 400, "cannot carry"),
        ("PUT", "/realms/strict/script", json!({ "answers": [{ "times": 1, "status": 600 }] }), 400, "600"),
        ("PATCH", "/realms", Value::Null, 405, "GET, POST"),
        ("GET", "/nope", Value::Null, 404, "/openapi.json"),
    ] {
        let (got, error) = desk.refused(method, path, &body);
        assert!(got == status && error.contains(word), "{method} {path} {body}: {got} {error}");
    }
}

#[test]
fn a_realm_is_made_of_nothing_but_what_the_request_says() {
    let desk = Desk::new();
    let wanted = json!({
        "name": "mine",
        "clients": { "job": { "id": "job", "secret": "s3cret", "auth": "client_secret_post", "grants": ["client_credentials"], "scopes": ["a", "b"] } },
        "users": { "dora": { "username": "dora", "password": "pass" } },
        "policy": { "access_token_lifetime": 7 },
        "journal": 10,
    });
    let made = desk.done("POST", "/realms", &wanted);
    assert_eq!((&made["name"], &made["policy"]["access_token_lifetime"]), (&json!("mine"), &json!(7)));
    assert_eq!(made["provider"]["users"]["dora"]["username"], "dora");
    let form = [("grant_type", "client_credentials"), ("client_id", "job"), ("client_secret", "s3cret")];
    let tokens = desk.post("mine", "token", &form);
    assert_eq!((&tokens["scope"], &tokens["expires_in"]), (&json!("a b"), &json!(7)));
    let unnamed = desk.done("POST", "/realms", &json!({ "clients": {} }));
    assert_eq!(unnamed["name"], "realm-1");
    assert_eq!(desk.done("GET", "/realms", &Value::Null)["realms"], json!(["lenient", "mine", "my-app", "realm-1", "strict"]));
    desk.done("DELETE", "/realms/mine", &Value::Null);
    assert_eq!(desk.ask("DELETE", "/realms/mine", &Value::Null).0, 404);
}

#[test]
fn a_realm_that_changes_keeps_its_tokens_and_its_clock() {
    let desk = Desk::new();
    desk.done("POST", "/realms/strict/clock", &json!({ "advance": "1h" }));
    let token = desk.client_token("strict");
    let wanted = json!({
        "policy": { "access_token_lifetime": 9 },
        "defects": ["omits-no-store"],
        "faults": [{ "endpoint": "jwks", "latency": { "lognormal": { "median": "5ms", "sigma": 0.5 } }, "error_rate": 0.25 }],
        "journal": 5,
    });
    let defect = &desk.document["components"]["schemas"]["DefectName"]["enum"][0];
    let mut wanted = wanted;
    wanted["defects"] = json!([defect]);
    let changed = desk.done("PATCH", "/realms/strict", &wanted);
    assert_eq!((&changed["defects"], &changed["journal"]), (&json!([defect]), &json!(5)));
    assert_eq!(changed["faults"][0]["latency"], json!({ "lognormal": { "median": "5ms", "sigma": 0.5 } }));
    assert_eq!(desk.done("GET", "/realms/strict/clock", &Value::Null)["offset_seconds"], 3_600);
    assert_eq!(desk.client_token("strict")["expires_in"], 9);
    let grants = desk.done("GET", "/realms/strict/grants", &Value::Null);
    assert_eq!(grants["total"], 2, "{token}: {grants}");
    let back = desk.done("PATCH", "/realms/strict", &json!({ "defects": [], "faults": [] }));
    assert_eq!(
        (&back["defects"], &back["faults"], &back["policy"]["access_token_lifetime"]),
        (&json!([]), &json!([]), &json!(9))
    );
    assert!(desk.core.realm("strict").is_some_and(|realm| !realm.is_plain()), "its journal is on");
    desk.done("PATCH", "/realms/strict", &json!({ "journal": 0 }));
    assert!(desk.core.realm("strict").is_some_and(|realm| realm.is_plain()));
}

#[test]
fn a_device_is_approved_or_denied_without_a_browser() {
    let desk = Desk::new();
    let (approved, device_code) = desk.device();
    let (denied, denied_code) = desk.device();
    let waiting = desk.done("GET", "/realms/strict/devices", &Value::Null);
    assert_eq!(waiting["devices"].as_array().map(Vec::len), Some(2));
    assert!(!waiting.to_string().contains(&device_code));
    let path = format!("/realms/strict/devices/{}", approved.to_lowercase().replace('-', ""));
    let said = desk.done("POST", &path, &json!({ "decision": "approve", "user": "alice" }));
    assert_eq!((&said["decision"], &said["user"]), (&json!("approved"), &json!("alice")));
    assert_eq!(desk.refused("POST", &path, &json!({ "decision": "deny" })), (409, "the device is approved already".to_owned()));
    desk.done("POST", &format!("/realms/strict/devices/{denied}"), &json!({ "decision": "deny" }));
    assert!(desk.poll(&device_code)["access_token"].is_string());
    assert_eq!(desk.poll(&denied_code)["error"], "access_denied");
    let decided = desk.done("GET", "/realms/strict/devices", &Value::Null);
    let mut words: Vec<_> = decided["devices"].as_array().expect("a list").iter().map(|device| &device["decision"]).collect();
    words.sort_by_key(|word| word.to_string());
    assert_eq!(words, ["denied", "spent"]);
    desk.done("POST", "/realms/strict/clock", &json!({ "advance": "1h" }));
    assert_eq!(desk.done("GET", "/realms/strict/devices", &Value::Null)["devices"], json!([]));
}

#[test]
fn live_grants_are_listed_without_their_tokens_and_can_be_ended() {
    let desk = Desk::new();
    let (user_code, device_code) = desk.device();
    let path = format!("/realms/strict/devices/{user_code}");
    desk.done("POST", &path, &json!({ "decision": "approve", "user": "bob" }));
    let tokens = desk.poll(&device_code);
    let own = desk.client_token("strict");
    let listed = desk.done("GET", "/realms/strict/grants", &Value::Null);
    assert_eq!(listed["total"], 2);
    for token in [&tokens["access_token"], &tokens["refresh_token"], &own["access_token"]] {
        assert!(!listed.to_string().contains(token.as_str().expect("a token")));
    }
    let of_bob = desk.done("GET", "/realms/strict/grants?sub=user-bob", &Value::Null);
    let grant = &of_bob["grants"][0];
    assert_eq!((&of_bob["total"], &grant["user"], &grant["client_id"]), (&json!(1), &json!("bob"), &json!("tv")));
    assert_eq!((&grant["access_tokens"], &grant["refresh_tokens"]), (&json!(1), &json!(1)));
    assert_eq!(desk.done("GET", "/realms/strict/grants?limit=1", &Value::Null)["grants"].as_array().map(Vec::len), Some(1));
    let id = grant["id"].as_str().expect("an id");
    desk.done("DELETE", &format!("/realms/strict/grants/{id}"), &Value::Null);
    let left = desk.done("GET", "/realms/strict/grants", &Value::Null);
    assert_eq!((&left["total"], &left["grants"][0]["sub"]), (&json!(1), &json!("batch-job-post")));
    let refresh = tokens["refresh_token"].as_str().expect("a token");
    let refused =
        desk.post("strict", "token", &[("grant_type", "refresh_token"), ("refresh_token", refresh), ("client_id", "tv")]);
    assert_eq!(refused["error"], "invalid_grant");
}

#[test]
fn an_account_is_closed_and_opened_again() {
    let desk = Desk::new();
    let (user_code, _) = desk.device();
    let closed = desk.done("PATCH", "/realms/strict/users/alice", &json!({ "disabled": true, "claims": { "tier": "gold" } }));
    assert_eq!((&closed["disabled"], &closed["claims"]["tier"]), (&json!(true), &json!("gold")));
    let path = format!("/realms/strict/devices/{user_code}");
    let (status, error) = desk.refused("POST", &path, &json!({ "decision": "approve", "user": "alice" }));
    assert!(status == 409 && error.contains("disabled"), "{status} {error}");
    assert_eq!(desk.done("PATCH", "/realms/strict/users/alice", &json!({ "disabled": false }))["claims"]["tier"], "gold");
    desk.done("POST", &path, &json!({ "decision": "approve", "user": "alice" }));
    let client = desk.done("PATCH", "/realms/strict/clients/special%20client:1", &json!({ "claims": { "tenant": 7 } }));
    assert_eq!(client, json!({ "client_id": "special client:1", "claims": { "tenant": 7 } }));
}

#[test]
fn the_journal_tells_the_latest_requests_once_it_is_on() {
    let desk = Desk::new();
    desk.client_token("strict");
    desk.done("PATCH", "/realms/strict", &json!({ "journal": 2 }));
    for _ in 0..3 {
        desk.client_token("strict");
    }
    let requests = desk.done("GET", "/realms/strict/requests", &Value::Null)["requests"].clone();
    let numbers: Vec<_> = requests.as_array().expect("a list").iter().map(|request| &request["number"]).collect();
    assert_eq!(numbers, [2, 3]);
    assert_eq!((&requests[1]["status"], &requests[1]["client_id"]), (&json!(200), &json!("batch-job-post")));
    assert_eq!(desk.done("GET", "/realms/strict/requests?last=1", &Value::Null)["requests"][0]["number"], 3);
}

#[test]
fn a_script_is_added_to_shown_replaced_and_cleared() {
    let desk = Desk::new();
    let once = json!({ "status": 400, "body": { "error": "invalid_grant" }, "headers": { "Retry-After": "1" } });
    desk.done("POST", "/realms/strict/script", &once);
    let both = desk.done("POST", "/realms/strict/script", &json!({ "members": { "expires_in": null }, "times": 2 }));
    assert_eq!(both["answers"].as_array().map(Vec::len), Some(2));
    assert_eq!(desk.client_token("strict"), json!({ "error": "invalid_grant" }));
    assert!(desk.client_token("strict").get("expires_in").is_none());
    let left = desk.done("GET", "/realms/strict/script", &Value::Null);
    assert_eq!(left, json!({ "answers": [{ "times": 1, "members": { "expires_in": null } }] }));
    let other = json!({ "answers": [{ "client": "batch-job", "times": 1, "status": 500 }] });
    assert_eq!(desk.done("PUT", "/realms/strict/script", &other), other);
    assert_eq!(desk.client_token("strict")["token_type"], "Bearer");
    desk.done("DELETE", "/realms/strict/script", &Value::Null);
    assert_eq!(desk.done("GET", "/realms/strict/script", &Value::Null), json!({ "answers": [] }));
    assert!(desk.core.realm("strict").is_some_and(|realm| realm.is_plain()));
}
