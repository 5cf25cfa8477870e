//! What an OAuth client says and hears: pure data, no I/O, no async.

pub mod answer;
pub mod device;
pub mod exchange;
pub mod host;
pub mod jwt;
pub mod mask;
pub mod pkce;
pub mod profile;
pub mod replay;
pub mod request;
pub mod secret;
mod spelling;
mod user_code;
pub mod vault;
pub mod way;

pub use answer::{Challenge, OAuthError, Params, Tokens};
pub use device::Device;
pub use exchange::{Answer, Exchange, Failure, Method, Response, Sent};
pub use mask::Masker;
pub use pkce::Pkce;
pub use profile::Profile;
pub use replay::{Curl, Origin, Replay, Variable};
pub use request::{Body, ClientAuth, Endpoint, Request, Value};
pub use secret::Secret;
pub use user_code::letters;
pub use vault::Vault;
pub use way::Way;
