//! Reading servers with what is shown of them: their host, and the claim that is their home.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use steadfast_model::cause::Scope;
use steadfast_model::claim::{Claim, Role};
use steadfast_model::host::Host;
use steadfast_model::ids::{ClaimId, HostId, InstanceId};
use steadfast_model::instance::Instance;
use steadfast_operations::Refused;
use steadfast_operations::seam::{Abort, Halt, Seen, View, claims_of, get};

use crate::http::refusal::quote;

/// A server, with what is shown of it.
#[derive(Debug, Clone, Hash)]
pub struct Server {
    pub instance: Arc<Instance>,
    pub host: Option<Arc<Host>>,
    /// The claim that its guest is named after.
    pub home: Option<ClaimId>,
}

/// The server with this id, if this scope may see it.
///
/// # Errors
/// Not found; the text may be a name.
pub fn one(view: &mut View<'_>, scope: &Scope, id: &str, deleted_too: bool) -> Result<Arc<Instance>, Halt> {
    let missing = || Refused::not_found("Instance", quote(id));
    let parsed: InstanceId = id.parse().map_err(|_| missing())?;
    let found = view.read(get::<Instance>(&parsed))?.map(|seen| seen.row);
    let visible = found.filter(|row| scope.covers(&row.project) && (deleted_too || !row.is_deleted()));
    Ok(visible.ok_or_else(missing)?)
}

/// The instances with their hosts and homes, in one more round trip.
///
/// # Errors
/// When the store cannot answer.
pub fn with_homes(view: &mut View<'_>, instances: Vec<Arc<Instance>>) -> Result<Vec<Server>, Abort> {
    let ids: BTreeSet<HostId> = instances.iter().filter_map(|row| row.host.clone()).collect();
    let hosts: Vec<_> = ids.iter().map(get::<Host>).collect();
    let claims: Vec<_> = instances.iter().map(|row| claims_of(row.id)).collect();
    let (hosts, claims) = view.read((hosts, claims))?;
    let hosts: BTreeMap<HostId, Arc<Host>> =
        hosts.into_iter().flatten().map(|host| (host.id.clone(), host.row)).collect();
    let server = |(instance, claims): (Arc<Instance>, Vec<Seen<Claim>>)| {
        let host = instance.host.as_ref().and_then(|id| hosts.get(id)).cloned();
        let home = claims.iter().find(|claim| claim.role == Role::Home);
        Server { host, home: home.map(|claim| claim.id), instance }
    };
    Ok(instances.into_iter().zip(claims).map(server).collect())
}
