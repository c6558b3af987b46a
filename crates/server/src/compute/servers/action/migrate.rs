//! `migrate`, by version: until 2.55 it takes null, from 2.56 on also `host`.

use serde::Deserialize;
use serde_json::{Value, json};
use steadfast_model::ids::HostId;
use steadfast_operations::{Control, Migrate, Refused, migrate as operation};

use super::Ask;
use crate::http::body::shaped;
use crate::http::field::since;
use crate::http::refusal::{Refusal, quote};
use crate::http::versions::compute as v;
use crate::site::Site;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Argument {
    migrate: Option<Asked>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    host: Option<String>,
}

fn host(argument: Value) -> Result<Option<HostId>, Refusal> {
    let Argument { migrate: asked } = shaped(json!({"migrate": argument}))?;
    let Some(name) = asked.and_then(|asked| asked.host) else { return Ok(None) };
    Ok(Some(name.parse().map_err(|_| Refused::not_found("Compute host", quote(&name)))?))
}

/// # Errors
/// 400 for a body that the version does not know; else see the operation.
pub async fn migrate<C: Control>(site: &Site<C>, ask: Ask) -> Result<(), Refusal> {
    let Ask { instance, version, caller, ids, argument } = ask;
    let host = host(argument)?;
    since(host.is_some(), "migrate.host", v::MIGRATE_HOST, version)?;
    let wanted = Migrate { instance, host, size: None };
    operation(site.control(), &caller.cause(&ids), caller.scope(), wanted).await?;
    Ok(())
}
