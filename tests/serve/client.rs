//! A server to be asked, and the plainest clients there are: bytes over a socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{IpAddr, Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value as Json;

/// How long anything may take; only what is broken takes it.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A running `kami serve`; it is ended when dropped.
pub(crate) struct Served {
    pub(crate) child: Child,
    pub(crate) port: u16,
    /// What it says besides where it listens, line by line.
    pub(crate) says: Receiver<String>,
}

impl Served {
    /// Starts it on a free port, in the folder and with the arguments given.
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Served {
        let mut kami = Command::new(env!("CARGO_BIN_EXE_kami"));
        Served::by(kami.current_dir(folder).args(["serve", "--port", "0"]).args(arguments))
    }

    /// Starts it by a command that does.
    pub(crate) fn by(command: &mut Command) -> Served {
        let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("the program starts");
        let (sender, says) = channel();
        let errors = BufReader::new(child.stderr.take().expect("it is piped"));
        let answers = sender.clone();
        std::thread::spawn(move || {
            errors.lines().map_while(Result::ok).for_each(|line| drop(sender.send(line)));
        });
        let mut line = String::new();
        let mut out = BufReader::new(child.stdout.take().expect("it is piped"));
        out.read_line(&mut line).expect("it says where it listens");
        std::thread::spawn(move || {
            out.lines().map_while(Result::ok).for_each(|line| drop(answers.send(line)));
        });
        let authority = line.split('/').nth(2).unwrap_or_default();
        let port = authority.rsplit(':').next().and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("no port in {line:?}: {:?}", says.recv()));
        Served { child, port, says }
    }

    /// Waits until it says a line that contains `text`.
    #[track_caller]
    pub(crate) fn hear(&self, text: &str) -> String {
        let until = Instant::now() + DEADLINE;
        let mut heard = Vec::new();
        while let Ok(line) = self.says.recv_timeout(until.saturating_duration_since(Instant::now()))
        {
            if line.contains(text) {
                return line;
            }
            heard.push(line);
        }
        panic!("never said {text:?}, but {heard:#?}");
    }

    pub(crate) fn get(&self, target: &str) -> Answer {
        get(self.port, target, "")
    }

    /// Asks for a page until it is as it should be.
    #[track_caller]
    pub(crate) fn until(&self, target: &str, right: impl Fn(&Answer) -> bool) {
        let until = Instant::now() + DEADLINE;
        loop {
            let answer = self.get(target);
            if right(&answer) {
                return;
            }
            assert!(Instant::now() < until, "{target} stays wrong: {}", answer.text());
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        format!("{}\n\n{}", self.head, String::from_utf8_lossy(&self.body))
    }

    pub(crate) fn holds(&self, text: &str) -> bool {
        String::from_utf8_lossy(&self.body).contains(text)
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// Returns all headers but the clock's.
    pub(crate) fn headers(&self) -> Vec<&str> {
        let mut lines: Vec<&str> =
            self.head.lines().filter(|line| !line.starts_with("date:")).collect();
        lines.sort_unstable();
        lines
    }
}

pub(crate) fn get(port: u16, target: &str, headers: &str) -> Answer {
    say(HERE, port, &format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{headers}\r\n"))
}

/// Sends a request and reads the answer to its end; `Connection: close` goes with the first line.
pub(crate) fn say(ip: IpAddr, port: u16, request: &str) -> Answer {
    let (line, rest) = request.split_once("\r\n").expect("a request has a first line");
    send(ip, port, format!("{line}\r\nConnection: close\r\n{rest}").as_bytes())
}

pub(crate) fn send(ip: IpAddr, port: u16, request: &[u8]) -> Answer {
    let mut stream = connect(ip, port);
    // A server that has heard enough may close before all is said.
    drop(stream.write_all(request));
    let mut all = Vec::new();
    drop(stream.read_to_end(&mut all));
    let at = all.windows(4).position(|end| end == b"\r\n\r\n").unwrap_or(all.len());
    let head = String::from_utf8_lossy(&all[..at]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    Answer { status, head, body: all.get(at + 4..).unwrap_or_default().to_vec() }
}

pub(crate) fn connect(ip: IpAddr, port: u16) -> TcpStream {
    let stream = TcpStream::connect((ip, port)).expect("the server listens");
    stream.set_read_timeout(Some(DEADLINE)).expect("a socket has a time-out");
    stream
}

/// An open window: a WebSocket, byte by byte.
pub(crate) struct Window {
    pub(crate) stream: TcpStream,
    pub(crate) status: u16,
}

impl Window {
    pub(crate) fn open(port: u16, query: &str) -> Window {
        Window::from(HERE, port, query, "")
    }

    pub(crate) fn from(ip: IpAddr, port: u16, query: &str, headers: &str) -> Window {
        let mut stream = connect(ip, port);
        let request = format!(
            "GET /_kami/live{query} HTTP/1.1\r\nHost: {ip}:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n{headers}\r\n"
        );
        stream.write_all(request.as_bytes()).expect("the server reads");
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).expect("the server answers");
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).into_owned();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Window { stream, status }
    }

    /// Sends a frame with a mask of zeroes.
    pub(crate) fn send(&mut self, opcode: u8, payload: &[u8]) {
        let length = payload.len();
        let mut frame = vec![0x80 | opcode];
        match u16::try_from(length) {
            Ok(short) if short < 126 => frame.push(0x80 + short.to_be_bytes()[1]),
            Ok(medium) => {
                frame.push(0xfe);
                frame.extend(medium.to_be_bytes());
            }
            Err(_) => {
                frame.push(0xff);
                frame.extend((length as u64).to_be_bytes());
            }
        }
        frame.extend([0; 4]);
        frame.extend(payload);
        drop(self.stream.write_all(&frame));
    }

    /// Returns the next frame: its opcode and what it bears; `None` when there is none any more.
    pub(crate) fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let mut start = [0; 2];
        self.stream.read_exact(&mut start).ok()?;
        let length = match start[1] & 0x7f {
            126 => {
                let mut length = [0; 2];
                self.stream.read_exact(&mut length).ok()?;
                usize::from(u16::from_be_bytes(length))
            }
            127 => {
                let mut length = [0; 8];
                self.stream.read_exact(&mut length).ok()?;
                usize::try_from(u64::from_be_bytes(length)).ok()?
            }
            short => usize::from(short),
        };
        let mut payload = vec![0; length];
        self.stream.read_exact(&mut payload).ok()?;
        Some((start[0] & 0x0f, payload))
    }

    /// Waits for the next thing that the window is told.
    #[track_caller]
    pub(crate) fn told(&mut self) -> Json {
        loop {
            match self.frame() {
                Some((1, text)) => return serde_json::from_slice(&text).expect("frames are JSON"),
                Some((8, _)) | None => panic!("the window was closed"),
                Some(_) => {}
            }
        }
    }

    /// Waits until it is told all errors there are, and returns their codes and places.
    #[track_caller]
    pub(crate) fn errors(&mut self) -> Vec<String> {
        loop {
            let frame = self.told();
            let Some(found) = frame["diagnostics"].as_array() else { continue };
            let one = |found: &Json| {
                let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
                format!("{}:{}:{} {}", text("path"), found["line"], found["column"], text("code"))
            };
            return found.iter().map(one).collect();
        }
    }
}
