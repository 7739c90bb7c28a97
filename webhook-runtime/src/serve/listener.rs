//! The sockets that a server accepts connections from.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

use super::error::ServeError;
#[cfg(unix)]
use super::socket_file::SocketFile;

/// A socket that the server accepts connections from: TCP or, on Unix, a socket in the file system
/// for a proxy on the same machine.
///
/// A listener of `std` or `tokio` converts into it.
#[derive(Debug)]
pub struct Listener(Kind);

#[derive(Debug)]
enum Kind {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix {
        // Removed before the socket closes: another program replaces a socket that nobody accepts on.
        file: Option<SocketFile>,
        listener: UnixListener,
    },
}

/// A connection from which nothing has been read yet.
pub(super) enum Accepted {
    Tcp(TcpStream, SocketAddr),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Listener {
    /// Listens on an address such as `"127.0.0.1:3000"`. `"[::]:3000"` is every IPv6 address of the
    /// machine and, unless the system is set up otherwise, every IPv4 address.
    ///
    /// # Errors
    /// If the address is invalid, or the system refuses it.
    pub async fn bind(address: impl ToSocketAddrs) -> Result<Self, ServeError> {
        let candidates: Vec<_> = tokio::net::lookup_host(address)
            .await
            .map_err(|source| ServeError::Listen { address: None, source })?
            .collect();
        let listener = TcpListener::bind(&candidates[..]).await.map_err(|source| {
            ServeError::Listen { address: candidates.first().copied(), source }
        })?;
        Ok(Self(Kind::Tcp(listener)))
    }

    /// Listens on a socket in the file system. It replaces the file of a program that no longer runs,
    /// and removes its own file at the end. Everyone who may write to the file may connect: that is up to
    /// the umask of the process, unless [`bind_unix_with_mode`](Self::bind_unix_with_mode) says otherwise.
    ///
    /// Its connections have no address, and count as one peer.
    ///
    /// # Errors
    /// If another program listens there already, or the file cannot be created.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[cfg(unix)]
    pub fn bind_unix(path: impl Into<std::path::PathBuf>) -> Result<Self, ServeError> {
        Self::bind_socket_file(path.into(), None)
    }

    /// Listens on a socket in the file system, as [`bind_unix`](Self::bind_unix) does. The file has this
    /// mode from its first moment: with `0o660`, its owner and its group may connect.
    ///
    /// # Errors
    /// As [`bind_unix`](Self::bind_unix).
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[cfg(unix)]
    pub fn bind_unix_with_mode(
        path: impl Into<std::path::PathBuf>,
        mode: u32,
    ) -> Result<Self, ServeError> {
        Self::bind_socket_file(path.into(), Some(mode))
    }

    #[cfg(unix)]
    fn bind_socket_file(path: std::path::PathBuf, mode: Option<u32>) -> Result<Self, ServeError> {
        match SocketFile::bind(&path, mode) {
            Ok((listener, file)) => Ok(Self(Kind::Unix { listener, file: Some(file) })),
            Err(error) => {
                let text = format!("{}: {error}", path.display());
                let source = io::Error::new(error.kind(), text);
                Err(ServeError::Listen { address: None, source })
            }
        }
    }

    /// The sockets that systemd has opened for this process (socket activation, `LISTEN_FDS`). They
    /// stay open while the program restarts, so no delivery is refused.
    ///
    /// # Errors
    /// If there is no such socket, or one is neither TCP nor a Unix stream.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[cfg(all(unix, feature = "socket-activation"))]
    pub fn from_systemd() -> Result<Vec<Self>, ServeError> {
        inherited().map_err(|source| ServeError::Listen { address: None, source })
    }

    /// The TCP address of the listener; `None` for a socket in the file system.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match &self.0 {
            Kind::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(unix)]
            Kind::Unix { .. } => None,
        }
    }

    pub(super) async fn accept(&self) -> io::Result<Accepted> {
        match &self.0 {
            Kind::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // A response is one small packet, and the client waits for it.
                let _ = stream.set_nodelay(true);
                Ok(Accepted::Tcp(stream, peer))
            }
            #[cfg(unix)]
            Kind::Unix { listener, .. } => Ok(Accepted::Unix(listener.accept().await?.0)),
        }
    }

    /// The URL of the listener, with this scheme for TCP.
    pub(super) fn url(&self, scheme: &str) -> String {
        match &self.0 {
            Kind::Tcp(listener) => listener
                .local_addr()
                .map_or_else(|_| scheme.to_owned(), |at| format!("{scheme}://{at}")),
            #[cfg(unix)]
            Kind::Unix { listener, file } => {
                let address = listener.local_addr().ok();
                let path = address.as_ref().and_then(|address| address.as_pathname());
                let path = file.as_ref().map(SocketFile::path).or(path);
                path.map_or_else(|| "unix:".to_owned(), |path| format!("unix:{}", path.display()))
            }
        }
    }
}

impl Accepted {
    /// The address of the client, if there is one.
    pub(super) fn peer(&self) -> Option<IpAddr> {
        match self {
            Self::Tcp(_, peer) => Some(peer.ip()),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }
}

#[cfg(all(unix, feature = "socket-activation"))]
fn inherited() -> io::Result<Vec<Listener>> {
    let mut sockets = listenfd::ListenFd::from_env();
    let mut listeners = Vec::with_capacity(sockets.len());
    for index in 0..sockets.len() {
        // Each call checks the kind of the socket, and leaves one of another kind in place.
        let tcp = sockets.take_tcp_listener(index);
        let listener = match tcp {
            Ok(Some(listener)) => Listener::try_from(listener)?,
            Ok(None) => continue,
            Err(_) => match sockets.take_unix_listener(index)? {
                Some(listener) => Listener::try_from(listener)?,
                None => continue,
            },
        };
        listeners.push(listener);
    }
    if listeners.is_empty() {
        let text = "no socket was handed over: LISTEN_FDS and LISTEN_PID are set by systemd";
        return Err(io::Error::new(io::ErrorKind::NotFound, text));
    }
    Ok(listeners)
}

/// A connection that belongs to no runtime.
pub(super) enum Detached {
    Tcp(std::net::TcpStream, SocketAddr),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
}

impl Accepted {
    /// Detaches the connection from the runtime that accepted it.
    pub(super) fn detach(self) -> io::Result<Detached> {
        Ok(match self {
            Self::Tcp(stream, peer) => Detached::Tcp(stream.into_std()?, peer),
            #[cfg(unix)]
            Self::Unix(stream) => Detached::Unix(stream.into_std()?),
        })
    }
}

impl Detached {
    /// Attaches the connection to the current runtime.
    pub(super) fn attach(self) -> io::Result<Accepted> {
        Ok(match self {
            Self::Tcp(stream, peer) => Accepted::Tcp(TcpStream::from_std(stream)?, peer),
            #[cfg(unix)]
            Self::Unix(stream) => Accepted::Unix(UnixStream::from_std(stream)?),
        })
    }
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self(Kind::Tcp(listener))
    }
}

/// Panics outside of a tokio runtime.
impl TryFrom<std::net::TcpListener> for Listener {
    type Error = io::Error;

    fn try_from(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(TcpListener::from_std(listener)?.into())
    }
}

#[cfg(unix)]
impl From<UnixListener> for Listener {
    fn from(listener: UnixListener) -> Self {
        Self(Kind::Unix { listener, file: None })
    }
}

/// Panics outside of a tokio runtime.
#[cfg(unix)]
impl TryFrom<std::os::unix::net::UnixListener> for Listener {
    type Error = io::Error;

    fn try_from(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(UnixListener::from_std(listener)?.into())
    }
}
