//! Proxy that breaks connections, for tests of lost requests and responses.

use jiedui_core::rng::SeededRng;
use reqwest::blocking::Response;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Proxy that cuts connections after a random number of bytes in either direction, from a seed.
pub struct FaultProxy {
    /// Address, such as `http://127.0.0.1:40123`.
    pub address: String,
    cuts: Arc<AtomicUsize>,
}

impl FaultProxy {
    /// Starts a proxy for a server. It ends with the test.
    pub fn start(server: &str, seed: u64) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = server.strip_prefix("http://").unwrap().to_owned();
        let cuts = Arc::new(AtomicUsize::new(0));
        let counted = cuts.clone();
        std::thread::spawn(move || {
            let mut rng = SeededRng::new(seed);
            for client in listener.incoming() {
                let (Ok(client), Ok(server)) = (client, TcpStream::connect(&server)) else { continue };
                // Bytes until the cut, up and down; a third of the connections stay whole.
                let up = if rng.percent(35) { rng.below(3_000) } else { usize::MAX };
                let down = if rng.percent(50) { rng.below(20_000) } else { usize::MAX };
                for (from, to, bytes) in [(&client, &server, up), (&server, &client, down)] {
                    let (from, to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    let counted = counted.clone();
                    std::thread::spawn(move || pass_on(from, to, bytes, &counted));
                }
            }
        });
        Self { address, cuts }
    }

    /// Returns the number of cut connections.
    pub fn cuts(&self) -> usize {
        self.cuts.load(Ordering::Relaxed)
    }

    /// Returns the received part of a response.
    pub fn text(&self, mut answer: Response) -> String {
        let (mut bytes, mut buffer) = (Vec::new(), [0; 4096]);
        while let Ok(count @ 1..) = answer.read(&mut buffer) {
            bytes.extend_from_slice(&buffer[..count]);
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

fn pass_on(mut from: TcpStream, mut to: TcpStream, mut bytes: usize, cuts: &AtomicUsize) {
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let passed = count.min(bytes);
        if to.write_all(&buffer[..passed]).is_err() {
            break;
        }
        bytes -= passed;
        if passed < count {
            cuts.fetch_add(1, Ordering::Relaxed);
            break;
        }
    }
    // Both ends notice the cut immediately, as after a reset.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
