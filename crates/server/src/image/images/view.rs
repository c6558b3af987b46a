//! An image as Glance shows it.

use serde_json::{Value, json};

use crate::http::stamp::seconds;
use crate::image::folder::Image;

/// Members that an image's own properties cannot replace come last.
#[must_use]
pub fn view(image: &Image) -> Value {
    let id = image.id;
    let mut shown = json!(image.properties);
    let members = json!({
        "id": id,
        "name": image.name,
        "status": "active",
        "visibility": "public",
        "protected": false,
        "os_hidden": false,
        "owner": null,
        "disk_format": image.disk_format,
        "container_format": image.container_format,
        "min_disk": image.min_disk_gb,
        "min_ram": image.min_ram_mb,
        "size": image.size_bytes,
        "virtual_size": null,
        "checksum": null,
        "os_hash_algo": null,
        "os_hash_value": null,
        "tags": [],
        "created_at": seconds(image.created_at),
        "updated_at": seconds(image.created_at),
        "self": format!("/v2/images/{id}"),
        "file": format!("/v2/images/{id}/file"),
        "schema": "/v2/schemas/image",
    });
    if let (Value::Object(shown), Value::Object(mut members)) = (&mut shown, members) {
        shown.append(&mut members);
    }
    shown
}
