//! What connections are taken in from.

use std::{
    io,
    net::{IpAddr, SocketAddr},
};

use tokio::net::{TcpListener, TcpStream, ToSocketAddrs};
#[cfg(unix)]
use tokio::net::{UnixListener, UnixStream};

use crate::webhooks::start::Error;

/// A socket that [`Webhooks::serve_on`](crate::Webhooks::serve_on) takes connections from: TCP, or on
/// Unix a socket in the file system, for a proxy on the same machine.
///
/// Made from the listeners of `std` and of `tokio`, and by the functions here.
#[derive(Debug)]
pub struct Listener(Kind);

#[derive(Debug)]
enum Kind {
    Tcp(TcpListener),
    #[cfg(unix)]
    Unix {
        /// Removed before the socket is closed: whoever finds nobody there takes the place.
        _file: Option<Placed>,
        listener: UnixListener,
    },
}

/// A socket's file that was made here, and is removed with it.
#[cfg(unix)]
#[derive(Debug)]
struct Placed(std::path::PathBuf);

/// One connection, before anything is read from it.
pub(crate) enum Accepted {
    Tcp(TcpStream, SocketAddr),
    #[cfg(unix)]
    Unix(UnixStream),
}

impl Listener {
    /// Listens on an address, such as `"127.0.0.1:3000"`; `"[::]:3000"` is every address of the
    /// machine, of IPv6 and, where the system does not say otherwise, of IPv4.
    ///
    /// # Errors
    /// When the address is none, or cannot be listened on.
    pub async fn bind(address: impl ToSocketAddrs) -> Result<Self, Error> {
        let candidates: Vec<_> = tokio::net::lookup_host(address)
            .await
            .map_err(|source| Error::Listen { address: None, source })?
            .collect();
        let listener = TcpListener::bind(&candidates[..])
            .await
            .map_err(|source| Error::Listen { address: candidates.first().copied(), source })?;
        Ok(Self(Kind::Tcp(listener)))
    }

    /// Listens on a socket in the file system. A file that a program has left there which is gone is
    /// replaced; ours is removed at the end. Whoever may write to the file may connect: that is a
    /// matter of the directory and of the process's umask.
    ///
    /// Connections that come here have no address, and count as one peer.
    ///
    /// # Errors
    /// When somebody listens there already, or no file can be made there.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[cfg(unix)]
    pub fn unix(path: impl Into<std::path::PathBuf>) -> Result<Self, Error> {
        let path = path.into();
        match placed(&path) {
            Ok(listener) => Ok(Self(Kind::Unix { listener, _file: Some(Placed(path)) })),
            Err(error) => {
                let told = format!("{}: {error}", path.display());
                let source = io::Error::new(error.kind(), told);
                Err(Error::Listen { address: None, source })
            }
        }
    }

    /// The sockets that whoever started the process has opened for it, by systemd's socket
    /// activation (`LISTEN_FDS`): no delivery is refused while the program is started anew.
    ///
    /// # Errors
    /// When there is none, or one that is neither TCP nor a Unix stream.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    #[cfg(all(unix, feature = "socket-activation"))]
    pub fn inherited() -> Result<Vec<Self>, Error> {
        inherited().map_err(|source| Error::Listen { address: None, source })
    }

    /// The address that is listened on, where it is one of TCP.
    #[must_use]
    pub fn local_addr(&self) -> Option<SocketAddr> {
        match &self.0 {
            Kind::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(unix)]
            Kind::Unix { .. } => None,
        }
    }

    pub(crate) async fn accept(&self) -> io::Result<Accepted> {
        match &self.0 {
            Kind::Tcp(listener) => {
                let (stream, peer) = listener.accept().await?;
                // An answer is one small packet, and the sender waits for it.
                let _ = stream.set_nodelay(true);
                Ok(Accepted::Tcp(stream, peer))
            }
            #[cfg(unix)]
            Kind::Unix { listener, .. } => Ok(Accepted::Unix(listener.accept().await?.0)),
        }
    }

    /// How it is told at start, by the scheme of TCP connections.
    pub(crate) fn told_as(&self, scheme: &str) -> String {
        match &self.0 {
            Kind::Tcp(listener) => listener
                .local_addr()
                .map_or_else(|_| scheme.to_owned(), |at| format!("{scheme}://{at}")),
            #[cfg(unix)]
            Kind::Unix { listener, .. } => {
                let address = listener.local_addr().ok();
                let path = address.as_ref().and_then(|address| address.as_pathname());
                path.map_or_else(|| "unix:".to_owned(), |path| format!("unix:{}", path.display()))
            }
        }
    }
}

impl Accepted {
    /// Who has connected, where that is known.
    pub(crate) fn peer(&self) -> Option<IpAddr> {
        match self {
            Self::Tcp(_, peer) => Some(peer.ip()),
            #[cfg(unix)]
            Self::Unix(_) => None,
        }
    }
}

#[cfg(unix)]
fn placed(path: &std::path::Path) -> io::Result<UnixListener> {
    use std::os::unix::{fs::FileTypeExt as _, net::UnixStream as Probe};

    let is_socket = std::fs::symlink_metadata(path).is_ok_and(|of| of.file_type().is_socket());
    let is_left = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
    if is_socket && Probe::connect(path).is_err_and(is_left) {
        std::fs::remove_file(path)?;
    }
    UnixListener::bind(path)
}

#[cfg(all(unix, feature = "socket-activation"))]
fn inherited() -> io::Result<Vec<Listener>> {
    let mut given = listenfd::ListenFd::from_env();
    let mut listeners = Vec::with_capacity(given.len());
    for at in 0..given.len() {
        // Each of them looks at the socket's kind, and leaves what is of another.
        let tcp = given.take_tcp_listener(at);
        let listener = match tcp {
            Ok(Some(listener)) => Listener::try_from(listener)?,
            Ok(None) => continue,
            Err(_) => match given.take_unix_listener(at)? {
                Some(listener) => Listener::try_from(listener)?,
                None => continue,
            },
        };
        listeners.push(listener);
    }
    if listeners.is_empty() {
        let nothing = "no socket was handed over: LISTEN_FDS and LISTEN_PID are set by systemd";
        return Err(io::Error::new(io::ErrorKind::NotFound, nothing));
    }
    Ok(listeners)
}

/// A connection between two runtimes.
pub(crate) enum Moving {
    Tcp(std::net::TcpStream, SocketAddr),
    #[cfg(unix)]
    Unix(std::os::unix::net::UnixStream),
}

impl Accepted {
    /// Leaves the runtime on which it was taken in.
    pub(crate) fn leave(self) -> io::Result<Moving> {
        Ok(match self {
            Self::Tcp(stream, peer) => Moving::Tcp(stream.into_std()?, peer),
            #[cfg(unix)]
            Self::Unix(stream) => Moving::Unix(stream.into_std()?),
        })
    }
}

impl Moving {
    /// Arrives on the runtime on which it is to be answered, which is the one that runs this.
    pub(crate) fn arrive(self) -> io::Result<Accepted> {
        Ok(match self {
            Self::Tcp(stream, peer) => Accepted::Tcp(TcpStream::from_std(stream)?, peer),
            #[cfg(unix)]
            Self::Unix(stream) => Accepted::Unix(UnixStream::from_std(stream)?),
        })
    }
}

#[cfg(unix)]
impl Drop for Placed {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl From<TcpListener> for Listener {
    fn from(listener: TcpListener) -> Self {
        Self(Kind::Tcp(listener))
    }
}

/// Needs a tokio runtime, and panics without.
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
        Self(Kind::Unix { listener, _file: None })
    }
}

/// Needs a tokio runtime, and panics without.
#[cfg(unix)]
impl TryFrom<std::os::unix::net::UnixListener> for Listener {
    type Error = io::Error;

    fn try_from(listener: std::os::unix::net::UnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(UnixListener::from_std(listener)?.into())
    }
}
