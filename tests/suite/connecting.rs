//! How the provider is reached: own authorities, certificates of nobody's, given addresses, proxies; on real sockets.

mod file;
mod logins;
mod program;
pub mod proxy;
mod wire;

use std::path::{Path, PathBuf};

use flowproof::server::{Config, ReferenceServer, Running, Tls};

/// A name that no name service knows.
pub const NAME: &str = "auth.flowproof.test";

/// The reference server at a public name, by TLS, and its authority as a file.
pub async fn named(dir: &Path) -> (Running, PathBuf) {
    let public_url = Some(format!("https://{NAME}"));
    let config = Config { port: 0, admin_port: 0, tls: Some(Tls::Generated), public_url, ..Config::demo() };
    let server = ReferenceServer::start(config).await.expect("free ports");
    let authority = dir.join("authority.pem");
    std::fs::write(&authority, server.certificate_authority().expect("it made one")).expect("a temporary file");
    (server, authority)
}

/// The document of a realm, without what only works on the server's own machine.
pub fn document(server: &Running, realm: &str) -> serde_json::Value {
    let mut document = server.provider_document(realm);
    document.as_object_mut().expect("an object").remove("admin");
    document
}
