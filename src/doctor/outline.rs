//! A provider file in outline: written from what metadata, a preset and a registration say, with a comment on each part.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::plan::{PLANS, Plan};
use super::preset::Preset;
use super::reach;
use super::registration::Registered;
use super::worth::{USERS, Worth};
use crate::provider::{AuthMethod, Endpoints, Grant};

/// What a provider file is made of.
pub struct Outline<'a> {
    /// The issuer, as it is to be spelled.
    pub issuer: &'a str,
    /// `connect:` as it is to be written; none where the issuer alone says how it is reached.
    pub connect: Option<String>,
    /// What metadata says of the endpoints.
    pub endpoints: &'a Endpoints,
    /// The metadata document; none where there is none.
    pub document: Option<&'a Map<String, Value>>,
    /// What is known of such a provider.
    pub preset: Option<&'a Preset>,
    /// The clients that were registered, by role.
    pub registered: &'a BTreeMap<&'static str, Registered>,
    /// Where the secrets of those lie, to be read into the environment.
    pub secrets: Option<&'a str>,
    /// What each role and user is worth in checks.
    pub worth: &'a Worth,
}

/// The columns that comments fill.
const WIDTH: usize = 118;

impl Outline<'_> {
    /// The text of the file.
    pub fn text(&self) -> String {
        let mut out = String::new();
        self.head(&mut out);
        self.endpoints(&mut out);
        self.settings(&mut out);
        self.clients(&mut out);
        self.users(&mut out);
        self.rest(&mut out);
        out
    }

    fn head(&self, out: &mut String) {
        comment(out, "", "Who flowproof tests. `flowproof doctor --provider FILE` says what is still missing or wrong.");
        let secrets = match self.secrets {
            Some(file) => format!(
                "Secrets are read from the environment, where ${{…}} names the variable: `set -a; . ./{file}; set +a` sets those of the clients."
            ),
            None => "Secrets are read from the environment, where ${…} names the variable.".to_owned(),
        };
        comment(out, "", &secrets);
        line(out, &format!("issuer: {}", plain(self.issuer)));
        if let Some(preset) = self.preset {
            line(out, &format!("preset: {}  # {}", preset.name, preset.standing()));
        }
        self.connect.iter().for_each(|connect| line(out, connect));
    }

    fn endpoints(&self, out: &mut String) {
        out.push('\n');
        let named: Vec<&str> = reach::named(self.endpoints).map(|(key, ..)| key).collect();
        if named.is_empty() {
            comment(out, "", "There is no metadata that names endpoints; they have to stand here.");
        } else {
            comment(out, "", &format!("Its metadata names: {}.", named.join(", ")));
        }
        let missing: Vec<&str> = Endpoints::KEYS.into_iter().filter(|key| !named.contains(key)).collect();
        let known = |key: &str| self.preset?.endpoint(key, self.issuer);
        let address = |key: &str| known(key).unwrap_or_else(|| format!("{}/…", self.issuer.trim_end_matches('/')));
        // What a preset says wins: it says so because metadata will not do.
        let (sure, open): (Vec<&str>, Vec<&str>) = Endpoints::KEYS
            .into_iter()
            .filter(|key| missing.contains(key) || known(key).is_some())
            .partition(|key| known(key).is_some_and(|url| !has_placeholder(&url)));
        if !sure.is_empty() {
            line(out, "endpoints:");
            for key in sure.iter() {
                line(out, &format!("  {key}: {}", plain(&address(key))));
            }
        }
        if !open.is_empty() {
            comment(out, if sure.is_empty() { "" } else { "  " }, "If the provider has one of these, say where:");
            if sure.is_empty() {
                line(out, "# endpoints:");
            }
            for key in open {
                line(out, &format!("#   {key}: {}", address(key)));
            }
        }
    }

    fn settings(&self, out: &mut String) {
        let Some(preset) = self.preset else { return };
        out.push('\n');
        comment(out, "", &format!("What to switch on in {}:", preset.title));
        for setting in &preset.settings {
            hanging(out, &format!("{:20} {}", format!("{}:", setting.purpose.name()), setting.instruction), 25);
        }
        if !preset.quirks.is_empty() {
            comment(out, "", "Good to know:");
            preset.quirks.iter().for_each(|quirk| hanging(out, &format!("- {quirk}"), 6));
        }
    }

    fn clients(&self, out: &mut String) {
        out.push('\n');
        comment(
            out,
            "",
            "Each client fills a role; the number says how many checks need it. A role that you cannot fill stays out: its checks are \
             then not applicable. Take the # away from those that you can.",
        );
        line(out, "clients:");
        for plan in PLANS {
            let registered = self.registered.get(plan.role);
            let open = registered.is_some() || (self.registered.is_empty() && plan.first && self.may_be(plan));
            let mark = if open { "" } else { "# " };
            comment(out, "  ", &format!("── {}{}", plan.is, self.worth.of_name(plan.role)));
            self.client(plan, registered, &format!("  {mark}"), out);
        }
    }

    fn client(&self, plan: &Plan, registered: Option<&Registered>, indent: &str, out: &mut String) {
        line(out, &format!("{indent}{}:", plan.role));
        let mut put = |key: &str, value: String| line(out, &format!("{indent}  {key}: {value}"));
        let id = registered.map_or(format!("flowproof-{}", plan.role.replace('_', "-")), |client| client.id.clone());
        let auth = registered.map_or(plan.auth, |client| client.auth);
        let redirect_uris = registered.map_or_else(|| texts(plan.redirect_uris), |client| client.redirect_uris.clone());
        let grants = registered.map_or(plan.grants.to_vec(), |client| client.grants.clone());
        let scopes = registered.map_or_else(|| self.scopes(plan), |client| client.scopes.clone());
        put("id", plain(&id));
        if auth != AuthMethod::None {
            put("secret", format!("\"${{{}}}\"", plan.variable()));
            put("auth", auth.name().to_owned());
        }
        if !redirect_uris.is_empty() {
            put("redirect_uris", list(&redirect_uris, quoted));
        }
        put("grants", format!("[{}]", grants.iter().map(|grant| grant.name()).collect::<Vec<_>>().join(", ")));
        if !scopes.is_empty() {
            put("scopes", list(&scopes, plain));
        }
        if plan.introspect {
            put("introspect", "true".to_owned());
        }
    }

    /// Whether metadata leaves room for it: what it does not name is probably off.
    fn may_be(&self, plan: &Plan) -> bool {
        let named = self.document.and_then(|document| document.get("grant_types_supported")?.as_array());
        let names = |grant: &Grant| match grant {
            Grant::DeviceCode => self.endpoints.device_authorization.is_some(),
            Grant::ClientCredentials => named.is_none_or(|named| named.iter().any(|one| one == grant.grant_type())),
            Grant::AuthorizationCode | Grant::RefreshToken => true,
        };
        plan.grants.iter().all(names)
    }

    /// The scopes that a client asks for: those of users that the provider knows.
    pub fn scopes(&self, plan: &Plan) -> Vec<String> {
        if !plan.has_users() {
            return Vec::new();
        }
        let wanted = match self.preset.map(|preset| preset.scopes.as_slice()) {
            Some(scopes) if !scopes.is_empty() => scopes.to_vec(),
            Some(_) | None => texts(&["openid", "profile", "email"]),
        };
        let known = self.document.and_then(|document| document.get("scopes_supported")?.as_array());
        wanted.into_iter().filter(|scope| known.is_none_or(|known| known.iter().any(|one| one == scope.as_str()))).collect()
    }

    fn users(&self, out: &mut String) {
        out.push('\n');
        line(out, "users:");
        for (name, is) in USERS {
            comment(out, "  ", &format!("── {is}{}", self.worth.of_name(name)));
            let mark = if name == "carol" { "# " } else { "" };
            let variable = format!("FLOWPROOF_{}_PASSWORD", name.to_uppercase());
            line(out, &format!("  {mark}{name}: {{ username: {name}, password: \"${{{variable}}}\" }}"));
        }
    }

    fn rest(&self, out: &mut String) {
        out.push('\n');
        match self.preset.map(|preset| preset.provider_file.trim_end()) {
            Some(text) if text.lines().any(|line| line.starts_with("login:")) => line(out, text),
            other => {
                comment(out, "", "How users log in: form fills in the provider's own pages, and needs no browser.");
                line(out, "login: { driver: form }");
                other.filter(|text| !text.is_empty()).into_iter().for_each(|text| line(out, text));
            }
        }
        comment(
            out,
            "",
            "Further keys of a client: pkce: optional where it may leave PKCE out, and required where all others may; rotation: false where its \
             refresh tokens stay the same; reuse_grace: 10s where a rotated one goes on working for so long. For all clients at once: \
             pkce: { optional_for: [web] }; capabilities: { rotation: false }; lifetimes: { reuse_grace: 10s }.",
        );
        comment(
            out,
            "",
            "Further keys: resource: { url, scope } for an API that takes \
             its tokens; capabilities: { jwt_access_token: true } where access tokens are JWTs, and NEED: false for what is not to be \
             tested; pace: { requests_per_second: 20, at_once: 4, logins_at_once: 2 } where it limits the rate.",
        );
    }
}

/// Whether a word in capitals waits to be replaced.
fn has_placeholder(url: &str) -> bool {
    url.split(|c: char| !c.is_ascii_uppercase() && c != '-').any(|word| word.trim_matches('-').len() >= 3)
}

fn texts(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

/// A string as YAML and the provider file take it: in quotes, and with `${` standing for itself.
fn quoted(text: &str) -> String {
    Value::String(text.replace("${", "$${")).to_string()
}

/// A string without quotes where nothing in it means anything to YAML.
fn plain(text: &str) -> String {
    let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '/' | ':' | '@' | '~'));
    let is_word = ["true", "false", "null", "yes", "no", "on", "off"].iter().any(|word| text.eq_ignore_ascii_case(word));
    let begins = text.starts_with(|c: char| c.is_ascii_alphabetic());
    if is_plain && begins && !is_word && !text.ends_with(':') { text.to_owned() } else { quoted(text) }
}

fn list(items: &[String], spell: fn(&str) -> String) -> String {
    format!("[{}]", items.iter().map(|item| spell(item)).collect::<Vec<_>>().join(", "))
}

fn line(out: &mut String, text: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "{text}");
}

fn comment(out: &mut String, indent: &str, text: &str) {
    let mark = format!("{indent}# ");
    let one_line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line(out, &textwrap::fill(&one_line, textwrap::Options::new(WIDTH).initial_indent(&mark).subsequent_indent(&mark)));
}

/// A comment whose further lines hang below its text.
fn hanging(out: &mut String, text: &str, indent: usize) {
    let further = format!("# {:1$}", "", indent - 2);
    let text = text.lines().collect::<Vec<_>>().join(" ");
    line(out, &textwrap::fill(&text, textwrap::Options::new(WIDTH).initial_indent("#   ").subsequent_indent(&further)));
}
