//! `steadfast verify`: checks one snapshot of a store.

use steadfast_store::Snapshot;

use crate::cli::VerifyArgs;
use crate::exit::{Exit, Failure};
use crate::say::say;
use crate::site::Reader;
use crate::verify::Findings;
use crate::world::now;

pub async fn run(args: &VerifyArgs) -> Result<Exit, Failure> {
    let mut reader = Reader::open(&args.store.url).await?;
    let snapshot = reader.read(Snapshot::read).await?;
    let findings = Findings::of(&snapshot, now());
    if args.json {
        say(findings.json())?;
    } else {
        say(&findings)?;
    }
    Ok(if findings.is_clean() { Exit::Clean } else { Exit::Violations })
}
