//! `resize`: a cold migration to the size of another flavor.

use serde::Deserialize;
use serde_json::json;
use steadfast_model::instance::Size;
use steadfast_operations::seam::Halt;
use steadfast_operations::{Control, Migrate, Refused, migrate as operation};

use super::Ask;
use crate::compute::flavors::find::find;
use crate::compute::servers::create::{check_image, devices, in_body};
use crate::compute::servers::read::one;
use crate::compute::servers::request::{DiskConfig, Reference};
use crate::http::body::shaped;
use crate::http::refusal::Refusal;
use crate::site::Site;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Argument {
    resize: Asked,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    #[serde(rename = "flavorRef")]
    flavor: Reference,
    #[serde(rename = "OS-DCF:diskConfig")]
    disk_config: Option<DiskConfig>,
}

/// # Errors
/// 400 for a flavor that does not exist or that the server does not fit; else see the operation.
pub async fn resize<C: Control>(site: &Site<C>, ask: Ask) -> Result<(), Refusal> {
    let Ask { instance, caller, ids, argument, .. } = ask;
    let Argument { resize: asked } = shaped(json!({"resize": argument}))?;
    DiskConfig::check(asked.disk_config, "resize.OS-DCF:diskConfig")?;
    let (flavor, admin, scope) = (asked.flavor.id(), caller.is_admin(), caller.scope());
    let id = instance.to_string();
    let (instance_now, flavor) = site
        .control()
        .view("resize.check", move |view| {
            let instance = one(view, &scope, &id, false)?;
            let flavor = find(view, &flavor, admin).map_err(in_body)?.row.as_ref().clone();
            if flavor.root_gb == 0 && instance.flavor.root_gb > 0 {
                let sentence = "Resize to zero disk flavor is not allowed.".to_owned();
                return Err(Halt::from(Refused::Invalid(sentence)));
            }
            Ok((instance, flavor))
        })
        .await?;
    check_image(site, instance_now.image, &flavor)?;
    let devices = devices(site, &flavor)?;
    let wanted = Migrate { instance, host: None, size: Some(Size { flavor, devices }) };
    operation(site.control(), &caller.cause(&ids), caller.scope(), wanted).await?;
    Ok(())
}
