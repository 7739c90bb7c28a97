//! Requests over a socket, byte for byte.

use std::{
    fmt::Write as _,
    io::{Read as _, Write as _},
    net::TcpStream,
    time::Duration,
};

/// Where the examples listen.
pub(crate) const ADDRESS: &str = "127.0.0.1:3000";

/// The longest that one step of a test may take.
pub(crate) const TIMEOUT: Duration = Duration::from_secs(30);

/// A connection with a request on it.
pub struct Connection(TcpStream);

/// A whole response.
#[derive(Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The headers, one line each, with their names in lower case.
    pub headers: Vec<String>,
    /// The body.
    pub body: String,
}

impl Response {
    /// Tells whether there is this header: `name: value`.
    #[must_use]
    pub fn has(&self, header: &str) -> bool {
        self.headers.iter().any(|known| known == header)
    }

    fn parse(bytes: Vec<u8>) -> Self {
        let text = String::from_utf8(bytes).expect("text");
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("cut: {text:?}"));
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).expect("a status");
        let lower = |line: &str| {
            let (name, value) = line.split_once(": ").expect("a header");
            format!("{}: {value}", name.to_lowercase())
        };
        Self {
            status: status.parse().expect("a number"),
            headers: lines.map(lower).collect(),
            body: body.to_owned(),
        }
    }
}

impl Connection {
    /// Connects, and sends the head of a request.
    ///
    /// # Panics
    /// If nothing listens, or the head cannot be sent.
    #[must_use]
    pub fn open(method: &str, path: &str, headers: &[(&str, &str)]) -> Self {
        let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        let stream = TcpStream::connect(ADDRESS).expect("it listens");
        stream.set_read_timeout(Some(TIMEOUT)).expect("a time");
        stream.set_write_timeout(Some(TIMEOUT)).expect("a time");
        let mut connection = Self(stream);
        connection.send(format!("{head}\r\n").as_bytes());
        connection
    }

    /// Sends a piece of the body.
    ///
    /// # Panics
    /// If it cannot be sent.
    pub fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).expect("it takes bytes");
    }

    /// Reads exactly this text.
    ///
    /// # Panics
    /// If something else comes, or nothing.
    pub fn expect(&mut self, text: &str) {
        let mut read = vec![0; text.len()];
        self.0.read_exact(&mut read).expect("it answers");
        assert_eq!(String::from_utf8_lossy(&read), text);
    }

    /// Reads the response, up to the end of the connection.
    ///
    /// # Panics
    /// If the connection stays open, or is reset, or what comes is no response.
    #[must_use]
    pub fn response(mut self) -> Response {
        let mut bytes = Vec::new();
        self.0.read_to_end(&mut bytes).expect("a response, and then the end of the connection");
        Response::parse(bytes)
    }
}

/// Sends a request with its body and its length, and reads the response.
///
/// # Panics
/// If nothing listens, or no response comes.
#[must_use]
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Response {
    let length = body.len().to_string();
    let mut all = vec![("content-length", length.as_str()), ("connection", "close")];
    all.extend(headers);
    let mut connection = Connection::open(method, path, &all);
    connection.send(body);
    connection.response()
}
