//! Data sets: thousands of clients and users from CSV files, each generator's own part of them.

use std::fs::File;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord, Trim};
use sha2::{Digest, Sha256};

use super::pace::Shard;
use super::plan::DataPlan;
use crate::protocol::Secret;
use crate::provider::{AuthMethod, Client, User};

/// The most rows of a file.
const MOST_ROWS: usize = 1_000_000;

/// What the files of a plan hold, as far as it is this generator's.
#[derive(Debug, Default)]
pub struct DataSets {
    /// Rows of `clients`, in their order.
    clients: Option<Vec<ClientRow>>,
    /// Rows of `users`, in their order.
    pub users: Option<Vec<User>>,
}

/// A client's row.
#[derive(Debug)]
struct ClientRow {
    /// The role of the provider file whose grants, scopes and redirect URIs it has; none fits every flow.
    role: Option<String>,
    id: String,
    secret: Option<Secret>,
    auth: Option<AuthMethod>,
}

/// Why a data set cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// The file is not there, cannot be read, or is no CSV.
    #[error("cannot read the data set {}: {why}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// The first line does not name the columns that are needed.
    #[error("{}:1: {what}", path.display())]
    Columns {
        /// The file.
        path: PathBuf,
        /// What is wrong and what was expected.
        what: String,
    },
    /// A row cannot be meant.
    #[error("{}:{line}: {what}", path.display())]
    Row {
        /// The file.
        path: PathBuf,
        /// Its line, from 1.
        line: u64,
        /// What is wrong; never a value beside it.
        what: String,
    },
    /// Nothing is left for this generator.
    #[error("{} has no row for shard {shard}: fewer shards, or more rows", path.display())]
    Empty {
        /// The file.
        path: PathBuf,
        /// The shard.
        shard: Shard,
    },
}

impl DataSets {
    /// Reads what the plan names; of each file the rows that fall to this generator by the hash of their name, so that each row is one generator's.
    ///
    /// # Errors
    /// [`DataError`]
    pub fn read(plan: &DataPlan, shard: Shard) -> Result<Self, DataError> {
        let clients = plan.clients.as_deref().map(|path| rows(path, shard, &CLIENT_COLUMNS, client)).transpose()?;
        let users = plan.users.as_deref().map(|path| rows(path, shard, &USER_COLUMNS, user)).transpose()?;
        Ok(Self { clients, users })
    }

    /// The clients of the data set that take the place of this one.
    pub fn clients(&self, like: &Client) -> Option<Vec<Client>> {
        let rows = self.clients.as_ref()?.iter().filter(|row| row.role.as_ref().is_none_or(|role| *role == like.role));
        let made: Vec<Client> = rows
            .map(|row| Client {
                id: row.id.clone(),
                secret: row.secret.clone(),
                auth: match (row.auth, &row.secret) {
                    (Some(auth), _) => auth,
                    (None, Some(_)) if like.auth != AuthMethod::None => like.auth,
                    (None, Some(_)) => AuthMethod::ClientSecretBasic,
                    (None, None) => AuthMethod::None,
                },
                ..like.clone()
            })
            .collect();
        (!made.is_empty()).then_some(made)
    }

    /// Every secret in them: what no output may show.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let clients = self.clients.iter().flatten().filter_map(|row| row.secret.as_ref());
        clients.chain(self.users.iter().flatten().map(|user| &user.password))
    }
}

/// A column with whether it must be there.
pub type Column = (&'static str, bool);

/// The columns of a file of clients.
pub const CLIENT_COLUMNS: [Column; 4] = [("id", true), ("secret", false), ("auth", false), ("role", false)];
/// The columns of a file of users.
pub const USER_COLUMNS: [Column; 3] = [("username", true), ("password", true), ("sub", false)];

/// A row's cells by the names of their columns; an empty cell is none.
struct Row<'a> {
    headers: &'a StringRecord,
    record: &'a StringRecord,
}

impl Row<'_> {
    fn get(&self, name: &str) -> Option<&str> {
        let at = self.headers.iter().position(|header| header == name)?;
        self.record.get(at).filter(|cell| !cell.is_empty())
    }
}

fn rows<T>(
    path: &Path,
    shard: Shard,
    columns: &[Column],
    read: impl Fn(&Row<'_>) -> Result<(String, T), String>,
) -> Result<Vec<T>, DataError> {
    let unreadable = |why: String| DataError::Unreadable { path: path.to_owned(), why };
    let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    let mut reader = ReaderBuilder::new().trim(Trim::Headers).comment(Some(b'#')).from_reader(file);
    let headers = reader.headers().map_err(|error| unreadable(in_words(&error)))?.clone();
    let names = || columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let wrong = |what: String| DataError::Columns { path: path.to_owned(), what };
    if let Some(unknown) = headers.iter().find(|header| columns.iter().all(|(name, _)| name != header)) {
        // The first line of a file without headings is a row, and may hold a secret.
        let shown =
            if unknown.chars().all(|c| c.is_ascii_lowercase() || c == '_') { format!(" {unknown:?}") } else { String::new() };
        return Err(wrong(format!("an unknown column{shown}: the first line names the columns, of {}", names())));
    }
    if let Some((missing, _)) =
        columns.iter().find(|(name, is_needed)| *is_needed && headers.iter().all(|header| header != *name))
    {
        return Err(wrong(format!("no column {missing:?}: the first line names the columns, of {}", names())));
    }
    let mut kept = Vec::new();
    let mut record = StringRecord::new();
    loop {
        let is_more = reader.read_record(&mut record).map_err(|error| unreadable(in_words(&error)))?;
        if !is_more {
            break;
        }
        let line = record.position().map_or(0, csv::Position::line);
        let fault = |what: String| DataError::Row { path: path.to_owned(), line, what };
        let (name, row) = read(&Row { headers: &headers, record: &record }).map_err(fault)?;
        if !shard.has(hash(&name)) {
            continue;
        }
        if kept.len() == MOST_ROWS {
            return Err(fault(format!("more than {MOST_ROWS} rows")));
        }
        kept.push(row);
    }
    if kept.is_empty() {
        return Err(DataError::Empty { path: path.to_owned(), shard });
    }
    Ok(kept)
}

/// The same on every machine.
fn hash(name: &str) -> u64 {
    let digest = Sha256::digest(name.as_bytes());
    u64::from_be_bytes(digest[..8].try_into().expect("a digest has eight octets and more"))
}

/// What is wrong with a file; never a cell of it.
fn in_words(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::Io(error) => error.to_string(),
        csv::ErrorKind::Utf8 { pos, .. } => {
            format!("line {} is not UTF-8", pos.as_ref().map_or(0, csv::Position::line))
        }
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let line = pos.as_ref().map_or(0, csv::Position::line);
            format!("line {line} has {len} cells, and the first line has {expected_len}")
        }
        _ => "it is no CSV".to_owned(),
    }
}

fn client(row: &Row<'_>) -> Result<(String, ClientRow), String> {
    let id = row.get("id").ok_or("a client without an id")?.to_owned();
    let auth = match row.get("auth") {
        None => None,
        Some(name) => {
            let names = AuthMethod::ALL.map(AuthMethod::name).join(", ");
            let found = AuthMethod::ALL.into_iter().find(|method| method.name() == name);
            Some(found.ok_or_else(|| format!("`auth` is none of {names}"))?)
        }
    };
    let secret = row.get("secret").map(|value| Secret::chosen("client_secret", value));
    if auth.is_some_and(|auth| auth != AuthMethod::None) && secret.is_none() {
        return Err("an `auth` by secret, and no `secret`".to_owned());
    }
    Ok((id.clone(), ClientRow { role: row.get("role").map(str::to_owned), id, secret, auth }))
}

fn user(row: &Row<'_>) -> Result<(String, User), String> {
    let username = row.get("username").ok_or("a user without a username")?.to_owned();
    let password = row.get("password").ok_or("a user without a password")?;
    let password = Secret::chosen("password", password);
    let user = User { name: username.clone(), username: username.clone(), password, sub: row.get("sub").map(str::to_owned) };
    Ok((username, user))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn file(text: &str) -> tempfile::NamedTempFile {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(text.as_bytes()).expect("it is written");
        file
    }

    fn read_users(text: &str, shard: &str) -> Result<DataSets, DataError> {
        let file = file(text);
        let plan = DataPlan { clients: None, users: Some(file.path().to_owned()) };
        DataSets::read(&plan, shard.parse().expect("a shard"))
    }

    #[test]
    fn each_row_is_one_shards_and_its_own_order_stays() {
        let text = (0..3000).fold("username,password\n".to_owned(), |text, at| format!("{text}user-{at},pass-{at}\n"));
        let mut all = Vec::new();
        for shard in ["1/3", "2/3", "3/3"] {
            let users = read_users(&text, shard).expect("it is read").users.expect("there are users");
            assert!((900..1100).contains(&users.len()), "{shard}: {}", users.len());
            all.extend(users.into_iter().map(|user| user.username));
        }
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 3000);
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line_and_without_a_secret() {
        for (text, expected) in [
            ("username,secret\nalice,x\n", ":1: an unknown column \"secret\""),
            ("alice,S3cr3t\nbob,x\n", ":1: an unknown column \"alice\""),
            ("username\nalice\n", ":1: no column \"password\""),
            ("username,password\nalice,S3cr3t\n,S3cr3t\n", ":3: a user without a username"),
            ("username,password\nalice,S3cr3t,S3cr3t\n", "line 2 has 3 cells"),
            ("username,password\n", "has no row for shard 1/1"),
        ] {
            let error = read_users(text, "1/1").expect_err(text).to_string();
            assert!(error.contains(expected) && !error.contains("S3cr3t"), "{error}");
        }
    }

    #[test]
    fn clients_have_the_rest_from_the_one_of_their_role() {
        let file = file("id,secret,role,auth\na,s1,batch,\nb,s2,batch,client_secret_post\nc,,spa,\n");
        let plan = DataPlan { clients: Some(file.path().to_owned()), users: None };
        let sets = DataSets::read(&plan, Shard::whole()).expect("it is read");
        let text = "issuer: https://as.example\nclients:\n  batch: { id: x, secret: y, auth: client_secret_basic, grants: [client_credentials] }\n";
        let source = crate::provider::Source::Named("p".to_owned());
        let provider = crate::provider::Provider::parse(text, source, &|_| None).expect("it parses");
        let clients = sets.clients(&provider.clients["batch"]).expect("two are like it");
        let seen: Vec<_> = clients.iter().map(|client| (client.id.as_str(), client.auth, client.grants.len())).collect();
        assert_eq!(seen, [("a", AuthMethod::ClientSecretBasic, 1), ("b", AuthMethod::ClientSecretPost, 1)]);
        assert_eq!(sets.secrets().count(), 2);
    }
}
