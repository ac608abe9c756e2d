//! Session and link tokens: 256 random bits, of which only a hash is stored.

use super::password::AuthError;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// Creates a token of 256 random bits.
pub fn new_token() -> Result<String, AuthError> {
    let mut bits = [0; 32];
    getrandom::fill(&mut bits).map_err(|error| AuthError(error.to_string()))?;
    Ok(URL_SAFE_NO_PAD.encode(bits))
}

/// Returns the hash under which a token is stored.
pub fn token_hash(token: &str) -> Vec<u8> {
    Sha256::digest(token).to_vec()
}
