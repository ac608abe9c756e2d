//! TCP connections: their number and their idle time are limited.
//!
//! A connection that sends no complete header within [`Limits::header`], at its start or between two requests, is closed.
//! When all slots are taken, the oldest connection without a request is closed.

use axum::Router;
use axum::body::Body;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};

/// Files that the server needs besides connections: databases, photos, imports.
const OTHER_FILES: u64 = 128;
/// Pause after the system refused a connection.
const PAUSE: Duration = Duration::from_millis(50);
/// Maximum time that a client may leave sent data unacknowledged.
const UNACKNOWLEDGED: Duration = Duration::from_secs(120);

/// Address from which a request arrived.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// Limits of connections.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Maximum time to send a header, and maximum idle time between requests.
    pub header: Duration,
    /// Maximum number of open connections.
    pub connections: u32,
}

impl Limits {
    /// Allows this many connections, or fewer if the system does not allow as many open files.
    pub fn new(connections: u32) -> Self {
        let files = raise_open_files().saturating_sub(OTHER_FILES).max(16);
        let connections = connections.clamp(1, u32::try_from(files).unwrap_or(u32::MAX));
        Self { header: Duration::from_secs(30), connections }
    }
}

/// Raises the limit of open files to the maximum for this process. Returns the limit.
fn raise_open_files() -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum });
    // `None` means no limit.
    let usable = if raised.is_ok() { limit.maximum } else { limit.current };
    usable.unwrap_or(u64::MAX)
}

/// Connections that have not sent a request yet, the oldest first, each with a handle that closes it.
#[derive(Clone, Debug, Default)]
struct Silent(Arc<Mutex<BTreeMap<u64, oneshot::Sender<()>>>>);

impl Silent {
    fn add(&self, number: u64) -> oneshot::Receiver<()> {
        let (close, closed) = oneshot::channel();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(number, close);
        closed
    }

    fn remove(&self, number: u64) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
    }

    fn close_oldest(&self) {
        if let Some((_, close)) = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop_first() {
            // The connection may have ended meanwhile.
            let _ = close.send(());
        }
    }
}

/// Serves until `stopping` becomes true, and then until all pending requests are answered.
pub async fn serve(listener: Arc<TcpListener>, router: Router, limits: Limits, stopping: watch::Receiver<bool>) {
    let slots = Arc::new(Semaphore::new(limits.connections as usize));
    let (silent, mut number) = (Silent::default(), 0);
    let mut until = stopping.clone();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = until.wait_for(|stopping| *stopping) => break,
        };
        let (stream, peer) = match accepted {
            Ok((stream, peer)) => (stream, peer.ip().to_canonical()),
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(PAUSE).await;
                continue;
            }
        };
        if slots.available_permits() == 0 {
            silent.close_oldest();
        }
        let slot = tokio::select! {
            slot = slots.clone().acquire_owned() => slot,
            _ = until.wait_for(|stopping| *stopping) => break,
        };
        let Ok(slot) = slot else { break };
        number += 1;
        let connection = OpenConnection { number, peer: Peer(peer), silent: silent.clone(), _slot: slot };
        tokio::spawn(connection.serve(stream, router.clone(), limits.header, stopping.clone()));
    }
    // All slots are free once the last connection has ended.
    let _ = slots.acquire_many(limits.connections).await;
}

/// A connection.
struct OpenConnection {
    number: u64,
    peer: Peer,
    silent: Silent,
    _slot: OwnedSemaphorePermit,
}

impl OpenConnection {
    async fn serve(self, stream: TcpStream, router: Router, header: Duration, mut stopping: watch::Receiver<bool>) {
        let mut closed = self.silent.add(self.number);
        // Responses are small: Nagle's algorithm would only delay them.
        let _ = stream.set_nodelay(true);
        // For a client that disappeared or reads nothing. Without this option, TCP's default applies.
        let _ = socket2::SockRef::from(&stream).set_tcp_user_timeout(Some(UNACKNOWLEDGED));
        let (silent, number, peer) = (self.silent.clone(), self.number, self.peer);
        let inner = TowerToHyperService::new(router);
        let service = service_fn(move |mut request: Request<Incoming>| {
            silent.remove(number);
            request.extensions_mut().insert(peer);
            inner.call(request.map(Body::new))
        });
        let mut builder = http1::Builder::new();
        builder.timer(TokioTimer::new()).header_read_timeout(header);
        let mut connection = pin!(builder.serve_connection(TokioIo::new(stream), service));
        let (mut is_ending, mut may_close) = (false, true);
        loop {
            tokio::select! {
                result = connection.as_mut() => {
                    if let Err(error) = result {
                        tracing::debug!(%error, "a connection broke");
                    }
                    break;
                }
                closed = &mut closed, if may_close => match closed {
                    Ok(()) => break,
                    // A connection with a request is not closed for others.
                    Err(_) => may_close = false,
                },
                _ = stopping.wait_for(|stopping| *stopping), if !is_ending => {
                    is_ending = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

impl Drop for OpenConnection {
    fn drop(&mut self) {
        self.silent.remove(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use std::net::SocketAddr;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// Starts a server with tight limits.
    async fn served(limits: Limits) -> (SocketAddr, watch::Sender<bool>, tokio::task::JoinHandle<()>) {
        let listener = Arc::new(TcpListener::bind("127.0.0.1:0").await.unwrap());
        let address = listener.local_addr().unwrap();
        let (stop, stopping) = watch::channel(false);
        let router = Router::new().route("/", get(|| async { "here" }));
        (address, stop, tokio::spawn(serve(listener, router, limits, stopping)))
    }

    async fn ask(stream: &mut TcpStream) -> String {
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut answer = vec![0; 1_000];
        let length = stream.read(&mut answer).await.unwrap();
        String::from_utf8(answer[..length].to_vec()).unwrap()
    }

    /// Reads until the server closes.
    async fn until_closed(mut stream: TcpStream) {
        let mut rest = Vec::new();
        // A reset closes it as well.
        let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut rest)).await.unwrap();
    }

    #[tokio::test]
    async fn connection_without_complete_header_is_closed() {
        let (address, _stop, _server) = served(Limits { header: Duration::from_millis(200), connections: 10 }).await;
        let silent = TcpStream::connect(address).await.unwrap();
        let mut half = TcpStream::connect(address).await.unwrap();
        half.write_all(b"GET / HTTP/1.1\r\nhost:").await.unwrap();
        let mut idle = TcpStream::connect(address).await.unwrap();
        assert!(ask(&mut idle).await.ends_with("here"));
        tokio::join!(until_closed(silent), until_closed(half), until_closed(idle));
    }

    #[tokio::test]
    async fn full_server_closes_oldest_silent_connection() {
        let (address, _stop, _server) = served(Limits { header: Duration::from_secs(600), connections: 3 }).await;
        let mut busy = TcpStream::connect(address).await.unwrap();
        assert!(ask(&mut busy).await.ends_with("here"));
        let oldest = TcpStream::connect(address).await.unwrap();
        let mut younger = TcpStream::connect(address).await.unwrap();
        let mut new = TcpStream::connect(address).await.unwrap();
        assert!(ask(&mut new).await.ends_with("here"));
        until_closed(oldest).await;
        assert!(ask(&mut younger).await.ends_with("here"));
        assert!(ask(&mut busy).await.ends_with("here"));
    }

    #[tokio::test]
    async fn server_ends_after_its_connections_are_closed() {
        let (address, stop, server) = served(Limits { header: Duration::from_secs(600), connections: 3 }).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        assert!(ask(&mut idle).await.ends_with("here"));
        stop.send_replace(true);
        server.await.unwrap();
        until_closed(idle).await;
    }
}
