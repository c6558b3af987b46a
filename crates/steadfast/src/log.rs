//! Logs: one event a line on standard error, for people or as JSON.

use tracing_subscriber::EnvFilter;

use crate::cli::LogFormat;

/// Which events are written: a filter such as `debug` or `steadfast_store=trace,info`.
const VARIABLE: &str = "STEADFAST_LOG";

pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new("info"));
    // A line that cannot be written is not worth a line, least of all where nobody reads: that would be a panic.
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false)
        .log_internal_errors(false);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
}
