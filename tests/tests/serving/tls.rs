//! TLS, and renewed certificates.

use std::{path::PathBuf, sync::Arc, time::Duration};

use tokio::{io::AsyncWriteExt as _, time::timeout};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName, pem::PemObject as _},
    },
};
use webhook_runtime::{Tls, TlsError};

use crate::{
    http2,
    server::{PATIENCE, Server, closed, deliver, hooks},
};

fn fixture(name: &str) -> PathBuf {
    PathBuf::from("fixtures/tls").join(name)
}

/// A certificate in a temporary directory, where it can be replaced.
struct Files(PathBuf);

impl Files {
    fn new(name: &str) -> Self {
        let place = std::env::temp_dir().join(format!("webhooks-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&place).expect("a directory");
        Self(place)
    }

    /// Installs the certificate of this number.
    fn put(&self, number: usize) {
        self.put_both(number, number);
    }

    fn put_both(&self, chain: usize, key: usize) {
        let put = |from: String, to: PathBuf| std::fs::copy(fixture(&from), to).expect("a file");
        put(format!("server-{chain}.pem"), self.chain());
        put(format!("server-{key}.key.pem"), self.key());
    }

    fn chain(&self) -> PathBuf {
        self.0.join("chain.pem")
    }

    fn key(&self) -> PathBuf {
        self.0.join("key.pem")
    }

    fn tls(&self) -> Result<Tls, TlsError> {
        Tls::from_pem_files(self.chain(), self.key())
    }
}

impl Drop for Files {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

async fn connect(server: &Server, protocol: &str) -> TlsStream<tokio::net::TcpStream> {
    let mut roots = RootCertStore::empty();
    let authority = CertificateDer::from_pem_file(fixture("ca.pem")).expect("a certificate");
    roots.add(authority).expect("an authority");
    let mut config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("there are some")
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols.push(protocol.as_bytes().to_vec());
    let name = ServerName::try_from("localhost").expect("a name");
    let connector = TlsConnector::from(Arc::new(config));
    let connected = connector.connect(name, server.connect().await);
    timeout(PATIENCE, connected).await.expect("in time").expect("it is trusted")
}

/// The number of the certificate that the server presents.
async fn shown(server: &Server) -> usize {
    let stream = connect(server, "http/1.1").await;
    let shown = stream.get_ref().1.peer_certificates().expect("one")[0].clone();
    let is = |number: &usize| {
        let file = fixture(&format!("server-{number}.pem"));
        CertificateDer::from_pem_file(file).expect("a certificate") == shown
    };
    (1..=2).find(is).expect("one of them")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_protocols_over_tls() {
    let files = Files::new("both");
    files.put(1);
    let server = Server::start(hooks().tls(files.tls().expect("a certificate"))).await;
    let mut stream = connect(&server, "http/1.1").await;
    let answer = deliver(&mut stream).await;
    assert!(answer.ends_with("7 bytes from 127.0.0.1"), "{answer}");
    let stream = connect(&server, "h2").await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let mut client = http2::client(stream).await;
    assert_eq!(http2::deliver(&mut client, b"1").await.0, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn broken_tls_handshakes_are_closed() {
    let files = Files::new("none");
    files.put(1);
    let short = Duration::from_millis(300);
    let tls = files.tls().expect("a certificate");
    let server = Server::start(hooks().tls(tls).header_timeout(short)).await;
    let mut plain = server.connect().await;
    plain.write_all(b"POST /webhook HTTP/1.1\r\n\r\n").await.expect("it takes bytes");
    closed(plain).await;
    let mut half = server.connect().await;
    half.write_all(b"\x16\x03\x01\x01").await.expect("it takes bytes");
    closed(half).await;
    closed(server.connect().await).await;
    assert_eq!(shown(&server).await, 1);
}

/// Only the number of connections can end them here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stalled_tls_handshakes_keep_nobody_out() {
    let files = Files::new("stalled");
    files.put(1);
    let tls = files.tls().expect("a certificate");
    let long = Duration::from_secs(60);
    let server = Server::start(hooks().tls(tls).header_timeout(long).max_connections(20)).await;
    let mut stalled = Vec::new();
    for _ in 0..100 {
        let mut stream = server.connect().await;
        stream.write_all(b"\x16\x03\x01\x01").await.expect("it takes bytes");
        stalled.push(stream);
    }
    let answer = deliver(&mut connect(&server, "http/1.1").await).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_reloaded() {
    let files = Files::new("renewed");
    files.put(1);
    let tls = files.tls().expect("a certificate").reload_interval(Duration::from_millis(50));
    let server = Server::start(hooks().tls(tls)).await;
    let mut before = connect(&server, "http/1.1").await;
    assert_eq!(shown(&server).await, 1);
    // Unusable files are ignored.
    files.put_both(2, 1);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(shown(&server).await, 1);
    files.put(2);
    let renewed = async {
        while shown(&server).await != 2 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, renewed).await.expect("it is renewed");
    deliver(&mut before).await;
}

#[test]
fn tls_file_errors_name_the_cause() {
    let files = Files::new("wrong");
    let told = |files: &Files| files.tls().expect_err("it is wrong").to_string();
    assert!(told(&files).starts_with("cannot read "), "{}", told(&files));
    files.put_both(1, 2);
    assert!(told(&files).contains("is not that of the first certificate in"), "{}", told(&files));
    files.put(1);
    std::fs::copy(files.key(), files.chain()).expect("a file");
    assert!(told(&files).starts_with("there is no certificate in "), "{}", told(&files));
    files.put(1);
    std::fs::write(files.key(), "nothing").expect("a file");
    assert!(told(&files).starts_with("there is no private key in "), "{}", told(&files));
    files.put(1);
    let tls = files.tls().expect("now it is right");
    assert!(!tls.reload().expect("it is the same"));
    let shown = format!("{tls:?}");
    assert!(shown.contains("chain.pem") && !shown.contains("PRIVATE"), "{shown}");
}
