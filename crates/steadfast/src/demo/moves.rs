//! The steps of the evacuations, as the store's feed tells of them.

use steadfast_model::claim::Claim;
use steadfast_model::ids::{Moment, Version};
use steadfast_model::instance::Instance;
use steadfast_operations::seam::{Abort, FeedEntry, Key, RawAsk, Record, Row, Stored};
use steadfast_store::Backend;

use crate::exit::Failure;
use crate::site::Reader;

/// Entries of the feed that are read at a time.
const PAGE: usize = 1000;

/// Follows the feed from where it stood.
#[derive(Debug)]
pub struct Moves {
    version: Version,
}

/// One thing that was committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    pub at: Moment,
    pub sentence: String,
}

impl Moves {
    /// From now on.
    pub async fn from_here(reader: &mut Reader) -> Result<Moves, Failure> {
        Ok(Moves { version: reader.read(|engine| engine.head()).await? })
    }

    /// What was committed since the last call.
    pub async fn news(&mut self, reader: &mut Reader) -> Result<Vec<Move>, Failure> {
        let since = self.version;
        let (version, moves) = reader.read(move |engine| read(engine, since)).await?;
        self.version = version;
        Ok(moves)
    }
}

fn read(engine: &mut dyn Backend, since: Version) -> Result<(Version, Vec<Move>), Abort> {
    let entries = engine.feed(since, PAGE)?;
    let version = entries.last().map_or(since, |entry| entry.version);
    let mut moves = Vec::new();
    for entry in entries {
        if let Some(sentence) = sentence(engine, &entry)? {
            moves.push(Move { at: entry.at, sentence });
        }
    }
    Ok((version, moves))
}

/// What a step of an evacuation did, for people; nothing of any other step.
fn sentence(engine: &mut dyn Backend, entry: &FeedEntry) -> Result<Option<String>, Abort> {
    Ok(match entry.step.as_str() {
        "evacuate.claim" => match written::<Claim>(engine, entry)? {
            None => None,
            Some(claim) => {
                let name = instance(engine, &claim)?.map(|instance| instance.name).unwrap_or_default();
                let devices: Vec<String> = claim.devices.iter().map(ToString::to_string).collect();
                Some(format!("  {name} claims {} on {}", devices.join(" "), claim.host))
            }
        },
        "evacuate.hand_over" => written::<Instance>(engine, entry)?.map(|instance| {
            let home = instance.host.map(|host| host.to_string()).unwrap_or_default();
            format!("  {} runs there and is at home on {home}", instance.name)
        }),
        "evacuate.abort" => {
            written::<Instance>(engine, entry)?.map(|row| format!("  {} is rolled back", row.name))
        }
        "evacuate.no_host" => {
            written::<Instance>(engine, entry)?.map(|row| format!("  {} finds no host", row.name))
        }
        _ => None,
    })
}

fn instance(engine: &mut dyn Backend, claim: &Claim) -> Result<Option<Instance>, Abort> {
    one(engine, Key::Instance(claim.instance))
}

/// The first row of a kind that a commit wrote.
fn written<R: Row<Of = Record>>(engine: &mut dyn Backend, entry: &FeedEntry) -> Result<Option<R>, Abort> {
    for key in &entry.keys {
        if let Some(row) = one::<R>(engine, key.clone())? {
            return Ok(Some(row));
        }
    }
    Ok(None)
}

fn one<R: Row<Of = Record>>(engine: &mut dyn Backend, key: Key) -> Result<Option<R>, Abort> {
    let rows: Vec<Stored> = engine.fetch(&[RawAsk::Get(key)])?.into_iter().flatten().collect();
    Ok(rows.first().and_then(|row| R::of_record(&row.record)).map(|row| row.as_ref().clone()))
}
