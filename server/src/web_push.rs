//! Wakes the browsers of users with new notices through push services (RFC 8030, keys by RFC 8292). A message has no
//! content: the browser asks this server for the notices, so no personal data passes through others.

use crate::db::{Db, DbError, accounts::notice};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Signer;
use p256::ecdsa::{Signature, SigningKey};
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use uuid::Uuid;

/// Push services of the common browsers.
const SERVICES: [&str; 4] = ["googleapis.com", "push.services.mozilla.com", "push.apple.com", "notify.windows.com"];
/// Time to live of a message in seconds: how long it waits for a phone that is off.
const TIME_TO_LIVE: u32 = 3 * 24 * 3600;
/// Validity of the token: at most a day (RFC 8292, section 2).
const TOKEN_LIFETIME: Duration = Duration::from_secs(12 * 3600);
/// Time limit for a push service.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Client of the push services.
#[derive(Clone)]
pub struct WebPush {
    key: SigningKey,
    agent: ureq::Agent,
    /// Further allowed hosts, also by plain HTTP.
    hosts: Vec<String>,
    /// Contact address for push services.
    contact: String,
}

impl WebPush {
    /// Reads the key, or creates it.
    pub async fn open(db: &Db, hosts: Vec<String>, contact: String) -> Result<Self, DbError> {
        let mut secret = [0; 32];
        let key = loop {
            getrandom::fill(&mut secret).map_err(|_| DbError::NoRandomness)?;
            // One of 2^32 random numbers is no valid key.
            if SigningKey::from_slice(&secret).is_ok() {
                break notice::key(db, &secret).await?;
            }
        };
        let key = SigningKey::from_slice(&key).map_err(|_| DbError::NoRandomness)?;
        let agent = ureq::Agent::config_builder()
            .timeout_global(Some(TIMEOUT))
            .http_status_as_error(false)
            .max_redirects(0)
            .build()
            .into();
        Ok(Self { key, agent, hosts, contact })
    }

    /// Returns the secret of the database, from which other keys are derived.
    pub fn secret(&self) -> Vec<u8> {
        self.key.to_bytes().to_vec()
    }

    /// Returns the public key in the format for browsers.
    pub fn public_key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.key.verifying_key().to_encoded_point(false).as_bytes())
    }

    /// Returns the origin of an endpoint if it belongs to a push service. No other address receives requests.
    pub fn origin(&self, endpoint: &str) -> Option<String> {
        let (scheme, rest) = endpoint.split_once("://")?;
        let authority = rest.split(['/', '?', '#']).next().filter(|authority| !authority.contains(['@', '\\']))?;
        let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
        let is_of = |service: &&str| {
            host == *service || host.strip_suffix(*service).is_some_and(|subdomain| subdomain.ends_with('.'))
        };
        let is_own = self.hosts.iter().any(|allowed| allowed == host);
        let is_known = scheme == "https" && SERVICES.iter().any(is_of) || is_own && matches!(scheme, "https" | "http");
        (is_known && endpoint.len() <= 1_000).then(|| format!("{scheme}://{authority}"))
    }

    /// Wakes the browsers of the authors of these entries, without delaying the request.
    pub fn notify(&self, db: &Db, entries: Vec<Uuid>) {
        if entries.is_empty() {
            return;
        }
        let (web_push, db) = (self.clone(), db.clone());
        tokio::spawn(async move {
            if let Err(error) = web_push.wake_all(&db, &entries).await {
                tracing::warn!(%error, "browsers could not be woken");
            }
        });
    }

    async fn wake_all(&self, db: &Db, entries: &[Uuid]) -> Result<(), DbError> {
        for endpoint in notice::of_authors(db, entries).await? {
            let (web_push, asked) = (self.clone(), endpoint.clone());
            let status = tokio::task::spawn_blocking(move || web_push.send(&asked)).await.ok().flatten();
            match status {
                // The browser is gone.
                Some(404 | 410) => notice::unsubscribe(db, &endpoint).await?,
                Some(200..300) => {}
                other => tracing::warn!(status = other, "a push service rejected a message"),
            }
        }
        Ok(())
    }

    /// Sends a message and returns the status of the push service.
    fn send(&self, endpoint: &str) -> Option<u16> {
        let token = self.token(&self.origin(endpoint)?)?;
        let request = self
            .agent
            .post(endpoint)
            .header("authorization", format!("vapid t={token}, k={}", self.public_key()))
            .header("ttl", TIME_TO_LIVE.to_string())
            .header("topic", "jiedui");
        request.send_empty().ok().map(|answer| answer.status().as_u16())
    }

    /// Returns the token that authenticates this server to a push service: a JWT signed with ES256.
    fn token(&self, origin: &str) -> Option<String> {
        let until = SystemTime::now().checked_add(TOKEN_LIFETIME)?.duration_since(UNIX_EPOCH).ok()?.as_secs();
        let head = json!({"typ": "JWT", "alg": "ES256"});
        let claims = json!({"aud": origin, "exp": until, "sub": self.contact});
        let signed_part = [head, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string())).join(".");
        let signature: Signature = self.key.sign(signed_part.as_bytes());
        Some(format!("{signed_part}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("https://fcm.googleapis.com/fcm/send/abc", Some("https://fcm.googleapis.com"))]
    #[case("https://updates.push.services.mozilla.com/wpush/v2/x", Some("https://updates.push.services.mozilla.com"))]
    #[case("http://fcm.googleapis.com/x", None)]
    #[case("https://evilgoogleapis.com/x", None)]
    #[case("https://user@fcm.googleapis.com/x", None)]
    #[case("https://localhost/?fcm.googleapis.com", None)]
    #[case("http://127.0.0.1:8080/x", Some("http://127.0.0.1:8080"))]
    #[case("ftp://127.0.0.1/x", None)]
    #[case("nonsense", None)]
    fn origin_accepts_only_known_push_services(#[case] endpoint: &str, #[case] expected: Option<&str>) {
        let key = SigningKey::from_slice(&[7; 32]).unwrap();
        let hosts = vec!["127.0.0.1".to_owned()];
        let web_push = WebPush { key, agent: ureq::agent(), hosts, contact: String::new() };
        assert_eq!(web_push.origin(endpoint).as_deref(), expected);
    }
}
