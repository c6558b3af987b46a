//! The agents' endpoint: who is listened to, and what is said back.

use serde_json::{Value, json};
use steadfast_model::cause::Cause;
use steadfast_model::discrepancy::Subject;
use steadfast_operations::readmit_host;
use steadfast_operations::seam::Key;

use crate::api::{Api, Ask, agent_key, ask};
use crate::operator::Person;

fn say(host: &str, message: &str, body: &Value) -> Ask {
    let key = format!("Bearer {}", agent_key(host));
    ask("POST", &format!("/agent/v1/{message}")).header("Authorization", &key).json(body)
}

fn register(host: &str, nonce: &str, from: u64) -> Ask {
    register_boot(host, nonce, nonce, from)
}

fn register_boot(host: &str, nonce: &str, boot: &str, from: u64) -> Ask {
    let body = json!({"host": host, "protocol": 3, "nonce": nonce, "boot_id": boot, "from": from});
    say(host, "register", &body)
}

const LIFE_1: &str = "00000000-0000-0000-0000-000000000001";
const LIFE_2: &str = "00000000-0000-0000-0000-000000000002";

#[tokio::test]
async fn an_agent_registers_and_asks_for_its_list() {
    let api = Api::new();
    let hello = say("host1", "hello", &json!({"host": "host1", "protocol": 3, "mood": "fine"}));
    assert_eq!(api.send(hello).await.expect(200).json(), json!({"epoch": 0}));
    assert_eq!(api.send(register("host1", LIFE_1, 0)).await.expect(200).json(), json!({"epoch": 1}));
    let asked = json!({"host": "host1", "epoch": 1, "since": null});
    let list = api.send(say("host1", "list", &asked)).await.expect(200).json();
    assert_eq!((list["epoch"].as_u64(), &list["entries"]), (Some(1), &json!([])));
}

#[tokio::test]
async fn a_refusal_tells_the_agent_what_to_do() {
    let api = Api::new();
    api.send(register("host1", LIFE_1, 0)).await.expect(200);
    let table = [
        (say("host1", "hello", &json!({"host": "host1", "protocol": 99})), 400, "invalid"),
        (register("host1", LIFE_2, 0), 409, "stale"),
        (say("host1", "list", &json!({"host": "host1", "epoch": 7, "since": null})), 409, "stale"),
        (say("host2", "list", &json!({"host": "host2", "epoch": 1, "since": null})), 409, "stale"),
    ];
    let before = api.world.rows();
    for (asked, status, kind) in table {
        let shown = format!("{asked:?}");
        let answer = api.send(asked).await.expect(status);
        assert_eq!(answer.json()["refused"]["kind"], kind, "{shown}");
        assert!(answer.json()["refused"]["message"].is_string(), "{shown}");
    }
    assert_eq!(api.world.rows(), before);
}

#[tokio::test]
async fn an_agent_speaks_for_its_own_host_only() {
    let api = Api::new();
    let hello = json!({"host": "host1", "protocol": 3});
    let long = "x".repeat(64);
    let with = |authorization: &str| {
        ask("POST", "/agent/v1/hello").header("Authorization", authorization).json(&hello)
    };
    let table = [
        (say("host2", "hello", &hello), 403),
        (say("host1", "hello", &json!({"host": "host9", "protocol": 3})), 403),
        (ask("POST", "/agent/v1/hello").json(&hello), 401),
        (with("Bearer"), 401),
        (with(&format!("Bearer {long}")), 401),
        (with("Bearer short"), 401),
        (with(&format!("Basic {}", agent_key("host1"))), 401),
        (say("host1", "hello", &json!({"host": "host 1", "protocol": 3})), 400),
        (say("host1", "hello", &json!({"host": "host1", "protocol": -1})), 400),
        (say("host1", "sing", &hello), 404),
    ];
    for (asked, status) in table {
        let shown = format!("{asked:?}");
        let answer = api.send(asked).await;
        assert_eq!(answer.status.as_u16(), status, "{shown}: {}", answer.text);
        assert!(answer.json()["error"]["message"].is_string(), "{shown}: {}", answer.text);
    }
    assert!(api.world.rows().is_empty());
}

/// What happens to a host between the assertion that it is dead and its return.
#[derive(Debug, Clone, Copy)]
enum Between {
    Nothing,
    /// The assertion is taken back: `--up`.
    Up,
    RemovedAndReadmitted,
}

impl Between {
    async fn happen(self, admin: &Person<'_>) {
        let service = format!("/compute/v2.1/os-services/{}", admin.service("host1").await);
        match self {
            Between::Nothing => {}
            Between::Up => drop(admin.put(&service, &json!({"forced_down": false})).await.expect(200)),
            Between::RemovedAndReadmitted => {
                admin.delete(&service).await.expect(204);
                let word = "a name";
                let cause = Cause {
                    request: "req-1".parse().expect(word),
                    actor: "ann".parse().expect(word),
                    project: "p-admin".parse().expect(word),
                };
                let host = "host1".parse().expect(word);
                readmit_host(&admin.api.world, &cause, host).await.expect("it was removed");
            }
        }
    }
}

#[tokio::test]
async fn a_boot_that_was_asserted_dead_and_comes_back_was_never_dead() {
    // What happens between, the boot of the life that comes back, and whether that is a discrepancy.
    let table = [
        (Between::Nothing, LIFE_1, true),
        (Between::Up, LIFE_1, true),
        (Between::RemovedAndReadmitted, LIFE_1, true),
        (Between::Nothing, LIFE_2, false),
        (Between::Up, LIFE_2, false),
        (Between::RemovedAndReadmitted, LIFE_2, false),
    ];
    for (between, boot, expected) in table {
        let api = Api::new();
        let admin = Person::new(&api, "admin", None).await;
        api.send(register("host1", LIFE_1, 0)).await.expect(200);
        admin.force_down("host1").await;
        between.happen(&admin).await;
        let hello = say("host1", "hello", &json!({"host": "host1", "protocol": 3}));
        let epoch = api.send(hello).await.expect(200).json()["epoch"].as_u64().expect("a number");
        let back = register_boot("host1", LIFE_2, boot, epoch);
        api.send(back).await.expect(200);
        let rows = api.world.rows();
        let open = rows.iter().filter_map(|(key, _)| match key {
            Key::Discrepancy((host, subject)) => Some((host.as_str(), subject.clone())),
            _ => None,
        });
        let never_dead = ("host1", Subject::NeverDead(LIFE_1.parse().expect("a uuid")));
        let expected = if expected { vec![never_dead] } else { Vec::new() };
        assert_eq!(open.collect::<Vec<_>>(), expected, "{between:?} {boot}");
    }
}
