//! `POST /servers`.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::LOCATION;
use axum::response::IntoResponse;
use axum::{Extension, Json};
use serde_json::json;
use steadfast_model::flavor::{Flavor, PCI_ALIAS_SPEC};
use steadfast_model::host::Host;
use steadfast_model::ids::HostId;
use steadfast_model::pci::DeviceRequest;
use steadfast_operations::seam::{Halt, View, get};
use steadfast_operations::{Boot, Control, Refused, boot};
use uuid::Uuid;

use super::request::{Asked, Request};
use crate::compute::flavors::find::find;
use crate::compute::links::links;
use crate::compute::zone::ZONE;
use crate::http::body::Body;
use crate::http::field::unoffered;
use crate::http::microversion::Microversion;
use crate::http::refusal::{Refusal, quote};
use crate::http::request_id::RequestIds;
use crate::identity::caller::Caller;
use crate::site::Site;

pub async fn create<C: Control>(
    State(site): State<Site<C>>,
    Extension(ids): Extension<RequestIds>,
    version: Microversion,
    caller: Caller,
    Body(request): Body<Request>,
) -> Result<impl IntoResponse, Refusal> {
    request.check(version)?;
    let host = named_host(&request.server, &caller)?;
    let (flavor_id, admin, on) = (request.server.flavor.id(), caller.is_admin(), host.clone());
    let flavor = site
        .control()
        .view("boot.check", move |view| flavor_and_host(view, &flavor_id, admin, on.as_ref()))
        .await?;
    let image = request.server.image()?;
    check_image(&site, image, &flavor)?;
    let devices = devices(&site, &flavor)?;
    let Asked { name, description, metadata, .. } = request.server;
    let wanted = Boot {
        name: name.0,
        description: description.map(|description| description.0),
        metadata,
        key_name: None,
        image,
        flavor,
        devices,
        host,
    };
    let instance = boot(site.control(), &caller.cause(&ids), wanted).await?;
    let id = instance.id.to_string();
    let location = format!("{}/compute/v2.1/servers/{id}", site.endpoint());
    let body = json!({"server": {
        "id": id,
        "links": links(site.endpoint(), "servers", &id),
        "OS-DCF:diskConfig": "MANUAL",
        "security_groups": [],
    }});
    Ok((StatusCode::ACCEPTED, [(LOCATION, location)], Json(body)))
}

/// The host that the request names, in any of three ways; only operators may.
fn named_host(asked: &Asked, caller: &Caller) -> Result<Option<HostId>, Refusal> {
    let zone = asked.availability_zone.as_deref().unwrap_or(ZONE);
    let mut in_zone = zone.split(':').filter(|part| !part.is_empty());
    if in_zone.next() != Some(ZONE) {
        let place = "server.availability_zone";
        return Err(unoffered(
            place,
            "the requested availability zone is not available, the one there is is `nova`",
        ));
    }
    let names: Vec<&str> = [asked.host.as_deref(), asked.hypervisor_hostname.as_deref()]
        .into_iter()
        .flatten()
        .chain(in_zone)
        .collect();
    let Some(first) = names.first() else { return Ok(None) };
    if !caller.is_admin() {
        return Err(Refusal::forbidden("only an admin may name the host that a server is booted on"));
    }
    if names.iter().any(|name| name != first) {
        return Err(unoffered("server.host", "the request names two different hosts"));
    }
    let host = first
        .parse()
        .map_err(|_| Refusal::bad_request(format!("Compute host {} could not be found.", quote(first))))?;
    Ok(Some(host))
}

/// The flavor, and whether the named host exists. What is missing here is a mistake in the body, not in the path.
fn flavor_and_host(
    view: &mut View<'_>,
    flavor: &str,
    admin: bool,
    host: Option<&HostId>,
) -> Result<Flavor, Halt> {
    let flavor = find(view, flavor, admin).map_err(in_body)?;
    if let Some(host) = host {
        let known = view.read(get::<Host>(host))?.is_some_and(|row| !row.removed);
        if !known {
            return Err(Refused::Invalid(format!("Compute host {host} could not be found.")).into());
        }
    }
    Ok(flavor.row.as_ref().clone())
}

pub(super) fn in_body(halt: Halt) -> Halt {
    match halt {
        Halt::Refused(Refused::NotFound(sentence)) => Refused::Invalid(sentence).into(),
        other => other,
    }
}

/// The image exists and fits the flavor.
pub(super) fn check_image<C: Control>(
    site: &Site<C>,
    image: Option<Uuid>,
    flavor: &Flavor,
) -> Result<(), Refusal> {
    let Some(id) = image else { return Ok(()) };
    let known = site.settings().images.get(id);
    let image = known.ok_or_else(|| Refusal::bad_request(format!("Image {id} could not be found.")))?;
    if flavor.memory_mb < image.min_ram_mb {
        return Err(Refusal::bad_request(format!(
            "Flavor's memory is too small for requested image: {} MB, and the image needs {} MB.",
            flavor.memory_mb, image.min_ram_mb
        )));
    }
    // A root disk of 0 GB takes the size of the image.
    if flavor.root_gb > 0 && flavor.root_gb < image.min_disk_gb {
        return Err(Refusal::bad_request(format!(
            "Flavor's disk is too small for requested image: {} GB, and the image needs {} GB.",
            flavor.root_gb, image.min_disk_gb
        )));
    }
    Ok(())
}

/// The devices that the flavor asks for.
pub(super) fn devices<C: Control>(site: &Site<C>, flavor: &Flavor) -> Result<Vec<DeviceRequest>, Refusal> {
    let Some(asked) = flavor.extra_specs.get(PCI_ALIAS_SPEC) else { return Ok(Vec::new()) };
    let requests = site.settings().aliases.requests(asked);
    requests.map_err(|error| Refusal::bad_request(format!("flavor {} is refused: {error}", flavor.id)))
}
