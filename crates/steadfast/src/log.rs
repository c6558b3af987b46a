//! Logs: one event a line on standard error, for people or as JSON.

use tracing_subscriber::EnvFilter;

use crate::cli::LogFormat;

/// Which events are written: a filter such as `debug` or `steadfast_store=trace,info`.
const VARIABLE: &str = "STEADFAST_LOG";

pub fn start(format: LogFormat) {
    let filter = EnvFilter::try_from_env(VARIABLE).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false);
    match format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => lines.json().init(),
    }
}
