//! `steadfast password`: a hash for the users file.

use std::io::Read;

use steadfast_server::identity::password::{PasswordHash, SALT_BYTES};
use steadfast_server::identity::secret::Secret;

use crate::exit::{Exit, Failure};
use crate::say::say;

pub fn run() -> Result<Exit, Failure> {
    let mut password = String::new();
    std::io::stdin().read_to_string(&mut password).map_err(Failure::cannot("read standard input"))?;
    let password = password.trim_end_matches(['\n', '\r']);
    if password.is_empty() {
        return Err(Failure::Usage("standard input holds no password; write one to it".to_owned()));
    }
    say(hash(password)?)?;
    Ok(Exit::Clean)
}

/// The hash of a password, in the form of the users file.
pub fn hash(password: &str) -> Result<String, Failure> {
    let mut salt = [0; SALT_BYTES];
    getrandom::fill(&mut salt).map_err(Failure::cannot("get random numbers"))?;
    Ok(PasswordHash::of(&Secret::from(password.to_owned()), salt).phc())
}
