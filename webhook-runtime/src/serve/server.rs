//! Takes connections in, and deals them out.

use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use super::{
    connection::{Server, converse},
    connections::Connections,
    guard::{Seat, Told},
    listener::{Accepted, Listener},
    worker_threads::Cores,
};

/// After which time the system is asked again for what it could not give.
const PAUSE: Duration = Duration::from_millis(50);

/// The open connections of a server that takes in no more, until it is dropped.
pub(crate) struct StillOpen {
    connections: Arc<Connections>,
    // Last, so that what is told to leave still has a thread to do so on.
    _cores: Arc<Cores>,
}

impl StillOpen {
    /// Waits until what is being answered is answered, and all connections are closed.
    pub(crate) async fn finish(&self) {
        self.connections.tell_all(Told::Finish);
        self.connections.all_left().await;
    }
}

impl Drop for StillOpen {
    fn drop(&mut self) {
        self.connections.tell_all(Told::Leave);
    }
}

/// Takes connections in until the server is asked to stop.
pub(crate) async fn accept(
    listeners: Vec<Listener>,
    server: Server,
    asked_to_stop: impl Future<Output = ()>,
) -> io::Result<StillOpen> {
    let connections = Connections::new(server.limits.connections);
    let cores = Arc::new(Cores::start(server.limits.threads)?);
    let server = Arc::new(server);
    let open = StillOpen { connections, _cores: Arc::clone(&cores) };
    let mut accepting: Vec<Pin<Box<dyn Future<Output = ()> + Send>>> = listeners
        .into_iter()
        .map(|listener| {
            let (server, connections) = (Arc::clone(&server), Arc::clone(&open.connections));
            Box::pin(accept_from(listener, server, connections, Arc::clone(&cores))) as Pin<Box<_>>
        })
        .collect();
    #[cfg(feature = "tls")]
    if let Some(tls) = server.tls.clone() {
        accepting.push(Box::pin(tls.keep_renewing()));
    }
    let mut asked_to_stop = pin!(asked_to_stop);
    poll_fn(|context| {
        // None of them ends.
        for one in &mut accepting {
            let _ = one.as_mut().poll(context);
        }
        asked_to_stop.as_mut().poll(context)
    })
    .await;
    Ok(open)
}

/// Takes in, for ever, what comes to one socket.
async fn accept_from(
    listener: Listener,
    server: Arc<Server>,
    connections: Arc<Connections>,
    cores: Arc<Cores>,
) {
    loop {
        match listener.accept().await {
            Ok(accepted) => {
                let seat = connections.enter(accepted.peer()).await;
                if let Err(error) = deal(accepted, seat, &server, &cores) {
                    tracing::debug!(%error, "a connection was lost");
                }
            }
            Err(error) => refused(&error, &connections).await,
        }
    }
}

/// Gives a connection to the thread that has the fewest.
fn deal(accepted: Accepted, seat: Seat, server: &Arc<Server>, cores: &Cores) -> io::Result<()> {
    let Some(core) = cores.freest() else { return Ok(()) };
    let server = Arc::clone(server);
    if core.is_here() {
        core.run(async move { answer(accepted, &seat, &server).await });
        return Ok(());
    }
    // A socket is known to the runtime on which it was made, and has to move to another one.
    let moving = accepted.leave()?;
    core.run(async move {
        match moving.arrive() {
            Ok(accepted) => answer(accepted, &seat, &server).await,
            Err(error) => tracing::debug!(%error, "a connection was lost"),
        }
    });
    Ok(())
}

async fn answer(accepted: Accepted, seat: &Seat, server: &Server) {
    match accepted {
        #[cfg(feature = "tls")]
        Accepted::Tcp(stream, peer) if server.tls.is_some() => {
            let Some(tls) = &server.tls else { return };
            let shaken = super::connection::unless_told(server, seat, tls.accept(stream)).await;
            match shaken {
                Some(Ok(stream)) => converse(server, seat, stream, Some(peer)).await,
                Some(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                None => {}
            }
        }
        Accepted::Tcp(stream, peer) => converse(server, seat, stream, Some(peer)).await,
        #[cfg(unix)]
        Accepted::Unix(stream) => converse(server, seat, stream, None).await,
    }
}

/// What comes of a connection that could not be had.
async fn refused(error: &io::Error, connections: &Connections) {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};

    // The client was gone before it was taken in.
    if matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        return;
    }
    // Most likely, there are no more files to be had.
    tracing::error!(%error, "no connection could be taken in");
    connections.make_room();
    tokio::time::sleep(PAUSE).await;
}
