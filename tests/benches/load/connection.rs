//! Connection to the server that counts every byte: HTTP/1.1, kept alive.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

/// An open connection of a signed-in user.
pub struct Connection {
    reader: BufReader<TcpStream>,
    token: String,
    /// Bytes sent, heads included.
    pub up: usize,
    /// Bytes received, heads included.
    pub down: usize,
}

/// Direction and encoding of a measured body.
pub struct Body<'a> {
    /// Content type.
    pub kind: &'a str,
    /// Bytes, packed with gzip.
    pub packed: &'a [u8],
}

impl Connection {
    pub fn open(address: &str, token: &str) -> Self {
        let stream = TcpStream::connect(address.strip_prefix("http://").unwrap()).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { reader: BufReader::with_capacity(1 << 16, stream), token: token.to_owned(), up: 0, down: 0 }
    }

    /// Sends a request and returns the decompressed response.
    pub fn ask(&mut self, method: &str, path: &str, accept: &str, body: Option<Body<'_>>) -> Vec<u8> {
        let mut head = format!(
            "{method} {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {}\r\nAccept: {accept}\r\nAccept-Encoding: zstd\r\n",
            self.token
        );
        let packed = body.as_ref().map(|body| body.packed).unwrap_or_default();
        if let Some(body) = &body {
            head += &format!(
                "Content-Type: {}\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n",
                body.kind,
                packed.len()
            );
        }
        head += "\r\n";
        let stream = self.reader.get_mut();
        stream.write_all(&[head.as_bytes(), packed].concat()).unwrap();
        self.up += head.len() + packed.len();
        self.answer()
    }

    fn answer(&mut self) -> Vec<u8> {
        let status = self.text_line();
        assert!(status.contains(" 200 "), "{status}");
        let (mut length, mut chunked, mut zstd) = (0, false, false);
        loop {
            let line = self.text_line().to_ascii_lowercase();
            match line.split_once(": ") {
                Some(("content-length", value)) => length = value.parse().unwrap(),
                Some(("transfer-encoding", "chunked")) => chunked = true,
                Some(("content-encoding", "zstd")) => zstd = true,
                Some(_) => {}
                None => break,
            }
        }
        let mut body = Vec::new();
        if chunked {
            loop {
                let size = usize::from_str_radix(&self.text_line(), 16).unwrap();
                self.bytes(size, &mut body);
                self.text_line();
                if size == 0 {
                    break;
                }
            }
        } else {
            self.bytes(length, &mut body);
        }
        if zstd { zstd::decode_all(body.as_slice()).unwrap() } else { body }
    }

    fn text_line(&mut self) -> String {
        let mut line = String::new();
        self.down += self.reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    fn bytes(&mut self, count: usize, to: &mut Vec<u8>) {
        let start = to.len();
        to.resize(start + count, 0);
        self.reader.read_exact(&mut to[start..]).unwrap();
        self.down += count;
    }
}
