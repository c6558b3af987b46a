//! Requests to boot a server.

use serde_json::{Value, json};

use super::*;

pub fn rows() -> Vec<Row> {
    shapes().into_iter().chain(unoffered()).collect()
}

const SERVERS: &str = "/compute/v2.1/servers";

/// What a client could have meant, had it been written right.
fn shapes() -> Vec<Row> {
    let boot = |body, status, sentence| (Alice, "POST", SERVERS, body, status, sentence);
    let with = |change, sentence| boot(Json(server(change)), 400, sentence);
    vec![
        boot(Nothing, 400, "has no body"),
        boot(Text("{\"server\": "), 400, "not valid JSON"),
        boot(Text("server=web"), 400, "not valid JSON"),
        boot(Json(json!([])), 400, "expected an object"),
        boot(Json(json!("web")), 400, "expected an object"),
        boot(Json(json!({})), 400, "missing field `server`"),
        boot(Json(json!({"server": null})), 400, "at `server`"),
        boot(Json(json!({"server": {}})), 400, "missing field `name`"),
        boot(Json(json!({"server": {"name": "x"}})), 400, "missing field `flavorRef`"),
        boot(Json(json!({"server": {"name": "x", "flavorRef": "small"}})), 400, "`none`"),
        with(json!({"name": ""}), "is not a valid name"),
        with(json!({"name": " x"}), "is not a valid name"),
        with(json!({"name": "x".repeat(256)}), "is not a valid name"),
        with(json!({"name": "a\u{0}b"}), "is not a valid name"),
        with(json!({"name": 7}), "at `server.name`"),
        with(json!({"name": null}), "at `server.name`"),
        with(json!({"flavorRef": "nothing"}), "Flavor nothing could not be found"),
        with(json!({"flavorRef": "a b"}), "Flavor a b could not be found"),
        with(json!({"flavorRef": ["small"]}), "the id of a flavor"),
        with(json!({"flavorRef": -1}), "the id of a flavor"),
        with(json!({"flavorRef": "odd"}), "PCI alias `tpu` is not defined"),
        with(json!({"imageRef": "cirros"}), "not the id of an image"),
        with(json!({"imageRef": 5}), "at `server.imageRef`"),
        with(json!({"imageRef": "00000000-0000-0000-0000-000000000000"}), "could not be found"),
    ]
}

/// What Nova knows and this site does not offer, and what only some may ask for.
fn unoffered() -> Vec<Row> {
    let boot = |body, status, sentence| (Alice, "POST", SERVERS, body, status, sentence);
    let with = |change, sentence| boot(Json(server(change)), 400, sentence);
    let device = |change: Value| {
        let image = "3f1d3f7e-0b1a-4a52-9a3f-0a4f3f6c2b10";
        let base =
            json!({"uuid": image, "boot_index": 0, "source_type": "image", "destination_type": "local"});
        json!({"imageRef": image, "block_device_mapping_v2": [extended(base, change)]})
    };
    vec![
        with(json!({"networks": "some"}), "send `none`"),
        with(json!({"networks": [{"uuid": "00000000-0000-0000-0000-000000000000"}]}), "send `none`"),
        with(json!({"networks": 5}), "send `none`"),
        with(json!({"min_count": 0}), "0 is out of range"),
        with(json!({"min_count": -3}), "-3 is out of range"),
        with(json!({"min_count": 2}), "one server here"),
        with(json!({"max_count": 4_294_967_297_u64}), "4294967297 is out of range"),
        with(json!({"max_count": "many"}), "at `server.max_count`"),
        with(json!({"max_count": 1.5}), "at `server.max_count`"),
        with(json!({"metadata": {"a": 1}}), "at `server.metadata.a`"),
        with(json!({"metadata": ["a"]}), "at `server.metadata`"),
        with(json!({"metadata": {"": "x"}}), "1 to 255 characters"),
        with(json!({"metadata": {"k": "v".repeat(256)}}), "at most 255"),
        with(json!({"description": "d".repeat(256)}), "not a valid description"),
        with(json!({"availability_zone": "mars"}), "availability zone"),
        with(json!({"key_name": "mine"}), "no keypairs"),
        with(json!({"user_data": "IyE="}), "no metadata service"),
        with(json!({"config_drive": true}), "no config drive"),
        with(json!({"config_drive": "sure"}), "at `server.config_drive`"),
        with(json!({"tags": ["blue"]}), "no tags"),
        with(json!({"adminPass": "secret"}), "no password is put"),
        with(json!({"security_groups": [{"name": "default"}]}), "no network"),
        with(json!({"OS-DCF:diskConfig": "AUTO"}), "send MANUAL"),
        with(json!({"OS-DCF:diskConfig": "LATER"}), "unknown variant"),
        with(json!({"personality": [{"path": "/x"}]}), "ended with API version 2.57"),
        with(json!({"colour": "red"}), "unknown field `colour`"),
        with(device(json!({"source_type": "volume"})), "no volumes here"),
        with(device(json!({"destination_type": "volume"})), "no volumes here"),
        with(device(json!({"uuid": "00000000-0000-0000-0000-000000000000"})), "another image"),
        with(json!({"block_device_mapping_v2": "disk"}), "at `server.block_device_mapping_v2`"),
        boot(
            Json(extended(server(json!({})), json!({"os:scheduler_hints": {"group": "g"}}))),
            400,
            "no hints",
        ),
        boot(Json(extended(server(json!({})), json!({"hints": {}}))), 400, "unknown field `hints`"),
        boot(Json(server(json!({"host": "host1"}))), 403, "only an admin"),
        (Admin, "POST", SERVERS, Json(server(json!({"host": "host9"}))), 400, "host9 could not be found"),
        (
            Admin,
            "POST",
            SERVERS,
            Json(server(json!({"host": "host1", "hypervisor_hostname": "host2"}))),
            400,
            "two different",
        ),
        (Rita, "POST", SERVERS, Json(server(json!({}))), 403, "takes the role member"),
        (Nobody, "POST", SERVERS, Json(server(json!({}))), 401, "has no token"),
        (Forger, "POST", SERVERS, Json(server(json!({}))), 401, "not one that this site made"),
    ]
}
