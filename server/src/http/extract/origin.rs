//! Extractor for the address of a client: from a trusted proxy's header, otherwise the peer of the connection.

use crate::connections::Peer;
use crate::db::audit::By;
use crate::state::AppState;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use jiedui_core::access::user::User;
use std::convert::Infallible;
use std::net::IpAddr;

/// Address of the client.
#[derive(Clone, Copy, Debug)]
pub struct Origin(pub Option<IpAddr>);

impl Origin {
    /// Returns a user who acts from this address.
    pub fn by(self, user: &User) -> By {
        By::user(user, self.text())
    }

    /// Returns somebody at this address who is not signed in.
    pub fn anonymous(self) -> By {
        By::anonymous(self.text())
    }

    fn text(self) -> String {
        self.0.map_or_else(|| "unknown".to_owned(), |address| address.to_string())
    }
}

impl FromRequestParts<AppState> for Origin {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, app: &AppState) -> Result<Self, Infallible> {
        let peer = parts.extensions.get::<Peer>();
        Ok(Self(peer.map(|Peer(peer)| client_address(*peer, &parts.headers, &app.config.trusted_proxies))))
    }
}

/// Returns the client's address: from a trusted proxy's header, otherwise the peer of the connection.
fn client_address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpAddr]) -> IpAddr {
    if !peer.is_loopback() && !trusted.contains(&peer) {
        return peer;
    }
    // The last one is what that proxy has added itself.
    let forwarded = headers.get_all("x-forwarded-for").iter().next_back().and_then(|value| value.to_str().ok());
    let last = forwarded.and_then(|list| list.rsplit(',').next()).and_then(|address| address.trim().parse().ok());
    last.unwrap_or(peer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("192.0.2.1", &["198.51.100.7"], "192.0.2.1")]
    #[case("127.0.0.1", &["203.0.113.9, 198.51.100.7"], "198.51.100.7")]
    #[case("127.0.0.1", &["203.0.113.9", "198.51.100.7"], "198.51.100.7")]
    #[case("10.0.0.2", &["198.51.100.7"], "198.51.100.7")]
    #[case("127.0.0.1", &["nonsense"], "127.0.0.1")]
    #[case("127.0.0.1", &[], "127.0.0.1")]
    fn address_is_taken_from_trusted_proxies_alone(
        #[case] peer: IpAddr,
        #[case] forwarded: &[&str],
        #[case] expected: IpAddr,
    ) {
        let mut headers = HeaderMap::new();
        for value in forwarded {
            headers.append("x-forwarded-for", value.parse().unwrap());
        }
        assert_eq!(client_address(peer, &headers, &["10.0.0.2".parse().unwrap()]), expected);
    }
}
