//! Over the wire: a server process on one core, this client on another, and the server's own CPU time.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use flowproof::server::{Config, ReferenceServer, SigningAlgorithm, TokenFormat};

use super::bare::{ANSWER, Signatures};
use super::cpu;

/// Keep-alive connections, each with one request at a time.
const CONNECTIONS: usize = 16;
/// Requests of one round.
const REQUESTS: usize = 60_000;
/// Rounds of each server, taken in turn, so that a noisy minute falls on all of them.
const ROUNDS: usize = 5;

const BODY: &str = "grant_type=client_credentials";

/// What a child process serves.
const KINDS: [&str; 4] = ["bare", "opaque", "es256", "eddsa"];

/// Measures, and prints the ratios.
pub fn measure(signatures: &Signatures) {
    cpu::pin(1);
    let servers: Vec<Server> = KINDS.into_iter().map(Server::start).collect();
    let mut rounds: Vec<Vec<Duration>> = vec![Vec::new(); KINDS.len()];
    for _ in 0..=ROUNDS {
        for (server, costs) in servers.iter().zip(&mut rounds) {
            costs.push(server.round());
        }
    }
    // The first round warms up.
    let costs: Vec<f64> = rounds.iter_mut().map(|costs| median(&mut costs[1..])).collect();
    let [bare, opaque, es256, eddsa] = costs[..] else { unreachable!("four kinds") };
    let sign = |duration: Duration| duration.as_secs_f64() * 1e6;
    println!("over the wire, the server on one core, the client on another: the server's CPU for each request");
    println!("  bare axum handler, 400 bytes   {bare:6.2} µs");
    println!("  client_credentials, opaque     {opaque:6.2} µs   {:.2} x bare (at most 1.60)", opaque / bare);
    for (name, cost, signature) in [("ES256", es256, sign(signatures.es256)), ("EdDSA", eddsa, sign(signatures.eddsa))] {
        println!(
            "  client_credentials, {name}      {cost:6.2} µs   opaque + {:.2} x a bare signature of {signature:.2} µs (at most 1.30)",
            (cost - opaque) / signature
        );
    }
}

fn median(costs: &mut [Duration]) -> f64 {
    costs.sort();
    costs[costs.len() / 2].as_secs_f64() * 1e6
}

struct Server {
    child: Child,
    request: Vec<u8>,
    address: SocketAddr,
}

impl Server {
    fn start(kind: &str) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut child = Command::new(program)
            .args(["--serve", kind])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("this program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("piped")).read_line(&mut line).expect("it says where it listens");
        let address = line.trim().parse().expect("an address");
        let request = format!(
            "POST /realms/bench/protocol/openid-connect/token HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic {}\r\n\
             Accept: application/json\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{BODY}",
            super::in_process::BASIC,
            BODY.len(),
        );
        Self { child, request: request.into_bytes(), address }
    }

    /// CPU time of the server for each request of one round.
    fn round(&self) -> Duration {
        let mut connections: Vec<TcpStream> = (0..CONNECTIONS)
            .map(|_| {
                let stream = TcpStream::connect(self.address).expect("it listens");
                stream.set_nodelay(true).expect("a socket");
                stream
            })
            .collect();
        let before = cpu::of(self.child.id());
        let mut buffer = [0; 4_096];
        for _ in 0..REQUESTS / CONNECTIONS {
            for stream in &mut connections {
                stream.write_all(&self.request).expect("it reads");
            }
            for stream in &mut connections {
                let length = stream.read(&mut buffer).expect("it answers");
                assert!(buffer[..length].starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&buffer[..length]));
            }
        }
        (cpu::of(self.child.id()) - before) / u32::try_from(REQUESTS).expect("not that many")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The end of its input tells it to stop.
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

/// The child: serves on one core until its input ends.
pub fn serve(kind: &str) {
    cpu::pin(0);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        match kind {
            "bare" => {
                use axum::serve::ListenerExt as _;
                println!("{}", listener.local_addr().expect("it is bound"));
                let listener = listener.tap_io(|stream| stream.set_nodelay(true).expect("a socket"));
                let router =
                    axum::Router::new().fallback(axum::routing::post(|| async { axum::body::Bytes::from_static(&ANSWER) }));
                tokio::spawn(async move { axum::serve(listener, router).await });
                until_the_input_ends().await;
            }
            kind => {
                let format = match kind {
                    "opaque" => TokenFormat::Opaque,
                    _ => TokenFormat::Jwt,
                };
                let algorithm = if kind == "eddsa" { SigningAlgorithm::EdDsa } else { SigningAlgorithm::Es256 };
                let config = Config {
                    realms: vec![super::in_process::realm(format, algorithm, 5)],
                    default_realm: None,
                    ..Config::demo()
                };
                let running = ReferenceServer::start(config).await.expect("it starts");
                println!("{}", running.addr());
                until_the_input_ends().await;
                running.stop().await;
            }
        }
    });
}

async fn until_the_input_ends() {
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    let _ = ended.await;
}
