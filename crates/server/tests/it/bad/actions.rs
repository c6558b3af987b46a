//! Requests to do something to a server.

use serde_json::json;

use super::*;

pub fn rows() -> Vec<Row> {
    [powers(), moves(), evacuations(), paths()].into_iter().flatten().collect()
}

const WEB: &str = "/compute/v2.1/servers/{web}/action";
const OFF: &str = "/compute/v2.1/servers/{off}/action";
const NEW: &str = "/compute/v2.1/servers/{new}/action";
const LOST: &str = "/compute/v2.1/servers/{lost}/action";
const GONE: &str = "/compute/v2.1/servers/{gone}/action";
const MOVING: &str = "/compute/v2.1/servers/{moving}/action";

/// Starting, stopping, and what is no action.
fn powers() -> Vec<Row> {
    let act = |who, path, body, status, sentence| (who, "POST", path, body, status, sentence);
    let (stop, start) = (|| Json(json!({"os-stop": null})), || Json(json!({"os-start": null})));
    vec![
        act(Alice, WEB, Nothing, 400, "has no body"),
        act(Alice, WEB, Text("{"), 400, "not valid JSON"),
        act(Alice, WEB, Json(json!(["os-stop"])), 400, "expected an object"),
        act(Alice, WEB, Json(json!({})), 400, "exactly one is needed"),
        act(Alice, WEB, Json(json!({"os-stop": null, "os-start": null})), 400, "has 2 actions"),
        act(Alice, WEB, Json(json!({"explode": null})), 400, "no such action: explode"),
        act(Alice, WEB, Json(json!({"reboot": {"type": "SOFT"}})), 501, "does not have it"),
        act(Alice, WEB, Json(json!({"os-stop": 7})), 400, "it takes null"),
        act(Alice, WEB, Json(json!({"os-stop": {"force": true}})), 400, "it takes null"),
        act(Alice, WEB, start(), 409, "while it is in vm_state active"),
        act(Alice, OFF, stop(), 409, "while it is in vm_state stopped"),
        act(Alice, NEW, stop(), 409, "while it is in task_state spawning"),
        act(Alice, LOST, start(), 409, "while it is in vm_state error"),
        act(Alice, LOST, stop(), 409, "never found a host"),
        act(Alice, GONE, stop(), 404, "could not be found"),
        act(Alice, MOVING, stop(), 409, "while it is in task_state rebuilding"),
        act(Rita, WEB, stop(), 403, "takes the role member"),
        act(Bob, WEB, stop(), 404, "could not be found"),
        act(Nobody, WEB, stop(), 401, "has no token"),
        act(Forger, WEB, stop(), 401, "not one that this site made"),
        act(Alice, "/compute/v2.1/servers/web/action", stop(), 404, "could not be found"),
        act(Alice, "/compute/v2.1/servers/{web}x/action", stop(), 404, "could not be found"),
    ]
}

/// Moves, and what becomes of them.
fn moves() -> Vec<Row> {
    let act = |who, path, body, status, sentence| (who, "POST", path, Json(body), status, sentence);
    let migrate = |argument| json!({"migrate": argument});
    let resize = |argument| json!({"resize": argument});
    let to_huge = || resize(json!({"flavorRef": "huge"}));
    vec![
        act(Alice, WEB, migrate(json!(null)), 403, "takes the role admin"),
        act(Admin, WEB, migrate(json!(7)), 400, "at `migrate`"),
        act(Admin, WEB, migrate(json!({"host": ["host2"]})), 400, "at `migrate.host`"),
        act(Admin, WEB, migrate(json!({"host": "host9"})), 404, "host9"),
        act(Admin, WEB, migrate(json!({"host": "no host"})), 404, "no host"),
        act(Admin, WEB, migrate(json!({"speed": 9})), 400, "unknown field `speed`"),
        act(Admin, MOVING, migrate(json!(null)), 409, "while it is in task_state rebuilding"),
        act(Admin, NEW, migrate(json!(null)), 409, "while it is in task_state spawning"),
        act(Admin, LOST, migrate(json!(null)), 409, "while it is in vm_state error"),
        act(Admin, GONE, migrate(json!(null)), 404, "could not be found"),
        act(Alice, WEB, resize(json!(null)), 400, "at `resize`"),
        act(Alice, WEB, resize(json!({})), 400, "flavorRef"),
        act(Alice, WEB, resize(json!({"flavorRef": "none"})), 400, "Flavor none could not be found"),
        act(Alice, WEB, resize(json!({"flavorRef": ["huge"]})), 400, "expected the id of a flavor"),
        act(Alice, WEB, resize(json!({"flavorRef": "small"})), 400, "must change flavor"),
        act(Alice, WEB, resize(json!({"flavorRef": "odd"})), 400, "tpu"),
        act(
            Alice,
            WEB,
            resize(json!({"flavorRef": "huge", "OS-DCF:diskConfig": "AUTO"})),
            400,
            "send MANUAL",
        ),
        act(Alice, WEB, resize(json!({"flavorRef": "huge", "speed": 9})), 400, "unknown field `speed`"),
        act(Rita, WEB, to_huge(), 403, "takes the role member"),
        act(Bob, WEB, to_huge(), 404, "could not be found"),
        act(Alice, GONE, to_huge(), 404, "could not be found"),
        act(Alice, WEB, json!({"confirmResize": null}), 409, "while it is in vm_state active"),
        act(Alice, WEB, json!({"confirmResize": 7}), 400, "it takes null"),
        act(Bob, WEB, json!({"confirmResize": null}), 404, "could not be found"),
        act(Rita, WEB, json!({"confirmResize": null}), 403, "takes the role member"),
        act(Alice, OFF, json!({"revertResize": null}), 409, "while it is in vm_state stopped"),
        act(Alice, WEB, json!({"revertResize": {"force": true}}), 400, "it takes null"),
        act(Bob, WEB, json!({"revertResize": null}), 404, "could not be found"),
    ]
}

/// Evacuation, which only operators may ask for.
fn evacuations() -> Vec<Row> {
    let act = |path, body, status, sentence| (Admin, "POST", path, body, status, sentence);
    let evacuate = || Json(json!({"evacuate": {}}));
    let with = |argument| Json(json!({"evacuate": argument}));
    vec![
        act(MOVING, evacuate(), 409, "while it is in task_state rebuilding"),
        act(NEW, evacuate(), 409, "while it is in task_state spawning"),
        act(GONE, evacuate(), 404, "could not be found"),
        act(LOST, evacuate(), 409, "never found a host"),
        act(WEB, evacuate(), 400, "no receipt proves"),
        act(WEB, with(json!(null)), 400, "at `evacuate`"),
        act(WEB, with(json!({"host": ["host2"]})), 400, "at `evacuate.host`"),
        act(WEB, with(json!({"force": true, "host": "host2"})), 400, "ended with API version 2.68"),
        act(WEB, with(json!({"onSharedStorage": true})), 400, "ended with API version 2.14"),
        act(WEB, with(json!({"speed": 9})), 400, "unknown field `speed`"),
        (Alice, "POST", WEB, evacuate(), 403, "takes the role admin"),
    ]
}

/// The server itself, by good and bad ids.
fn paths() -> Vec<Row> {
    let (web, rename) = ("/compute/v2.1/servers/{web}", Json(json!({"server": {"name": "y"}})));
    vec![
        (Alice, "DELETE", "/compute/v2.1/servers/{theirs}", Nothing, 404, "could not be found"),
        (Alice, "DELETE", "/compute/v2.1/servers/{gone}", Nothing, 404, "could not be found"),
        (Alice, "DELETE", "/compute/v2.1/servers/web", Nothing, 404, "could not be found"),
        (Rita, "DELETE", web, Nothing, 403, "takes the role member"),
        (Nobody, "DELETE", web, Nothing, 401, "has no token"),
        (Alice, "PUT", web, rename, 501, "does not have it"),
        (Alice, "PATCH", web, Nothing, 405, "does not take PATCH"),
        (Alice, "GET", "/compute/v2.1/servers/{web}/nothing", Nothing, 404, "there is no"),
        (Alice, "GET", "/compute/v2.1/servers/%FF", Nothing, 400, "the path cannot be read"),
        (Alice, "GET", "/compute/v2.1/servers/{web}/os-instance-actions/%20", Nothing, 404, "not be found"),
    ]
}
