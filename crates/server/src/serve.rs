//! The listener.

use std::future::Future;
use std::io;

use axum::Router;
use tokio::net::TcpListener;

/// Answers until `stop` is done; then takes no new connection and returns once the open requests are answered. An
/// agent's long poll can take a while: whoever cannot wait drops this.
///
/// # Errors
/// When the listener fails.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    axum::serve(listener, router).with_graceful_shutdown(stop).await
}
