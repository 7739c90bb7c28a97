//! Requests as raw bytes on a socket, so that no client library corrects them.

use std::{
    fmt::Write as _,
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

/// How long an answer may take before the server counts as hung.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// A request with any headers, also invalid ones.
#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(String, Vec<u8>)>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn post(target: &str, body: impl Into<Vec<u8>>) -> Self {
        Self {
            method: "POST".to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: body.into(),
        }
    }

    pub(crate) fn json(target: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::post(target, body).with("content-type", "application/json")
    }

    /// Appends a header.
    pub(crate) fn with(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.push((name.to_owned(), value.as_ref().to_vec()));
        self
    }

    /// Removes all headers of that name.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// Replaces a header.
    pub(crate) fn set(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.without(name).with(name, value)
    }

    pub(crate) fn with_all(mut self, headers: &http::HeaderMap) -> Self {
        for (name, value) in headers {
            self = self.with(name.as_str(), value.as_bytes());
        }
        self
    }

    pub(crate) fn of(mut self, method: &str) -> Self {
        method.clone_into(&mut self.method);
        self
    }

    pub(crate) fn to(mut self, target: &str) -> Self {
        target.clone_into(&mut self.target);
        self
    }

    pub(crate) fn carrying(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// The value of a header, as text.
    pub(crate) fn header(&self, name: &str) -> String {
        let found = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        let (_, value) = found.unwrap_or_else(|| panic!("a header {name}"));
        String::from_utf8(value.clone()).unwrap()
    }

    /// Everything before the body.
    pub(crate) fn head(&self) -> Vec<u8> {
        let mut line = String::new();
        let _ = write!(line, "{} {} HTTP/1.1\r\nhost: localhost\r\n", self.method, self.target);
        let mut head = line.into_bytes();
        for (name, value) in &self.headers {
            head.extend([name.as_bytes(), b": ", value, b"\r\n"].concat());
        }
        let is_framed = self.headers.iter().any(|(name, _)| {
            name.eq_ignore_ascii_case("content-length")
                || name.eq_ignore_ascii_case("transfer-encoding")
        });
        if !is_framed {
            head.extend(format!("content-length: {}\r\n", self.body.len()).bytes());
        }
        head.extend(b"\r\n");
        head
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        [&self.head()[..], &self.body[..]].concat()
    }
}

/// An answer, and how long it took.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The headers, with names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) took: Duration,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Parses the first answer, and returns where the next one starts.
    fn parse(bytes: &[u8], asked: Instant, has_body: bool) -> Option<(Self, usize)> {
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
        let text = String::from_utf8_lossy(&bytes[..end]).into_owned();
        let mut lines = text.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
            .collect();
        let mut answer = Self { status, headers, body: Vec::new(), took: asked.elapsed() };
        let length = answer.header("content-length").and_then(|length| length.parse().ok());
        let body = end + 4;
        let behind = body + if has_body { length.unwrap_or(0) } else { 0 };
        answer.body = bytes.get(body..behind)?.to_vec();
        Some((answer, behind))
    }
}

/// A client with one connection, kept for as long as the server keeps it.
pub(crate) struct Client {
    server: SocketAddr,
    open: Option<TcpStream>,
    /// How many connections were opened.
    pub(crate) opened: usize,
}

impl Client {
    pub(crate) fn new(server: SocketAddr) -> Self {
        Self { server, open: None, opened: 0 }
    }

    /// Sends a request, and reads its answer.
    pub(crate) async fn ask(&mut self, request: &Request) -> Answer {
        let bytes = request.bytes();
        let has_body = request.method != "HEAD";
        let used = self.open.is_some();
        let answer = match timeout(PATIENCE, self.exchange(&bytes, has_body)).await {
            // The server may have closed an idle connection.
            Ok(Err(_)) if used => {
                self.open = None;
                timeout(PATIENCE, self.exchange(&bytes, has_body)).await
            }
            answer => answer,
        };
        answer.expect("an answer in time").expect("an answer, and no broken connection")
    }

    async fn exchange(&mut self, bytes: &[u8], has_body: bool) -> io::Result<Answer> {
        let mut stream = if let Some(stream) = self.open.take() {
            stream
        } else {
            self.opened += 1;
            TcpStream::connect(self.server).await?
        };
        stream.set_nodelay(true)?;
        let asked = Instant::now();
        let (mut reader, mut writer) = stream.split();
        // A server may answer before it has read everything, and then stop reading.
        let (sent, answer) =
            tokio::join!(writer.write_all(bytes), read_answer(&mut reader, asked, has_body));
        let answer = answer?;
        let ends = answer.header("connection").is_some_and(|value| value == "close");
        if sent.is_ok() && !ends {
            self.open = Some(stream);
        }
        Ok(answer)
    }
}

async fn read_answer(
    reader: &mut (impl tokio::io::AsyncRead + Unpin),
    asked: Instant,
    has_body: bool,
) -> io::Result<Answer> {
    let mut read = Vec::new();
    loop {
        while let Some((answer, end)) = Answer::parse(&read, asked, has_body) {
            if answer.status != 100 {
                return Ok(answer);
            }
            read.drain(..end);
        }
        if reader.read_buf(&mut read).await? == 0 {
            return Err(io::Error::other(format!("cut: {:?}", String::from_utf8_lossy(&read))));
        }
    }
}

/// Reads the first answer.
pub(crate) async fn first(reader: &mut (impl tokio::io::AsyncRead + Unpin)) -> Answer {
    let answer = timeout(PATIENCE, read_answer(reader, Instant::now(), true)).await;
    answer.expect("an answer in time").expect("an answer, and no broken connection")
}

/// Sends bytes on a new connection, and reads everything until the server closes or falls silent.
pub(crate) async fn raw(server: SocketAddr, bytes: &[u8]) -> Vec<Answer> {
    let asked = Instant::now();
    let stream = TcpStream::connect(server).await.expect("it listens");
    let (mut reader, mut writer) = stream.into_split();
    // The connection stays open while it is read.
    let bytes = bytes.to_vec();
    let sending = tokio::spawn(async move {
        let _ = writer.write_all(&bytes).await;
        writer
    });
    let mut read = Vec::new();
    let mut last = Instant::now();
    loop {
        match timeout(QUIET, reader.read_buf(&mut read)).await {
            Ok(Ok(0) | Err(_)) => break,
            Ok(Ok(_)) => last = Instant::now(),
            // It answered, and then fell silent.
            Err(_) if !read.is_empty() || last.elapsed() > PATIENCE => break,
            Err(_) => {}
        }
    }
    drop(sending.await);
    let mut answers = Vec::new();
    while let Some((answer, end)) = Answer::parse(&read, asked, true) {
        read.drain(..end);
        if answer.status != 100 {
            answers.push(answer);
        }
    }
    answers
}

/// The silence after which a server that has answered counts as done.
const QUIET: Duration = Duration::from_millis(200);
