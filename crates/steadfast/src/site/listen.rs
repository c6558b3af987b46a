//! Where a site's API listens.

use std::net::{SocketAddr, TcpListener};
use std::ops::Range;
use std::time::{Duration, Instant};

use crate::exit::Failure;

/// Ports that are chosen from where none was named: below those that the kernel gives to outgoing connections, so
/// that none of those can take the port before the control plane does.
const PORTS: Range<u16> = 20_000..32_000;
/// How many ports are tried.
const TRIES: usize = 100;

/// How long a port may stay in use by a process that was killed a moment ago and is still being buried.
const BURIAL: Duration = Duration::from_secs(5);
const LOOK_INTERVAL: Duration = Duration::from_millis(20);

/// Waits until nobody listens on an address any more.
///
/// # Errors
/// When somebody goes on doing so.
pub async fn wait_until_free(listen: SocketAddr) -> Result<(), Failure> {
    let deadline = Instant::now() + BURIAL;
    loop {
        match free(listen) {
            Err(_) if Instant::now() < deadline => tokio::time::sleep(LOOK_INTERVAL).await,
            ended => return ended.map(drop),
        }
    }
}

/// The address with a port that is free now.
///
/// # Errors
/// When the named port is in use, or no free one is found.
pub fn free(listen: SocketAddr) -> Result<SocketAddr, Failure> {
    if listen.port() != 0 {
        let bound = TcpListener::bind(listen);
        return match bound {
            Ok(_) => Ok(listen),
            Err(why) => Err(Failure::because(format_args!(
                "cannot listen on {listen}: {why}; a fresh site takes another address with --listen, or port 0 for any"
            ))),
        };
    }
    for _ in 0..TRIES {
        let mut random = [0; 2];
        getrandom::fill(&mut random).map_err(Failure::cannot("get random numbers"))?;
        let port = PORTS.start + u16::from_le_bytes(random) % (PORTS.end - PORTS.start);
        let candidate = SocketAddr::new(listen.ip(), port);
        if TcpListener::bind(candidate).is_ok() {
            return Ok(candidate);
        }
    }
    Err(Failure::because(format_args!("no free port was found on {}", listen.ip())))
}
