//! The load generator: one thread, keep-alive connections, prepared requests.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// The number of concurrent requests. Each has its own connection.
const CONNECTIONS: usize = 16;

/// Connections to one server.
pub(crate) struct Load {
    connections: Vec<TcpStream>,
    worker: PathBuf,
    answer: Vec<u8>,
}

/// Nanoseconds per request.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    /// CPU time of the server's worker.
    pub(crate) server: f64,
    /// Wall-clock time.
    pub(crate) wall: f64,
}

impl Load {
    /// Sends this request to learn the length of a response. All others are equally long.
    pub(crate) fn new(address: SocketAddr, worker: &Path, first: &str) -> Self {
        let connect = |_| {
            let connection = TcpStream::connect(address).expect("connected");
            connection.set_nodelay(true).expect("set");
            connection
        };
        let mut connections: Vec<TcpStream> = (0..CONNECTIONS).map(connect).collect();
        let mut answer = vec![0; 4096];
        connections[0].write_all(first.as_bytes()).expect("sent");
        let length = connections[0].read(&mut answer).expect("an answer");
        answer.truncate(length);
        Self { connections, worker: worker.to_owned(), answer }
    }

    /// Sends `count` of these requests in turn.
    pub(crate) fn turn(&mut self, requests: &[String], count: usize) -> Cost {
        let mut requests = requests.iter().cycle();
        let (cpu, clock) = (self.cpu(), Instant::now());
        for _ in 0..count / CONNECTIONS {
            for connection in &mut self.connections {
                let request = requests.next().expect("a request");
                connection.write_all(request.as_bytes()).expect("sent");
            }
            for connection in &mut self.connections {
                connection.read_exact(&mut self.answer).expect("an answer");
                assert!(self.answer.starts_with(b"HTTP/1.1 200 OK"), "{}", String::from_utf8_lossy(&self.answer));
            }
        }
        let (wall, cpu) = (clock.elapsed().as_nanos() as f64, self.cpu() - cpu);
        Cost { server: cpu / count as f64, wall: wall / count as f64 }
    }

    /// The nanoseconds that the worker has run: the first field of its `schedstat`, which is exact while the thread is
    /// not running.
    fn cpu(&self) -> f64 {
        let text = std::fs::read_to_string(&self.worker).expect("Linux with schedstats");
        text.split(' ').next().and_then(|first| first.parse().ok()).expect("a number")
    }
}

/// Roughly the request of a browser's `fetch` or of a proxy, with these credentials: further lines of its head.
pub(crate) fn request(credentials: &str) -> String {
    format!(
        "GET /hello HTTP/1.1\r\nHost: api.example.com\r\nUser-Agent: benchmark\r\nAccept: application/json\r\n\
         X-Request-Id: 6f1c2b0e-9d2f-4f7c-8f2e-0c9a4e1d7b35\r\n{credentials}\r\n\r\n"
    )
}
