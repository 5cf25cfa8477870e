//! Who is tested: the provider file, discovery, capabilities, and clients by role.
//!
//! ```text
//! text -> tree (values with their places) -> file (keys; reading: types, expand: ${VAR}) -> Provider
//! Provider -> discovery -> Target -> needs (what a check may ask of it)
//! document: what sort of text it is; the baseline is read so, too
//! client -> requests (what it asks for); issuers: clients of issuers of their own
//! fault, shown, spelling: what an error says, and what of the file it may show
//! ```

mod admin;
mod client;
mod connect;
mod discovery;
mod document;
mod endpoints;
mod expand;
mod fault;
mod file;
mod issuers;
mod login;
mod model;
mod needs;
mod reading;
mod requests;
mod shown;
mod spelling;
mod tree;

pub use admin::AdminError;
pub use client::{AuthMethod, Client, Grant, PkceDemand};
pub use connect::{ENVIRONMENT, proxies_of};
pub use discovery::{Metadata, Seen, Target, Unreachable, WellKnown, discover};
pub use document::Paper;
pub(crate) use document::of_yaml;
pub use endpoints::{EndpointOverrides, Endpoints};
pub use expand::{Env, Unexpanded, expand};
pub use fault::{Error, Place};
pub use login::{
    BrowserKind, Case, CommandLogin, Cut, Driver, GivenToken, Known, Login, REDIRECT, Recipe, RecipeBody, RecipeRequest,
    RecipeStep, Session, SessionCookie, Taking, Template, WebDriver,
};
pub use model::{Admin, LoadPolicy, PkcePolicy, Provider, Resource, Source, User};
pub use needs::{Need, lacking, lacking_for};
pub(crate) use reading::{Reading, Spot};
pub use shown::Line;
pub use spelling::nearest;
