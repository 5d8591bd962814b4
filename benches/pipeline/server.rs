//! `kami serve` under measure: how soon a saved file is served and told, what a page takes in memory.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long anything may take before the measure is given up.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long the poller rests between two requests.
const REST: Duration = Duration::from_micros(300);

/// A server at work; it is stopped when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Server {
    /// Starts `kami serve` and waits for its address.
    pub(crate) fn start(kami: &Path, site: &Path) -> io::Result<Server> {
        let mut child = Command::new(kami)
            .args(["serve", "--port", "0"])
            .arg(site)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let mut line = String::new();
        let out = child.stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
        BufReader::new(out).read_line(&mut line)?;
        let address = line.trim().rsplit("//").next().unwrap_or_default();
        let address = address.split('/').next().unwrap_or_default().to_owned();
        Ok(Server { child, address })
    }

    pub(crate) fn connect(&self) -> io::Result<Connection> {
        let stream = TcpStream::connect(&self.address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Connection { reader: BufReader::new(stream), host: self.address.clone() })
    }

    /// Returns the memory that the process holds, in bytes.
    pub(crate) fn memory(&self) -> usize {
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        line.split_whitespace().next().and_then(|n| n.parse::<usize>().ok()).unwrap_or(0) * 1024
    }
}

/// One connection that is kept alive.
#[derive(Debug)]
pub(crate) struct Connection {
    reader: BufReader<TcpStream>,
    host: String,
}

impl Connection {
    fn send(&mut self, path: &str, headers: &str) -> io::Result<()> {
        let host = &self.host;
        let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n");
        self.reader.get_mut().write_all(request.as_bytes())
    }

    /// Reads the head of an answer; returns the length of the body.
    fn head(&mut self) -> io::Result<usize> {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                return Ok(length);
            }
            if let Some(value) = line.strip_prefix("content-length:") {
                length = value.trim().parse().map_err(io::Error::other)?;
            }
        }
    }

    /// Asks for an address and waits for the first byte of the answer.
    pub(crate) fn first_byte(&mut self, path: &str) -> io::Result<()> {
        self.send(path, "")?;
        self.reader.fill_buf().map(drop)
    }

    /// Returns what stands at an address.
    pub(crate) fn get(&mut self, path: &str) -> io::Result<String> {
        self.send(path, "")?;
        let mut body = vec![0; self.head()?];
        self.reader.read_exact(&mut body)?;
        String::from_utf8(body).map_err(io::Error::other)
    }

    /// Opens the WebSocket of a window that shows `path`; each message arrives with its moment.
    fn window(mut self, path: &str) -> io::Result<Receiver<(Instant, String)>> {
        let origin = format!("http://{}", self.host);
        let headers = format!(
            "Origin: {origin}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: a2FtaXNoaWJhaS1iZW5jaA==\r\n"
        );
        self.send(&format!("_kami/live?route={path}"), &headers)?;
        self.head()?;
        let (to, messages) = channel();
        std::thread::spawn(move || {
            while let Ok(message) = self.message() {
                if to.send((Instant::now(), message)).is_err() {
                    return;
                }
            }
        });
        Ok(messages)
    }

    /// Reads one frame of the WebSocket; a server's frames are not masked.
    fn message(&mut self) -> io::Result<String> {
        let mut head = [0; 2];
        self.reader.read_exact(&mut head)?;
        let length = match head[1] {
            126 => {
                let mut long = [0; 2];
                self.reader.read_exact(&mut long)?;
                usize::from(u16::from_be_bytes(long))
            }
            short => usize::from(short),
        };
        let mut body = vec![0; length];
        self.reader.read_exact(&mut body)?;
        Ok(String::from_utf8_lossy(&body).into_owned())
    }
}

/// A file that is saved again and again, and where its text is served.
#[derive(Debug)]
pub(crate) struct Edited {
    pub(crate) file: PathBuf,
    pub(crate) route: String,
}

/// How long saves took to be served, and to be told to a window.
#[derive(Debug, Default)]
pub(crate) struct Saves {
    pub(crate) served: Vec<Duration>,
    pub(crate) told: Vec<Duration>,
}

/// Saves a file `times` times and rests before each; `change` makes the text of each save and the mark
/// to wait for.
pub(crate) fn saves(
    server: &Server,
    edited: &Edited,
    (times, rest): (usize, Duration),
    change: impl Fn(&str, usize) -> (String, String),
) -> io::Result<Saves> {
    let original = fs::read_to_string(&edited.file)?;
    let mut connection = server.connect()?;
    connection.get(&edited.route)?;
    let window = server.connect()?.window(&edited.route)?;
    let mut saves = Saves::default();
    for number in 0..times {
        std::thread::sleep(rest);
        while window.try_recv().is_ok() {}
        let (text, mark) = change(&original, number);
        let started = Instant::now();
        fs::write(&edited.file, text)?;
        while !connection.get(&edited.route)?.contains(&mark) {
            if started.elapsed() > PATIENCE {
                return Err(io::Error::other("the saved text is never served"));
            }
            std::thread::sleep(REST);
        }
        saves.served.push(started.elapsed());
        while let Ok((at, message)) = window.recv_timeout(PATIENCE) {
            if message.contains("changed") {
                saves.told.push(at.duration_since(started));
                break;
            }
        }
    }
    fs::write(&edited.file, original)?;
    Ok(saves)
}
