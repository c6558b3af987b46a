//! `evacuate`, by version:
//!
//! | version | takes | answers | afterwards |
//! |---|---|---|---|
//! | 2.1 – 2.13 | `onSharedStorage` (required), `host`, `adminPass` | `{"adminPass": …}` if one was sent | as before |
//! | 2.14 – 2.28 | `host`, `adminPass` | nothing | as before |
//! | 2.29 – 2.67 | `host`, `adminPass`, `force` | nothing | as before |
//! | 2.68 – 2.94 | `host`, `adminPass` | nothing | as before |
//! | 2.95 – | `host`, `adminPass` | nothing | stopped |
//!
//! `force` changes nothing: a named host is asked whether the server fits, always.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;
use steadfast_model::ids::HostId;
use steadfast_operations::{Control, Evacuate, Refused, evacuate as operation};

use super::Ask;
use crate::http::body::shaped;
use crate::http::field::{since, unoffered, until};
use crate::http::microversion::Microversion;
use crate::http::refusal::{Refusal, quote};
use crate::http::versions::compute as v;
use crate::identity::secret::Secret;
use crate::site::Site;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Argument {
    evacuate: Asked,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    host: Option<String>,
    #[serde(rename = "adminPass")]
    admin_pass: Option<Secret>,
    #[serde(rename = "onSharedStorage")]
    on_shared_storage: Option<bool>,
    force: Option<bool>,
}

impl Asked {
    fn check(&self, version: Microversion) -> Result<(), Refusal> {
        let storage = "evacuate.onSharedStorage";
        until(self.on_shared_storage.is_some(), storage, v::EVACUATE_NO_SHARED_STORAGE, version)?;
        if version < v::EVACUATE_NO_SHARED_STORAGE && self.on_shared_storage.is_none() {
            return Err(unoffered(storage, "it is required before API version 2.14"));
        }
        since(self.force.is_some(), "evacuate.force", v::EVACUATE_FORCE, version)?;
        until(self.force.is_some(), "evacuate.force", v::NO_FORCE, version)?;
        if self.force == Some(true) && self.host.is_none() {
            return Err(unoffered("evacuate.force", "a host can only be forced if one is named"));
        }
        Ok(())
    }

    fn host(&self) -> Result<Option<HostId>, Refusal> {
        let Some(name) = &self.host else { return Ok(None) };
        let host = name.parse().map_err(|_| Refused::not_found("Compute host", quote(name)))?;
        Ok(Some(host))
    }
}

/// # Errors
/// 400 for a body that the version does not know; else see the operation.
pub async fn evacuate<C: Control>(site: &Site<C>, ask: Ask) -> Result<Response, Refusal> {
    let Ask { instance, version, caller, ids, argument } = ask;
    let Argument { evacuate: asked } = shaped(json!({"evacuate": argument}))?;
    asked.check(version)?;
    let wanted = Evacuate { instance, host: asked.host()?, stopped: version >= v::EVACUATE_STOPS };
    operation(site.control(), &caller.cause(&ids), wanted).await?;
    match asked.admin_pass.filter(|_| version < v::EVACUATE_NO_SHARED_STORAGE) {
        Some(password) => Ok(Json(json!({"adminPass": password.reveal()})).into_response()),
        None => Ok(StatusCode::OK.into_response()),
    }
}
