//! The load generator: keep-alive connections, requests written beforehand, one thread.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Instant;

use crate::http::Server;

/// Requests that are under way at once, each on a connection of its own.
const CONNECTIONS: usize = 16;

/// Connections to one server.
pub(crate) struct Load {
    connections: Vec<TcpStream>,
    worker: PathBuf,
    answer: Vec<u8>,
}

/// Nanoseconds per request.
#[derive(Clone, Copy)]
pub(crate) struct Spent {
    /// CPU time of the server's worker.
    pub(crate) server: f64,
    /// Time on the clock.
    pub(crate) wall: f64,
}

impl Load {
    pub(crate) fn new(server: &Server) -> Self {
        let connect = |_| {
            let connection = TcpStream::connect(server.address).expect("connected");
            connection.set_nodelay(true).expect("set");
            connection
        };
        let mut connections: Vec<TcpStream> = (0..CONNECTIONS).map(connect).collect();
        // All answers are as long as this one, which is read without knowing that.
        let mut answer = vec![0; 4096];
        let first = connections.first_mut().expect("a connection");
        first.write_all(request("/open", "none").as_bytes()).expect("sent");
        let length = first.read(&mut answer).expect("an answer");
        answer.truncate(length);
        Self { connections, worker: server.worker.clone(), answer }
    }

    /// Sends `count` requests with these tokens, each in its turn.
    pub(crate) fn turn(&mut self, path: &str, tokens: &[String], count: usize) -> Spent {
        let requests: Vec<String> = tokens.iter().map(|token| request(path, token)).collect();
        let mut requests = requests.iter().cycle();
        let (cpu, clock) = (self.cpu(), Instant::now());
        for _ in 0..count / CONNECTIONS {
            for connection in &mut self.connections {
                let request = requests.next().expect("a token");
                connection.write_all(request.as_bytes()).expect("sent");
            }
            for connection in &mut self.connections {
                connection.read_exact(&mut self.answer).expect("an answer");
                assert!(self.answer.starts_with(b"HTTP/1.1 200 OK"), "{}", String::from_utf8_lossy(&self.answer));
            }
        }
        let (wall, cpu) = (clock.elapsed().as_nanos() as f64, self.cpu() - cpu);
        Spent { server: cpu / count as f64, wall: wall / count as f64 }
    }

    /// Nanoseconds that the worker has run: the first field of its `schedstat`, exact while the thread is not running.
    fn cpu(&self) -> f64 {
        let told = std::fs::read_to_string(&self.worker).expect("Linux with schedstats");
        told.split(' ').next().and_then(|first| first.parse().ok()).expect("a number")
    }
}

/// What a browser's `fetch` or a proxy sends, about.
fn request(path: &str, token: &str) -> String {
    format!(
        "GET {path} HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: benchmark\r\nAccept: application/json\r\n\
         X-Request-Id: 6f1c2b0e-9d2f-4f7c-8f2e-0c9a4e1d7b35\r\nAuthorization: Bearer {token}\r\n\r\n"
    )
}
