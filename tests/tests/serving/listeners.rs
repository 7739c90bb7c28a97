//! Listeners: TCP, Unix sockets and inherited sockets.

use std::{
    net::{Ipv6Addr, TcpListener},
    os::{
        fd::OwnedFd,
        unix::{fs::PermissionsExt as _, net::UnixListener},
    },
    path::PathBuf,
    process::{Command, Stdio},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpStream, UnixStream},
    time::timeout,
};
use webhook_runtime::{Listener, ServeError};

use crate::{
    common::{SECRET, signature},
    server::{PATIENCE, Server, deliver, head, hooks},
};

/// A path for one test, in the temporary directory.
fn path(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("webhooks-{}-{name}", std::process::id()));
    let _ = std::fs::remove_file(&path);
    path
}

#[tokio::test]
async fn ipv6() {
    let Ok(listener) = Listener::bind((Ipv6Addr::LOCALHOST, 0)).await else {
        return println!("not shown: there is no IPv6 here");
    };
    let address = listener.local_addr().expect("it is TCP");
    let server = Server { address, task: tokio::spawn(hooks().serve_on([listener])) };
    let answer = deliver(&mut server.connect().await).await;
    assert!(answer.ends_with("7 bytes from ::1"), "{answer}");
}

#[tokio::test]
async fn unix_sockets_and_tcp_work_together() {
    let path = path("both");
    let unix = Listener::bind_unix(&path).expect("a socket");
    let tcp = Listener::bind("127.0.0.1:0").await.expect("a port");
    let address = tcp.local_addr().expect("it is TCP");
    let server = Server { address, task: tokio::spawn(hooks().serve_on([unix, tcp])) };
    let mut stream = UnixStream::connect(&path).await.expect("it listens");
    let answer = deliver(&mut stream).await;
    assert!(answer.ends_with("7 bytes from nobody"), "{answer}");
    let answer = deliver(&mut server.connect().await).await;
    assert!(answer.ends_with("7 bytes from 127.0.0.1"), "{answer}");

    let taken = Listener::bind_unix(&path).expect_err("somebody listens there");
    assert!(taken.to_string().contains(path.to_str().expect("text")), "{taken}");
    server.task.abort();
    while path.exists() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn only_stale_socket_files_are_replaced() {
    let path = path("left");
    drop(UnixListener::bind(&path).expect("a socket"));
    assert!(path.exists());
    drop(Listener::bind_unix(&path).expect("a socket"));
    assert!(!path.exists());
    std::fs::write(&path, "something else").expect("a file");
    let refused = Listener::bind_unix(&path).expect_err("it is no socket");
    assert!(matches!(refused, ServeError::Listen { .. }), "{refused}");
    assert_eq!(std::fs::read_to_string(&path).expect("it is there"), "something else");
    std::fs::remove_file(&path).expect("it is ours");
}

#[tokio::test]
async fn socket_files_have_the_mode_that_is_asked_for() {
    for mode in [0o600, 0o660, 0o666] {
        let path = path("mode");
        let listener = Listener::bind_unix_with_mode(&path, mode).expect("a socket");
        let found = std::fs::metadata(&path).expect("it is there").permissions().mode();
        assert_eq!(found & 0o777, mode, "{found:o}");
        let second = Listener::bind_unix_with_mode(&path, mode).expect_err("somebody listens");
        assert!(second.to_string().contains("in use"), "{second}");
        let task = tokio::spawn(hooks().serve_on([listener]));
        let mut stream = UnixStream::connect(&path).await.expect("it listens");
        let answer = deliver(&mut stream).await;
        assert!(answer.ends_with("7 bytes from nobody"), "{answer}");
        task.abort();
        let _ = task.await;
        assert!(!path.exists());
    }
}

/// Whoever replaces an abandoned socket must not take away one that was put there meanwhile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_one_replaces_a_stale_socket() {
    for nth in 0..200 {
        let path = path(&format!("race-{nth}"));
        drop(UnixListener::bind(&path).expect("a socket"));
        let tasks: Vec<_> = (0..4)
            .map(|nth| {
                let path = path.clone();
                let bind = move || match nth % 2 {
                    0 => Listener::bind_unix(path),
                    _ => Listener::bind_unix_with_mode(path, 0o600),
                };
                tokio::task::spawn_blocking(bind)
            })
            .collect();
        let mut bound = Vec::new();
        for task in tasks {
            bound.extend(task.await.expect("no panic").ok());
        }
        assert_eq!(bound.len(), 1);
        UnixStream::connect(&path).await.expect("it is the one that is there");
        drop(bound);
        assert!(!path.exists());
    }
}

#[tokio::test]
async fn a_file_of_another_program_stays() {
    let path = path("other");
    let listener = Listener::bind_unix(&path).expect("a socket");
    std::fs::remove_file(&path).expect("it is there");
    std::fs::write(&path, "another one").expect("a file");
    drop(listener);
    assert!(path.exists());
    std::fs::remove_file(&path).expect("it is ours");
}

#[tokio::test]
async fn no_listener_is_an_error() {
    let error = hooks().serve_on([]).await.expect_err("nothing to listen on");
    assert_eq!(error.to_string(), "cannot listen: no socket was given");
}

/// A shell passes the socket as number 3, as systemd does. The server is a separate process, since
/// the variables name its process id.
#[tokio::test]
async fn an_inherited_socket_is_used() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it is bound");
    let hand_over = r#"LISTEN_FDS=1 LISTEN_PID=$$ exec "$0" 3<&0 </dev/null"#;
    let mut child = Command::new("sh")
        .args(["-c", hand_over, env!("CARGO_BIN_EXE_server")])
        .env("SECRET", SECRET)
        .env("LISTEN", "inherited")
        .stdin(Stdio::from(OwnedFd::from(listener)))
        .stdout(Stdio::null())
        .spawn()
        .expect("a shell");
    // A client that connects before the program starts waits, and is not refused.
    let mut stream = TcpStream::connect(address).await.expect("somebody listens");
    let body = br#"{"n":1}"#;
    let head = head(body.len(), &signature(body));
    let request = [head.as_bytes(), body].concat();
    stream.write_all(&request).await.expect("it takes bytes");
    let mut answer = vec![0; 1024];
    let read = timeout(PATIENCE, stream.read(&mut answer)).await;
    child.kill().expect("it runs");
    child.wait().expect("it ends");
    let read = read.expect("in time").expect("it answers");
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("7 bytes"), "{answer}");
}

#[test]
fn a_missing_inherited_socket_is_an_error() {
    let error = Listener::from_systemd().expect_err("there are no variables");
    assert!(error.to_string().contains("LISTEN_FDS"), "{error}");
}
