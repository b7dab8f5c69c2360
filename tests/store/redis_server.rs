//! A `redis-server` of its own for each test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for something that has to happen.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

/// A server on a free port of loopback. Dropping it kills the process and removes its files.
pub(crate) struct RedisServer {
    port: u16,
    directory: PathBuf,
    options: Vec<String>,
    process: Option<Child>,
}

impl RedisServer {
    /// Starts a server with further options. `None`, with a line that says so, if `redis-server` is not installed.
    pub(crate) fn start(options: &[&str]) -> Option<Self> {
        let mut server = Self::stopped(options)?;
        server.restart();
        Some(server)
    }

    /// A server that is not started yet, on a port that is free.
    pub(crate) fn stopped(options: &[&str]) -> Option<Self> {
        if let Err(error) = Command::new("redis-server").arg("--version").output() {
            assert_ne!(std::env::var("OKTA_AUTH_REDIS").as_deref(), Ok("required"), "redis-server: {error}");
            eprintln!("skipped: redis-server is not installed");
            return None;
        }
        static NUMBER: AtomicUsize = AtomicUsize::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let directory = std::env::temp_dir().join(format!("okta-auth-store-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&directory).expect("a directory");
        let options = options.iter().map(|option| (*option).to_owned()).collect();
        Some(Self { port: free_port(), directory, options, process: None })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A file in the directory of the server.
    pub(crate) fn write(&self, name: &str, content: &str) -> String {
        let path = self.directory.join(name);
        std::fs::write(&path, content).expect("a file");
        path.to_str().expect("text").to_owned()
    }

    /// Kills the process, as an outage would: nothing is saved.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill().expect("the process is killed");
            process.wait().expect("the process ends");
        }
    }

    /// Starts the process, with the files that it left. Returns when it answers.
    pub(crate) fn restart(&mut self) {
        self.kill();
        let port = self.port.to_string();
        let has_tls = self.options.iter().any(|option| option == "--tls-port");
        let mut command = Command::new("redis-server");
        command.args(["--port", if has_tls { "0" } else { &port }, "--bind", "127.0.0.1", "--save", "", "--dir"]);
        command.arg(&self.directory).args(&self.options);
        let process = command.stdout(Stdio::null()).spawn().expect("redis-server starts");
        self.process = Some(process);
        wait_until(|| has_tls && TcpStream::connect(("127.0.0.1", self.port)).is_ok() || self.answers());
    }

    /// Stops the process for a time. Its connections stay open.
    pub(crate) fn signal(&self, signal: &str) {
        let id = self.process.as_ref().expect("a process").id().to_string();
        assert!(Command::new("kill").args([signal, &id]).status().expect("kill").success());
    }

    fn answers(&self) -> bool {
        // An error of authentication is an answer, too. While it loads its files, it says LOADING.
        self.try_command(&["PING"]).is_some_and(|answer| !answer.contains("LOADING"))
    }

    /// Adds an option for the next start.
    pub(crate) fn add_option(&mut self, option: &str) {
        self.options.push(option.to_owned());
    }

    /// As [`command`](Self::command), with the password of the server.
    pub(crate) fn authenticated_command(&self, password: &str, words: &[&str]) {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).expect("a connection");
        connection.write_all(&[encode(&["AUTH", password]), encode(words)].concat()).expect("the commands");
        let mut reader = BufReader::new(connection);
        for _ in 0..2 {
            assert_eq!(read_reply(&mut reader).as_deref(), Some("+OK"));
        }
    }

    /// The first line of the answer to a command. Of an array, all items.
    pub(crate) fn command(&self, words: &[&str]) -> String {
        self.try_command(words).expect("an answer")
    }

    fn try_command(&self, words: &[&str]) -> Option<String> {
        let mut connection = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        connection.set_read_timeout(Some(DEADLINE)).ok()?;
        connection.write_all(&encode(words)).ok()?;
        let mut reader = BufReader::new(connection);
        read_reply(&mut reader)
    }
}

fn encode(words: &[&str]) -> Vec<u8> {
    let text: String = words.iter().map(|word| format!("${}\r\n{word}\r\n", word.len())).collect();
    format!("*{}\r\n{text}", words.len()).into_bytes()
}

fn read_reply(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let text = line.trim_end();
    match text.split_at_checked(1)? {
        ("$", length) => {
            let Ok(length) = length.parse::<usize>() else { return Some("nil".to_owned()) };
            let mut content = vec![0; length + 2];
            reader.read_exact(&mut content).ok()?;
            content.truncate(length);
            String::from_utf8(content).ok()
        }
        ("*", length) => {
            let items = (0..length.parse::<usize>().ok()?).map(|_| read_reply(reader));
            items.collect::<Option<Vec<_>>>().map(|items| items.join(" "))
        }
        _ => Some(text.to_owned()),
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// Waits until the condition holds.
pub(crate) fn wait_until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < DEADLINE, "it does not happen");
        thread::sleep(Duration::from_millis(5));
    }
}
