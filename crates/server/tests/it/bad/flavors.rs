//! Requests about flavors.

use serde_json::{Value, json};

use super::*;

pub fn rows() -> Vec<Row> {
    themselves().into_iter().chain(specs()).collect()
}

const FLAVORS: &str = "/compute/v2.1/flavors";
const SPECS: &str = "/compute/v2.1/flavors/small/os-extra_specs";

fn themselves() -> Vec<Row> {
    let make = |change, sentence| (Admin, "POST", FLAVORS, Json(flavor(change)), 400, sentence);
    vec![
        (Admin, "POST", FLAVORS, Text("nonsense"), 400, "not valid JSON"),
        (Admin, "POST", FLAVORS, Json(json!({"flavour": {}})), 400, "unknown field `flavour`"),
        (Admin, "POST", FLAVORS, Json(json!({"flavor": {"name": "f"}})), 400, "missing field"),
        make(json!({"vcpus": 0}), "0 is out of range"),
        make(json!({"vcpus": -1}), "-1 is out of range"),
        make(json!({"vcpus": 2_147_483_648_u64}), "2147483648 is out of range"),
        make(json!({"vcpus": "two"}), "at `flavor.vcpus`"),
        make(json!({"vcpus": null}), "at `flavor.vcpus`"),
        make(json!({"ram": 1.5}), "at `flavor.ram`"),
        make(json!({"ram": "99999999999999999999999999"}), "is out of range"),
        make(json!({"ram": 1e300}), "at `flavor.ram`"),
        make(json!({"disk": -1}), "-1 is out of range"),
        make(json!({"swap": [1]}), "at `flavor.swap`"),
        make(json!({"id": "a/b"}), "not a valid flavor id"),
        make(json!({"id": ""}), "not a valid flavor id"),
        make(json!({"id": {}}), "at `flavor.id`"),
        make(json!({"name": "n".repeat(256)}), "not a valid name"),
        make(json!({"rxtx_factor": 2.0}), "leave it out"),
        make(json!({"os-flavor-access:is_public": "maybe"}), "is_public"),
        make(json!({"colour": "red"}), "unknown field `colour`"),
        (Admin, "POST", FLAVORS, Json(flavor(json!({"id": "small"}))), 409, "ID small already exists"),
        (Admin, "POST", FLAVORS, Json(flavor(json!({"name": "small"}))), 409, "name small already exists"),
        (Alice, "POST", FLAVORS, Json(flavor(json!({}))), 403, "takes the role admin"),
        (Nobody, "POST", FLAVORS, Json(flavor(json!({}))), 401, "has no token"),
        (Admin, "DELETE", "/compute/v2.1/flavors/nothing", Nothing, 404, "could not be found"),
        (Alice, "DELETE", "/compute/v2.1/flavors/small", Nothing, 403, "takes the role admin"),
        (
            Admin,
            "PUT",
            "/compute/v2.1/flavors/small",
            Json(json!({"flavor": {}})),
            400,
            "missing field `description`",
        ),
        (
            Admin,
            "PUT",
            "/compute/v2.1/flavors/nothing",
            Json(json!({"flavor": {"description": null}})),
            404,
            "not be found",
        ),
    ]
}

fn specs() -> Vec<Row> {
    let spec = |body, sentence| (Admin, "POST", SPECS, Json(body), 400, sentence);
    let of = |key: &str, value: Value| json!({"extra_specs": {key: value}});
    vec![
        spec(json!({}), "missing field `extra_specs`"),
        spec(json!({"extra_specs": {}}), "name at least one"),
        spec(of("a", json!(1)), "at `extra_specs.a`"),
        spec(of("a/b", json!("1")), "is refused: a key has"),
        spec(of("k", json!("v".repeat(256))), "at most 255"),
        spec(of("pci_passthrough:alias", json!("gpu")), "write name:count"),
        spec(of("pci_passthrough:alias", json!("gpu:0")), "count of 0"),
        spec(of("pci_passthrough:alias", json!("gpu:99999999999")), "more than"),
        spec(of("pci_passthrough:alias", json!("tpu:1")), "`tpu` is not defined"),
        (
            Admin,
            "PUT",
            "/compute/v2.1/flavors/small/os-extra_specs/a",
            Json(json!({"b": "1"})),
            400,
            "the one key `a`",
        ),
        (
            Admin,
            "DELETE",
            "/compute/v2.1/flavors/small/os-extra_specs/a",
            Nothing,
            404,
            "no extra specs with key a",
        ),
        (Rita, "POST", SPECS, Json(of("a", json!("1"))), 403, "takes the role admin"),
    ]
}
