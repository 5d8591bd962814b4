//! A store to deploy to, and a wire between it and the program on which things go wrong.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

/// The one server of all tests; each uses a bucket of its own.
pub(crate) fn port() -> u16 {
    static SERVER: OnceLock<(u16, Mutex<Child>)> = OnceLock::new();
    SERVER.get_or_init(start).0
}

fn start() -> (u16, Mutex<Child>) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let installed = Command::new(root.join("tests/python/install.sh")).output().unwrap();
    let said = String::from_utf8_lossy(&installed.stderr);
    assert!(installed.status.success(), "python3 with venv is needed: {said}");
    let mut server = Command::new(root.join("target/python/bin/python"))
        .arg(root.join("tests/deploy/server.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
    (line.trim().parse().expect("it says its port"), Mutex::new(server))
}

/// A request as it goes over the wire.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// With its query, percent-encoded.
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    /// Tells whether it changes something in a bucket.
    pub(crate) fn is_change(&self) -> bool {
        matches!(self.method.as_str(), "PUT" | "DELETE" | "POST")
    }

    /// Returns what it is about, without bucket and query.
    pub(crate) fn path(&self) -> &str {
        let path = self.target.split('?').next().unwrap();
        path[1..].split_once('/').map_or("", |(_, path)| path)
    }
}

/// What happens to a request instead of its being passed on.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    None,
    /// It is answered so: a status, and an error's code.
    Answer(u16, &'static str),
    /// The line is cut, before it arrives or after it was done.
    CutBefore,
    CutAfter,
    /// The answer comes a byte at a time.
    Slow,
    /// The program is killed, before it arrives or after it was done.
    KillBefore,
    KillAfter,
}

type Rule = dyn Fn(usize, &Asked) -> Fault + Send + Sync;

/// A wire to the store that notes what passes, and does to it what a rule says.
pub(crate) struct Wire {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<Asked>>>,
    /// Who is killed.
    pub(crate) victim: Arc<Mutex<Option<u32>>>,
    ended: Arc<AtomicBool>,
}

impl Wire {
    pub(crate) fn new(rule: impl Fn(usize, &Asked) -> Fault + Send + Sync + 'static) -> Wire {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire =
            Wire { port, asked: Arc::default(), victim: Arc::default(), ended: Arc::default() };
        let shared = Shared {
            rule: Arc::new(rule),
            count: Arc::new(AtomicUsize::new(0)),
            asked: Arc::clone(&wire.asked),
            victim: Arc::clone(&wire.victim),
        };
        let ended = Arc::clone(&wire.ended);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if ended.load(Ordering::Relaxed) {
                    break;
                }
                let shared = shared.clone();
                std::thread::spawn(move || while shared.pass_one(&stream).is_some() {});
            }
        });
        wire
    }

    /// A wire on which nothing goes wrong.
    pub(crate) fn sound() -> Wire {
        Wire::new(|_, _| Fault::None)
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Returns what has passed since one asked last.
    pub(crate) fn take(&self) -> Vec<Asked> {
        std::mem::take(&mut self.asked.lock().unwrap())
    }

    /// Returns the paths that were changed since, each with how.
    pub(crate) fn changes(&self) -> Vec<String> {
        let asked = self.take().into_iter().filter(Asked::is_change);
        let mut changes: Vec<String> =
            asked.map(|asked| format!("{} {}", asked.method, asked.path())).collect();
        changes.sort();
        changes
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        drop(TcpStream::connect(("127.0.0.1", self.port)));
    }
}

#[derive(Clone)]
struct Shared {
    rule: Arc<Rule>,
    count: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<Asked>>>,
    victim: Arc<Mutex<Option<u32>>>,
}

impl Shared {
    /// Passes on one request; `None` when the connection has come to its end.
    fn pass_one(&self, stream: &TcpStream) -> Option<()> {
        let asked = read_request(&mut BufReader::new(stream.try_clone().ok()?))?;
        let number = self.count.fetch_add(1, Ordering::SeqCst);
        let fault = (self.rule)(number, &asked);
        self.asked.lock().unwrap().push(asked.clone());
        let mut out = stream.try_clone().ok()?;
        match fault {
            Fault::Answer(status, code) => {
                out.write_all(&refusal(&asked, status, code)).ok()?;
                return Some(());
            }
            Fault::CutBefore => return None,
            Fault::KillBefore => return self.kill(),
            _ => {}
        }
        let answer = forward(&asked)?;
        match fault {
            Fault::CutAfter => None,
            Fault::KillAfter => self.kill(),
            Fault::Slow => {
                for byte in answer.chunks(answer.len() / 20 + 1) {
                    out.write_all(byte).ok()?;
                    out.flush().ok()?;
                    std::thread::sleep(std::time::Duration::from_millis(20));
                }
                Some(())
            }
            _ => out.write_all(&answer).ok(),
        }
    }

    fn kill(&self) -> Option<()> {
        let victim = self.victim.lock().unwrap().take()?;
        let pid = rustix::process::Pid::from_raw(i32::try_from(victim).ok()?)?;
        rustix::process::kill_process(pid, rustix::process::Signal::KILL).ok()?;
        None
    }
}

fn read_request(from: &mut impl BufRead) -> Option<Asked> {
    let (first, headers) = read_head(from)?;
    let mut words = first.split(' ');
    let (method, target) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut asked = Asked { method, target, headers, body: Vec::new() };
    let length: u64 = asked.header("content-length").parse().unwrap_or(0);
    from.take(length).read_to_end(&mut asked.body).ok()?;
    Some(asked)
}

fn read_head(from: &mut impl BufRead) -> Option<(String, Vec<(String, String)>)> {
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        lines.push(line);
    }
    let headers = lines.iter().skip(1).filter_map(|line| line.split_once(": "));
    let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    Some((lines.first()?.clone(), headers))
}

/// Asks the store and returns its whole answer.
fn forward(asked: &Asked) -> Option<Vec<u8>> {
    let mut store = TcpStream::connect(("127.0.0.1", port())).ok()?;
    let mut request = format!("{} {} HTTP/1.1\r\n", asked.method, asked.target);
    for (name, value) in &asked.headers {
        if !name.eq_ignore_ascii_case("connection") {
            request.extend([name, ": ", value, "\r\n"]);
        }
    }
    request.push_str("Connection: close\r\n\r\n");
    store.write_all(request.as_bytes()).ok()?;
    store.write_all(&asked.body).ok()?;
    let mut from = BufReader::new(store);
    let (first, headers) = read_head(&mut from)?;
    let mut body = Vec::new();
    from.read_to_end(&mut body).ok()?;
    let mut answer = format!("{first}\r\n");
    for (name, value) in headers {
        let is_framing = ["connection", "content-length", "transfer-encoding"];
        if !is_framing.iter().any(|it| name.eq_ignore_ascii_case(it)) {
            answer.extend([&*name, ": ", &*value, "\r\n"]);
        }
    }
    if !first.contains(" 204") {
        answer.extend(["content-length: ", &body.len().to_string(), "\r\n"]);
    }
    answer.push_str("\r\n");
    let mut answer = answer.into_bytes();
    answer.extend(body);
    Some(answer)
}

fn refusal(asked: &Asked, status: u16, code: &str) -> Vec<u8> {
    let region =
        if code == "PermanentRedirect" { "x-amz-bucket-region: ap-northeast-1\r\n" } else { "" };
    let body = format!("<Error><Code>{code}</Code><Message>a stand-in says so</Message></Error>");
    let body = if asked.method == "HEAD" { String::new() } else { body };
    format!(
        "HTTP/1.1 {status} x\r\ndate: Fri, 01 Jan 2021 00:00:00 GMT\r\n{region}content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}
