//! A client that sends exactly the given bytes, with repeated, empty and oddly spelt headers. No
//! client library does that.

use std::{net::SocketAddr, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// How long an answer may take before the server counts as hung.
const PATIENCE: Duration = Duration::from_secs(20);

/// A request, to the byte.
pub(crate) struct Request<'r> {
    pub(crate) method: &'r str,
    /// Path and query.
    pub(crate) target: &'r str,
    pub(crate) headers: &'r [(String, String)],
    pub(crate) body: &'r [u8],
}

/// An answer, read to its end.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

/// Tells whether the value can be sent.
pub(crate) fn is_sendable(value: &str) -> bool {
    HeaderValue::from_bytes(value.as_bytes()).is_ok()
}

/// Sends one request over a new connection, and reads the answer.
pub(crate) async fn send(server: SocketAddr, request: &Request<'_>) -> Result<Answer, String> {
    match tokio::time::timeout(PATIENCE, exchange(server, request)).await {
        Ok(Ok(answer)) => read(&answer),
        Ok(Err(error)) => Err(format!("the connection failed: {error}")),
        Err(_) => Err("no answer came".to_owned()),
    }
}

async fn exchange(server: SocketAddr, request: &Request<'_>) -> std::io::Result<Vec<u8>> {
    // The host differs from that of the vector's URL, as behind a proxy.
    let mut head = format!(
        "{} {} HTTP/1.1\r\nhost: {server}\r\nconnection: close\r\n",
        request.method, request.target
    );
    for (name, value) in request.headers {
        // These belong to the connection.
        if ["host", "connection", "content-length", "transfer-encoding"]
            .iter()
            .all(|own| !name.eq_ignore_ascii_case(own))
        {
            head.extend([name, ": ", value, "\r\n"]);
        }
    }
    if !request.body.is_empty() || request.method == "POST" {
        head.extend(["content-length: ", &request.body.len().to_string(), "\r\n"]);
    }
    head.push_str("\r\n");
    let mut connection = TcpStream::connect(server).await?;
    let (mut reader, mut writer) = connection.split();
    let sent = [head.as_bytes(), request.body].concat();
    let mut answer = Vec::new();
    // The server may answer and close before it has read everything.
    let (_, read) = tokio::join!(writer.write_all(&sent), reader.read_to_end(&mut answer));
    match read {
        Err(error) if answer.is_empty() => Err(error),
        _ => Ok(answer),
    }
}

fn read(answer: &[u8]) -> Result<Answer, String> {
    let end = answer.windows(4).position(|four| four == b"\r\n\r\n").ok_or("no head came")?;
    let head = std::str::from_utf8(&answer[..end]).map_err(|error| error.to_string())?;
    let mut lines = head.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let mut headers = HeaderMap::new();
    for line in lines {
        let (name, value) = line.split_once(':').ok_or("a header without a colon")?;
        let name = HeaderName::try_from(name).map_err(|error| error.to_string())?;
        let value = HeaderValue::try_from(value.trim()).map_err(|error| error.to_string())?;
        headers.append(name, value);
    }
    if headers.contains_key("transfer-encoding") {
        return Err("the answer came in chunks, which this client does not read".to_owned());
    }
    let status = status.ok_or("no status came")?;
    Ok(Answer { status, headers, body: answer[end + 4..].to_vec() })
}
