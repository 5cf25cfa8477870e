//! A proxy of the tests' own: it tunnels and forwards to one place, whatever name it is asked for, and tells what it was asked.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// How it takes whom it is asked for.
#[derive(Clone, Debug)]
pub enum Mood {
    /// It lets everybody through.
    Open,
    /// It wants this `Proxy-Authorization`.
    Wants(String),
    /// It lets nobody through.
    Shut,
}

pub struct Proxy {
    pub address: SocketAddr,
    /// The first line of each request, or the host and port that a SOCKS client asked for.
    asked: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Proxy {
    /// Leads everybody to this address.
    pub async fn to(place: SocketAddr, mood: Mood) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let asked = Arc::<Mutex<Vec<String>>>::default();
        let heard = Arc::clone(&asked);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (heard, mood) = (Arc::clone(&heard), mood.clone());
                tokio::spawn(async move {
                    // Whoever leaves in the middle is no failure of a test's.
                    let _ = serve(stream, place, &mood, &heard).await;
                });
            }
        });
        Self { address, asked, task }
    }

    /// What it was asked so far.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().expect("nobody panicked").clone()
    }
}

async fn serve(mut client: TcpStream, place: SocketAddr, mood: &Mood, heard: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let mut first = [0];
    client.read_exact(&mut first).await?;
    if first[0] == 5 {
        return socks(client, place, heard).await;
    }
    let mut head = first.to_vec();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await?);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let line = head.lines().next().unwrap_or_default().to_owned();
    heard.lock().expect("nobody panicked").push(line.clone());
    let sent = head
        .lines()
        .find_map(|line| Some(line.split_once(": ").filter(|(name, _)| name.eq_ignore_ascii_case("proxy-authorization"))?.1));
    let refusal = match mood {
        Mood::Open => None,
        Mood::Wants(wanted) if sent == Some(wanted.as_str()) => None,
        Mood::Wants(_) => Some("407 Proxy Authentication Required\r\nproxy-authenticate: Basic realm=\"way out\""),
        Mood::Shut => Some("403 Forbidden"),
    };
    if let Some(status) = refusal {
        let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        return client.write_all(answer.as_bytes()).await;
    }
    let mut server = TcpStream::connect(place).await?;
    if line.starts_with("CONNECT ") {
        client.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await?;
    } else {
        // A server takes the absolute form as well (RFC 9112 section 3.2.2).
        server.write_all(head.as_bytes()).await?;
    }
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}

/// SOCKS 5 without authentication, the name left to the proxy (RFC 1928).
async fn socks(mut client: TcpStream, place: SocketAddr, heard: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let count = client.read_u8().await?;
    client.read_exact(&mut vec![0; count.into()]).await?;
    client.write_all(&[5, 0]).await?;
    let mut request = [0; 4];
    client.read_exact(&mut request).await?;
    assert_eq!(request[3], 3, "a name, which nobody else looked up");
    let length = client.read_u8().await?;
    let mut name = vec![0; length.into()];
    client.read_exact(&mut name).await?;
    let port = client.read_u16().await?;
    heard.lock().expect("nobody panicked").push(format!("{}:{port}", String::from_utf8_lossy(&name)));
    let mut server = TcpStream::connect(place).await?;
    client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    copy_bidirectional(&mut client, &mut server).await.map(drop)
}
